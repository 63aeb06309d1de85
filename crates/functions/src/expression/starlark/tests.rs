//! What programs give, and where they are stopped.

use cubit_configdata::Value as Data;
use serde_json::{Value as Json, json};

use super::{Request, Wanted, meter, run_within};

/// What a program answers: the value of `answer` after it ran.
fn answer(program: &str) -> Result<Json, String> {
    // A program that is only about its end has no answer.
    let nothing = if program.contains("answer") {
        ""
    } else {
        "answer = None\n"
    };
    let program = format!("{program}\n{nothing}def validate(r):\n  return answer\n");
    let nothing = Data::Map(vec![]);
    let resource =
        Data::from_json(&json!({"kind": "Pod", "spec": {"containers": [{"name": "a"}]}}));
    let request = Request {
        program: &program,
        wanted: Wanted::Answer("validate"),
        params: &nothing,
        context: &nothing,
    };
    let mut results = run_within(meter::MAX_WORK, request, &[resource])?;
    results.remove(0).map(|value| value.to_json())
}

#[test]
fn expressions() {
    for (expression, value) in [
        ("1 + 2 * 3 - 4 // 3", json!(6)),
        (
            "[7 // -2, 7 % -2, -7 // 2, -7 % 2, 7 / 2]",
            json!([-4, -1, -4, 1, 3.5]),
        ),
        (
            "[1 << 4, 255 >> 4, 6 & 3, 6 | 3, 6 ^ 3, ~6, -5, +5]",
            json!([16, 15, 2, 7, 5, -7, -5, 5]),
        ),
        ("0x1F + 0o17 + 0b11", json!(49)),
        (
            "[1 == 1.0, 1 < 1.5, 2 > 1.5, \"a\" < \"b\", [1, 2] < [1, 3], (1,) == (1,)]",
            json!([true, true, true, true, true, true]),
        ),
        ("not 1 or 2 and 3", json!(3)),
        ("[None or \"x\", 0 and 1, \"\" or []]", json!(["x", 0, []])),
        ("1 if False else 2", json!(2)),
        ("\"ab\" * 2 + \"c\"", json!("ababc")),
        (
            "[-9223372036854775807 - 1 in range(0, 3, -1), 2 in range(3, 0, -1)]",
            json!([false, true]),
        ),
        ("2 * [1] + [2]", json!([1, 1, 2])),
        (
            "\"a\" in \"abc\" and 2 not in [1] and \"kind\" in r and 4 in range(0, 9, 2)",
            json!(true),
        ),
        (
            "\"hello\"[1:3] + \"hello\"[-1] + \"hello\"[::-2]",
            json!("eloolh"),
        ),
        ("[1, 2, 3, 4][1:-1] + list((1, 2, 3)[:1])", json!([2, 3, 1])),
        (
            "[x * y for x in range(3) for y in range(3) if x != y]",
            json!([0, 0, 0, 2, 0, 2]),
        ),
        (
            "{k: v for k, v in [(\"a\", 1), (\"b\", 2)]}",
            json!({"a": 1, "b": 2}),
        ),
        ("{\"a\": 1} | {\"b\": 2, \"a\": 3}", json!({"a": 3, "b": 2})),
        (
            "(lambda x, y=2, *z, **w: [x, y, list(z), w])(1, k=7, *[5, 6])",
            json!([1, 5, [6], {"k": 7}]),
        ),
        (
            "\"%s %d %r %% %x\" % (1, 2.7, \"q\", 255)",
            json!("1 2 \"q\" % ff"),
        ),
        ("\"%(a)s\" % {\"a\": 1}", json!("1")),
        (
            "\"{0} {1} {x!r} {{}}\".format(1, 2, x=\"y\")",
            json!("1 2 \"y\" {}"),
        ),
        (
            "[str([1, \"a\", None, True, 1.5, (1,), {\"k\": 2}]), type({}), repr(\"a\\n\")]",
            json!([
                "[1, \"a\", None, True, 1.5, (1,), {\"k\": 2}]",
                "dict",
                "\"a\\n\""
            ]),
        ),
        (
            "sorted([3, 1, 2], reverse=True) + sorted([\"bb\", \"a\"], key=len)",
            json!([3, 2, 1, "a", "bb"]),
        ),
        (
            "[min(3, 1, 2), max([3, 1, 2]), max([\"a\", \"bbb\"], key=len), len(\"äö\"), abs(-2)]",
            json!([1, 3, "bbb", 2, 2]),
        ),
        (
            "[any([0, 1]), all([0, 1]), bool([]), int(\"12\"), int(\"ff\", 16), int(2.9), float(\"1.5\")]",
            json!([true, false, false, 12, 255, 2, 1.5]),
        ),
        (
            "[list(p) for p in zip([1, 2], [3, 4])] + [list(p) for p in enumerate([\"a\"], 5)]",
            json!([[1, 3], [2, 4], [5, "a"]]),
        ),
        (
            "[list(reversed([1, 2])), list(range(5, 0, -2)), list({\"a\": 1}), tuple([1])]",
            json!([[2, 1], [5, 3, 1], ["a"], [1]]),
        ),
        (
            "\" a-b \".strip().split(\"-\") + \"a b  c\".split() + \"a.b.c\".rsplit(\".\", 1)",
            json!(["a", "b", "a", "b", "c", "a.b", "c"]),
        ),
        (
            "[\"aXbX\".replace(\"X\", \"y\", 1), \"ab\".upper(), \"Ab\".lower(), \"a b\".title(), \"ab\".capitalize()]",
            json!(["aybX", "AB", "ab", "A B", "Ab"]),
        ),
        (
            "[\"a/b/c\".partition(\"/\"), \"a/b/c\".rpartition(\"/\"), \"ab\".removeprefix(\"a\"), \"ab\".removesuffix(\"b\")]",
            json!([["a", "/", "b/c"], ["a/b", "/", "c"], "b", "a"]),
        ),
        (
            "[\"banana\".count(\"an\"), \"banana\".find(\"n\"), \"banana\".rfind(\"n\"), \"x\".find(\"y\"), \"ab\".startswith((\"x\", \"a\"))]",
            json!([2, 2, 4, -1, true]),
        ),
        (
            "[\"a1\".isalnum(), \"a\".isalpha(), \"1\".isdigit(), \"\".isdigit(), \"a\\nb\\n\".splitlines(), \"-\".join([\"a\", \"b\"])]",
            json!([true, true, true, false, ["a", "b"], "a-b"]),
        ),
        (
            "[r.get(\"x\", 1), list(r.keys()), [k for k in r], r[\"spec\"][\"containers\"][0][\"name\"], hasattr(r, \"get\")]",
            json!([1, ["kind", "spec"], ["kind", "spec"], "a", true]),
        ),
        ("r'a\\n' + '''x\n'y''' + \"\\u00e4\"", json!("a\\nx\n'yä")),
    ] {
        assert_eq!(
            answer(&format!("answer = {expression}")),
            Ok(value),
            "{expression}"
        );
    }
}

