//! Arguments: from what a caller sends to values checked against the signature (section 4.5 of the
//! function engine).

use std::collections::{BTreeMap, HashMap};
use std::sync::RwLock;

use regex::Regex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::signature::{DataType, FunctionParameter, FunctionSignature};

/// A function name with its arguments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionInvocation {
    /// Function to call.
    pub function_name: String,
    /// Arguments, in order.
    #[serde(deserialize_with = "or_empty")]
    pub arguments: Vec<FunctionArgument>,
}

/// One argument, by position or by parameter name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionArgument {
    /// Parameter name; empty for a positional argument.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parameter_name: String,
    /// String, integer or boolean.
    pub value: Json,
    /// Empty: the value is literal. Otherwise the language its value is written in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub evaluator: String,
}

impl FunctionArgument {
    /// An argument as a command line has it: `template:` or `cel:` before the text says that it is
    /// to be evaluated. Without a name it is positional.
    #[must_use]
    pub fn from_word(parameter_name: &str, word: &str) -> Self {
        let (evaluator, text) = match word.split_once(':') {
            Some((evaluator @ ("template" | "cel"), text)) => (evaluator, text),
            _ => ("", word),
        };
        Self {
            parameter_name: parameter_name.to_owned(),
            value: Json::from(text),
            evaluator: evaluator.to_owned(),
        }
    }
}

/// Clients send null for no arguments.
fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FunctionArgument>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl FunctionInvocation {
    /// A call with positional arguments.
    pub fn new<A: Into<String>>(
        function_name: impl Into<String>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let arguments = arguments
            .into_iter()
            .map(|value| FunctionArgument {
                value: Json::String(value.into()),
                ..FunctionArgument::default()
            })
            .collect();
        Self {
            function_name: function_name.into(),
            arguments,
        }
    }

    /// A call with named arguments.
    #[must_use]
    pub fn with_names(function_name: &str, arguments: &[(&str, &str)]) -> Self {
        Self {
            function_name: function_name.to_owned(),
            arguments: arguments
                .iter()
                .map(|(name, value)| FunctionArgument {
                    parameter_name: (*name).to_owned(),
                    value: Json::from(*value),
                    evaluator: String::new(),
                })
                .collect(),
        }
    }
}

/// Most arguments of one call.
pub(crate) const MAX_ARGUMENTS: usize = 32;

/// Characters of a wrong value that a message repeats.
const SHOWN_LENGTH: usize = 80;

/// A checked argument.
#[derive(Clone, Debug, PartialEq)]
enum Checked {
    Text(String),
    Int(i64),
    Bool(bool),
}

/// The arguments of one call, checked and known by parameter name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    values: HashMap<String, Checked>,
    /// What was given for the parameter that may repeat, in order.
    repeated: Vec<String>,
}

impl Arguments {
    /// The text of a string parameter; empty when it was not given.
    pub(crate) fn text(&self, parameter: &str) -> &str {
        match self.values.get(parameter) {
            Some(Checked::Text(text)) => text,
            _ => "",
        }
    }

