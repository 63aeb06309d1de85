//! Reading and changing resources by programs of the jq language.

use cubit_configdata::{Action, Config, Edit, ResolvedPath, Toolchain, Value};

use crate::expression::jq;
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n  - name: log\n    image: shop/log:2\n";

/// What the pages about both functions say about the language.
const LANGUAGE: &str = "The program sees nothing but the resource: no environment, clock, input or file. It is stopped after 2,000,000 units of work in one call.";

fn program(example: &str) -> FunctionParameter {
    required(
        "jq-expression",
        DataType::Jq,
        example,
        "The program, in the jq language.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("get-jq", &format!("Answers what a jq program yields for each resource, as YAML documents. {LANGUAGE}"), get)
            .parameter(program(".spec.containers[].image"))
            .output(OutputType::Yaml, "results", "What the program yields, one document a result, in the order of the resources.")
            .example(&[".spec.containers[].image"], POD, r#""Payload":"shop/web:1.0\n---\nshop/log:2\n""#)
            .example(&["{(.kind): [.spec.containers[].name]}"], POD, r#"Pod:\n- web\n- log\n"#)
            .example(&["empty"], POD, r#""Payload":"""#),
        Function::generic("set-jq", &format!("Replaces each resource by the one value a jq program yields for it. What stays the same keeps its text and its comments. {LANGUAGE}"), set)
            .mutating()
            .not_idempotent()
            .parameter(program(".spec.replicas = 3"))
            .example(
                &["(.spec.containers[] | select(.name == \"log\") | .image) = \"shop/log:3\""],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n  - name: log\n    image: shop/log:3\n",
            )
            .example(&["."], POD, POD)
            .example(
                &["del(.spec.containers[] | select(.name == \"log\")) | .metadata.labels.tier = \"front\""],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {tier: front}} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n",
            ),
    ]
}

/// What the program yields for each resource; the failures of single resources are noted.
fn results(call: &mut Call<'_>) -> Result<Vec<Option<Vec<Value>>>, Failure> {
    let resources = call.resources("*");
    let inputs: Vec<Value> = resources
        .iter()
        .map(|resource| resource.root.value())
        .collect();
    let all = jq::run(call.arguments.text("jq-expression"), &inputs)
        .map_err(|error| format!("parameter jq-expression: {error}"))?;
    let mut results = Vec::with_capacity(all.len());
    for (resource, result) in resources.iter().zip(all) {
        results.push(match result {
            Ok(values) => Some(values),
            Err(error) => {
                call.problem(&resource.info, &error);
                None
            }
        });
    }
    Ok(results)
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut documents = Vec::new();
    for value in results(call)?.into_iter().flatten().flatten() {
        documents.push(document(value)?);
    }
    Ok(Output::Payload(documents.join("---\n")))
}

/// A value as a YAML document of its own.
pub(super) fn document(value: Value) -> Result<String, Failure> {
    let mut config =
        Config::parse(Toolchain::AppConfigYaml, b"").map_err(|error| error.to_string())?;
    config
        .apply(&[Edit::set(0, ResolvedPath::default(), value)])
        .map_err(|error| error.to_string())?;
    let mut text = config.text().into_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let results = results(call)?;
    for (resource, values) in call.resources("*").iter().zip(results) {
        let Some(values) = values else { continue };
        match <[Value; 1]>::try_from(values) {
            Ok([value @ Value::Map(_)]) => {
                call.edit(resource, ResolvedPath::default(), Action::Set(value));
            }
            Ok([_]) => call.problem(
                &resource.info,
                "the program yields a value that is no object: expected the new resource",
            ),
            Err(values) => call.problem(
                &resource.info,
                &format!(
                    "the program yields {} values: expected one, the new resource",
                    values.len()
                ),
            ),
        }
    }
    Ok(Output::Nothing)
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};

    use super::POD;
    use crate::{Execution, FunctionContext, FunctionInvocation, Outcome, execute};

    fn run(text: &str, function: &str, program: &str) -> Outcome {
        execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(function, [program])],
            num_filters: 0,
            stop_on_error: false,
        })
    }

    #[test]
    fn a_program_that_fails_changes_nothing() {
        for (program, message) in [
            (".spec.containers[]", "yields 2 values: expected one"),
            ("empty", "yields 0 values: expected one"),
            (".metadata.name", "yields a value that is no object"),
            ("[.]", "yields a value that is no object"),
            (".metadata.name | .x", "v1/Pod /web: cannot index"),
            (
                "nope",
                "parameter jq-expression: the filter nope is not defined",
            ),
            (
                "def f: f; f",
                "parameter jq-expression: the program was stopped",
            ),
        ] {
            let outcome = run(POD, "set-jq", program);
            assert!(
                !outcome.success && outcome.config.text() == POD,
                "{program}"
            );
            let messages = outcome.messages.join(" ");
            assert!(messages.contains(message), "{program}: {messages}");
        }
    }

    #[test]
    fn every_resource_is_visited() {
        let text = format!("{POD}---\napiVersion: v1\nkind: Service\nmetadata: {{name: a}}\n");
        let kinds = run(&text, "get-jq", ".kind");
        assert_eq!(kinds.outputs["YAML"]["Payload"], "Pod\n---\nService\n");
        let labelled = run(&text, "set-jq", ".metadata.labels.tier = \"front\"");
        assert_eq!(
            labelled.config.text(),
            text.replace("{name: web}", "{name: web, labels: {tier: front}}")
                .replace("{name: a}", "{name: a, labels: {tier: front}}")
        );
    }
}
