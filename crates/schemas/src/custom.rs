//! Custom types: schemas out of `CustomResourceDefinitions`, or given by type.

use std::sync::{Arc, OnceLock};

use cubit_configdata::{Config, NodeRef};
use hashbrown::HashMap;
use serde_json::Value as Json;

use crate::compile::SchemaError;
use crate::recent::Recent;
use crate::release::Release;
use crate::schema::Schema;

/// A compiled custom type.
#[derive(Debug)]
pub(crate) struct CustomType {
    pub(crate) schema: Schema,
    /// It has rules in CEL, which are not evaluated.
    pub(crate) has_expressions: bool,
}

/// Why text does not give schemas.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GivenError {
    /// It is no JSON.
    #[error("expected JSON: {0}")]
    Json(String),
    /// It is neither definitions nor schemas by type.
    #[error(
        "expected CustomResourceDefinitions, or an object of JSON schemas by type such as example.com/v1/Widget"
    )]
    Shape,
}

/// Schemas of custom types, each compiled when it is first needed.
#[derive(Debug)]
pub struct CustomTypes<'d> {
    release: &'static Release,
    types: HashMap<String, Custom<'d>>,
}

#[derive(Debug)]
struct Custom<'d> {
    source: Source<'d>,
    compiled: OnceLock<Result<CustomType, SchemaError>>,
}

#[derive(Debug)]
enum Source<'d> {
    Node(NodeRef<'d>),
    Json(Json),
}

impl<'d> CustomTypes<'d> {
    /// No types.
    #[must_use]
    pub fn none(release: &'static Release) -> Self {
        Self {
            release,
            types: HashMap::new(),
        }
    }

    /// The types that the `CustomResourceDefinitions` of a text define, its lists included.
    #[must_use]
    pub fn found_in(release: &'static Release, config: &'d Config) -> Self {
        let mut types = Self::none(release);
        for root in config
            .documents()
            .iter()
            .filter_map(|document| document.root())
        {
            types.add_node(root);
        }
        types
    }

