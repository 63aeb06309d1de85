//! Modules in the text format, as functions.

use cubit_configdata::{Config, Toolchain};

use crate::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute_with, registry,
};

const TEXT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a # the first\n  annotations: {weight: 1.10}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";

/// A module with a memory, `allocate`, and a `run` of this body.
fn module(more: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (memory (export "memory") 2)
            {more}
            (func (export "allocate") (param i32) (result i32) (i32.const 65536))
            (func (export "run") (param $at i32) (param $length i32) (result i64) {body}))"#
    );
    wat::parse_str(text).expect("a module")
}

/// `run` that answers a constant text.
fn answering(answer: &str) -> Vec<u8> {
    let escaped: String = answer.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    module(
        &format!("(data (i32.const 1024) \"{escaped}\")"),
        &format!("(i64.const {})", (1024_u64 << 32) | answer.len() as u64),
    )
}

/// `run` that answers its input.
const ECHO: &str = "(i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $length)))";

fn run(signature: &str, module: &[u8], arguments: &[&str]) -> Outcome {
    let function = Function::from_wasm(signature, module).expect("a function");
    let name = function.signature.function_name.clone();
    let registry = registry().with([function]).expect("a new name");
    execute_with(
        &registry,
        Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, TEXT.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
            num_filters: 0,
            stop_on_error: false,
        },
    )
}

