//! Programs and patterns that people send, and that were made to take for ever.

use std::time::{Duration, Instant};

use cubit_tests::{invocation, query};
use serde_json::json;

use crate::Site;

/// Whoever takes longer for one hangs; a quick one takes thousandths of it.
const HANGS: Duration = Duration::from_secs(60);

/// A text of 64 KiB on which patterns that go back and forth do so.
fn text() -> String {
    let words = "a".repeat(63 << 10);
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {0}\ndata:\n  text: \"{words}!\"\n",
        "a".repeat(60)
    )
}

const PATTERNS: [&str; 32] = [
    "(a+)+$",
    "(a*)*$",
    "(a|a)*$",
    "(a|aa)+$",
    "(.*)*x",
    "(.*a){20}",
    "(a?){200}a{200}",
    "^(a+)+b$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(x+x+)+y",
    "([a-zA-Z]+)*$",
    "(a|b|ab)*bc",
    "(.+)+[0-9]",
    "((a+)+)+$",
    "(((((a*)*)*)*)*)*b",
    "a*a*a*a*a*a*a*a*b",
    ".*.*.*.*.*.*x",
    "(a{1,50}){1,50}b",
    "(a{0,100}){0,100}",
    "[^b]*[^c]*[^d]*e",
    "(?:a+){30}b",
    "(a|[a-z]|.)*c",
    "(\\w+\\s?)*\\d",
    "(\\p{L}+)+\\d",
    "((a{100}){100}){100}",
    "a{100000}",
    "(?i)(A+)+b",
    "(a+)\\1",
    "(?=a+)b",
    "(?<name>a+)+b",
    "(((((((((((((((((((((",
    "[[:alpha:]]{1,1000}x",
];

#[test]
fn evil_patterns_are_answered() {
    let site = Site::new();
    assert_eq!(site.create("app", text()).status, 200);
    let began = Instant::now();
    let mut taken = 0;
    for pattern in PATTERNS {
        for operator in ["~", "~*", "!~", "!~*"] {
            let own = format!("Slug {operator} '{pattern}'");
            let data = format!("ConfigMap.data.text {operator} '{pattern}'");
            let plain = format!("data.text {operator} '{pattern}'");
            for (parameter, condition) in
                [("where", own), ("where_data", data), ("where_data", plain)]
            {
                let asked = Instant::now();
                let answer =
                    site.api
                        .send("GET", &query("/api/unit", &[(parameter, &condition)]), "");
                assert!(
                    [200, 400].contains(&answer.status),
                    "{condition}: {}",
                    answer.text()
                );
                taken += usize::from(answer.status == 200);
                assert!(asked.elapsed() < HANGS, "{condition}");
            }
        }
    }
    // Otherwise all of it would be refused for another reason.
    assert!(
        taken > PATTERNS.len() * 4,
        "only {taken} conditions were taken"
    );
    println!(
        "{taken} conditions evaluated, all answered in {:?}",
        began.elapsed()
    );
    site.end();
}

const DIGITS: &str = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";

