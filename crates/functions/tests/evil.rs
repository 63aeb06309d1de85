//! Programs that want too much, each against a resource of 64 KiB: every one of them ends, in a
//! result or in an error that names what it ran out of.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute};

/// A resource of 64 KiB: a long text without a match, and a list.
fn resource() -> String {
    let text = "a".repeat(32 << 10);
    let list: String = (0..2800).map(|n| format!("- {n}: {n}\n")).collect();
    let resource = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  text: {text}\nlist:\n{list}"
    );
    assert!((60 << 10..70 << 10).contains(&resource.len()));
    resource
}

/// A function, its arguments, and what the message of its refusal must hold; an empty text where it
/// must succeed.
type Case = (&'static str, Vec<String>, &'static str);

const CEL: &str = "1000000 units of work";
const JQ: &str = "2000000 units of work";
const YQ: &str = "1000000 units of work";

fn case(function: &'static str, program: impl Into<String>, expected: &'static str) -> Case {
    (function, vec![program.into()], expected)
}

fn patterns() -> Vec<Case> {
    let matches = |pattern: &str, expected| {
        let program = format!("r.data.text.matches('{pattern}') || true");
        case("vet-celexpr", program, expected)
    };
    let jq = |pattern: &str, expected| {
        case(
            "get-jq",
            format!(".data.text | test(\"{pattern}\")"),
            expected,
        )
    };
    vec![
        // What backtracking needs ages for takes one pass here.
        matches("(a+)+b", ""),
        matches("(a|a)*b", ""),
        matches("(a|aa)+$b", ""),
        matches("(.*)*b", ""),
        matches("(a*)*(a*)*(a*)*(a*)*b", ""),
        matches("^(([a-z])+.)+[A-Z]([a-z])+$", ""),
        matches(".*.*.*.*.*.*=.*", ""),
        matches("(a?){30}a{30}b", ""),
        matches("[a-z]{1,500}[a-z]{1,500}!", ""),
        case(
            "vet-celexpr",
            "r.data.text.matches('((a{100}){100}){100}')",
            "size limit",
        ),
        case(
            "vet-celexpr",
            "r.data.text.matches('a{1000000000}')",
            "regex",
        ),
        case(
            "vet-celexpr",
            "r.data.text.matches('\\\\p{L}{900}\\\\w{900}')",
            "size limit",
        ),
        jq("(a+)+b", ""),
        jq("(a|a)*b", ""),
        jq("^(([a-z])+.)+[A-Z]([a-z])+$", ""),
        jq("((a{100}){100}){100}", "size limit"),
        case("search-replace", "a", "longer than 67108864 bytes"),
    ]
}

fn cel() -> Vec<Case> {
    [
        "r.list.map(a, r.data.text) == []",
        "r.list.map(a, r.data.text + r.data.text) == []",
        "lists.range(2000).all(a, r.data.text.matches('(a+)+b' + string(a)) || true)",
        "r.list.all(a, r == r)",
        "r.data.text.replace('', r.data.text) == ''",
        "r.data.text.split('').map(c, r.data.text).join('') == ''",
        "r.data.text.split('').map(c, c).join(r.data.text) == ''",
        "r.list.map(a, r.data.text.findAll('a*?')) == []",
        "lists.range(1000000000) == []",
        "sets.contains(lists.range(50000), lists.range(50000))",
        "r.list.map(a, '%s%s'.format([r.data.text, r.data.text])) == []",
    ]
    .into_iter()
    .map(|program| case("vet-celexpr", program, CEL))
    .chain([
        case("vet-celexpr", "(".repeat(4000), "brackets are nested"),
        case(
            "vet-celexpr",
            format!("1{}", "+1".repeat(2000)),
            "operators",
        ),
        case("vet-celexpr", "1".repeat(5000), "longer than 4096"),
        case(
            "vet-celexpr",
            "isQuantity('1e-2147483647') && isQuantity('0e2147483647')",
            "",
        ),
        case(
            "set-cel",
            "{'apiVersion': 'v1', 'kind': 'X', 'metadata': r.metadata, 'l': r.list.map(a, r)}",
            CEL,
        ),
    ])
    .collect()
}

