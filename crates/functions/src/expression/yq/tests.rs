use super::*;
use serde_json::{Value as Json, json};

fn data() -> Value {
    Value::from_json(&json!({
        "kind": "Pod",
        "a.b": 1,
        "labels": {"app.kubernetes.io/name": "web", "x-y": "z"},
        "list": [{"name": "a", "n": 1}, {"name": "b", "n": null}, {"name": "c"}],
        "none": null,
    }))
}

fn run(program: &str) -> Result<Vec<Json>, String> {
    let results = Query::compile(program)?.run(&data(), &mut Budget::new())?;
    Ok(results.iter().map(Value::to_json).collect())
}

#[test]
fn expressions_give_what_yq_gives() {
    for (program, expected) in [
        (".kind", json!(["Pod"])),
        (" . | .kind ", json!(["Pod"])),
        (".\"a.b\"", json!([1])),
        (".[\"a.b\"]", json!([1])),
        (".labels.\"app.kubernetes.io/name\"", json!(["web"])),
        (".labels[\"app.kubernetes.io/name\"]", json!(["web"])),
        (".labels.x-y", json!(["z"])),
        (".labels[]", json!(["web", "z"])),
        (".list[0].name", json!(["a"])),
        (".list.[0].name", json!(["a"])),
        (".list[ -1 ].name", json!(["c"])),
        (".list[].name", json!(["a", "b", "c"])),
        (".list[] | .name", json!(["a", "b", "c"])),
        (".list[] | select(.name == \"b\") | .name", json!(["b"])),
        (".list[] | select(.n == 1).name", json!(["a"])),
        (".list[] | select(.n == null) | .name", json!(["b", "c"])),
        ("(.list[] | select(.name==\"a\")).n", json!([1])),
        (".kind, .list[0].n", json!(["Pod", 1])),
        ("(.kind,.list[0].n) | .", json!(["Pod", 1])),
        // In yq the comma is looser than the pipe.
        (".kind, .list | .[0].n", json!(["Pod", 1])),
        (".missing", json!([null])),
        (".missing.deeper[3].x", json!([null])),
        (".missing[]", json!([])),
        (".none.x", json!([null])),
        (
            "\"text\", 3, true, null, {\"a\": [1.50]}",
            json!(["text", 3, true, null, {"a": [1.5]}]),
        ),
    ] {
        assert_eq!(run(program).map(Json::from), Ok(expected), "{program}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    for (program, operator) in [
        (".a + 1", "position 4: + is not there"),
        (".a // \"x\"", "// is not there"),
        (".a *= 2", "*= is not there"),
        (".a += 2", "+= is not there"),
        (".a == \"x\"", "== is not there"),
        (".a != 3", "!= is not there"),
        (".a and .b", "and is not there"),
        (".a as $x | $x", "as is not there"),
        ("$x", "$ is not there"),
        ("..", ".. is not there"),
        (". | ..", ".. is not there"),
        ("...", "... is not there"),
        (".a?", "? is not there"),
        (".a*", "* is not there"),
        (".list[1:2]", ": is not there"),
        ("keys", "keys is not there"),
        (".a | length", "length is not there"),
        ("with(.a; .b = 1)", "with is not there"),
        ("strenv(HOME)", "strenv is not there"),
        ("load(\"/etc/passwd\")", "load is not there"),
        ("select(.a == \"x\" or .b == \"y\")", "or is not there"),
        ("select(.a > 3)", "> is not there"),
        ("select(has(\"a\"))", "has is not there"),
        ("select(.a)", "expected ==, found )"),
        ("select(.a == \"x*\")", "* and ? in a text make a pattern"),
        ("select(.a == .b)", "expected a text in double quotes"),
        ("{\"a\": .b}", "a value that is made of others is not there"),
        ("[.a]", "a value that is made of others is not there"),
        (".a line_comment=\"x\"", "line_comment is not there"),
        ("", "expected a path"),
        (".a |", "position 5: expected a path"),
        ("(.a", "expected ), found the end"),
        (".a)", ") is not there"),
        (".a.", "expected a key after the dot"),
        (".a[", "expected a path"),
        ("\"a", "the text cannot be read"),
    ] {
        let error = run(program).expect_err(program);
        assert!(error.contains(operator), "{program}: {error}");
        if operator.ends_with("is not there") {
            assert!(
                error.contains("get-jq") && error.contains("set-jq"),
                "{error}"
            );
        }
    }
    for (program, message) in [
        (
            ".list.name",
            ".list is a list: expected a map, to take .name of it",
        ),
        (".kind[]", ".kind is a text: expected a list or a map"),
        (".list[-4]", ".list has 3 elements, so no -4"),
        (
            ".labels[0]",
            ".labels is a map: expected a list, to take [0] of it",
        ),
        (".list[] = 3", "= changes something: use set-yq"),
        (".list[] |= 3", "|= changes something"),
        ("del(.list)", "del changes something"),
    ] {
        let error = run(program).expect_err(program);
        assert!(error.contains(message), "{program}: {error}");
    }
}

#[test]
fn runs_are_bounded() {
    let twice = format!("(.,.){}", "|(.,.)".repeat(40));
    for (program, message) in [
        (twice.as_str(), "1000000 units of work"),
        (
            &format!("({}) | .kind", vec!["."; 10_001].join(",")),
            "10000 results",
        ),
        (&format!(".{}", "a.".repeat(30_000)), "expected a key"),
        (
            &format!(".{}a", "a.".repeat(30_000)),
            "nested more than 128 deep",
        ),
        (
            &format!("{}.{}", "(".repeat(5000), ")".repeat(5000)),
            "parentheses are nested more than 64 deep",
        ),
        (
            &format!("{}1{}", "[".repeat(5000), "]".repeat(5000)),
            "recursion limit",
        ),
        (&" ".repeat(MAX_LENGTH + 1), "longer than 65536 bytes"),
    ] {
        let error = run(program).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
    for (program, message) in [
        (
            vec![".list = ."; 200].join("|"),
            "nested more than 128 deep",
        ),
        (vec![".a = . | .b = ."; 60].join("|"), "units of work"),
        (vec![".kind = 1"; 10_001].join("|"), "longer than 65536"),
        (vec!["del(.a)|.a=1"; 5_001].join("|"), "10000 results"),
    ] {
        let run = |program: &str| Update::compile(program)?.run(&data(), &mut Budget::new());
        let error = run(&program).expect_err(message);
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn no_text_ends_in_a_panic() {
    let pieces = [
        ".", "a", "[", "]", "\"", "é", "(", ")", "|", "=", ",", "select(", "==", "del(", "0", "-",
        " ", "{", "}", "*",
    ];
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut program = String::new();
        for _ in 0..state % 12 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            program.push_str(pieces[usize::try_from((state >> 33) % 20).unwrap_or(0)]);
        }
        state = state.wrapping_add(1);
        let _ = Update::compile(&program).map(|program| program.run(&data(), &mut Budget::new()));
        let _ = run(&program);
    }
}
