//! From JSON Schema to [`Schema`]: the keywords that the definitions of Kubernetes and the schemas
//! of custom resources use. A keyword that is not understood is an error, never passed over.

use serde_json::{Map, Value as Json};

use crate::kinds::Kinds;
use crate::pattern::{self, Pattern};
use crate::schema::{Bound, Checks, Field, ObjectRules, Rest, Schema, Span};

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema cannot be used: {place}: {message}")]
pub struct SchemaError {
    place: String,
    message: String,
}

/// Keywords that say nothing about which values are valid. List and map types steer merging; that
/// elements of such lists differ is not looked at.
const NOTES: [&str; 15] = [
    "$schema",
    "default",
    "description",
    "example",
    "externalDocs",
    "id",
    "title",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-preserve-unknown-fields",
    // Reported as not evaluated, see `Compiler::has_expressions`.
    "x-kubernetes-validations",
];

/// Compiles schemas that refer to the definitions of one version.
pub(crate) struct Compiler<'a> {
    /// Index of a definition by name.
    pub(crate) definition: &'a dyn Fn(&str) -> Option<u32>,
    /// Set when some schema has CEL rules, which are not evaluated.
    pub(crate) has_expressions: bool,
    /// How many patterns there are.
    pub(crate) patterns: usize,
}

/// Where in a schema something stands, for errors.
struct Place<'p> {
    above: Option<&'p Place<'p>>,
    name: &'p str,
}

impl Place<'_> {
    fn refuse(&self, message: impl Into<String>) -> SchemaError {
        let mut names = Vec::new();
        let mut place = Some(self);
        while let Some(Place { above, name }) = place {
            names.push(*name);
            place = *above;
        }
        names.reverse();
        SchemaError {
            place: names.join("."),
            message: message.into(),
        }
    }
}

