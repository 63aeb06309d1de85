//! Writing text that is made from what is known of the unit.

use cubit_configdata::Value;

use super::cel::params;
use super::path::set;
use crate::expression::template::Template;
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::DataType;

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("set-template", "Sets the value at a path of every resource to a text that a template gives. The fields are those of the unit (.UnitSlug, .SpaceSlug, .UnitLabels and so on) and .Params; the functions are normalizeName, toUpper, toLower, trimSpace, trimSuffix and trimPrefix. A missing field is an error. Maps missing on the way are created.", set_template)
            .mutating()
            .parameter(required("expression", DataType::String, "{{.UnitSlug}}-{{.Params.tier}}", "The template, in the language of Go."))
            .parameter(required("path", DataType::String, "metadata.labels.app", "Path of the value, with wildcards, matches and parts."))
            .parameter(optional("param", DataType::String, "tier=front", "Values for the template, as key=value: {{.Params.key}}."))
            .repeating()
            .example(
                &["{{.UnitSlug}}-{{.Params.tier | toLower}}", "metadata.labels.app", "tier=Front"],
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a # shop\n",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a # shop\n  labels:\n    app: web-front\n",
            )
            .example(
                &["{{trimSuffix .SpaceSlug \"-eu\"}}.example.com", "spec.rules.*.host"],
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n  - host: old.example.com # doors\n",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n  - host: prod.example.com # doors\n",
            ),
    ]
}

fn set_template(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wrong = |error: String| format!("parameter expression: {error}");
    let template = Template::compile(call.arguments.text("expression")).map_err(wrong)?;
    let mut data = call.context.facts();
    if let Value::Map(fields) = &mut data {
        fields.push(("Params".to_owned(), params(call)?));
    }
    let text = template.render(&data).map_err(wrong)?;
    set(call, &Value::String(text))
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};

    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    #[test]
    fn what_is_missing_is_an_error_and_changes_nothing() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
        for (arguments, message) in [
            (
                vec!["{{.Params.x}}", "metadata.labels.app", "y=1"],
                "parameter expression: line 1, column 3: there is no field .Params.x: expected one of y",
            ),
            (
                vec!["{{if .UnitSlug}}", "metadata.labels.app"],
                "parameter expression: line 1, column 3: if is not there",
            ),
            (
                vec!["a", "metadata.labels.app", "y"],
                "parameter param: expected key=value, got \"y\"",
            ),
            (vec!["a", "metadata..\"x"], "parameter path: "),
        ] {
            let outcome = execute(Execution {
                context: &FunctionContext::default(),
                config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes())
                    .expect("readable"),
                invocations: &[FunctionInvocation::new("set-template", arguments)],
                num_filters: 0,
                stop_on_error: false,
            });
            assert!(!outcome.success && outcome.config.text() == text);
            assert!(
                outcome.messages[0].contains(message),
                "{:?}",
                outcome.messages
            );
        }
    }
}
