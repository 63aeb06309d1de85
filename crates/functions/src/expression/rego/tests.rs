//! What policies say, and where they are stopped.

use serde_json::json;

use super::{Judgement, run};

fn say(policy: &str) -> Result<Judgement, String> {
    let input = json!({
        "kind": "Pod",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"containers": [
            {"name": "a", "image": "shop/a:1", "ports": [80, 443]},
            {"name": "b", "image": "shop/b:latest", "limits": {"cpu": "1"}},
        ]},
    });
    run(&format!("package main\n{policy}"), &[input])?.remove(0)
}

/// The messages of `deny` in order.
fn denied(policy: &str) -> Result<Vec<String>, String> {
    say(policy).map(|judgement| judgement.denied)
}

/// The value of an expression, as it is written in a message.
fn value(expression: &str) -> String {
    denied(&format!("deny contains x if {{ x := [{expression}] }}"))
        .map_or_else(|error| error, |messages| messages.join("; "))
}

#[test]
fn expressions() {
    for (expression, expected) in [
        ("1 + 2 * 3 - 4 / 2, 7 % 4, -1", "[5,3,-1]"),
        (
            "1 < 2, \"a\" != \"b\", [1] == [1], 2 in [1, 2], 3 in {1, 2}",
            "[true,true,true,true,false]",
        ),
        (
            "({1, 2} | {3}), {1, 2} & {2}, {1, 2} - {2}, set()",
            "[[1,2,3],[2],[1],[]]",
        ),
        (
            "input.kind, input[\"kind\"], input.spec.containers[1].name",
            "[\"Pod\",\"Pod\",\"b\"]",
        ),
        (
            "[c.name | some c in input.spec.containers]",
            "[[\"a\",\"b\"]]",
        ),
        (
            "[c | c := input.spec.containers[_].name]",
            "[[\"a\",\"b\"]]",
        ),
        (
            "{p | p := input.spec.containers[_].ports[_]; p > 100}",
            "[[443]]",
        ),
        (
            "{c.name: i | some i, c in input.spec.containers}",
            "[{\"a\":0,\"b\":1}]",
        ),
        (
            "count(input.spec.containers), count(\"äö\"), sum([1, 2]), max([1, 3, 2]), min({2, 1})",
            "[2,2,3,3,1]",
        ),
        (
            "sprintf(\"%s %v %d %q %%\", [\"a\", [1], 2, \"b\"])",
            "[\"a [1] 2 \\\"b\\\" %\"]",
        ),
        (
            "concat(\",\", [\"a\", \"b\"]), split(\"a/b\", \"/\"), replace(\"aa\", \"a\", \"b\")",
            "[\"a,b\",[\"a\",\"b\"],\"bb\"]",
        ),
        (
            "upper(\"a\"), trim_prefix(\"ab\", \"a\"), substring(\"hello\", 1, 3), indexof(\"abc\", \"c\")",
            "[\"A\",\"b\",\"ell\",2]",
        ),
        (
            "startswith(\"ab\", \"a\"), contains(\"abc\", \"b\"), regex.match(`^a+$`, \"aa\")",
            "[true,true,true]",
        ),
        (
            "object.get(input, \"x\", 1), object.get(input, [\"metadata\", \"name\"], 1), object.keys({\"a\": 1})",
            "[1,\"web\",[\"a\"]]",
        ),
        (
            "is_string(\"a\"), type_name([]), to_number(\"1.5\"), format_int(255, 16)",
            "[true,\"array\",1.5,\"ff\"]",
        ),
        (
            "array.concat([1], [2]), array.slice([1, 2, 3], 1, 2), numbers.range(1, 3), sort([2, 1])",
            "[[1,2],[2],[1,2,3],[1,2]]",
        ),
        ("input.nothing", ""),
        ("1 / 0", ""),
        ("count(1)", ""),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn rules() {
    for (policy, expected) in [
        (
            "deny contains msg if {\n  some c in input.spec.containers\n  endswith(c.image, \":latest\")\n  msg := sprintf(\"%s is not pinned\", [c.name])\n}",
            vec!["b is not pinned"],
        ),
        (
            "import future.keywords.if\ndeny[msg] { c := input.spec.containers[_]; not c.limits; msg = c.name }",
            vec!["a"],
        ),
        (
            "import rego.v1\nviolation contains {\"msg\": \"no\"} if not input.metadata.labels.team",
            vec!["no"],
        ),
        ("deny if input.kind == \"Pod\"", vec!["deny"]),
        ("deny := false", vec![]),
        (
            "default deny = true\ndeny := false if input.kind == \"Pod\"",
            vec![],
        ),
        (
            "default ok := false\nok if input.kind == \"Service\"\ndeny contains \"not ok\" if not ok",
            vec!["not ok"],
        ),
        (
            "deny contains c.name if some c in input.spec.containers",
            vec!["a", "b"],
        ),
        (
            "f(x) := \"small\" if x < 2\nelse := \"middle\" if x < 3\nelse := \"large\"\ndeny contains f(n) if some n in [1, 2, 3]",
            vec!["large", "middle", "small"],
        ),
        (
            "g(\"a\") := 1\ng(\"b\") := 2\ndeny contains sprintf(\"%d\", [g(\"b\")]) if true",
            vec!["2"],
        ),
        (
            "names[i] := c.name if some i, c in input.spec.containers\ndeny contains names[1] if true",
            vec!["b"],
        ),
        (
            "deny contains \"all\" if every c in input.spec.containers { startswith(c.image, \"shop/\") }",
            vec!["all"],
        ),
        (
            "deny contains \"all\" if every c in input.spec.containers { c.limits }",
            vec![],
        ),
        (
            "deny contains msg if { [a, b] := split(\"x/y\", \"/\"); msg := concat(b, [a, a]) }",
            vec!["xyx"],
        ),
        (
            "deny contains k if { some k; input.metadata.labels[k] == \"web\" }",
            vec!["app"],
        ),
        (
            "deny contains k if { input.spec.containers[i].name == \"b\"; k := sprintf(\"%d\", [i]) } # here",
            vec!["1"],
        ),
        (
            "required := {\"app\", \"team\"}\ndeny contains msg if {\n  missing := required - {l | input.metadata.labels[l]}\n  count(missing) > 0\n  msg := sprintf(\"labels are missing: %v\", [missing])\n}",
            vec!["labels are missing: {\"team\"}"],
        ),
        (
            "deny_name contains \"x\" if true\nother contains 1 if true",
            vec!["x"],
        ),
    ] {
        assert_eq!(
            denied(policy),
            Ok(expected.into_iter().map(str::to_owned).collect()),
            "{policy}"
        );
    }
    let warned = say("warn contains \"careful\" if true").expect("runs");
    assert_eq!((warned.warned.len(), warned.denied.len()), (1, 0));
}

#[test]
fn refusals() {
    for (policy, message) in [
        ("allow := true", "expected a rule deny, violation or warn"),
        ("deny contains x if { y := 1 }", "x has no value"),
        (
            "deny contains 1 if { x == 1 }",
            "line 2: x has no value: put what gives it one before",
        ),
        ("deny contains 1 if data.x", "data is not there"),
        (
            "deny contains 1 if http.send({})",
            "there is no function http.send",
        ),
        ("deny contains 1 if count(1, 2)", "count takes 1 arguments"),
        (
            "deny contains 1 if { input.x with input as 1 }",
            "with is not there",
        ),
        ("import data.lib\ndeny contains 1 if true", "only rego.v1"),
        (
            "a := 1 if true\na := 2 if true\ndeny contains a if true",
            "a has two values",
        ),
        (
            "k := 1\ndeny contains k if { k := 2 }",
            "k is the name of a rule",
        ),
        ("f(x) := f(x)\ndeny contains f(1) if true", "f needs itself"),
        ("a if b\nb if a\ndeny contains 1 if a", "needs itself"),
        ("deny contains 1 if {", "the end of the policy"),
        ("deny contains 1 if { }", "a body is empty"),
        ("deny contains \"a", "a text is not closed"),
        ("deny ? 1", "'?' is not expected"),
    ] {
        let error = denied(policy).expect_err(policy);
        assert!(error.contains(message), "{policy}: {error}");
    }
}

#[test]
fn what_needs_too_much_is_stopped() {
    let doubling = |first: &str, step: &str| {
        let mut policy = format!("f0(x) := {first}\n");
        for at in 1..60 {
            let before = format!("f{}", at - 1);
            policy += &format!("f{at}(x) := {}\n", step.replace('F', &before));
        }
        policy
    };
    let work = "units of work";
    for (policy, message) in [
        ("n := numbers.range(1, 1000)\ndeny contains [a, b, c] if { some a in n; some b in n; some c in n }".to_owned(), work),
        ("n := numbers.range(1, 1000)\ndeny contains 1 if { some a in n; some b in n; some c in n; a + b + c < 0 }".to_owned(), work),
        ("deny contains numbers.range(1, 1000000000) if true".to_owned(), work),
        (doubling("[x]", "F(F(x))") + "deny contains f59(1) if true", "128 levels"),
        (doubling("x", "F(F(x))") + "deny contains f59(1) if true", work),
        (doubling("[x, x]", "[F(x), F(x)]") + "deny contains f59(1) if true", work),
        (doubling("array.concat(x, x)", "array.concat(F(x), F(x))") + "deny contains f59([1]) if true", work),
        (doubling("sprintf(\"%s%s\", [x, x])", "F(F(x))") + "deny contains f59(\"a\") if true", work),
        (doubling("replace(x, \"a\", \"aa\")", "F(F(x))") + "deny contains f59(\"a\") if true", work),
        (doubling("json(x)", "F(x)") + "deny contains f59(\"a\") if true", "there is no function json"),
        ("a0 := [1]\n".to_owned() + &(1..60).map(|at| format!("a{at} := [a{0}, a{0}]\n", at - 1)).collect::<String>() + "deny contains 1 if a59 == [a58, a58]", work),
        (format!("deny contains {}1{} if true", "[".repeat(2_000), "]".repeat(2_000)), "inside each other"),
        (format!("deny contains 1 if input{}", ".a".repeat(2_000)), "steps of one path"),
        (format!("deny contains 1{} if true", " + 1".repeat(2_000)), "behind each other"),
        ("a := 1\n".repeat(3_000), "8192 words"),
        ("#".repeat(70_000), "longer than 65536 bytes"),
    ] {
        let shown: String = policy.chars().take(60).collect();
        let error = denied(&policy).expect_err(&shown);
        assert!(error.contains(message), "{shown}: {error}");
    }
}

/// The deepest policies that are allowed run on the stack there is.
#[test]
fn what_is_deep_but_allowed_runs() {
    let statements = "1 < 2\n".repeat(1_900);
    assert_eq!(
        denied(&format!("deny contains \"x\" if {{\n{statements}}}")),
        Ok(vec!["x".to_owned()])
    );
    let list = "1, ".repeat(3_900);
    assert_eq!(
        denied(&format!(
            "deny contains sprintf(\"%d\", [count([{list}])]) if true"
        )),
        Ok(vec!["3900".to_owned()])
    );
    let mut policy = "r0 := 1\n".to_owned();
    for at in 1..400 {
        policy += &format!("r{at} := x if {{ x := r{} + 1; x > 0; true }}\n", at - 1);
    }
    assert_eq!(
        denied(&format!(
            "{policy}deny contains sprintf(\"%d\", [r399]) if true"
        )),
        Ok(vec!["400".to_owned()])
    );
}
