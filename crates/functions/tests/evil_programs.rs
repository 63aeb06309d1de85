//! Programs of users that would take for ever or all the memory: each ends in an error that names
//! the budget, changes nothing, and does so again the same way.

use std::sync::mpsc;
use std::time::Duration;

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute, execute_with,
    registry,
};

/// Long enough for any machine: only a program that hangs is not done by then.
const DEADLINE: Duration = Duration::from_secs(300);

fn small() -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: \"1\"}\n".to_owned()
}

/// A resource of 64 KiB.
fn large() -> String {
    let rows: String = (0..2_000)
        .map(|row| format!("  key-{row:04}: value of the row {row:04}\n"))
        .collect();
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{rows}")
}

/// Does something, and fails when it does not end.
fn watched<T: Send + 'static>(what: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(run()));
    ended
        .recv_timeout(DEADLINE)
        .unwrap_or_else(|_| panic!("it does not end: {what}"))
}

fn call(text: &str, function: &str, program: &str) -> Outcome {
    let (text, function, program) = (text.to_owned(), function.to_owned(), program.to_owned());
    let shown: String = program.chars().take(80).collect();
    watched(&shown, move || {
        execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(function, [program])],
            num_filters: 0,
            stop_on_error: false,
        })
    })
}

/// The messages of a run that was stopped, the same twice.
fn stopped(text: &str, run: impl Fn() -> Outcome) -> String {
    let (first, second) = (run(), run());
    assert!(!first.success && first.config.text() == text);
    assert_eq!(first.messages, second.messages);
    first.messages.join(" ")
}

#[test]
fn starlark() {
    let (small, large) = (small(), large());
    for (text, program, message) in [
        (&small, "for i in range(1 << 62): pass", "units of work"),
        (
            &small,
            "r[\"x\"] = [i for i in range(1 << 62)]",
            "units of work",
        ),
        (&small, "r[\"x\"] = \"a\" * (1 << 40)", "units of work"),
        (&small, "r[\"x\"] = [r] * (1 << 40)", "units of work"),
        (
            &small,
            "x = \"ab\"\nfor i in range(99): x += x",
            "units of work",
        ),
        (
            &small,
            "x = [1]\nfor i in range(99): x = [x, x]\nr[\"x\"] = x",
            "units of work",
        ),
        (&small, "r[\"r\"] = r", "or holds itself"),
        (&small, "def f(n): return f(n + 1)\nf(0)", "calls itself"),
        (&small, "f = lambda g: g(g)\nf(f)", "calls itself"),
        (
            &large,
            "for k in r[\"data\"]:\n  for l in r[\"data\"]: r[\"data\"][k] + r[\"data\"][l]",
            "units of work",
        ),
        (&large, "for i in range(9999): str(r)", "units of work"),
        (
            &large,
            "for i in range(9999): r == {k: r[k] for k in r}",
            "units of work",
        ),
        (
            &large,
            "for i in range(9999): sorted(r[\"data\"].values())",
            "units of work",
        ),
        (
            &small,
            "x = \"\\u0001\" * 99999\nfor i in range(99): x = repr(x)",
            "units of work",
        ),
        (
            &small,
            "x = \"ab\" * 99999\nfor i in range(99999): x.find(\"b\", -5)",
            "units of work",
        ),
        (
            &small,
            "x = \"ab\" * 99999\nfor i in range(99999): list(x.elems())",
            "units of work",
        ),
        (
            &small,
            "d = {str(i): i for i in range(20000)}\nfor i in range(999): dict(**d)",
            "units of work",
        ),
        (
            &small,
            "for i in range(1 << 62)[::2]: pass",
            "units of work",
        ),
        (
            &small,
            "sorted(range(300000), key=lambda x: -x)",
            "units of work",
        ),
        (
            &small,
            "x = {}\nfor i in range(99999): x = {\"a\": x, \"b\": x}\nstr(x)",
            "units of work",
        ),
        (&small, "int(\"9\" * 99999)", "no integer of 64 bits"),
        (&small, "\"%1000000000d\" % 1", "no conversion '1'"),
        (&small, "1 << (1 << 40)", "no integer of 64 bits"),
        (
            &small,
            "-1 - (9223372036854775807 - -1)",
            "no integer of 64 bits",
        ),
    ] {
        let messages = stopped(text, || call(text, "set-starlark", program));
        assert!(messages.contains(message), "{program}: {messages}");
    }
}

