//! Validation by expressions of the Common Expression Language.

use crate::expression::cel::{Budget, Expression};
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::DataType;

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic(
            "vet-celexpr",
            "Passes when a CEL expression is true for every resource. The resource is the variable r.",
            vet,
        )
        .validating()
        .parameter(required("validation-expr", DataType::Cel, "r.kind != 'Deployment' || r.spec.replicas > 1", "The expression; it must give true or false."))
        .aliases(&["cel-validate"])
        .example(&["r.kind != 'Deployment' || r.spec.replicas > 1"], DEPLOYMENT, r#""Passed":true"#)
        .example(&["r.metadata.name.matches('^b')"], DEPLOYMENT, r#""Details":["apps/v1/Deployment /a does not satisfy r.metadata.name.matches('^b')"]"#),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let expression = call.arguments.text("validation-expr");
    let wrong = |error: String| format!("parameter validation-expr: {error}");
    let program = Expression::compile(expression).map_err(wrong)?;
    let budget = Budget::new();
    let mut details = Vec::new();
    for resource in call.resources("*") {
        let name = format!(
            "{} {}",
            resource.info.resource_type, resource.info.resource_name
        );
        match program.evaluate(&budget, &[("r", &resource.root.value())]) {
            Ok(cel::Value::Bool(true)) => {}
            Ok(cel::Value::Bool(false)) => {
                details.push(format!("{name} does not satisfy {expression}"));
            }
            Ok(other) => {
                return Err(format!(
                    "parameter validation-expr: expected true or false, got {}",
                    other.type_of()
                )
                .into());
            }
            Err(error) => call.problems.push(format!("{name}: {error}")),
        }
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed: vec![],
    })
}
