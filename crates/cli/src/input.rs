//! What commands read: files, standard input, and the flags that describe an
//! entity.

use std::fs;
use std::io::{self, Read};

use clap::Args;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &str) -> Result<Vec<u8>> {
    if path == "-" {
        let mut bytes = Vec::new();
        return match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Error::file("standard input", &error)),
        };
    }
    let path = path.strip_prefix("file://").unwrap_or(path);
    fs::read(path).map_err(|error| Error::file(path, &error))
}

/// Flags that describe an entity when it is created or changed.
#[derive(Debug, Default, Args)]
pub(crate) struct Entity {
    /// Label KEY=VALUE; may be repeated (in a change, KEY=- removes)
    #[arg(long = "label", value_name = "KEY=VALUE", value_delimiter = ',')]
    labels: Vec<String>,
    /// Annotation KEY=VALUE; may be repeated (in a change, KEY=- removes)
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    annotations: Vec<String>,
    /// Name for people, any text
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Gate that forbids deleting (in a change, GATE=- removes)
    #[arg(long = "delete-gate", value_name = "GATE")]
    delete_gates: Vec<String>,
    /// Other fields, as JSON in this file (- for standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "from_stdin")]
    filename: Option<String>,
    /// Other fields, as JSON on standard input
    #[arg(long)]
    from_stdin: bool,
}

/// Whether a value of `-` removes the key (in a merge patch) or is an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Allowed,
    Meaningless,
}

impl Entity {
    /// The fields the flags set, as the body of a create or a merge patch.
    pub(crate) fn fields(&self, removal: Removal) -> Result<Map<String, Value>> {
        let mut fields = self.file()?;
        merge(
            &mut fields,
            "Labels",
            pairs("--label", &self.labels, removal)?,
        );
        merge(
            &mut fields,
            "Annotations",
            pairs("--annotation", &self.annotations, removal)?,
        );
        merge(
            &mut fields,
            "DeleteGates",
            gates(&self.delete_gates, removal)?,
        );
        if let Some(name) = &self.display_name {
            fields.insert("DisplayName".into(), name.clone().into());
        }
        Ok(fields)
    }

    fn file(&self) -> Result<Map<String, Value>> {
        let path = match (&self.filename, self.from_stdin) {
            (Some(path), _) => path.as_str(),
            (None, true) => "-",
            (None, false) => return Ok(Map::new()),
        };
        let bytes = read(path)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::failed(format!("not a JSON object: {error}")).at(format!(
                "{path}:{}:{}",
                error.line(),
                error.column()
            ))
        })
    }
}

/// `KEY=VALUE` flags as a map; a key alone has an empty value.
fn pairs(flag: &str, texts: &[String], removal: Removal) -> Result<Map<String, Value>> {
    let pair = |text: &String| match text.split_once('=').unwrap_or((text, "")) {
        ("", _) => Err(Error::usage(format!("{flag} `{text}`: expected KEY=VALUE"))),
        (key, "-") if removal == Removal::Allowed => Ok((key.to_owned(), Value::Null)),
        (key, value) => Ok((key.to_owned(), Value::from(value))),
    };
    texts.iter().map(pair).collect()
}

/// `GATE` and `GATE=-` flags as a map.
pub(crate) fn gates(texts: &[String], removal: Removal) -> Result<Map<String, Value>> {
    let gate = |text: &String| match text.split_once('=') {
        None if !text.is_empty() => Ok((text.clone(), Value::Bool(true))),
        Some((gate, "-")) if removal == Removal::Allowed => Ok((gate.to_owned(), Value::Null)),
        _ => Err(Error::usage(format!(
            "`{text}`: expected GATE, or GATE=- to remove it"
        ))),
    };
    texts.iter().map(gate).collect()
}

/// Lays `entries` over the map in `fields[key]`.
pub(crate) fn merge(fields: &mut Map<String, Value>, key: &str, entries: Map<String, Value>) {
    if entries.is_empty() {
        return;
    }
    match fields.get_mut(key) {
        Some(Value::Object(present)) => present.extend(entries),
        _ => {
            fields.insert(key.to_owned(), entries.into());
        }
    }
}

/// Lays a merge patch (RFC 7386) over an entity, for a read-modify-write.
pub(crate) fn patch(entity: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *entity = changes.clone();
        return;
    };
    if !entity.is_object() {
        *entity = Value::Object(Map::new());
    }
    if let Value::Object(entity) = entity {
        for (key, change) in changes {
            match change {
                Value::Null => {
                    entity.shift_remove(key);
                }
                change => patch(entity.entry(key).or_insert(Value::Null), change),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entity(labels: &[&str]) -> Entity {
        Entity {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            ..Entity::default()
        }
    }

    #[test]
    fn labels_become_a_map() {
        let fields = entity(&["tier=web", "canary", "old=-"])
            .fields(Removal::Allowed)
            .unwrap();
        assert_eq!(
            Value::from(fields),
            json!({"Labels": {"tier": "web", "canary": "", "old": null}})
        );
        assert!(entity(&["=web"]).fields(Removal::Allowed).is_err());
        assert!(entity(&[]).fields(Removal::Allowed).unwrap().is_empty());
    }

    #[test]
    fn gates_are_set_and_removed() {
        let texts = ["prod".to_owned(), "old=-".to_owned()];
        let expected = json!({"prod": true, "old": null});
        assert_eq!(
            Value::from(gates(&texts, Removal::Allowed).unwrap()),
            expected
        );
        assert!(gates(&texts, Removal::Meaningless).is_err());
    }

    #[test]
    fn a_patch_merges_maps_and_null_removes() {
        let mut unit = json!({"Slug": "web", "Labels": {"a": "1", "b": "2"}});
        patch(
            &mut unit,
            &json!({"Data": "eA==", "Labels": {"a": null, "c": "3"}}),
        );
        assert_eq!(
            unit,
            json!({"Slug": "web", "Labels": {"b": "2", "c": "3"}, "Data": "eA=="})
        );
    }
}
