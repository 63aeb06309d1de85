//! Validating, reading and changing by expressions of the Common Expression Language.

use cubit_configdata::{Action, ResolvedPath, Resource, Value};
use serde_json::Value as Json;

use super::verdict::Verdict;
use crate::attribute::AttributeValue;
use crate::expression::cel::{Budget, Expression, Variable, from_cel};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n";

fn expression(example: &str, description: &str) -> FunctionParameter {
    required("expression", DataType::Cel, example, description)
}

pub(super) fn param() -> FunctionParameter {
    optional(
        "param",
        DataType::String,
        "min=2",
        "Values for the expression, as key=value: the variable params is a map of strings.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    const VARIABLES: &str =
        "The resource is the variable r, also object; params and functionContext are maps.";
    vec![
        Function::generic("vet-cel", &format!("Passes when a CEL expression holds for every resource. {VARIABLES}"), vet_cel)
            .validating()
            .parameter(expression("r.spec.replicas >= int(params.min)", "It gives true or false, or a map with passed, details (a list of texts) and failed_attributes (a list of maps with Path and, where they differ from the resource, ResourceType and ResourceName)."))
            .parameter(param())
            .repeating()
            .example(&["r.spec.replicas >= int(params.min)", "min=2"], DEPLOYMENT, r#""Passed":true"#)
            .example(&["{'passed': r.spec.replicas > 5, 'details': ['too few'], 'failed_attributes': [{'Path': 'spec.replicas'}]}"], DEPLOYMENT, r#""Details":["apps/v1/Deployment /a: too few"]"#)
            .example(&["r.nothing > 5"], DEPLOYMENT, r#""Passed":false"#),
        Function::generic("get-cel", &format!("Lists the values that a CEL expression names. {VARIABLES}"), get_cel)
            .parameter(expression("[{'Path': 'spec.replicas', 'Value': r.spec.replicas}]", "It gives a list of maps with Path, Value and, if wanted, AttributeName."))
            .parameter(param())
            .repeating()
            .output(OutputType::AttributeValueList, "attribute-value", "The values.")
            .example(&["[{'Path': 'spec.replicas', 'Value': r.spec.replicas}]"], DEPLOYMENT, r#""Path":"spec.replicas","AttributeName":"attribute-value","DataType":"int","Value":3"#),
        Function::generic("set-cel", &format!("Changes resources to what a CEL expression makes of them; null leaves one as it is. What stays the same keeps its text. {VARIABLES}"), set_cel)
            .mutating()
            .not_idempotent()
            .parameter(expression("{'apiVersion': r.apiVersion, 'kind': r.kind, 'metadata': r.metadata, 'spec': {'replicas': 5}}", "It gives the whole new resource, or null."))
            .parameter(param())
            .repeating()
            .example(
                &["r.kind != 'Service' ? null : {'apiVersion': r.apiVersion, 'kind': r.kind, 'metadata': r.metadata, 'spec': {'type': params.type}}", "type=NodePort"],
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a # shop\nspec: {type: ClusterIP}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: a # shop\nspec: {type: NodePort}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n",
            ),
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
    for (resource, variable) in call.text.resources.iter().zip(call.variables()) {
        match program.evaluate(&budget, &[("r", variable)]) {
            Ok(cel::Value::Bool(true)) => {}
            Ok(cel::Value::Bool(false)) => {
                let name = described(resource);
                details.push(format!("{name} does not satisfy {expression}"));
            }
            Ok(other) => {
                return Err(format!(
                    "parameter validation-expr: expected true or false, got {}",
                    other.type_of()
                )
                .into());
            }
            Err(error) => {
                let name = described(resource);
                call.problems.push(format!("{name}: {error}"));
            }
        }
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed: vec![],
    })
}

/// The arguments of the parameter `param` as a map.
pub(super) fn params(call: &Call<'_>) -> Result<Value, Failure> {
    let mut params = Vec::new();
    for pair in call.arguments.repeated() {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(format!("parameter param: expected key=value, got {pair:?}").into());
        };
        params.push((key.to_owned(), Value::String(value.to_owned())));
    }
    Ok(Value::Map(params))
}

/// The variables of a call besides the resource.
struct Given {
    params: Variable,
    context: Variable,
}

impl Given {
    fn of(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            params: Variable::from(&params(call)?),
            context: Variable::from(&call.context.facts()),
        })
    }

    fn evaluate(
        &self,
        program: &Expression,
        budget: &Budget,
        resource: &Variable,
    ) -> Result<cel::Value, String> {
        let variables = [
            ("r", resource),
            ("object", resource),
            ("params", &self.params),
            ("functionContext", &self.context),
        ];
        program.evaluate(budget, &variables)
    }
}

fn compiled(call: &Call<'_>) -> Result<std::sync::Arc<Expression>, String> {
    Expression::compile(call.arguments.text("expression"))
        .map_err(|error| format!("parameter expression: {error}"))
}

pub(super) fn described(resource: &Resource<'_>) -> String {
    format!(
        "{} {}",
        resource.info.resource_type, resource.info.resource_name
    )
}

fn vet_cel(call: &mut Call<'_>) -> Result<Output, Failure> {
    let given = Given::of(call)?;
    let budget = Budget::new();
    // A program that cannot be read holds for nothing: the data is not to blame, but must not pass.
    let program = match compiled(call) {
        Ok(program) => program,
        Err(error) => {
            return Ok(Output::Validation {
                passed: false,
                details: vec![error],
                failed: vec![],
            });
        }
    };
    let expression = call.arguments.text("expression");
    let mut verdict = Verdict::default();
    for (resource, variable) in call.resources("*").into_iter().zip(call.variables()) {
        let answer = given
            .evaluate(&program, &budget, variable)
            .map(|answer| from_cel(&answer, None).to_json());
        let judged = answer.and_then(|answer| verdict.judge(call, &resource, &answer, expression));
        if let Err(error) = judged {
            verdict.refuse(&resource, &error);
        }
    }
    Ok(verdict.validation())
}

/// A map of an expression as the value of an attribute.
pub(super) fn attribute(call: &Call<'_>, resource: &Resource<'_>, row: &Json) -> AttributeValue {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let value = row["Value"].clone();
    let data_type = match &value {
        Json::String(_) => DataType::String,
        Json::Bool(_) => DataType::Bool,
        Json::Number(number) if number.is_i64() => DataType::Int,
        _ => DataType::Json,
    };
    let mut found = call.attribute(
        &resource.info,
        text("Path").unwrap_or_default(),
        &text("AttributeName").unwrap_or_else(|| "attribute-value".to_owned()),
        data_type,
        value,
    );
    if let Some(name) = text("ResourceName") {
        found.resource.resource_name = name;
    }
    if let Some(resource_type) = text("ResourceType") {
        found.resource.resource_type = resource_type;
    }
    found
}

fn get_cel(call: &mut Call<'_>) -> Result<Output, Failure> {
    let (given, program, budget) = (Given::of(call)?, compiled(call)?, Budget::new());
    let mut values = Vec::new();
    for (resource, variable) in call.resources("*").into_iter().zip(call.variables()) {
        match given.evaluate(&program, &budget, variable) {
            Ok(answer) => match from_cel(&answer, None).to_json() {
                Json::Array(rows) if rows.iter().all(Json::is_object) => {
                    values.extend(rows.iter().map(|row| attribute(call, &resource, row)));
                }
                other => call.problem(
                    &resource.info,
                    &format!("expected a list of maps, got {other}"),
                ),
            },
            Err(error) => call.problem(&resource.info, &error),
        }
    }
    Ok(Output::Attributes(values))
}

fn set_cel(call: &mut Call<'_>) -> Result<Output, Failure> {
    let (given, program, budget) = (Given::of(call)?, compiled(call)?, Budget::new());
    for (resource, variable) in call.resources("*").into_iter().zip(call.variables()) {
        match given.evaluate(&program, &budget, variable) {
            Ok(cel::Value::Null) => {}
            Ok(answer @ cel::Value::Map(_)) => {
                let after = from_cel(&answer, Some(&resource.root.value()));
                call.edit(&resource, ResolvedPath::default(), Action::Set(after));
            }
            Ok(other) => call.problem(
                &resource.info,
                &format!("expected the new resource or null, got {}", other.type_of()),
            ),
            Err(error) => call.problem(&resource.info, &error),
        }
    }
    Ok(Output::Nothing)
}
