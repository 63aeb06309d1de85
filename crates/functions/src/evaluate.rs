//! Arguments that are computed from the unit before the call (section 4.5 of the function engine).

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::argument::{FunctionArgument, MAX_ARGUMENTS};
use crate::context::FunctionContext;
use crate::expression::cel::{Budget, Expression, Variable};
use crate::expression::template::Template;

/// The arguments with values in place of what is to be evaluated. A value that is computed is a
/// text, which parameters of other types read as they read any text.
///
/// # Errors
/// Which argument cannot be computed, and why.
pub(crate) fn evaluated<'a>(
    sent: &'a [FunctionArgument],
    context: &FunctionContext,
) -> Result<Cow<'a, [FunctionArgument]>, String> {
    // Too many arguments are refused when they are checked, without being computed.
    if sent.iter().all(|argument| argument.evaluator.is_empty()) || sent.len() > MAX_ARGUMENTS {
        return Ok(Cow::Borrowed(sent));
    }
    let facts = context.facts();
    let variable = Variable::from(&facts);
    let budget = Budget::new();
    let mut arguments = sent.to_vec();
    for (at, argument) in arguments.iter_mut().enumerate() {
        let evaluator = std::mem::take(&mut argument.evaluator);
        let text = match (evaluator.as_str(), &argument.value) {
            ("", _) => continue,
            ("template", Json::String(text)) => {
                Template::compile(text).and_then(|template| template.render(&facts))
            }
            ("cel", Json::String(text)) => Expression::compile(text)
                .and_then(|program| program.evaluate(&budget, &[("functionContext", &variable)]))
                .and_then(|value| match value {
                    cel::Value::String(text) => Ok(text.to_string()),
                    other => Err(format!(
                        "expected the expression to give a string, got {}: use string()",
                        other.type_of()
                    )),
                }),
            ("template" | "cel", other) => Err(format!("expected a text, got {other}")),
            (other, _) => Err(format!(
                "expected template or cel as Evaluator, got {other:?}"
            )),
        };
        let text = text.map_err(|error| {
            let name = match argument.parameter_name.as_str() {
                "" => format!("argument {}", at + 1),
                name => format!("parameter {name}"),
            };
            match evaluator.as_str() {
                "template" | "cel" => format!("{name}: {evaluator}: {error}"),
                _ => format!("{name}: {error}"),
            }
        })?;
        argument.value = Json::String(text);
    }
    Ok(Cow::Owned(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionInvocation;
    use serde_json::json;

    fn context() -> FunctionContext {
        FunctionContext {
            unit_slug: "Web Shop".into(),
            space_slug: "prod".into(),
            revision_num: 4,
            ..FunctionContext::default()
        }
    }

    fn values(sent: &Json) -> Result<Vec<Json>, String> {
        let sent: FunctionInvocation =
            serde_json::from_value(json!({ "Arguments": sent })).expect("arguments");
        let arguments = evaluated(&sent.arguments, &context())?;
        Ok(arguments
            .iter()
            .map(|argument| argument.value.clone())
            .collect())
    }

    #[test]
    fn values_are_computed_from_the_unit() {
        let sent = json!([
            {"Value": "{{.UnitSlug}}"},
            {"Value": "{{.UnitSlug | normalizeName}}-{{.SpaceSlug}}", "Evaluator": "template"},
            {"Value": "functionContext.SpaceSlug + '!'", "Evaluator": "cel"},
            {"Value": "string(functionContext.RevisionNum + 1)", "Evaluator": "cel"},
            {"Value": 3},
        ]);
        assert_eq!(
            values(&sent),
            Ok(vec![
                json!("{{.UnitSlug}}"),
                json!("web-shop-prod"),
                json!("prod!"),
                json!("5"),
                json!(3)
            ])
        );
    }

    #[test]
    fn what_cannot_be_computed_is_named() {
        for (argument, message) in [
            (
                json!({"Value": "{{.Nope}}", "Evaluator": "template"}),
                "argument 1: template: line 1, column 3: there is no field .Nope",
            ),
            (
                json!({"ParameterName": "replicas", "Value": "functionContext.RevisionNum", "Evaluator": "cel"}),
                "parameter replicas: cel: expected the expression to give a string, got int",
            ),
            (
                json!({"Value": "functionContext.Nope", "Evaluator": "cel"}),
                "argument 1: cel: No such key: Nope",
            ),
            (
                json!({"Value": "1 +", "Evaluator": "cel"}),
                "argument 1: cel: ",
            ),
            (
                json!({"Value": 3, "Evaluator": "cel"}),
                "argument 1: cel: expected a text, got 3",
            ),
            (
                json!({"Value": "a", "Evaluator": "perl"}),
                "argument 1: expected template or cel as Evaluator, got \"perl\"",
            ),
        ] {
            let error = values(&json!([argument])).expect_err(message);
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn all_arguments_of_a_call_share_one_budget() {
        let work = "[1,2,3,4,5,6,7,8].map(a, [1,2,3,4,5,6,7,8].map(b, [1,2,3,4,5,6,7,8].map(c, [1,2,3,4,5,6,7,8].map(d, [1,2,3,4,5,6,7,8].map(e, 1))))) == [] ? '' : ''";
        let one = json!({"Value": work, "Evaluator": "cel"});
        assert_eq!(values(&json!([one])), Ok(vec![json!("")]));
        let error = values(&Json::Array(vec![one; 32])).expect_err("too much");
        assert!(error.contains("the expression was stopped"), "{error}");
    }
}