/// A large resource is no reason to be stopped.
#[test]
fn starlark_on_a_large_resource() {
    let text = large();
    let program = "for k in r[\"data\"].keys():\n  r[\"data\"][k] = r[\"data\"][k].upper()";
    let outcome = call(&text, "set-starlark", program);
    assert!(outcome.success, "{:?}", outcome.messages);
    assert!(
        outcome
            .config
            .text()
            .contains("key-1999: VALUE OF THE ROW 1999")
    );
}

/// Nothing that is cut off or garbled makes an interpreter panic.
#[test]
fn garbled_programs() {
    let starlark = "def f(a, *b, c=[1, {\"k\": (2.5, -0x1f)}], **d):\n  if a in b or not c[0:-1:2]: # no\n    return \"%s\\u00e4{}\".format(*b)\n  for x, (y, z) in [(1, (2, r'3'))]:\n    a += x if y else lambda q: ~q // z\nr[\"x\"] = [f(i) for i in range(3) if i != 1]\n";
    let rego = "package main\nimport rego.v1\ndefault ok := {\"a\": [1, 2.5e1]}\nf(x, \"b\") := y if { [y, _] := [x, `r`] } else := null\n# no\ndeny contains msg if {\n  some i, c in input.data; not c == {k | ok[k]}\n  every v in [1] { v < 2 }\n  msg := sprintf(\"%s\\u00e4\", [f(i, \"b\") | i % -2 != 3])\n}\n";
    let pieces = [
        "", "(", "]", "\n", "  ", "\"", "'", "lambda ", "é", "\u{0}", "**", "in ", "9e", "\\", "#",
        ":", "=", "{", "`", "|", "every ",
    ];
    for (function, program) in [("set-starlark", starlark), ("vet-rego", rego)] {
        let mut programs = Vec::new();
        for (at, _) in program.char_indices() {
            let (before, after) = program.split_at(at);
            programs.push(before.to_owned());
            programs.push(after.to_owned());
            let piece = pieces[at % pieces.len()];
            programs.push(format!("{before}{piece}{after}"));
            programs.push(format!(
                "{before}{piece}{}",
                after.get(2..).unwrap_or_default()
            ));
        }
        for program in programs {
            let outcome = call(&small(), function, &program);
            let messages = outcome.messages.join(" ");
            assert!(
                !messages.contains("could not be run"),
                "{program}: {messages}"
            );
        }
    }
}

