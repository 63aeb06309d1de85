//! Every function on real configuration, with the arguments of its examples.

#![expect(
    clippy::print_stdout,
    reason = "the figures are for the reader of the log"
)]

use std::path::PathBuf;

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute, registry,
};

/// Files of real configuration, where they are at hand.
fn files() -> Vec<(PathBuf, Config)> {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS") else {
        return Vec::new();
    };
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(corpus).join("kubernetes")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                let text = std::fs::read(&path).expect("a file");
                // Large files teach nothing that small ones do not.
                if text.len() < 64 << 10
                    && let Ok(config) = Config::parse(Toolchain::KubernetesYaml, &text)
                {
                    files.push((path, config));
                }
            }
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn run(config: &Config, function: &Function, arguments: &[&str]) -> Outcome {
    let name = function.signature.function_name.as_str();
    execute(Execution {
        context: &FunctionContext {
            unit_slug: "web".into(),
            space_slug: "prod".into(),
            ..FunctionContext::default()
        },
        config: config.clone(),
        invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
        num_filters: 0,
        stop_on_error: false,
    })
}

/// No function panics, answers otherwise the second time, or changes something again when it says
/// that it does not; and one that only reads changes nothing.
#[test]
fn every_function_on_real_configuration() {
    let mut wrong = Vec::new();
    let (mut runs, mut changed, mut refused) = (0, 0, 0);
    let files = files();
    let functions: Vec<_> = registry()
        .families()
        .iter()
        .flat_map(|family| &family.functions)
        .filter(|function| function.toolchains().contains(&Toolchain::KubernetesYaml))
        .collect();
    for (path, config) in &files {
        for function in &functions {
            let Some(example) = function
                .examples
                .iter()
                .find(|example| example.toolchain == Toolchain::KubernetesYaml)
            else {
                continue;
            };
            let say = |what: &str| {
                format!(
                    "{}: {}: {what}",
                    path.display(),
                    function.signature.function_name
                )
            };
            let outcome = run(config, function, &example.arguments);
            let again = run(config, function, &example.arguments);
            runs += 1;
            changed += usize::from(!outcome.changes.is_empty());
            refused += usize::from(!outcome.success);
            if outcome.outputs != again.outputs || outcome.config.text() != again.config.text() {
                wrong.push(say("answers otherwise the second time"));
            }
            if !function.signature.mutating && outcome.config.text() != config.text() {
                wrong.push(say("changes the text"));
            }
            if function.signature.idempotent && outcome.success {
                let once_more = run(&outcome.config, function, &example.arguments);
                if once_more.success && !once_more.changes.is_empty() {
                    wrong.push(say("changes something when it is run again"));
                }
            }
            let text = outcome.config.text();
            if let Err(error) = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()) {
                wrong.push(say(&format!("the result cannot be read: {error}")));
            }
        }
    }
    println!(
        "{} files, {runs} runs: {changed} changed something, {refused} were refused",
        files.len()
    );
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