    /// The value of an int parameter.
    pub(crate) fn int(&self, parameter: &str) -> Option<i64> {
        match self.values.get(parameter) {
            Some(Checked::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// The value of a bool parameter.
    pub(crate) fn bool(&self, parameter: &str) -> Option<bool> {
        match self.values.get(parameter) {
            Some(Checked::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// The values of the parameter that may repeat, in the order given.
    pub(crate) fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// The value of a parameter that holds JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self, parameter: &str) -> Result<T, String> {
        serde_json::from_str(self.text(parameter))
            .map_err(|error| format!("parameter {parameter}: expected JSON: {error}"))
    }

    /// Checks what a caller sent, evaluated, against a signature.
    pub(crate) fn check(
        signature: &FunctionSignature,
        sent: &[FunctionArgument],
    ) -> Result<Self, String> {
        let parameters = &signature.parameters;
        if sent.len() > MAX_ARGUMENTS {
            return Err(format!(
                "too many arguments: {} were given, at most {MAX_ARGUMENTS} are allowed",
                sent.len()
            ));
        }
        if sent.len() < signature.required_parameters {
            return Err(format!(
                "insufficient arguments: got {}, expected {}: {}",
                sent.len(),
                signature.required_parameters,
                describe(parameters)
            ));
        }
        if sent.len() > parameters.len() && !signature.var_args {
            return Err(format!(
                "too many arguments: got {}, expected at most {}: {}",
                sent.len(),
                parameters.len(),
                describe(parameters)
            ));
        }
        let all_named = sent
            .iter()
            .all(|argument| !argument.parameter_name.is_empty());
        let mut values = HashMap::new();
        let mut repeated = Vec::new();
        let last = parameters.len().saturating_sub(1);
        for (position, argument) in sent.iter().enumerate() {
            let name = argument.parameter_name.as_str();
            let parameter = if name.is_empty() {
                &parameters[position.min(last)]
            } else {
                let at = parameters
                    .iter()
                    .position(|parameter| parameter.parameter_name == name);
                let Some(at) = at else {
                    return Err(format!(
                        "there is no parameter {name:?}: expected one of {}",
                        describe(parameters)
                    ));
                };
                if !all_named && at != position.min(last) {
                    return Err(format!(
                        "the named argument {name} stands at position {}, but is parameter {}: name all arguments or keep them in order",
                        position + 1,
                        at + 1
                    ));
                }
                &parameters[at]
            };
            let checked = check_value(parameter, &argument.value)?;
            if signature.var_args
                && let (Checked::Text(text), Some(last)) = (&checked, parameters.last())
                && last.parameter_name == parameter.parameter_name
            {
                repeated.push(text.clone());
                values.insert(parameter.parameter_name.clone(), checked);
                continue;
            }
            if values
                .insert(parameter.parameter_name.clone(), checked)
                .is_some()
            {
                return Err(format!(
                    "parameter {} was given twice",
                    parameter.parameter_name
                ));
            }
        }
        if let Some(missing) = parameters
            .iter()
            .find(|parameter| parameter.required && !values.contains_key(&parameter.parameter_name))
        {
            return Err(format!(
                "parameter {} is required: {}",
                missing.parameter_name, missing.description
            ));
        }
        Ok(Self { values, repeated })
    }
}

fn describe(parameters: &[FunctionParameter]) -> String {
    let names: Vec<String> = parameters
        .iter()
        .map(|parameter| {
            format!(
                "{} (required: {})",
                parameter.parameter_name, parameter.required
            )
        })
        .collect();
    if names.is_empty() {
        "no parameters".to_owned()
    } else {
        names.join(", ")
    }
}

fn check_value(parameter: &FunctionParameter, value: &Json) -> Result<Checked, String> {
    let name = &parameter.parameter_name;
    let wrong = |expected: &str| {
        let mut shown = value.to_string();
        if let Some((at, _)) = shown.char_indices().nth(SHOWN_LENGTH) {
            shown.truncate(at);
            shown.push_str("...");
        }
        format!("parameter {name}: expected {expected}, got {shown}")
    };
    match parameter.data_type {
        DataType::Int => {
            let number = match value {
                Json::Number(number) => number.as_i64(),
                Json::String(text) => text.parse().ok(),
                _ => None,
            };
            let number = number.ok_or_else(|| wrong("an integer"))?;
            if parameter.min.is_some_and(|min| number < min)
                || parameter.max.is_some_and(|max| number > max)
            {
                let bound = |bound: Option<i64>, word: &str| {
                    bound.map_or(String::new(), |bound| format!(" {word} {bound}"))
                };
                return Err(wrong(&format!(
                    "an integer{}{}",
                    bound(parameter.min, "of at least"),
                    bound(parameter.max, "up to")
                )));
            }
            Ok(Checked::Int(number))
        }
        DataType::Bool => match value {
            Json::Bool(value) => Ok(Checked::Bool(*value)),
            Json::String(text) => match text.as_str() {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Checked::Bool(true)),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Checked::Bool(false)),
                _ => Err(wrong("true or false")),
            },
            _ => Err(wrong("true or false")),
        },
        // Structured values travel as text; their functions read them.
        _ => {
            let Json::String(text) = value else {
                return Err(wrong("a string"));
            };
            if !parameter.enum_values.is_empty() && !parameter.enum_values.contains(text) {
                return Err(wrong(&format!(
                    "one of {}",
                    parameter.enum_values.join(", ")
                )));
            }
            if !parameter.regexp.is_empty() && !compiled(&parameter.regexp)?.is_match(text) {
                return Err(wrong(&format!("text matching {}", parameter.regexp)));
            }
            Ok(Checked::Text(text.clone()))
        }
    }
}

/// The compiled form of a declared pattern, kept because compiling costs more than most functions.
/// Patterns come from signatures only, so there are few.
fn compiled(pattern: &str) -> Result<Regex, String> {
    static PATTERNS: RwLock<BTreeMap<String, Regex>> = RwLock::new(BTreeMap::new());
    if let Some(known) = PATTERNS
        .read()
        .ok()
        .and_then(|patterns| patterns.get(pattern).cloned())
    {
        return Ok(known);
    }
    let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
    if let Ok(mut patterns) = PATTERNS.write() {
        patterns.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> FunctionSignature {
        let parameter = |name: &str, data_type, required| FunctionParameter {
            parameter_name: name.into(),
            data_type,
            required,
            ..FunctionParameter::default()
        };
        let mut count = parameter("count", DataType::Int, true);
        (count.min, count.max) = (Some(0), Some(10));
        let mut name = parameter("name", DataType::String, true);
        name.regexp = "^[a-z]+$".into();
        let mut mode = parameter("mode", DataType::Enum, false);
        mode.enum_values = vec!["fast".into(), "safe".into()];
        FunctionSignature {
            parameters: vec![name, count, mode, parameter("force", DataType::Bool, false)],
            required_parameters: 2,
            ..FunctionSignature::default()
        }
    }

    fn argument(name: &str, value: impl Into<Json>) -> FunctionArgument {
        FunctionArgument {
            parameter_name: name.into(),
            value: value.into(),
            evaluator: String::new(),
        }
    }

    #[test]
    fn arguments_by_position_and_by_name() {
        let check = |sent: &[FunctionArgument]| Arguments::check(&signature(), sent);
        let positional = check(&[
            argument("", "web"),
            argument("", "3"),
            argument("", "fast"),
            argument("", "T"),
        ])
        .expect("valid");
        assert_eq!(
            (
                positional.text("name"),
                positional.int("count"),
                positional.bool("force")
            ),
            ("web", Some(3), Some(true))
        );
        // A skipped optional parameter does not shift the others.
        let named = check(&[
            argument("force", false),
            argument("count", 4),
            argument("name", "web"),
        ])
        .expect("valid");
        assert_eq!(
            (named.text("mode"), named.int("count"), named.bool("force")),
            ("", Some(4), Some(false))
        );
    }

    #[test]
    fn words_of_a_command_line_may_be_evaluated() {
        for (word, evaluator, text) in [
            ("template:{{.UnitSlug}}", "template", "{{.UnitSlug}}"),
            ("cel:'a:b'", "cel", "'a:b'"),
            ("https://example.com", "", "https://example.com"),
            ("Template:x", "", "Template:x"),
            ("plain", "", "plain"),
        ] {
            let argument = FunctionArgument::from_word("name", word);
            assert_eq!(
                (argument.evaluator.as_str(), argument.value),
                (evaluator, Json::from(text)),
                "{word}"
            );
        }
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (sent, message) in [
            (
                vec![],
                "insufficient arguments: got 0, expected 2: name (required: true), count",
            ),
            (
                vec![argument("", "web"), argument("", "x")],
                "parameter count: expected an integer",
            ),
            (
                vec![argument("", "web"), argument("", 11)],
                "parameter count: expected an integer of at least 0 up to 10",
            ),
            (
                vec![argument("", "web"), argument("", 1.5)],
                "parameter count",
            ),
            (
                vec![argument("", "WEB"), argument("", 1)],
                "parameter name: expected text matching",
            ),
            (
                vec![argument("", "web"), argument("", 1), argument("", "slow")],
                "parameter mode: expected one of fast, safe",
            ),
            (
                vec![argument("nam", "web"), argument("count", 1)],
                "there is no parameter \"nam\"",
            ),
            (
                vec![argument("name", "web"), argument("name", "web")],
                "given twice",
            ),
            (
                vec![argument("name", "web"), argument("mode", "fast")],
                "parameter count is required",
            ),
            (
                vec![argument("count", 1), argument("", "web")],
                "stands at position 1",
            ),
            (
                vec![
                    argument("", "web"),
                    argument("", 1),
                    argument("", "fast"),
                    argument("", true),
                    argument("", 1),
                ],
                "too many arguments",
            ),
        ] {
            let error = Arguments::check(&signature(), &sent).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
    }
}