#[test]
fn statements() {
    for (program, value) in [
        (
            "answer = 0\nfor i in range(10):\n  if i == 2: continue\n  elif i > 4:\n    break\n  else:\n    answer += i",
            json!(8),
        ),
        (
            "def f(a, b=2, *, c):\n  return [a, b, c]\nanswer = f(1, c=3)",
            json!([1, 2, 3]),
        ),
        (
            "def make(n):\n  def add(x): return x + n\n  return add\nanswer = make(2)(3)",
            json!(5),
        ),
        (
            "a, (b, c) = 1, [2, 3]; answer = [c, b, a]",
            json!([3, 2, 1]),
        ),
        (
            "l = [1]; m = l; l += [2]; l.append(3); l.insert(0, 0); l.extend([4]); l.pop(); l.remove(1)\nanswer = [m, l.index(3)]",
            json!([[0, 2, 3], 2]),
        ),
        (
            "d = {}; d[\"a\"] = 1; d.update({\"b\": 2}, c=3); d.setdefault(\"d\", 4); d.pop(\"a\")\nanswer = [d, d.values(), [list(i) for i in d.items()]]",
            json!([{"b": 2, "c": 3, "d": 4}, [2, 3, 4], [["b", 2], ["c", 3], ["d", 4]]]),
        ),
        (
            "x = [1, 2]\nfor i in list(x):\n  x.append(i)\nanswer = x",
            json!([1, 2, 1, 2]),
        ),
        (
            "# a comment\n\nif True:\n    # another\n  \n    answer = 1 # here\n",
            json!(1),
        ),
        ("answer = (1 +\n  2)", json!(3)),
        (
            "x = 1\ndef f():\n  x = 2\n  return [x for x in [3]] + [x]\nanswer = f() + [x]",
            json!([3, 2, 1]),
        ),
    ] {
        assert_eq!(answer(program), Ok(value), "{program}");
    }
}

