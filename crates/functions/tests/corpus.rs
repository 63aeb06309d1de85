//! Every function that validates or reads without arguments, on real manifests.
//!
//! The corpus is the folder named by `CUBIT_CORPUS`; without it the test says so and passes.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::path::{Path, PathBuf};

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, execute, registry};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
}

/// Arguments of the functions that have required ones and are run too.
const ARGUMENTS: [(&str, &[&str]); 6] = [
    ("vet-pod-security", &["restricted"]),
    ("vet-image-registries", &["ghcr.io"]),
    ("get-cost", &["0.03", "0.004", "0.1"]),
    ("apply-merge-patch", &["*", "{}"]),
    ("apply-strategic-merge-patch", &["*", "{}"]),
    ("apply-json-patch", &["*", "[]"]),
];

#[test]
fn real_manifests() {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS").map(PathBuf::from) else {
        eprintln!("CUBIT_CORPUS is not set: the corpus was not read");
        return;
    };
    let mut found = Vec::new();
    files(&corpus.join("kubernetes"), &mut found);
    assert!(!found.is_empty(), "no manifests in the corpus");
    let mut wrong = Vec::new();
    for file in found {
        let text = std::fs::read(&file).expect("readable");
        let Ok(config) = Config::parse(Toolchain::KubernetesYaml, &text) else {
            continue;
        };
        if config.resource_errors().next().is_some() {
            continue;
        }
        let functions = registry()
            .functions()
            .filter(|(toolchain, _)| *toolchain == Toolchain::KubernetesYaml);
        for (_, function) in functions {
            let signature = &function.signature;
            let name = signature.function_name.as_str();
            let given = ARGUMENTS.iter().find(|(known, _)| *known == name);
            let arguments = given.map_or(&[][..], |(_, arguments)| *arguments);
            if given.is_none() && (signature.mutating || signature.required_parameters > 0) {
                continue;
            }
            let outcome = execute(Execution {
                context: &FunctionContext::default(),
                config: config.clone(),
                invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
                num_filters: 0,
                stop_on_error: false,
            });
            if given.is_some() && !outcome.success || outcome.config.text() != config.text() {
                wrong.push(format!(
                    "{}: {name}: {:?}",
                    file.display(),
                    outcome.messages
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
