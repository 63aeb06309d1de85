use cubit_configdata::Value;
use serde_json::json;

use super::{run, run_within};

/// Less than the budget of a call, for the sake of tests that are not optimised.
const WORK: usize = 300_000;

/// What a program yields for one input, as JSON; or how it failed.
fn yields(program: &str, input: &serde_json::Value) -> Result<Vec<String>, String> {
    let mut results = run_within(WORK, program, &[Value::from_json(input)])?;
    let results = results.remove(0)?;
    Ok(results
        .iter()
        .map(|value| value.to_json().to_string())
        .collect())
}

#[test]
fn programs_yield_what_jq_yields() {
    let input = json!({
        "name": "web", "n": 3, "f": 1.5, "list": [3, 1, 2], "map": {"a": 1, "b": [2]},
        "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:2"}],
    });
    let mut wrong = Vec::new();
    for (program, expected) in [
        (".", vec![input.to_string().as_str()]),
        (".name, .n", vec![r#""web""#, "3"]),
        ("[.containers[].name]", vec![r#"["a","b"]"#]),
        (
            ".containers[] | select(.name == \"b\") | .image",
            vec![r#""y:2""#],
        ),
        (
            "[range(3)], [range(5; 0; -2)], [range(0)]",
            vec!["[0,1,2]", "[5,3,1]", "[]"],
        ),
        (
            ".list | sort, add, length, max",
            vec!["[1,2,3]", "6", "3", "3"],
        ),
        (".list - [1] | reverse", vec!["[2,3]"]),
        ("\"\\(.name)-\\(.n)\" + \"x\" * 2", vec![r#""web-3xx""#]),
        ("[.list[] as $x | $x * 2]", vec!["[6,2,4]"]),
        ("reduce .list[] as $x (0; . + $x)", vec!["6"]),
        ("[foreach .list[] as $x (0; . + $x)]", vec!["[3,4,6]"]),
        (
            ".map |= with_entries(.value |= tojson) | .map",
            vec![r#"{"a":"1","b":"[2]"}"#],
        ),
        (".n += 1 | .n *= 2 | .n -= 3 | .n", vec!["5"]),
        (
            "(.list[] | select(. > 1)) |= . * 10 | .list",
            vec!["[30,1,20]"],
        ),
        (
            "del(.containers[] | select(.name == \"a\")) | .containers | length",
            vec!["1"],
        ),
        ("[paths] | length", vec!["18"]),
        ("[.. | numbers] | length", vec!["7"]),
        (
            "def fac($n): if $n < 2 then 1 else $n * fac($n - 1) end; fac(5)",
            vec!["120"],
        ),
        (
            "[limit(3; repeat(1))], first(.list[])",
            vec!["[1,1,1]", "3"],
        ),
        (
            "[.containers[].image | sub(\":\"; \"@\")]",
            vec![r#"["x@1","y@2"]"#],
        ),
        (
            "\"a1b22\" | [scan(\"[0-9]+\")], test(\"^a\")",
            vec![r#"["1","22"]"#, "true"],
        ),
        ("\"[1,{\\\"a\\\":2}]\" | fromjson", vec![r#"[1,{"a":2}]"#]),
        (
            ".map | contains({b: [2]}), has(\"a\"), keys",
            vec!["true", "true", r#"["a","b"]"#],
        ),
        (
            ".name | @base64, ascii_upcase",
            vec![r#""d2Vi""#, r#""WEB""#],
        ),
        ("try error(\"no\") catch .", vec![r#""no""#]),
        (".missing?, (.missing // 7)", vec!["null", "7"]),
        (
            "walk(if type == \"number\" then 0 else . end) | .list",
            vec!["[0,0,0]"],
        ),
        (
            "label $out | .list[] | if . == 1 then ., break $out else . end",
            vec!["3", "1"],
        ),
        ("setpath([\"a\", \"b\"]; 1) | .a", vec![r#"{"b":1}"#]),
        ("[1, 2] | join(\",\")", vec![r#""1,2""#]),
        (". as {list: [$a, $b], $n} | [$a, $b, $n]", vec!["[3,1,3]"]),
        ("empty", vec![]),
        ("{} | .a.b = 1", vec![r#"{"a":{"b":1}}"#]),
        ("\"k\" as $k | {} | .a[$k] += 1", vec![r#"{"a":{"k":1}}"#]),
        ("{} | del(.a.b)", vec!["{}"]),
        ("null | .a", vec!["null"]),
        (
            "{a: [{b: {c: 5}}]} | .a[0].b.c, .a[-1:][0].b[\"c\"]",
            vec!["5", "5"],
        ),
        (
            "{a: {b: \"a\"}} | .a[.a.b], [path(.a.b)]",
            vec!["null", r#"[["a","b"]]"#],
        ),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        let outcome = yields(program, &input);
        if outcome != Ok(expected) {
            wrong.push(format!("{program}: {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers_keep_their_spelling() {
    let input = Value::Map(vec![(
        "version".into(),
        Value::Number(cubit_configdata::Number::parse("1.10").expect("a number")),
    )]);
    let results = run(".version", &[input]).expect("runs");
    let Ok([Value::Number(number)]) = results[0].as_deref() else {
        panic!("{results:?}");
    };
    assert_eq!(number.as_str(), "1.10");
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    for (program, message) in [
        (".a |", "line 1, column 5: the program ends too early"),
        (".a\n  ] .b", "line 2, column 3: ']' is not expected here"),
        ("nope(1)", "the filter nope is not defined"),
        ("$x", "the variable $x is not defined"),
    ] {
        assert_eq!(
            yields(program, &json!({})),
            Err(message.to_owned()),
            "{program}"
        );
    }
}

#[test]
fn nothing_of_the_host_can_be_reached() {
    for program in [
        "env",
        "$ENV",
        "now",
        "input",
        "inputs",
        "input_filename",
        "debug",
        "debug(1)",
        "stderr",
        "halt",
        "halt_error",
        "halt(1)",
        "localtime",
        "strflocaltime(\"%Z\")",
        "get_search_list",
        "input_line_number",
        "$__prog_args",
        "import \"a\" as a; .",
        "include \"a\"; .",
        "!step",
    ] {
        let error = yields(program, &json!({})).expect_err(program);
        assert!(
            error.contains("not defined") || error.contains("not expected"),
            "{program}: {error}"
        );
    }
}

#[test]
fn programs_without_end_are_stopped() {
    let long_number = "9".repeat(5000);
    let deep = format!("{}1{}", "[".repeat(2000), "]".repeat(2000));
    let mut wrong = Vec::new();
    for (program, message) in [
        ("def f: f; f", "units of work"),
        ("def f: ., f; f", "results"),
        ("def f: f, f; f", "units of work"),
        ("def f: 1 + f; f", "nested too deep"),
        ("def f: [f]; f", "nested too deep"),
        ("def f: (f | .); f", ""),
        ("def f: try f catch f; f", ""),
        ("def f: try error catch f; f", "nested too deep"),
        ("def f: (f)?; f", ""),
        ("def f: (1 | f) // f; f", ""),
        ("[range(1e9)] | length", "stopped"),
        ("range(1e12) | empty", "units of work"),
        ("(range(1e12) | false) // 1", "units of work"),
        ("first(range(1e12) | select(. < 0))", "units of work"),
        ("last(repeat(1))", "units of work"),
        ("[repeat(1)]", "units of work"),
        ("[limit(1e12; repeat(1))]", "units of work"),
        ("skip(1e12; repeat(1))", "units of work"),
        ("until(false; .)", "units of work"),
        ("[while(true; .)]", "units of work"),
        ("[recurse(.)]", ""),
        ("isempty(repeat(empty))", "units of work"),
        ("\"a\" * 1e9", "cannot calculate"),
        ("\"a\" * 1000000000", "larger than"),
        ("1000000000 * \"a\"", "larger than"),
        ("\"a\" * 10000000000000000000000", "larger than"),
        ("reduce range(100) as $i (\"ab\"; . + .)", "stopped"),
        ("reduce range(100) as $i (\"ab\"; . * 2)", "stopped"),
        ("reduce range(100) as $i ([0]; . + .)", "larger than"),
        ("reduce range(100) as $i (0; [., .])", "stopped"),
        ("reduce range(100) as $i (0; {a: ., b: .})", "stopped"),
        ("reduce range(100) as $i (2; . * .)", "larger than"),
        ("reduce range(100000) as $i (0; [.])", "larger than"),
        ("[range(100)] | .[] |= (\"a\" * 4000000)", "stopped"),
        ("[range(1000) | \"\"] | .[] += \"a\" * 4000000", "stopped"),
        ("[range(20000)] | contains([range(20000)])", "units of work"),
        ("[range(20000)] - [range(20000)]", "units of work"),
        (
            "(\"a\" * 4000000) as $a | $a | indices(\"a\" * 2000000)",
            "units of work",
        ),
        (
            "(\"a\" * 1000000) | test(\"(a*)*b\" * 1000)",
            "units of work",
        ),
        ("[range(100)] | [combinations(10)]", "stopped"),
        (
            "[.[]?, 1] | [., ., ., .] | [combinations] | [combinations]",
            "",
        ),
        (
            "(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|(0,0)|empty",
            "units of work",
        ),
        (
            "[(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)+(0,0)]",
            "units of work",
        ),
        (
            "def f($n): [range(1000)] as $a | f($n + 1); f(0)",
            "units of work",
        ),
        ("def r(f): r(f | . + 1); r(.)", "takes a filter"),
        ("def r(f): def s: r(f | .); s; r(.)", "takes a filter"),
        ("run__program", "units of work"),
        ("path(repeat(.))", ""),
        ("[paths(repeat(false))]", "units of work"),
        ("repeat(.) |= .", ""),
        (long_number.as_str(), "larger than"),
        (deep.as_str(), "larger than"),
    ] {
        let outcome = yields(program, &json!({"a": [1, 2, {"b": "c"}]}));
        match outcome {
            Err(error) if error.contains(message) => {}
            outcome => wrong.push(format!("{program:.60}: {outcome:.200?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nesting_the_parser_cannot_take_is_refused() {
    for opener in [
        "[", "(", "{a:", "-", "def f: ", ".|", "if ", "try ", "\"\\(", ".[", ". as $x|", "reduce ",
        "1+",
    ] {
        for length in [500, 3000, 30_000] {
            let program = opener.repeat(length);
            assert!(
                yields(&program, &json!({})).is_err(),
                "{opener} {length} times"
            );
            let program = format!("{program}1");
            let _ = yields(&program, &json!({}));
        }
    }
}
