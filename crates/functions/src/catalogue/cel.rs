//! Validation by expressions of the Common Expression Language.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context, Program};
use cubit_configdata::Value;

use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::DataType;

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n";

/// Longest expression, and deepest nesting of brackets: what the parser is trusted with.
const MAX_LENGTH: usize = 4096;
const MAX_DEPTH: usize = 32;

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
    let program = compile(expression)?;
    let mut details = Vec::new();
    for resource in call.resources("*") {
        let mut context = Context::default();
        context.add_variable_from_value("r", to_cel(&resource.root.value()));
        let name = format!(
            "{} {}",
            resource.info.resource_type, resource.info.resource_name
        );
        match program.execute(&context) {
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

fn compile(expression: &str) -> Result<Program, Failure> {
    if expression.len() > MAX_LENGTH {
        return Err(format!(
            "parameter validation-expr: the expression is longer than {MAX_LENGTH} characters"
        )
        .into());
    }
    let mut depth = 0_usize;
    for byte in expression.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(format!(
                "parameter validation-expr: brackets are nested more than {MAX_DEPTH} deep"
            )
            .into());
        }
    }
    Program::compile(expression)
        .map_err(|error| format!("parameter validation-expr: {error}").into())
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_integer(), number.as_float()) {
            (Some(integer), _) => cel::Value::Int(integer),
            (None, Some(float)) => cel::Value::Float(float),
            (None, None) => cel::Value::String(Arc::new(number.to_string())),
        },
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::List(values) => cel::Value::List(Arc::new(values.iter().map(to_cel).collect())),
        Value::Map(entries) => {
            let map: HashMap<Key, cel::Value> = entries
                .iter()
                .map(|(key, value)| (Key::String(Arc::new(key.clone())), to_cel(value)))
                .collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}