fn jq() -> Vec<Case> {
    [
        "def f: f; f",
        "def f: 1 + f; f",
        "last(repeat(1))",
        "[limit(1e9; repeat(.data.text))] | length",
        "[.list[] as $a | .list[] as $b | .list[] as $c | 1] | length",
        "reduce range(40) as $i (.data.text; . + .) | length",
        ".list | [., ., ., .] | [combinations] | length",
    ]
    .into_iter()
    .map(|program| case("get-jq", program, "stopped"))
    .chain([
        case("get-jq", "[range(1e9)] | length", JQ),
        case("get-jq", ".data.text * 1000000000 | length", "stopped"),
        case("get-jq", ".list[] | ., ., ., .", "10000"),
        case("get-jq", "try (def f: f; f) catch 1", "stopped"),
        case("get-jq", "(".repeat(60_000), "parameter jq-expression"),
        case("set-jq", ".list = [.list[] as $a | .list]", "stopped"),
    ])
    .collect()
}

fn yq() -> Vec<Case> {
    vec![
        case("get-yq", format!("(.,.){}", "|(.,.)".repeat(60)), YQ),
        case("get-yq", vec![".list[]"; 300].join(","), "10000 results"),
        case("get-yq", vec![".list[0]"; 5000].join(","), ""),
        case("get-yq", vec![".data"; 9000].join(","), YQ),
        case(
            "get-yq",
            format!(".{}a", "a.".repeat(30_000)),
            "nested more than 128 deep",
        ),
        case("get-yq", "(".repeat(60_000), "parentheses are nested"),
        case("get-yq", "[".repeat(60_000), "recursion limit"),
        case("get-yq", ".".repeat(60_000), "is not there"),
        case("set-yq", vec![".a = . | .b = ."; 60].join("|"), YQ),
        case(
            "set-yq",
            vec![".metadata.x = .metadata"; 300].join("|"),
            "nested more than 128 deep",
        ),
        case("set-yq", ".list[][] = {\"a\": [1, 2, 3]}", ""),
        case("set-yq", ".list[] |= {\"a\": .}", "is not there"),
        case("set-yq", ".list[100000000] = 1", "the next is [2800]"),
    ]
}

fn templates() -> Vec<Case> {
    let template = |program: String, param: String, expected| -> Case {
        (
            "set-template",
            vec![program, "data.made".into(), param],
            expected,
        )
    };
    let long = || format!("x={}", "a".repeat(64 << 10));
    vec![
        template(
            "{{.Params.x}}".repeat(4000),
            long(),
            "longer than 1048576 bytes",
        ),
        template(
            format!("{{{{.Params.x{}}}}}", " | toUpper".repeat(3000)),
            long(),
            "16777216 bytes of work",
        ),
        template("{{".repeat(30_000), long(), "is not there"),
        template("{{/*".repeat(10_000), long(), "the comment has no end"),
        template(
            format!("{{{{trimSuffix .Params.x{}}}}}", " \"a\"".repeat(10_000)),
            long(),
            "takes 2 arguments",
        ),
        template("a".repeat(70_000), long(), "longer than 65536 bytes"),
        template("{{.Params.x | toUpper | trimSpace}}".into(), long(), ""),
    ]
}

fn check(text: &str, (function, arguments, expected): Case) -> Option<String> {
    let mut arguments = arguments;
    if function == "search-replace" {
        arguments.push("b".repeat(4000));
    }
    let shown: String = arguments[0].chars().take(60).collect();
    let invocations = [FunctionInvocation::new(function, arguments)];
    let outcome = execute(Execution {
        context: &FunctionContext::default(),
        config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
        invocations: &invocations,
        num_filters: 0,
        stop_on_error: false,
    });
    let messages = outcome.messages.join("\n");
    let holds = match expected {
        "" => outcome.success,
        expected => {
            !outcome.success && messages.contains(expected) && outcome.config.text() == text
        }
    };
    (!holds).then(|| format!("{function} {shown}: expected {expected:?}, got {messages:?}"))
}

/// The deadline is for all of them together, and far beyond what they need: it only tells a hang
/// from an end.
#[test]
fn every_program_ends() {
    let (sender, receiver) = mpsc::channel();
    let families = [patterns(), cel(), jq(), yq(), templates()];
    let count: usize = families.iter().map(Vec::len).sum();
    assert!(count >= 30, "{count}");
    for family in families {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let text = resource();
            for case in family {
                // Nobody listens any more when the deadline has passed.
                let _ = sender.send(check(&text, case));
            }
        });
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut wrong = Vec::new();
    for _ in 0..count {
        let left = deadline.saturating_duration_since(Instant::now());
        let checked = receiver.recv_timeout(left);
        wrong.extend(checked.expect("a program hangs, or a check panicked"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