/// Programs by function; each asks for more time or memory than there is.
fn programs() -> Vec<(&'static str, String)> {
    let nested = |depth: usize, call: &str| {
        (0..depth).fold("true".to_owned(), |inner, n| {
            format!("{DIGITS}.{call}(a{n}, {inner})")
        })
    };
    let doubling = "s = \"x\"\nfor i in range(60):\n  s = s + s\nr[\"kind\"] = s\n";
    let rego = |body: &str| format!("package main\n{body}\n");
    vec![
        ("get-jq", "def f: f; f".to_owned()),
        ("get-jq", "[range(1000000000)] | length".to_owned()),
        ("get-jq", "last(repeat(1))".to_owned()),
        ("get-jq", "[limit(1000000000; repeat(\"x\"))]".to_owned()),
        ("get-jq", "reduce range(60) as $i (\"x\"; . + .)".to_owned()),
        ("get-jq", "\"x\" * 1000000000".to_owned()),
        ("get-jq", "[range(1e9)] | sort".to_owned()),
        ("get-jq", "def f: [f]; f".to_owned()),
        ("get-jq", "until(false; . )".to_owned()),
        ("get-jq", ".a[1000000000] = 1".to_owned()),
        ("get-jq", "\"a\" * 50000 | test(\"(a+)+$\")".to_owned()),
        ("set-jq", "while(true; .)".to_owned()),
        (
            "set-jq",
            ".spec.replicas = ([range(100000000)] | add)".to_owned(),
        ),
        (
            "get-jq",
            format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000)),
        ),
        ("vet-celexpr", nested(9, "all")),
        ("vet-celexpr", format!("{} == []", nested(7, "map"))),
        ("vet-cel", nested(9, "exists")),
        (
            "vet-celexpr",
            format!("{}true{}", "(".repeat(2000), ")".repeat(2000)),
        ),
        (
            "vet-celexpr",
            "'a'.matches('(a+)+(a{1000}){1000}')".to_owned(),
        ),
        ("vet-celexpr", format!("1{} > 0", " + 1".repeat(2000))),
        ("set-starlark", doubling.to_owned()),
        ("set-starlark", "def f():\n  f()\nf()\n".to_owned()),
        (
            "set-starlark",
            "for i in range(1000000000):\n  pass\n".to_owned(),
        ),
        (
            "set-starlark",
            "r[\"kind\"] = \"a\" * 1000000000\n".to_owned(),
        ),
        ("set-starlark", "l = [0] * 1000000000\n".to_owned()),
        (
            "set-starlark",
            "l = []\nfor i in range(10000000):\n  l.append(l)\n".to_owned(),
        ),
        (
            "set-starlark",
            "x = 1\nfor i in range(100):\n  x = x * x + 7\n".to_owned(),
        ),
        ("set-starlark", "x = 1 << 1000000000\n".to_owned()),
        (
            "set-starlark",
            "r[\"kind\"] = \"%1000000000d\" % 1\n".to_owned(),
        ),
        (
            "set-starlark",
            "r[\"kind\"] = \",\".join([\"x\" * 1000] * 1000000)\n".to_owned(),
        ),
        (
            "set-starlark",
            format!("x = {}1{}\n", "[".repeat(5000), "]".repeat(5000)),
        ),
        (
            "vet-starlark",
            "def validate(r):\n  return validate(r)\n".to_owned(),
        ),
        (
            "get-starlark",
            "def extract(r):\n  return [x for a in range(9999) for x in range(9999)]\n".to_owned(),
        ),
        (
            "vet-rego",
            rego("deny contains x if { x := numbers.range(1, 1000000000)[_] }"),
        ),
        (
            "vet-rego",
            rego("f(x) := f(x)\ndeny contains \"x\" if f(1)"),
        ),
        ("vet-rego", rego("p if p\ndeny contains \"x\" if p")),
        (
            "vet-rego",
            rego(
                "r := numbers.range(1, 1000)\ndeny contains \"x\" if { some a in r; some b in r; some c in r; a + b + c == 0 }",
            ),
        ),
        (
            "vet-rego",
            rego("deny contains \"x\" if regex.match(`(a+)+(a{1000}){1000}`, \"aaaa\")"),
        ),
        (
            "vet-rego",
            rego("deny contains x if { x := sprintf(\"%1000000000d\", [1]) }"),
        ),
        (
            "vet-rego",
            rego(&format!(
                "deny contains {}1{}",
                "[".repeat(3000),
                "]".repeat(3000)
            )),
        ),
        ("get-yq", "..".repeat(1000)),
        (
            "get-yq",
            format!("{}.a{}", "(".repeat(20_000), ")".repeat(20_000)),
        ),
        ("get-yq", vec![".spec"; 20_000].join(" , ")),
        ("get-yq", "[].[]".repeat(2000)),
        ("set-yq", format!(".a{} = 1", "[999999999]".repeat(50))),
        ("set-yq", format!(".{} = 1", vec!["a"; 10_000].join("."))),
    ]
}

#[test]
fn programs_that_would_never_end_are_stopped() {
    let site = Site::new();
    let unit = site
        .api
        .create_unit(&site.space, "app", cubit_tests::deployment(1, "first"));
    let began = Instant::now();
    let mut failed = 0;
    for (function, program) in programs() {
        let shown: String = program.chars().take(60).collect();
        let asked = Instant::now();
        let path = format!("{}&dry_run=true", unit.invoke_path());
        let body = invocation(function, &[json!(program)]).to_string();
        let answer = site.api.send("POST", &path, body);
        let is_answered = [200, 207, 400, 422].contains(&answer.status);
        assert!(is_answered, "{function} {shown}: {}", answer.text());
        assert!(asked.elapsed() < HANGS, "{function} {shown}");
        let has_failed = answer.status != 200 || answer.json()[0]["Success"] != true;
        if !has_failed {
            println!("{function} {shown}: it ended by itself");
        }
        failed += usize::from(has_failed);
    }
    println!(
        "{failed} programs stopped or refused in {:?}",
        began.elapsed()
    );
    assert!(
        failed > 30,
        "only {failed} programs were stopped or refused"
    );
    if let Some(peak) = site.server.peak_memory() {
        println!("peak memory: {} MiB", peak >> 20);
        assert!(peak < 1 << 30, "{peak} bytes");
    }
    site.end();
}