impl Compiler<'_> {
    /// Compiles a whole schema.
    pub(crate) fn compile(&mut self, json: &Json) -> Result<Schema, SchemaError> {
        let place = Place {
            above: None,
            name: "schema",
        };
        self.schema(json, &place, false)
    }

    /// `branch`: the schema is a condition on a value whose fields are declared elsewhere.
    fn schema(
        &mut self,
        json: &Json,
        place: &Place<'_>,
        branch: bool,
    ) -> Result<Schema, SchemaError> {
        let rules = match json {
            Json::Object(rules) => rules,
            Json::Bool(true) => return Ok(Schema::of_kinds(Kinds::ANY)),
            _ => return Err(place.refuse("expected an object")),
        };
        if let Some(reference) = rules.get("$ref") {
            let index = reference.as_str().and_then(|name| (self.definition)(name));
            return index
                .filter(|_| rules.len() == 1)
                .map(Schema::refers_to)
                .ok_or_else(|| place.refuse("$ref is not supported"));
        }
        let mut schema = Schema::of_kinds(kinds(rules, place)?);
        let mut object = ObjectRules::default();
        let mut checks = Checks::default();
        for (keyword, value) in rules {
            let here = Place {
                above: Some(place),
                name: keyword,
            };
            match keyword.as_str() {
                "type"
                | "nullable"
                | "x-kubernetes-int-or-string"
                | "exclusiveMinimum"
                | "exclusiveMaximum"
                | "additionalProperties"
                | "x-kubernetes-embedded-resource" => {}
                "properties" => {
                    for (name, property) in members(value, &here)? {
                        let at = Place {
                            above: Some(&here),
                            name,
                        };
                        let schema = self.schema(property, &at, branch)?;
                        object.fields.insert(
                            name.as_str().into(),
                            Field {
                                schema,
                                required: None,
                            },
                        );
                    }
                }
                "required" => {
                    let names = elements(value, &here)?.iter().map(|name| {
                        name.as_str()
                            .map(Box::from)
                            .ok_or_else(|| here.refuse("expected strings"))
                    });
                    object.required = names.collect::<Result<_, _>>()?;
                }
                "items" => schema.items = Some(Box::new(self.schema(value, &here, branch)?)),
                "enum" => checks.allowed = elements(value, &here)?.clone(),
                "pattern" => {
                    checks.pattern = Some(Pattern::new(text(value, &here)?));
                    self.patterns += 1;
                    if self.patterns > pattern::MAX_COUNT {
                        return Err(here.refuse("there are too many patterns"));
                    }
                }
                "format" => checks.format = Some(text(value, &here)?.into()),
                "minimum" => {
                    checks.minimum = Some(bound(value, rules.get("exclusiveMinimum"), &here)?);
                }
                "maximum" => {
                    checks.maximum = Some(bound(value, rules.get("exclusiveMaximum"), &here)?);
                }
                "multipleOf" => checks.multiple_of = Some(number(value, &here)?),
                "minLength" => checks.length.least = Some(count(value, &here)?),
                "maxLength" => checks.length.most = Some(count(value, &here)?),
                "minItems" => checks.items.least = Some(count(value, &here)?),
                "maxItems" => checks.items.most = Some(count(value, &here)?),
                "minProperties" => checks.entries.least = Some(count(value, &here)?),
                "maxProperties" => checks.entries.most = Some(count(value, &here)?),
                // Kubernetes allows only false.
                "uniqueItems" if *value == Json::Bool(false) => {}
                "allOf" => checks.all_of = self.schemas(value, &here)?,
                "anyOf" => checks.any_of = self.schemas(value, &here)?,
                "oneOf" => checks.one_of = self.schemas(value, &here)?,
                "not" => checks.not = Some(self.schema(value, &here, true)?),
                note if NOTES.contains(&note) => {
                    self.has_expressions |= note == "x-kubernetes-validations";
                }
                _ => return Err(here.refuse("the keyword is not supported")),
            }
        }
        self.rest(rules, &mut object, place, branch)?;
        for (position, name) in object.required.iter().enumerate() {
            if let Some(field) = object.fields.get_mut(name) {
                field.required = Some(position);
            }
        }
        if !object.fields.is_empty()
            || !object.required.is_empty()
            || !matches!(object.rest, Rest::Open)
        {
            schema.object = Some(Box::new(object));
        }
        // Alternatives that are only kinds are one set of kinds.
        if !checks.one_of.is_empty() && checks.one_of.iter().all(Schema::is_kinds_only) {
            let sets: Vec<Kinds> = checks.one_of.iter().map(|branch| branch.kinds).collect();
            schema.kinds = schema.kinds.and(Kinds::in_exactly_one(&sets));
            checks.one_of.clear();
        }
        if !checks.is_empty() {
            schema.checks = Some(Box::new(checks));
        }
        Ok(schema)
    }

    /// Reads what entries besides the declared fields must be.
    fn rest(
        &mut self,
        rules: &Map<String, Json>,
        object: &mut ObjectRules,
        place: &Place<'_>,
        branch: bool,
    ) -> Result<(), SchemaError> {
        let is_true = |keyword: &str| rules.get(keyword) == Some(&Json::Bool(true));
        object.rest = match rules.get("additionalProperties") {
            Some(Json::Bool(false)) => Rest::Forbidden,
            Some(Json::Bool(true)) => Rest::Open,
            Some(values) => {
                let here = Place {
                    above: Some(place),
                    name: "additionalProperties",
                };
                Rest::Values(Box::new(self.schema(values, &here, branch)?))
            }
            None if branch || !rules.contains_key("properties") => Rest::Open,
            None if is_true("x-kubernetes-preserve-unknown-fields") => Rest::Open,
            None => Rest::Undeclared,
        };
        if is_true("x-kubernetes-embedded-resource") {
            self.make_resource(object);
        }
        Ok(())
    }

    /// Declares the fields every resource has.
    pub(crate) fn make_resource(&self, object: &mut ObjectRules) {
        for name in ["apiVersion", "kind"] {
            let schema = Schema::of_kinds(Kinds::STRING);
            let field = Field {
                schema,
                required: None,
            };
            object.fields.entry(name.into()).or_insert(field);
        }
        if let Some(metadata) = (self.definition)(OBJECT_META) {
            let required = object
                .fields
                .get("metadata")
                .and_then(|field| field.required);
            let schema = Schema::refers_to(metadata);
            object
                .fields
                .insert("metadata".into(), Field { schema, required });
        }
    }

    fn schemas(&mut self, json: &Json, place: &Place<'_>) -> Result<Vec<Schema>, SchemaError> {
        elements(json, place)?
            .iter()
            .map(|branch| self.schema(branch, place, true))
            .collect()
    }
}

const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