    fn add_node(&mut self, node: NodeRef<'d>) {
        let text = |node: NodeRef<'d>, key: &str| {
            node.get(key).and_then(NodeRef::as_str).unwrap_or_default()
        };
        match &*text(node, "kind") {
            "List" => {
                for item in node.get("items").into_iter().flat_map(NodeRef::items) {
                    self.add_node(item);
                }
            }
            "CustomResourceDefinition" => {
                let Some(spec) = node.get("spec") else { return };
                let group = text(spec, "group");
                let kind = spec
                    .get("names")
                    .map(|names| text(names, "kind"))
                    .unwrap_or_default();
                for version in spec.get("versions").into_iter().flat_map(NodeRef::items) {
                    let schema = version
                        .get("schema")
                        .and_then(|schema| schema.get("openAPIV3Schema"));
                    if let Some(schema) = schema {
                        let name = format!("{group}/{}/{kind}", text(version, "name"));
                        self.add(name, Source::Node(schema));
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, resource_type: String, source: Source<'d>) {
        let compiled = OnceLock::new();
        self.types
            .insert(resource_type, Custom { source, compiled });
    }

    /// The schema of a type, or why it has none that can be used.
    pub(crate) fn find(&self, resource_type: &str) -> Option<Result<&CustomType, &SchemaError>> {
        let custom = self.types.get(resource_type)?;
        let compiled = custom.compiled.get_or_init(|| match &custom.source {
            Source::Node(node) => self.release.compile_custom(&node.value().to_json()),
            Source::Json(json) => self.release.compile_custom(json),
        });
        Some(compiled.as_ref())
    }
}

impl CustomTypes<'static> {
    /// The types that JSON text gives: a `CustomResourceDefinition`, a list of them, or schemas by
    /// type. What was given lately is kept compiled, because the same text comes with every unit of
    /// a call.
    ///
    /// # Errors
    /// Text that is neither.
    pub fn given(release: &'static Release, text: &str) -> Result<Arc<Self>, GivenError> {
        static RECENT: Recent<CustomTypes<'static>> = Recent::new();
        RECENT.get(&format!("{}\n{text}", release.version()), || {
            let json =
                serde_json::from_str(text).map_err(|error| GivenError::Json(error.to_string()))?;
            let mut types = Self::none(release);
            types.add_json(json)?;
            Ok(types)
        })
    }

    fn add_json(&mut self, json: Json) -> Result<(), GivenError> {
        match json {
            Json::Array(definitions) => definitions
                .into_iter()
                .try_for_each(|json| self.add_json(json)),
            Json::Object(mut members) => match (
                members.get("kind").and_then(Json::as_str),
                members.get("spec"),
            ) {
                (Some("CustomResourceDefinition"), Some(spec)) => {
                    self.add_definition(spec).ok_or(GivenError::Shape)
                }
                (Some("List" | "CustomResourceDefinitionList"), _) => {
                    self.add_json(members.remove("items").unwrap_or_default())
                }
                _ if members
                    .iter()
                    .all(|(name, schema)| name.contains('/') && schema.is_object()) =>
                {
                    for (name, schema) in members {
                        self.add(name, Source::Json(schema));
                    }
                    Ok(())
                }
                _ => Err(GivenError::Shape),
            },
            _ => Err(GivenError::Shape),
        }
    }

    fn add_definition(&mut self, spec: &Json) -> Option<()> {
        let group = spec["group"].as_str()?;
        let kind = spec["names"]["kind"].as_str()?;
        for version in spec["versions"].as_array()? {
            let schema = &version["schema"]["openAPIV3Schema"];
            if schema.is_object() {
                let name = format!("{group}/{}/{kind}", version["name"].as_str()?);
                self.add(name, Source::Json(schema.clone()));
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::Version;

    fn release() -> &'static Release {
        Release::of(Version::newest()).expect("known")
    }

    const DEFINITION: &str = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
        "spec":{"group":"example.com","names":{"kind":"Widget"},"versions":[
        {"name":"v1","schema":{"openAPIV3Schema":{"type":"object"}}},{"name":"v2"}]}}"#;

    #[test]
    fn schemas_are_given_in_several_shapes() {
        for text in [
            DEFINITION.to_owned(),
            format!("[{DEFINITION}]"),
            format!(r#"{{"kind":"List","items":[{DEFINITION}]}}"#),
            r#"{"example.com/v1/Widget":{"type":"object"}}"#.to_owned(),
        ] {
            let types = CustomTypes::given(release(), &text).expect("schemas");
            assert!(
                types
                    .find("example.com/v1/Widget")
                    .is_some_and(|found| found.is_ok()),
                "{text}"
            );
            assert!(types.find("example.com/v2/Widget").is_none(), "{text}");
            let again = CustomTypes::given(release(), &text).expect("schemas");
            assert!(Arc::ptr_eq(&types, &again), "kept");
        }
    }

    #[test]
    fn what_gives_no_schemas_is_refused() {
        for text in [
            "",
            "5",
            "[1]",
            r#"{"Widget":{}}"#,
            r#"{"a/b":1}"#,
            r#"{"kind":"CustomResourceDefinition","spec":{}}"#,
        ] {
            assert!(CustomTypes::given(release(), text).is_err(), "{text}");
        }
    }

    #[test]
    fn definitions_are_found_in_texts() {
        let text = format!("---\n{DEFINITION}\n---\na: 1\n");
        let config = Config::parse(cubit_configdata::Toolchain::KubernetesYaml, text.as_bytes())
            .expect("YAML");
        let types = CustomTypes::found_in(release(), &config);
        assert!(types.find("example.com/v1/Widget").is_some());
        assert!(types.find("example.com/v1/Gadget").is_none());
    }
}
