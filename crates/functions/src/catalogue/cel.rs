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
/// Most characters of operators: the parser and the interpreter recurse along a chain of them.
const MAX_OPERATORS: usize = 512;
/// Deepest nesting of comprehensions, which multiply each other's steps.
const MAX_COMPREHENSIONS: usize = 2;
/// What opens a comprehension.
const COMPREHENSIONS: [&str; 5] = [".all", ".exists", ".exists_one", ".map", ".filter"];

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
    check_shape(expression).map_err(|message| format!("parameter validation-expr: {message}"))?;
    Program::compile(expression)
        .map_err(|error| format!("parameter validation-expr: {error}").into())
}

/// Refuses expressions whose evaluation could take the process down: the library recurses for
/// every bracket and operator, and runs a comprehension inside another for every pair of elements.
fn check_shape(expression: &str) -> Result<(), String> {
    // For each open bracket, whether it belongs to a comprehension.
    let mut open: Vec<bool> = Vec::new();
    let mut operators = 0;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in expression.char_indices() {
        if let Some(end) = quote {
            if !escaped && c == end {
                quote = None;
            }
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' | '{' => {
                let before = &expression[..at];
                open.push(c == '(' && COMPREHENSIONS.iter().any(|name| before.ends_with(name)));
            }
            ')' | ']' | '}' => {
                open.pop();
            }
            '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '&' | '|' | '?' | '.' => {
                operators += 1;
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(format!("brackets are nested more than {MAX_DEPTH} deep"));
        }
        if operators > MAX_OPERATORS {
            return Err(format!("more than {MAX_OPERATORS} operators"));
        }
        if open
            .iter()
            .filter(|is_comprehension| **is_comprehension)
            .count()
            > MAX_COMPREHENSIONS
        {
            return Err(format!(
                "all, exists, exists_one, map and filter are nested more than {MAX_COMPREHENSIONS} deep"
            ));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_cannot_be_bounded_are_refused() {
        for (expression, message) in [
            (format!("1{}>0", "+1".repeat(2000)), "operators"),
            (format!("{}1{}", "(".repeat(40), ")".repeat(40)), "brackets"),
            (
                "[1].all(a, [2].exists(b, [3].map(c, c) == []))".to_owned(),
                "nested more than 2",
            ),
        ] {
            let error = check_shape(&expression).expect_err("refused");
            assert!(error.contains(message), "{error}");
        }
        for expression in [
            "r.spec.containers.all(c, c.ports.exists(p, p.port == 80)) && [1].map(x, x) == [1]",
            "r.a == '((((((((((((((((((((((((((((((((((((((((('",
            r#"r.a == "\"" && [1].all(x, x > 0)"#,
        ] {
            assert_eq!(check_shape(expression), Ok(()), "{expression}");
        }
    }
}