#[test]
fn refusals_name_the_line() {
    for (program, message) in [
        ("x = 1\nanswer = y", "line 2: there is no y"),
        (
            "answer = r.kind",
            "line 1: a dict has no .kind: the value of a key is [\"kind\"]",
        ),
        ("answer = r[\"x\"]", "there is no key \"x\""),
        ("answer = [1][3]", "there is no index 3: the length is 1"),
        (
            "answer = 1 + \"a\"",
            "the operator + does not work on int and string",
        ),
        ("answer = 1 < \"a\"", "int and string cannot be compared"),
        ("answer = 1 // 0", "division by zero"),
        ("answer = 9223372036854775807 + 1", "no integer of 64 bits"),
        ("answer = {[]: 1}", "a list cannot be the key of a dict"),
        ("answer = [lambda: 1]", "no text can hold a function"),
        ("answer = fail(\"no\", 1)", "fail: no 1"),
        ("def f(): return x\n  x = 1", "line 2"),
        (
            "def f():\n  return x\n  x = 1\nanswer = f()",
            "x is used before it has a value",
        ),
        (
            "def f(a): pass\nanswer = f()",
            "f: the argument a is missing",
        ),
        (
            "def f(a): pass\nanswer = f(1, b=2)",
            "f: there is no parameter b",
        ),
        ("load(\"x\", \"y\")", "load is not there"),
        ("while True: pass", "while is not there"),
        ("print(1)", "print is not there"),
        ("answer = open(\"x\")", "there is no open"),
        ("import os", "expected a value, got import"),
        ("1 = 2", "nothing can be assigned to this"),
        ("return 1", "return stands outside"),
        ("break", "break stands outside"),
        ("answer = (1", "a bracket is not closed"),
        ("answer = \"a", "a text is not closed"),
        ("answer = 1 2", "expected the end of the line, got 2"),
        ("if True:\nanswer = 1", "expected an indented line"),
        ("answer = 1 $ 2", "'$' is not expected here"),
        (
            "x = [1, 2]\nfor i in x:\n  x.append(i)",
            "line 3: append: a list is changed while a loop goes through it: go through list(x) instead",
        ),
        (
            "for k in r: r[k] = 1",
            "a dict is changed while a loop goes through it: go through x.keys() or x.items() instead",
        ),
        (
            "if False:\n  answer = nothing",
            "line 2: there is no nothing",
        ),
        ("answer = 1 < 2 < 3", "comparisons cannot follow each other"),
        ("answer = [r]\nanswer.append(answer)", "or holds itself"),
    ] {
        let error = answer(program).expect_err(program);
        assert!(error.contains(message), "{program}: {error}");
    }
}

