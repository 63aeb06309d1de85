//! Reading and changing resources by the paths of yq.

use crate::expression::yq::{Budget, Change, Query, Update};
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::{DataType, FunctionParameter, OutputType};
use cubit_configdata::{Action, ResolvedPath};

use super::jq::document;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n  - name: log\n    image: shop/log:2\n";

const LANGUAGE: &str = "There are paths, select(PATH == VALUE), pipes and commas; for the rest of the language there is jq.";

fn expression(example: &str, description: &str) -> FunctionParameter {
    required("yq-expression", DataType::Yq, example, description)
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("get-yq", &format!("Answers what a yq expression gives for each resource, as YAML documents. {LANGUAGE}"), get)
            .parameter(expression(".spec.containers[].image", "The expression, in a part of the yq language."))
            .output(OutputType::Yaml, "results", "What the expression gives, one document a result, in the order of the resources.")
            .aliases(&["yq"])
            .example(&[".spec.containers[].image"], POD, r#""Payload":"shop/web:1.0\n---\nshop/log:2\n""#)
            .example(&[".spec.containers[] | select(.name == \"log\") | .image"], POD, r#""Payload":"shop/log:2\n""#)
            .example(&["select(.kind == \"Secret\")"], POD, r#""Payload":"""#),
        Function::generic("set-yq", &format!("Changes resources by a yq expression: PATH = VALUE, PATH |= VALUE and del(PATH), one after another. What it does not name keeps its text. {LANGUAGE}"), set)
            .mutating()
            .not_idempotent()
            .parameter(expression(".spec.replicas = 3", "The expression, in a part of the yq language."))
            .aliases(&["yq-i"])
            .example(
                &["(.spec.containers[] | select(.name == \"log\") | .image) = \"shop/log:3\""],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n  - name: log\n    image: shop/log:3\n",
            )
            .example(
                &["del(.spec.containers[0]) | .metadata.labels.\"example.com/tier\" = \"front\""],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {example.com/tier: front}} # the shop\nspec:\n  containers:\n  - name: log\n    image: shop/log:2\n",
            )
            .example(&["select(.kind == \"Secret\").type = \"Opaque\""], POD, POD),
    ]
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let program = Query::compile(call.arguments.text("yq-expression"))
        .map_err(|error| format!("parameter yq-expression: {error}"))?;
    let mut budget = Budget::new();
    let mut documents = Vec::new();
    for resource in call.resources("*") {
        match program.run(&resource.root.value(), &mut budget) {
            Ok(values) => {
                for value in values {
                    documents.push(document(value)?);
                }
            }
            Err(error) => call.problem(&resource.info, &error),
        }
    }
    Ok(Output::Payload(documents.join("---\n")))
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    let program = Update::compile(call.arguments.text("yq-expression"))
        .map_err(|error| format!("parameter yq-expression: {error}"))?;
    let mut budget = Budget::new();
    for resource in call.resources("*") {
        match program.run(&resource.root.value(), &mut budget) {
            Ok(changes) => {
                for change in changes {
                    let (path, action) = match change {
                        // What is the same in it stays untouched.
                        Change::Set(value) => (ResolvedPath::default(), Action::Set(value)),
                        Change::Delete(path) => (path, Action::Delete),
                    };
                    call.edit(&resource, path, action);
                }
            }
            Err(error) => call.problem(&resource.info, &error),
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
    fn only_the_places_that_are_named_change() {
        let text = "apiVersion: v1 # first\nkind: ConfigMap\nmetadata:\n  name: 'a'   # odd\ndata:\n  # one\n  a: \"1\"\n\n  b: x # two\n  empty:\nlist:\n- 1\n-   {a: 1,  b: 2}\n- 3 # last\n";
        for (program, from, to) in [
            (".data.b = \"w\"", "b: x # two", "b: w # two"),
            (".data[\"a\"] |= \"2\"", "a: \"1\"", "a: \"2\""),
            ("del(.data.b)", "  b: x # two\n", ""),
            (
                "del(.list[0], .list[2])",
                "- 1\n-   {a: 1,  b: 2}\n- 3 # last\n",
                "-   {a: 1,  b: 2}\n",
            ),
            ("del(.list[1] | select(.a == 1))", "-   {a: 1,  b: 2}\n", ""),
            (".list[-1] = 4", "- 3 # last", "- 4 # last"),
            (
                ".list[1].b = 3 | .list[1].a = .list[1].b",
                "{a: 1,  b: 2}",
                "{a: 3,  b: 3}",
            ),
            (".list[3] = true", "- 3 # last\n", "- 3 # last\n- true\n"),
            (
                ".metadata.labels.x = \"w\"",
                "# odd\n",
                "# odd\n  labels:\n    x: w\n",
            ),
            (".data.empty = \"z\"", "empty:\n", "empty: z\n"),
            (
                "(.data.a, .data.b) = \"q\"",
                "a: \"1\"\n\n  b: x",
                "a: \"q\"\n\n  b: q",
            ),
            (".data[] |= .", "", ""),
            ("del(.nothing.there) | .", "", ""),
        ] {
            let outcome = run(text, "set-yq", program);
            assert!(outcome.success, "{program}: {:?}", outcome.messages);
            assert_eq!(
                outcome.config.text(),
                text.replacen(from, to, 1),
                "{program}"
            );
        }
    }

    #[test]
    fn a_program_that_fails_changes_nothing() {
        for (program, message) in [
            (
                ".spec.containers.image = 3",
                "v1/Pod /web: .spec.containers is a list: expected a map, to take .image of it",
            ),
            (
                ".spec.containers[5] = 3",
                "the list has 2 elements: the next is [2], not [5]",
            ),
            (".kind.x = 3", ".kind is a text: expected a map"),
            (". = 3", "expected a path before ="),
            ("del(.)", "expected a path before = and in del"),
            (
                ".spec.replicas = (.spec.containers[] | .name)",
                "expected one value to set, got 2",
            ),
            (
                ".spec",
                "parameter yq-expression: it changes nothing: expected PATH = VALUE",
            ),
            (
                "select(.kind == \"Pod\") | .spec.x = 3",
                "it changes nothing",
            ),
            (".a = 1, .b = 2", "it changes nothing"),
            (".a = (.b = 3)", "= inside of what is set"),
        ] {
            let outcome = run(POD, "set-yq", program);
            assert!(
                !outcome.success && outcome.config.text() == POD,
                "{program}"
            );
            let messages = outcome.messages.join(" ");
            assert!(messages.contains(message), "{program}: {messages}");
        }
        let outcome = run(POD, "yq", ".spec.replicas = 3");
        assert!(
            outcome.messages[0].contains("= changes something: use set-yq"),
            "{:?}",
            outcome.messages
        );
    }
}
