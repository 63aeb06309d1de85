//! JSON Schemas that users write, for any structured text (`vet-jsonschema`).

use std::sync::Arc;

use cubit_configdata::{Document, NodeRef, ResolvedPath, Step};
use hashbrown::HashMap;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{PatternOptions, ValidationError};
use serde_json::Value as Json;

use crate::effort::{Effort, effort};
use crate::finding::{Finding, Rule, describe, shorten};
use crate::kinds::Kinds;
use crate::pattern;
use crate::recent::Recent;

/// Most findings that are told of one resource.
const MAX_FINDINGS: usize = 100;

/// Most times that a schema may look at the values of one resource.
const MAX_EFFORT: f64 = 50_000_000.0;

/// Most times for which it is told what does not fit: the library gathers all errors, and for every
/// alternative a copy of the value.
const MAX_TOLD: f64 = 1_000_000.0;

/// Schemas by resource type.
#[derive(Debug)]
pub struct JsonSchemas {
    by_type: HashMap<String, JsonSchema>,
}

#[derive(Debug)]
struct JsonSchema {
    validator: jsonschema::Validator,
    effort: Effort,
}

/// Why text does not give JSON Schemas.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonSchemaError {
    /// It is no JSON.
    #[error("expected JSON: {0}")]
    Json(String),
    /// It is no object of schemas.
    #[error(
        "expected an object of JSON schemas by resource type, such as {{\"apps/v1/Deployment\": {{...}}}}"
    )]
    Shape,
    /// A schema cannot be used.
    #[error("the schema of {resource_type} cannot be used: {message}")]
    Schema {
        /// Its type.
        resource_type: String,
        /// Why.
        message: String,
    },
}

impl JsonSchemas {
    /// The schemas that JSON text gives; the text read lately is kept compiled. References stay
    /// within their schema, patterns are those without look-around and back references, and drafts
    /// are what `$schema` says, else 2020-12.
    ///
    /// # Errors
    /// Text that is no object of schemas, or a schema that cannot be used.
    pub fn given(text: &str) -> Result<Arc<Self>, JsonSchemaError> {
        static RECENT: Recent<JsonSchemas> = Recent::new();
        RECENT.get(text, || Self::read(text))
    }

    fn read(text: &str) -> Result<Self, JsonSchemaError> {
        let json =
            serde_json::from_str(text).map_err(|error| JsonSchemaError::Json(error.to_string()))?;
        let Json::Object(members) = json else {
            return Err(JsonSchemaError::Shape);
        };
        let mut by_type = HashMap::new();
        for (resource_type, schema) in members {
            let compiled =
                JsonSchema::compile(&schema).map_err(|message| JsonSchemaError::Schema {
                    resource_type: resource_type.clone(),
                    message,
                })?;
            by_type.insert(resource_type, compiled);
        }
        Ok(Self { by_type })
    }

    /// What of a value does not fit the schema of its type; `None` when the type has no schema.
    /// `secret`: values are not shown. `ignore_required`: missing fields are none.
    #[must_use]
    pub fn check(
        &self,
        resource_type: &str,
        document: &Document,
        root: NodeRef<'_>,
        secret: bool,
        ignore_required: bool,
    ) -> Option<Vec<Finding>> {
        let schema = self.by_type.get(resource_type)?;
        let value = root.value().to_json();
        let alone = |message: &str| {
            Some(vec![Finding {
                rule: Rule::Schema,
                path: ResolvedPath::default(),
                position: document.position(root.span().start),
                message: message.to_owned(),
                value: None,
            }])
        };
        let estimate = schema.estimate(&value);
        if estimate.looks > MAX_EFFORT {
            return alone(
                "the schema has too many alternatives inside alternatives for this resource",
            );
        }
        if schema.validator.is_valid(&value) {
            return Some(Vec::new());
        }
        if estimate.looks > MAX_TOLD || estimate.copies > MAX_TOLD {
            return alone("the resource does not fit the schema, and is too large to say where");
        }
        let told = schema
            .validator
            .iter_errors(&value)
            .filter(|error| !(ignore_required && is_about_required(error)))
            .take(MAX_FINDINGS)
            .map(|error| finding(&error, document, root, secret));
        Some(told.collect())
    }
}

impl JsonSchema {
    fn compile(schema: &Json) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("expected an object".to_owned());
        }
        let effort = effort(schema)?;
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(pattern::MAX_SIZE))
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| shorten(&error.masked().to_string()))?;
        Ok(Self { validator, effort })
    }

    /// At most what checking a value costs.
    fn estimate(&self, value: &Json) -> Estimate {
        let mut estimate = Estimate::default();
        estimate.add(value, &self.effort, 0);
        estimate
    }
}

