//! The examples of every function, run as tests; and the list of functions, as people see it.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, Outcome, execute, registry};

fn run(text: &str, name: &str, arguments: &[&str]) -> Outcome {
    execute(Execution {
        context: &FunctionContext::default(),
        config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
        num_filters: 0,
        stop_on_error: false,
    })
}

#[test]
fn every_example_holds() {
    for (toolchain, function) in registry().functions() {
        if toolchain != Toolchain::KubernetesYaml {
            continue;
        }
        let name = &function.signature.function_name;
        let is_alias = function.signature.description.starts_with("Alias of");
        assert!(
            is_alias || !function.examples.is_empty(),
            "{name} has no example"
        );
        for example in &function.examples {
            let outcome = run(example.before, name, example.arguments);
            assert!(outcome.success, "{name}: {:?}", outcome.messages);
            if function.signature.mutating {
                assert_eq!(
                    outcome.config.text(),
                    example.after,
                    "{name} {:?}",
                    example.arguments
                );
                let again = run(&outcome.config.text(), name, example.arguments);
                assert!(
                    again.changes.is_empty(),
                    "{name} {:?} changes something the second time",
                    example.arguments
                );
            } else {
                let outputs: String = outcome.outputs.values().map(ToString::to_string).collect();
                assert!(outputs.contains(example.after), "{name}: {outputs}");
                assert_eq!(outcome.config.text(), example.before, "{name} reads only");
            }
        }
    }
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