#[test]
fn rego() {
    let (small, large) = (small(), large());
    let bombs = |step: &str| {
        let mut policy = "package main\nf0(x) := x\n".to_owned();
        for at in 1..64 {
            let before = format!("f{}", at - 1);
            policy += &format!("f{at}(x) := {}\n", step.replace('F', &before));
        }
        policy + "deny contains f63(input.data) if true"
    };
    let over = |body: &str| format!("package main\ndeny contains 1 if {{ {body} }}");
    for (text, policy, message) in [
        (&small, bombs("F(F(x))"), "units of work"),
        (&small, bombs("[F(x), F(x)]"), "units of work"),
        (&small, bombs("{\"a\": F(x), \"b\": F(x)}"), "units of work"),
        (&small, bombs("{F([x]), F([x, x])}"), "units of work"),
        (
            &small,
            over("count(numbers.range(1, 1000000000000)) < 0"),
            "units of work",
        ),
        (
            &small,
            over("x := numbers.range(1, 9999); x[_] + x[_] < 0"),
            "units of work",
        ),
        (
            &small,
            "package main\ndeny if deny".to_owned(),
            "needs itself",
        ),
        (
            &large,
            over("input.data[a] == concat(\"\", [input.data[b], input.data[c]])"),
            "units of work",
        ),
        (
            &large,
            over("some a in input.data; some b in input.data; sprintf(\"%v\", [input]) == b"),
            "units of work",
        ),
        (
            &large,
            over("some a in input.data; regex.match(a, sprintf(\"%v\", [input])); false"),
            "units of work",
        ),
        (
            &small,
            over("sprintf(\"%1000000000d\", [1]) == \"\""),
            "a width is more than 1000",
        ),
        (
            &small,
            over("sprintf(\"%.1000000000f\", [1.5]) == \"\""),
            "a width is more than 1000",
        ),
        (
            &small,
            over("some i in numbers.range(1, 99999); sprintf(\"%999d\", [i]) == \"\""),
            "units of work",
        ),
        (
            &small,
            over("numbers.range(-9223372036854775807, 9223372036854775807)[_] == 0.5"),
            "units of work",
        ),
        (
            &small,
            over("9223372036854775807 * 9223372036854775807 == 1"),
            "no integer of 64 bits",
        ),
        (
            &large,
            over("some a in input.data; split(sprintf(\"%v\", [input]), \"\")[_] == a"),
            "units of work",
        ),
        (
            &large,
            over(
                "some a in input.data; regex.match(\"(?:(?:e|[a-z]?){30}){30}#\", sprintf(\"%v\", [input])); false",
            ),
            "units of work",
        ),
        (
            &small,
            over(
                "some i in numbers.range(1, 99999); regex.match(sprintf(\"%d(a{1,99}){1,99}\", [i]), \"a\"); false",
            ),
            "units of work",
        ),
    ] {
        let messages = stopped(text, || call(text, "vet-rego", &policy));
        assert!(messages.contains(message), "{policy}: {messages}");
    }
    let holds =
        over("count(input.data) == 2000; every v in input.data { startswith(v, \"value\") }");
    let outcome = call(&large, "vet-rego", &holds);
    assert!(outcome.success, "{:?}", outcome.messages);
    assert_eq!(outcome.outputs["ValidationResult"][0]["Passed"], false);
}

#[test]
fn modules() {
    for (body, message) in [
        ("(loop (br 0)) (i64.const 0)", "units of fuel"),
        (
            "(call $run (local.get 0) (local.get 1))",
            "calls inside each other",
        ),
        (
            "(loop (drop (memory.grow (i32.const 1))) (br 0)) (i64.const 0)",
            "bytes of memory",
        ),
        (
            "(drop (memory.grow (i32.const 65000))) (i64.const 0)",
            "bytes of memory",
        ),
        (
            "(loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 131071)) (br 0)) (i64.const 0)",
            "units of fuel",
        ),
        ("(i64.const 0x00000000ffffffff)", "longer than"),
        ("(i64.const 0xfffffff000000100)", "outside of the memory"),
    ] {
        let module = wat::parse_str(format!(
            r#"(module (memory (export "memory") 2)
                (func (export "allocate") (param i32) (result i32) (i32.const 0))
                (func $run (export "run") (param i32 i32) (result i64) {body}))"#
        ))
        .expect("a module");
        for text in [small(), large()] {
            let run = || {
                let (text, module) = (text.clone(), module.clone());
                watched(body, move || {
                    let signature = "FunctionName: set-evil\nMutating: true\n";
                    let function = Function::from_wasm(signature, &module).expect("a function");
                    let registry = registry().with([function]).expect("a new name");
                    execute_with(
                        &registry,
                        Execution {
                            context: &FunctionContext::default(),
                            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes())
                                .expect("readable"),
                            invocations: &[FunctionInvocation::new(
                                "set-evil",
                                Vec::<String>::new(),
                            )],
                            num_filters: 0,
                            stop_on_error: false,
                        },
                    )
                })
            };
            let messages = stopped(&text, run);
            assert!(
                messages.contains("set-evil") && messages.contains(message),
                "{body}: {messages}"
            );
        }
    }
}
