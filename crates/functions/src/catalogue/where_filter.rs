//! A where expression as a validating function, mainly to filter what follows it.

use cubit_query::where_data;

use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::BuiltInAccessors;
use crate::signature::DataType;

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic(
            "where-filter",
            "Passes when some resource of a type satisfies an expression over its data.",
            where_filter,
        )
        .validating()
        .parameter(required(
            "resource-type",
            DataType::String,
            "apps/v1/Deployment",
            "Type of the resources to look at; * for all.",
        ))
        .parameter(required(
            "where-expression",
            DataType::String,
            "spec.replicas > 1",
            "Conditions on paths, joined by AND.",
        ))
        .example(
            &["apps/v1/Deployment", "spec.replicas > 2"],
            DEPLOYMENT,
            r#""Passed":true"#,
        )
        .example(
            &["apps/v1/Deployment", "spec.replicas > 3"],
            DEPLOYMENT,
            r#""Passed":false"#,
        ),
    ]
}

fn where_filter(call: &mut Call<'_>) -> Result<Output, Failure> {
    let expression = call.arguments.text("where-expression");
    let parsed = where_data::parse(expression)
        .map_err(|error| format!("parameter where-expression: {error}"))?;
    let passed = parsed.matches(
        call.config,
        call.arguments.text("resource-type"),
        &BuiltInAccessors,
    );
    let details = if passed {
        vec![]
    } else {
        vec![format!("no resource satisfies {expression}")]
    };
    Ok(Output::Validation {
        passed,
        details,
        failed: vec![],
    })
}