/// Programs that would take for ever or all the memory: each is stopped, and says where the bound
/// is.
#[test]
fn what_needs_too_much_is_stopped() {
    let work = "units of work";
    let nested = |open: &str, close: &str| {
        format!("answer = {}1{}", open.repeat(3_000), close.repeat(3_000))
    };
    let calls = (1..200).fold("def f0(): return 1\n".to_owned(), |text, at| {
        format!("{text}def f{at}(): return f{}()\n", at - 1)
    });
    for (program, message) in [
        ("for i in range(1000000000): pass".to_owned(), work),
        ("answer = [x for x in range(1000000000)]".to_owned(), work),
        (
            "answer = [1 for x in range(99999) for y in range(99999) if x > y]".to_owned(),
            work,
        ),
        ("answer = list(range(1000000000))".to_owned(), work),
        (
            "answer = 1.5 in range(9) or sorted(range(1000000000))".to_owned(),
            work,
        ),
        ("answer = \"a\" * 1000000000".to_owned(), work),
        ("answer = 1000000000 * [1]".to_owned(), work),
        ("x = \"aa\"\nfor i in range(64): x += x".to_owned(), work),
        ("x = [1]\nfor i in range(64): x += x".to_owned(), work),
        ("x = [1]\nfor i in range(64): x = x + x".to_owned(), work),
        ("x = [1]\nfor i in range(64): x.extend(x)".to_owned(), work),
        (
            "x = [1]\nfor i in range(64): x = [x, x]\nanswer = str(x)".to_owned(),
            work,
        ),
        (
            "x = [1]\nfor i in range(64): x = [x, x]\nanswer = x".to_owned(),
            work,
        ),
        (
            "x = [1]\nfor i in range(64): x = [x, x]\nanswer = x == [x[0], x[0]]".to_owned(),
            work,
        ),
        (
            "x = \"a\"\nfor i in range(64): x = \"%s%s\" % (x, x)".to_owned(),
            work,
        ),
        (
            "x = \"a\"\nfor i in range(64): x = \"{0}{0}\".format(x)".to_owned(),
            work,
        ),
        (
            "x = \"a\"\nfor i in range(64): x = x.replace(\"a\", x + x)".to_owned(),
            work,
        ),
        (
            "x = \"a\"\nfor i in range(64): x = x.join([x, x, x])".to_owned(),
            work,
        ),
        (
            "x = \"'\"\nfor i in range(64): x = repr(x) + repr(x)".to_owned(),
            work,
        ),
        (
            "x = \"a\" * 100000\nt = (x,) * 100000\nanswer = (x + \"b\").endswith(t)".to_owned(),
            work,
        ),
        (
            "x = list(range(100000))\nfor i in range(100000): i in x".to_owned(),
            work,
        ),
        (
            "x = list(range(100000))\nfor i in range(1000000): x.insert(0, i)".to_owned(),
            work,
        ),
        ("d = {}\nfor i in range(1000000): d[i] = d".to_owned(), work),
        (
            "d = {i: i for i in range(50000)}\nfor i in range(50000): d.popitem()".to_owned(),
            work,
        ),
        (
            "def f(): return f()\nanswer = f()".to_owned(),
            "calls itself",
        ),
        (
            "f = lambda g: g(g)\nanswer = f(f)".to_owned(),
            "calls itself",
        ),
        (format!("{calls}answer = f199()"), "calls inside each other"),
        (
            "x = []\nfor i in range(300): x = [x]\nanswer = x".to_owned(),
            "128 levels",
        ),
        (nested("(", ")"), "inside each other"),
        (nested("[", "]"), "inside each other"),
        (nested("-", ""), "inside each other"),
        (nested("not ", ""), "inside each other"),
        (nested("1 + ", ""), "inside each other"),
        (nested("lambda: ", ""), "inside each other"),
        (nested("1 if 1 else ", ""), "inside each other"),
        (nested("f(", ")"), "inside each other"),
        (
            format!("answer = r{}", ".a".repeat(5_000)),
            "inside each other",
        ),
        (
            format!("answer = r{}", "[0]".repeat(5_000)),
            "inside each other",
        ),
        (
            format!("answer = \"{}\"", "a".repeat(70_000)),
            "longer than 65536 bytes",
        ),
        ("1;".repeat(10_000), "more than 16384 words"),
        (
            (0..40)
                .map(|at| format!("{}if 1:\n", " ".repeat(at)))
                .collect::<String>(),
            "blocks inside each other",
        ),
    ] {
        let shown: String = program.chars().take(80).collect();
        let error = answer(&program).expect_err(&shown);
        assert!(error.contains(message), "{shown}: {error}");
    }
}

/// The deepest programs that are allowed run on the stack there is.
#[test]
fn what_is_deep_but_allowed_runs() {
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(80), "]".repeat(80));
    let mut program = "def f0(): return 1\n".to_owned();
    for at in 1..46 {
        let inner = deep(&format!("f{}()", at - 1));
        let blocks: String = (1..20)
            .map(|at| format!("{}if 1:\n", " ".repeat(at)))
            .collect();
        program += &format!(
            "def f{at}():\n{blocks}{}return 1 if {inner} else 0\n",
            " ".repeat(20)
        );
    }
    assert_eq!(answer(&format!("{program}answer = f45()")), Ok(json!(1)));
    // A value may be as deep as work allows while it is not written out.
    let deep = "x = []\nfor i in range(200000): x = [x]\nanswer = 1";
    assert_eq!(answer(deep), Ok(json!(1)));
}
