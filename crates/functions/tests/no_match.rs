//! Every function on texts that hold nothing it is about: nothing, and things of other kinds. What
//! each does stands in the snapshots, a line a function.

use std::collections::BTreeMap;

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute, registry,
};

/// A text with a key or two that no function is about.
fn unrelated(toolchain: Toolchain) -> &'static str {
    match toolchain {
        Toolchain::KubernetesYaml => {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nothing} # empty\n---\napiVersion: example.com/v1\nkind: Unknown\nmetadata:\n  name: strange\nfield: 1\n"
        }
        Toolchain::ConfigHubYaml => "Kind: Unknown\nSlug: strange # odd\n",
        Toolchain::AppConfigProperties | Toolchain::AppConfigEnv => "# odd\nSTRANGE=1\n",
        Toolchain::AppConfigIni => "; odd\n[strange]\nfield = 1\n",
        Toolchain::AppConfigToml => "# odd\nstrange = 1\n",
        Toolchain::AppConfigJson => "{\"strange\": 1}\n",
        Toolchain::AppConfigYaml => "strange: 1 # odd\n",
        Toolchain::AppConfigText => "strange\n",
        Toolchain::OpenTofuHcl => "# odd\nlocals {\n  strange = 1\n}\n",
    }
}

/// What changes a text by its nature, whatever is in it, and why.
const CREATES: &[(&str, &str)] = &[
    ("add-network-policy", "adds a resource"),
    ("upsert-resource", "adds the resource it is given"),
    (
        "ensure-context",
        "writes what is known of the unit into every resource",
    ),
    (
        "ensure-namespaces",
        "writes a placeholder where a namespace may be missing",
    ),
    ("normalize", "gives every resource an id"),
    ("select-where-resource", "drops what is not asked for"),
    ("set-annotation", "creates what it sets in every resource"),
    ("set-label", "creates what it sets in every resource"),
    ("set-name", "every resource has a name"),
    (
        "set-int-path",
        "creates what it sets; the example names every type",
    ),
    (
        "set-template",
        "creates what it sets; the example names every type",
    ),
];

/// What answers whatever is in a text, and why.
const ANSWERS: &[(&str, &str)] = &[
    (
        "compute-mutations",
        "says how another text differs from this one",
    ),
    (
        "generate-kubecontext",
        "is about the unit, not about its text",
    ),
    ("get-attributes", "names are attributes"),
    ("get-name", "every resource has a name"),
    ("get-provided", "a name is something that others may need"),
    ("get-cost", "a sum of nothing is nothing"),
    ("get-resource-totals", "a sum of nothing is nothing"),
    ("get-resources", "lists every resource"),
    ("list-paths", "lists every value"),
    ("patch-mutations", "says what it could not do"),
    ("render-configmap", "puts any text into a ConfigMap"),
    ("set-protection", "answers the mutations that it is given"),
];

fn run(toolchain: Toolchain, text: &str, name: &str, arguments: &[&str]) -> Outcome {
    let context = FunctionContext {
        toolchain,
        unit_slug: "web".into(),
        unit_id: "11111111-2222-4333-8444-555555555555".into(),
        space_slug: "prod".into(),
        space_id: "99999999-8888-4777-8666-555555555555".into(),
        approved_by: vec!["a user".into()],
        ..FunctionContext::default()
    };
    execute(Execution {
        context: &context,
        config: Config::parse(toolchain, text.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
        num_filters: 0,
        stop_on_error: false,
    })
}

/// The arguments of an example of a function, if there is one of the toolchain.
fn arguments(function: &Function, toolchain: Toolchain) -> Vec<&'static str> {
    let mut examples = function.examples.iter();
    let of_toolchain = examples.find(|example| example.toolchain == toolchain);
    let example = of_toolchain.or_else(|| function.examples.first());
    example.expect("an example").arguments.clone()
}

/// Whether the arguments are meant for texts of a toolchain.
fn has_example(function: &Function, toolchain: Toolchain) -> bool {
    let mut examples = function.examples.iter();
    examples.any(|example| example.toolchain == toolchain)
}

