//! The examples of every function, run as tests; and the list of functions, as people see it.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Example, Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute,
    reference_page, registry,
};

/// The unit web of the space prod.
fn context(toolchain: Toolchain) -> FunctionContext {
    FunctionContext {
        toolchain,
        unit_slug: "web".into(),
        unit_id: "11111111-2222-4333-8444-555555555555".into(),
        space_slug: "prod".into(),
        space_id: "99999999-8888-4777-8666-555555555555".into(),
        approved_by: vec!["a user".into()],
        approvals_by_group: [("operators".to_owned(), 1)].into(),
        ..FunctionContext::default()
    }
}

fn run(toolchain: Toolchain, text: &str, name: &str, arguments: &[&str]) -> Outcome {
    execute(Execution {
        context: &context(toolchain),
        config: Config::parse(toolchain, text.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
        num_filters: 0,
        stop_on_error: false,
    })
}

#[test]
fn every_example_holds() {
    let mut wrong = Vec::new();
    for (toolchain, function) in registry().functions() {
        let name = &function.signature.function_name;
        let is_alias = function.signature.description.starts_with("Alias of");
        if !is_alias && function.examples.is_empty() {
            wrong.push(format!("{name} has no example"));
        }
        let examples = function
            .examples
            .iter()
            .filter(|example| example.toolchain == toolchain);
        for example in examples {
            if let Err(difference) = holds(function, example) {
                wrong.push(format!("{name} {:?}: {difference}", example.arguments));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn holds(function: &Function, example: &Example) -> Result<(), String> {
    let name = &function.signature.function_name;
    let outcome = run(example.toolchain, example.before, name, &example.arguments);
    if !outcome.success {
        return Err(outcome.messages.join("\n"));
    }
    let text = outcome.config.text();
    if run(example.toolchain, example.before, name, &example.arguments).outputs != outcome.outputs {
        return Err("it answers something else the second time".to_owned());
    }
    if !function.signature.mutating {
        if example.after.is_empty() {
            return Err("the example shows no answer".to_owned());
        }
        let outputs: String = outcome.outputs.values().map(ToString::to_string).collect();
        if !outputs.contains(example.after) {
            return Err(format!("expected {}, got {outputs}", example.after));
        }
        return (text == example.before)
            .then_some(())
            .ok_or_else(|| "it changed the text".to_owned());
    }
    if text != example.after {
        return Err(format!("expected\n{}got\n{text}", example.after));
    }
    let again = run(example.toolchain, &text, name, &example.arguments);
    if function.signature.idempotent && !again.changes.is_empty() {
        return Err(format!("run again it makes\n{}", again.config.text()));
    }
    Ok(())
}

/// All of what the functions answer for their examples, byte for byte.
#[test]
fn the_answers() {
    let mut answers = Vec::new();
    for (toolchain, function) in registry().functions() {
        let name = &function.signature.function_name;
        let examples = function
            .examples
            .iter()
            .filter(|example| example.toolchain == toolchain);
        for (at, example) in examples.enumerate() {
            let outcome = run(toolchain, example.before, name, &example.arguments);
            for answer in outcome.outputs.values() {
                answers.push(format!("{name} {toolchain} {}: {answer}", at + 1));
            }
        }
    }
    insta::assert_snapshot!(answers.join("\n"));
}

/// The page about all functions is what the declarations say. `CUBIT_ACCEPT=1` writes it.
#[test]
fn the_reference_page_is_fresh() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/functions.md"
    );
    let page = reference_page();
    if std::env::var_os("CUBIT_ACCEPT").is_some() {
        std::fs::write(file, &page).expect("writable");
    }
    let written = std::fs::read_to_string(file).expect("the page");
    assert!(
        written == page,
        "docs/reference/functions.md is stale: run this test with CUBIT_ACCEPT=1"
    );
}

#[test]
fn the_catalogue() {
    let names: Vec<String> = registry()
        .functions()
        .filter(|(toolchain, _)| *toolchain == Toolchain::KubernetesYaml)
        .map(|(_, function)| {
            let signature = &function.signature;
            let parameters: Vec<&str> = signature
                .parameters
                .iter()
                .map(|parameter| parameter.parameter_name.as_str())
                .collect();
            format!("{} {}", signature.function_name, parameters.join(" "))
                .trim()
                .to_owned()
        })
        .collect();
    insta::assert_snapshot!(names.join("\n"));
}