/// What checking a value may cost.
#[derive(Default)]
struct Estimate {
    /// How often values are looked at.
    looks: f64,
    /// How many values are copied, when each look takes a copy.
    copies: f64,
}

impl Estimate {
    /// Adds a value and what is below it; answers how many values that is.
    fn add(&mut self, value: &Json, effort: &Effort, depth: usize) -> f64 {
        let mut add = |below: &Json| self.add(below, effort, depth + 1);
        let values = 1.0
            + match value {
                Json::Array(values) => values.iter().map(&mut add).sum::<f64>(),
                Json::Object(members) => members.values().map(&mut add).sum(),
                _ => 0.0,
            };
        let times = effort.get(depth).copied().unwrap_or_default();
        self.looks += times;
        self.copies += times * values;
        values
    }
}

/// Whether all that is wrong is a missing field, in one of several alternatives at least.
fn is_about_required(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::Required { .. } => true,
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context
                .iter()
                .any(|branch| branch.iter().all(is_about_required))
        }
        _ => false,
    }
}

fn finding(
    error: &ValidationError<'_>,
    document: &Document,
    root: NodeRef<'_>,
    secret: bool,
) -> Finding {
    let mut node = root;
    let mut path = ResolvedPath::default();
    for segment in error.instance_path().as_str().split('/').skip(1) {
        let key = segment.replace("~1", "/").replace("~0", "~");
        let step = match key.parse() {
            Ok(index) if Kinds::of(node) == Kinds::ARRAY => Step::Index(index),
            _ => Step::Key(key),
        };
        let Some(child) = node.step(&step) else { break };
        path.0.push(step);
        node = child;
    }
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind()
        && let Some(name) = unexpected.first()
        && let Some(child) = node.get(name)
    {
        path.0.push(Step::Key(name.clone()));
        node = child;
    }
    let position = document.position(node.span().start);
    let (rule, message) = explain(error, node, secret);
    if let ValidationErrorKind::Required {
        property: Json::String(name),
    } = error.kind()
    {
        path.0.push(Step::Key(name.clone()));
    }
    Finding {
        rule,
        path,
        position,
        message,
        value: (!secret && !node.is_collection() && rule != Rule::RequiredField)
            .then(|| node.value().to_json()),
    }
}