/// What a function does with a text, in one line; and what is wrong with that.
fn outcome(
    function: &Function,
    toolchain: Toolchain,
    text: &str,
) -> (String, Option<&'static str>) {
    let signature = &function.signature;
    let name = signature.function_name.as_str();
    let arguments = arguments(function, toolchain);
    let outcome = run(toolchain, text, name, &arguments);
    let after = outcome.config.text();
    if !outcome.success {
        let messages = outcome.messages.join(" ").replace(" (function 0)", "");
        let wrong = (after != text).then_some("it fails and changes the text");
        return (format!("error: {messages}"), wrong);
    }
    if after != text {
        let again = run(toolchain, &after, name, &arguments);
        let wrong = if !CREATES.iter().any(|(known, _)| *known == name) {
            Some("it changes the text")
        } else if signature.idempotent
            && has_example(function, toolchain)
            && !again.changes.is_empty()
        {
            Some("run again it changes the text again")
        } else {
            None
        };
        return (format!("makes {after:?}"), wrong);
    }
    if signature.validating {
        let result = &outcome.outputs["ValidationResult"][0];
        let details = &result["Details"];
        return match result["Passed"].as_bool() {
            Some(true) if details.is_null() => ("passes".to_owned(), None),
            Some(true) => (format!("passes: {details}"), None),
            _ if details.is_null() => ("does not pass".to_owned(), Some("it does not say why")),
            _ => (format!("does not pass: {details}"), None),
        };
    }
    let Some(output) = outcome.outputs.values().next() else {
        let wrong = signature.output_info.is_some() && !signature.mutating;
        return ("nothing".to_owned(), wrong.then_some("it answers nothing"));
    };
    let is_empty = output.as_array().is_some_and(Vec::is_empty)
        || output["Payload"]
            .as_str()
            .is_some_and(|text| text.trim().is_empty());
    match is_empty {
        true => ("an empty answer".to_owned(), None),
        false => {
            let wrong = !ANSWERS.iter().any(|(known, _)| *known == name);
            (
                format!("answers {output}"),
                wrong.then_some("it answers something"),
            )
        }
    }
}

/// An exception that no function needs would hide a mistake.
#[test]
fn the_exceptions_are_needed() {
    let made: Vec<(String, String)> = functions()
        .flat_map(|(toolchain, function)| {
            ["", unrelated(toolchain)].map(|text| {
                let line = outcome(function, toolchain, text).0;
                (function.signature.function_name.clone(), line)
            })
        })
        .collect();
    for (exceptions, word) in [(CREATES, "makes "), (ANSWERS, "answers ")] {
        for (name, why) in exceptions {
            let mut of_name = made.iter().filter(|(known, _)| known == name);
            let is_needed = of_name.any(|(_, line)| line.starts_with(word));
            assert!(is_needed, "{name} needs no exception: {why}");
        }
    }
}

/// Functions without aliases, with their toolchains.
fn functions() -> impl Iterator<Item = (Toolchain, &'static Function)> {
    registry()
        .functions()
        .filter(|(_, function)| !function.signature.description.starts_with("Alias of"))
}

#[test]
fn kubernetes() {
    let toolchain = Toolchain::KubernetesYaml;
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    for (_, function) in functions().filter(|(of, _)| *of == toolchain) {
        let name = &function.signature.function_name;
        let mut said = Vec::new();
        for text in ["", unrelated(toolchain)] {
            let (line, problem) = outcome(function, toolchain, text);
            wrong.extend(problem.map(|problem| format!("{name} on {text:?}: {problem}: {line}")));
            said.push(line);
        }
        lines.push(match said.as_slice() {
            [empty, other] if empty == other => format!("{name}: {empty}"),
            [empty, other] => format!("{name}: {other}\n  on an empty text: {empty}"),
            _ => String::new(),
        });
    }
    insta::assert_snapshot!(lines.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_toolchains() {
    let mut by_line: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (toolchain, function) in functions().filter(|(of, _)| *of != Toolchain::KubernetesYaml) {
        let name = &function.signature.function_name;
        for (what, text) in [("on an empty text", ""), ("", unrelated(toolchain))] {
            let (line, problem) = outcome(function, toolchain, text);
            wrong
                .extend(problem.map(|problem| {
                    format!("{name} of {toolchain} on {text:?}: {problem}: {line}")
                }));
            let said = by_line.entry((name.clone(), line)).or_default();
            said.push(format!("{toolchain} {what}").trim().to_owned());
        }
    }
    let all = 2 * (Toolchain::all().count() - 1);
    let lines: Vec<String> = by_line
        .into_iter()
        .map(|((name, line), where_)| match where_.len() == all {
            true => format!("{name}: {line}"),
            false => format!("{name}: {line}\n  {}", where_.join(", ")),
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