#[test]
fn a_module_that_validates() {
    let signature = "FunctionName: vet-owner\nValidating: true\nParameters:\n- {ParameterName: owner, DataType: string, Required: true}\n";
    let fails = answering(
        r#"{"passed": false, "details": ["no owner"], "failed_attributes": [{"Path": "metadata.name"}]}"#,
    );
    let outcome = run(signature, &fails, &["me"]);
    assert!(outcome.success, "{:?}", outcome.messages);
    let result = &outcome.outputs["ValidationResult"][0];
    assert_eq!(result["Passed"], false);
    assert_eq!(result["Details"][1], "v1/ConfigMap /b: no owner");
    assert_eq!(result["FailedAttributes"][0]["Path"], "metadata.name");
    let passes = run(signature, &answering(r#"{"passed": true}"#), &["me"]);
    assert_eq!(passes.outputs["ValidationResult"][0]["Passed"], true);
    let missing = run(signature, &fails, &[]);
    assert!(
        missing.messages[0].contains("insufficient arguments"),
        "{:?}",
        missing.messages
    );
}

#[test]
fn a_module_that_changes_and_one_that_reads() {
    let mutating = "FunctionName: set-x\nMutating: true\n";
    // The input has the resource where an answer has it.
    let same = run(mutating, &module("", ECHO), &[]);
    assert!(
        same.success && same.config.text() == TEXT,
        "{:?}",
        same.messages
    );
    let null = run(mutating, &answering(r#"{"resource": null}"#), &[]);
    assert!(null.success && null.config.text() == TEXT);
    let other = answering(
        r#"{"resource": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}}"#,
    );
    let changed = run(mutating, &other, &[]);
    assert!(
        changed
            .config
            .text()
            .starts_with("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c # the first\n---"),
        "{}",
        changed.config.text()
    );
    let reading = answering(r#"{"values": [{"Path": "kind", "Value": "ConfigMap"}]}"#);
    let read = run("FunctionName: get-x\n", &reading, &[]);
    assert_eq!(read.outputs["AttributeValueList"][1]["Value"], "ConfigMap");
}

/// `run` that passes when there are three `~` in its input.
fn counting() -> Vec<u8> {
    module(
        r#"(data (i32.const 1024) "{\"passed\":true}") (data (i32.const 2048) "{\"passed\":false}")"#,
        "(local $end i32) (local $count i32)
         (local.set $end (i32.add (local.get $at) (local.get $length)))
         (loop $next
           (local.set $count (i32.add (local.get $count)
             (i32.eq (i32.load8_u (local.get $at)) (i32.const 126))))
           (local.set $at (i32.add (local.get $at) (i32.const 1)))
           (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
         (select (i64.const 0x4000000000f) (i64.const 0x80000000010)
           (i32.eq (local.get $count) (i32.const 3)))",
    )
}

#[test]
fn a_module_sees_its_arguments() {
    let signature = "FunctionName: vet-x\nValidating: true\nParameters:\n- {ParameterName: many, DataType: int, Required: true, Max: 3}\n- {ParameterName: rest, DataType: string}\nVarArgs: true\n";
    for (arguments, passed) in [
        (&["3", "~", "~~"][..], true),
        (&["3", "~"], false),
        (&["3"], false),
    ] {
        let outcome = run(signature, &counting(), arguments);
        assert!(outcome.success, "{:?}", outcome.messages);
        assert_eq!(
            outcome.outputs["ValidationResult"][0]["Passed"], passed,
            "{arguments:?}"
        );
    }
    let outcome = run(signature, &counting(), &["4"]);
    assert!(
        outcome.messages[0].contains("up to 3"),
        "{:?}",
        outcome.messages
    );
}

#[test]
fn answers_that_are_none() {
    for (module, message) in [
        (answering("[]"), "answers no JSON object"),
        (answering("{"), "answers no JSON object"),
        (
            answering("{}"),
            "v1/ConfigMap /a: the module answers no resource",
        ),
        (
            answering(r#"{"error": "no owner is known"}"#),
            "v1/ConfigMap /b: no owner is known",
        ),
        (module("", "(i64.const -1)"), "the answer is longer"),
        (
            module("", "(i64.const 0xffffffff00000010)"),
            "outside of the memory",
        ),
        (
            module("", "unreachable"),
            "set-x (function 0): the module trapped: ",
        ),
    ] {
        let outcome = run("FunctionName: set-x\nMutating: true\n", &module, &[]);
        let messages = outcome.messages.join(" ");
        assert!(!outcome.success && outcome.config.text() == TEXT);
        assert!(messages.contains(message), "{message}: {messages}");
    }
}

#[test]
fn modules_and_signatures_that_are_refused() {
    let good = answering("{}");
    let text = |text: &str| wat::parse_str(text).expect("a module");
    for (signature, module, message) in [
        (
            "[]",
            &good,
            "the signature: expected a map with FunctionName",
        ),
        (
            "FunctionName: Set X\n",
            &good,
            "expected a name such as set-owner",
        ),
        (
            "FunctionName: x\nMutates: true\n",
            &good,
            "there is no Mutates",
        ),
        (
            "FunctionName: x\nMutating: maybe\n",
            &good,
            "the signature: invalid type",
        ),
        (
            "FunctionName: x\nMutating: true\nValidating: true\n",
            &good,
            "not both",
        ),
        (
            "FunctionName: x\nToolchainTypes: [Nothing]\n",
            &good,
            "there is no toolchain type",
        ),
        (
            "FunctionName: x\n",
            &b"hello".to_vec(),
            "x: this is no module",
        ),
        (
            "FunctionName: x\n",
            &text("(module (import \"env\" \"open\" (func)))"),
            "imports env.open",
        ),
        (
            "FunctionName: x\n",
            &text("(module (memory (export \"memory\") 1))"),
            "expected the exports",
        ),
        (
            "FunctionName: x\n",
            &text("(module (memory (export \"memory\") 4000))"),
            "the linear memory",
        ),
        (
            "FunctionName: x\n",
            &vec![0; 5 << 20],
            "larger than 4194304 bytes",
        ),
    ] {
        let error = Function::from_wasm(signature, module)
            .err()
            .unwrap_or_default();
        assert!(error.contains(message), "{message}: {error}");
    }
    let known = Function::from_wasm("FunctionName: set-replicas\nMutating: true\n", &good);
    let error = registry().with([known.expect("a function")]).err();
    assert_eq!(
        error.as_deref(),
        Some("there is a function set-replicas already")
    );
}

#[test]
fn modules_that_need_too_much_are_stopped() {
    let memory = "bytes of memory";
    for (more, body, message) in [
        ("", "(loop (br 0)) (i64.const 0)", "units of fuel"),
        (
            "(func $f (result i64) (call $f))",
            "(call $f)",
            "calls inside each other",
        ),
        (
            "",
            "(drop (memory.grow (i32.const 60000))) (i64.const 0)",
            memory,
        ),
        (
            "",
            "(loop (drop (memory.grow (i32.const 1))) (br 0)) (i64.const 0)",
            memory,
        ),
        (
            "",
            "(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) (br 0)) (i64.const 0)",
            "units of fuel",
        ),
        (
            "(table $t 1 funcref)",
            "(drop (table.grow $t (ref.null func) (i32.const 100000000))) (i64.const 0)",
            memory,
        ),
        ("", "(i64.div_u (i64.const 1) (i64.const 0))", "trapped: "),
    ] {
        let module = module(more, body);
        let outcome = run("FunctionName: vet-x\nValidating: true\n", &module, &[]);
        let messages = outcome.messages.join(" ");
        assert!(
            !outcome.success && messages.contains(message),
            "{body}: {messages}"
        );
    }
}