fn explain(error: &ValidationError<'_>, node: NodeRef<'_>, secret: bool) -> (Rule, String) {
    use ValidationErrorKind as Of;
    let rule = match error.kind() {
        Of::Required { .. } => {
            let message = "the field is required and missing";
            return (Rule::RequiredField, message.to_owned());
        }
        Of::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(kind) => kind.to_string(),
                TypeKind::Multiple(kinds) => {
                    let names: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
                    names.join(" or ")
                }
            };
            let message = format!("expected {expected}, got {}", describe(node, secret));
            return (Rule::Kind, message);
        }
        Of::AdditionalProperties { .. } | Of::UnevaluatedProperties { .. } => Rule::UnknownField,
        Of::Constant { .. } | Of::Enum { .. } => Rule::AllowedValues,
        Of::Pattern { .. } => Rule::Pattern,
        Of::Format { .. } => Rule::Format,
        Of::AnyOf { .. }
        | Of::Not { .. }
        | Of::OneOfMultipleValid { .. }
        | Of::OneOfNotValid { .. } => Rule::Alternatives,
        Of::ExclusiveMaximum { .. }
        | Of::ExclusiveMinimum { .. }
        | Of::Maximum { .. }
        | Of::Minimum { .. }
        | Of::MultipleOf { .. } => Rule::Range,
        Of::MaxItems { .. }
        | Of::MinItems { .. }
        | Of::MaxLength { .. }
        | Of::MinLength { .. }
        | Of::MaxProperties { .. }
        | Of::MinProperties { .. } => Rule::Size,
        _ => Rule::Other,
    };
    let masked = error.masked_with("the value").to_string();
    let message = if node.is_collection() || secret || rule == Rule::UnknownField {
        masked
    } else {
        format!("{masked}, got {}", describe(node, secret))
    };
    (rule, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubit_configdata::{Config, Toolchain};

    fn check(schema: &str, text: &str, ignore_required: bool) -> Vec<String> {
        let schemas = JsonSchemas::given(&format!(r#"{{"t":{schema}}}"#)).expect("schemas");
        let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("YAML");
        let document = &config.documents()[0];
        let root = document.root().expect("a root");
        assert!(
            schemas
                .check("other", document, root, false, false)
                .is_none()
        );
        let findings = schemas
            .check("t", document, root, false, ignore_required)
            .expect("known");
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn findings_have_places_and_words() {
        for (schema, text, expected) in [
            (
                r#"{"properties":{"a":{"type":"string"}}}"#,
                "a: 5\n",
                "a: expected string, got integer 5 (line 1, column 4)",
            ),
            (
                r#"{"properties":{"a":{"type":["string","null"]}}}"#,
                "a: [1]\n",
                "a: expected null or string, got array (line 1, column 4)",
            ),
            (
                r#"{"required":["b"]}"#,
                "a: 5\n",
                "b: the field is required and missing (line 1, column 1)",
            ),
            (
                r#"{"properties":{"l":{"items":{"maximum":3}}}}"#,
                "l:\n- 1\n- 9\n",
                "l.1: the value is greater than the maximum of 3, got integer 9 (line 3, column 3)",
            ),
            (
                r#"{"properties":{"z":{}},"additionalProperties":false}"#,
                "x/y: 1\n",
                "x/y: Additional properties are not allowed ('x/y' was unexpected) (line 1, column 6)",
            ),
            (
                r#"{"properties":{"x/y":{"const":2}}}"#,
                "x/y: 1\n",
                "x/y: 2 was expected, got integer 1 (line 1, column 6)",
            ),
        ] {
            assert_eq!(check(schema, text, false), [expected]);
        }
    }

    #[test]
    fn missing_fields_can_be_ignored() {
        let schema = r#"{"required":["a"],"anyOf":[{"required":["b"]},{"properties":{"c":{"type":"string"}}}],"properties":{"d":{"type":"string"}}}"#;
        assert_eq!(check(schema, "c: 1\nd: 2\n", false).len(), 3);
        assert_eq!(
            check(schema, "c: 1\nd: 2\n", true),
            ["d: expected string, got integer 2 (line 2, column 4)"]
        );
    }

    #[test]
    fn values_that_are_secret_are_not_told() {
        let schemas = JsonSchemas::given(r#"{"t":{"properties":{"a":{"maxLength":2,"pattern":"^x","enum":["q"],"type":"string"}}}}"#).expect("schemas");
        let config = Config::parse(Toolchain::AppConfigYaml, b"a: hush\n").expect("YAML");
        let document = &config.documents()[0];
        let root = document.root().expect("a root");
        let findings = schemas
            .check("t", document, root, true, false)
            .expect("known");
        assert_eq!(findings.len(), 3);
        for finding in findings {
            assert!(
                !finding.to_string().contains("hush") && finding.value.is_none(),
                "{finding}"
            );
        }
    }

    #[test]
    fn schemas_that_cannot_be_used_are_refused() {
        for (text, message) in [
            ("", "expected JSON"),
            ("[]", "expected an object of JSON schemas"),
            (
                r#"{"t":5}"#,
                "the schema of t cannot be used: expected an object",
            ),
            (r#"{"t":{"type":"text"}}"#, "the schema of t cannot be used"),
            (r##"{"t":{"$ref":"#"}}"##, "in circles"),
            (r#"{"t":{"$ref":"http://example.com/"}}"#, "not supported"),
            (r#"{"t":{"pattern":"(?=a)"}}"#, "cannot be used"),
        ] {
            let error = JsonSchemas::given(text)
                .map(|_| ())
                .expect_err(message)
                .to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn effort_without_end_is_refused() {
        // Compiling must share what is referred to twice, and checking must not start.
        let doubling = |levels: usize, link: fn(String) -> String| {
            let definitions: Vec<String> = (0..levels)
                .map(|n| {
                    let next = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, n + 1);
                    format!(r#""d{n}":{}"#, link(next))
                })
                .collect();
            let definitions = definitions.join(",");
            format!(
                r##"{{"$ref":"#/$defs/d0","$defs":{{{definitions},"d{levels}":{{"type":"string"}}}}}}"##
            )
        };
        let fields = doubling(60, |next| {
            format!(r#"{{"properties":{{"a":{next},"b":{next}}}}}"#)
        });
        assert!(check(&fields, "a: {b: {a: 1}}\n", false).is_empty());
        let same = doubling(28, |next| format!(r#"{{"allOf":[{next},{next}]}}"#));
        assert!(check(&same, "a\n", false)[0].contains("too many alternatives"));
        let twice = r##"{"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}]}"##;
        let deep = format!("{}1{}\n", "[".repeat(100), "]".repeat(100));
        assert!(check(twice, &deep, false)[0].contains("too many alternatives"));
        assert!(check(twice, "[[1]]\n", false).is_empty());
        // Every alternative that does not fit would keep a copy of the whole text.
        let many = vec![r#"{"type":"string"}"#; 1000].join(",");
        let long = "- a\n".repeat(1000);
        assert!(check(&format!(r#"{{"anyOf":[{many}]}}"#), &long, false)[0].contains("too large"));
    }
}