impl Checks {
    fn is_empty(&self) -> bool {
        let spans = [self.length, self.items, self.entries];
        let numbers =
            self.minimum.is_none() && self.maximum.is_none() && self.multiple_of.is_none();
        let branches = [&self.all_of, &self.any_of, &self.one_of];
        self.allowed.is_empty()
            && self.pattern.is_none()
            && self.format.is_none()
            && self.not.is_none()
            && numbers
            && spans.iter().all(|span: &Span| !span.is_bounded())
            && branches.iter().all(|branches| branches.is_empty())
    }
}

fn kinds(rules: &Map<String, Json>, place: &Place<'_>) -> Result<Kinds, SchemaError> {
    let is_true = |keyword: &str| rules.get(keyword) == Some(&Json::Bool(true));
    let named = |name: &Json| {
        name.as_str()
            .and_then(Kinds::named)
            .ok_or_else(|| place.refuse(format!("{name} is no type")))
    };
    let mut kinds = match rules.get("type") {
        None => Kinds::ANY,
        Some(Json::Array(names)) => {
            let mut kinds = Kinds::NONE;
            for name in names {
                kinds = kinds.or(named(name)?);
            }
            kinds
        }
        Some(name) => named(name)?,
    };
    if is_true("x-kubernetes-int-or-string")
        || rules.get("format").and_then(Json::as_str) == Some("int-or-string")
    {
        kinds = Kinds::INTEGER.or(Kinds::STRING);
    }
    if is_true("nullable") {
        kinds = kinds.or(Kinds::NULL);
    }
    Ok(kinds)
}

fn members<'j>(json: &'j Json, place: &Place<'_>) -> Result<&'j Map<String, Json>, SchemaError> {
    json.as_object()
        .ok_or_else(|| place.refuse("expected an object"))
}

fn elements<'j>(json: &'j Json, place: &Place<'_>) -> Result<&'j Vec<Json>, SchemaError> {
    json.as_array()
        .ok_or_else(|| place.refuse("expected an array"))
}

fn text<'j>(json: &'j Json, place: &Place<'_>) -> Result<&'j str, SchemaError> {
    json.as_str()
        .ok_or_else(|| place.refuse("expected a string"))
}

fn number(json: &Json, place: &Place<'_>) -> Result<f64, SchemaError> {
    json.as_f64()
        .ok_or_else(|| place.refuse("expected a number"))
}

fn count(json: &Json, place: &Place<'_>) -> Result<u64, SchemaError> {
    json.as_u64()
        .ok_or_else(|| place.refuse("expected a count"))
}

/// A limit; whether it is exclusive stands beside it, as in `OpenAPI` 3.0.
fn bound(json: &Json, exclusive: Option<&Json>, place: &Place<'_>) -> Result<Bound, SchemaError> {
    let exclusive = match exclusive {
        None | Some(Json::Bool(false)) => false,
        Some(Json::Bool(true)) => true,
        Some(_) => return Err(place.refuse("expected true or false beside it")),
    };
    Ok(Bound {
        value: number(json, place)?,
        exclusive,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compile(json: &Json) -> Result<Schema, SchemaError> {
        let definition = |_: &str| None;
        let mut compiler = Compiler {
            definition: &definition,
            has_expressions: false,
            patterns: 0,
        };
        compiler.compile(json)
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (schema, message) in [
            (
                json!({"properties": {"a": {"patternProperties": {}}}}),
                "schema.properties.a.patternProperties: the keyword is not supported",
            ),
            (
                json!({"items": {"$ref": "#/x"}}),
                "schema.items: $ref is not supported",
            ),
            (
                json!({"uniqueItems": true}),
                "schema.uniqueItems: the keyword",
            ),
            (json!({"type": "text"}), "schema: \"text\" is no type"),
            (json!({"minimum": "1"}), "schema.minimum: expected a number"),
            (
                json!({"minimum": 1, "exclusiveMinimum": 0}),
                "schema.minimum: expected true or false",
            ),
            (
                json!({"additionalProperties": {"enum": 1}}),
                "schema.additionalProperties.enum: expected an array",
            ),
            (json!([]), "schema: expected an object"),
        ] {
            let error = compile(&schema).expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn alternatives_of_kinds_are_one_set() {
        let schema = compile(
            &json!({"oneOf": [{"type": ["string", "null"]}, {"type": ["number", "null"]}]}),
        )
        .expect("a schema");
        assert!(schema.is_kinds_only());
        assert_eq!(
            schema.kinds,
            Kinds::STRING.or(Kinds::NUMBER),
            "null is in both"
        );
    }
}
