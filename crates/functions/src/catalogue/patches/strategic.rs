//! The strategic merge patch of Kubernetes, on values.
//!
//! Which lists are merged, and by which field, comes from the table of merge keys; every other list
//! is replaced.

use std::collections::HashMap;

use cubit_configdata::{Value, merge_key_default, merge_keys};

use super::merge_patch::Entries;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER: &str = "$setElementOrder/";

/// Lists of scalars that are merged instead of replaced.
const MERGED_SCALARS: [&str; 1] = ["finalizers"];

/// Whether a patch that states an identity states that of the resource.
pub(super) fn is_meant(resource: &Value, patch: &Value) -> bool {
    let metadata = |value: &Value, name: &str| {
        value
            .get("metadata")
            .and_then(|metadata| metadata.get(name))
            .cloned()
    };
    ["apiVersion", "kind"].iter().all(|name| {
        patch
            .get(name)
            .is_none_or(|value| resource.get(name) == Some(value))
    }) && ["name", "namespace"].iter().all(|name| {
        let stated = metadata(patch, name);
        stated.is_none() || stated == metadata(resource, name)
    })
}

/// The value of a resource as a patch makes it.
pub(super) fn apply(resource_type: &str, value: Value, patch: &Value) -> Result<Value, String> {
    if directive(patch)? == Directive::Delete {
        return Err("the patch deletes the whole resource: call delete-resource".to_owned());
    }
    Merge { resource_type }.any("", Some(value), patch)
}

#[derive(PartialEq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: &Value) -> Result<Directive, String> {
    match patch.get(PATCH) {
        None => Ok(Directive::Merge),
        Some(value) => match value.as_str() {
            Some("merge") => Ok(Directive::Merge),
            Some("replace") => Ok(Directive::Replace),
            Some("delete") => Ok(Directive::Delete),
            _ => Err("$patch: expected merge, replace or delete".to_owned()),
        },
    }
}

struct Merge<'a> {
    resource_type: &'a str,
}

impl Merge<'_> {
    /// `name` is the key under which the value stands.
    fn any(&self, name: &str, old: Option<Value>, patch: &Value) -> Result<Value, String> {
        match patch {
            Value::Map(changes) => self.map(old.unwrap_or(Value::Null), patch, changes),
            Value::List(changes) => self
                .list(name, old.unwrap_or(Value::Null), changes)
                .map_err(|error| format!("{name}: {error}")),
            scalar => Ok(scalar.clone()),
        }
    }

    fn map(&self, old: Value, patch: &Value, changes: &[(String, Value)]) -> Result<Value, String> {
        let mut map = match directive(patch)? {
            Directive::Merge => Entries::of(old),
            Directive::Replace => Entries::of(Value::Null),
            Directive::Delete => return Ok(Value::Map(Vec::new())),
        };
        if let Some(retained) = patch.get(RETAIN_KEYS) {
            let Value::List(retained) = retained else {
                return Err(format!("{RETAIN_KEYS}: expected a list of keys"));
            };
            map.retain(|name| retained.iter().any(|key| key.as_str() == Some(name)));
        }
        for (name, change) in changes {
            if let Some(list) = name.strip_prefix(DELETE_FROM) {
                let (Value::List(gone), Some(Value::List(mut values))) = (change, map.take(list))
                else {
                    continue;
                };
                values.retain(|value| !gone.contains(value));
                map.put(list, Value::List(values));
            } else if name == PATCH || name == RETAIN_KEYS || name.starts_with(ELEMENT_ORDER) {
            } else {
                let old = map.take(name);
                if *change != Value::Null {
                    map.put(name, self.any(name, old, change)?);
                }
            }
        }
        Ok(map.value())
    }

    fn list(&self, name: &str, old: Value, changes: &[Value]) -> Result<Value, String> {
        let mut values = match old {
            Value::List(values) => values,
            _ => Vec::new(),
        };
        if MERGED_SCALARS.contains(&name) {
            for change in changes {
                if !values.contains(change) {
                    values.push(change.clone());
                }
            }
            return Ok(Value::List(values));
        }
        // An element that is nothing but a directive is about the list.
        let is_about_list = |change: &&Value| matches!(change, Value::Map(entries) if entries.len() == 1 && entries[0].0 == PATCH);
        let about: Option<Directive> = changes
            .iter()
            .find(is_about_list)
            .map(directive)
            .transpose()?;
        let changes: Vec<&Value> = changes
            .iter()
            .filter(|change| !is_about_list(change))
            .collect();
        let mut keys = merge_keys(self.resource_type, name).peekable();
        let is_atomic = keys.peek().is_none();
        match about {
            Some(Directive::Delete) => return Ok(Value::List(Vec::new())),
            None | Some(Directive::Merge) if !is_atomic => {}
            _ => {
                return changes
                    .iter()
                    .map(|change| self.any("", None, change))
                    .collect::<Result<_, _>>()
                    .map(Value::List);
            }
        }
        let keys: Vec<_> = keys.collect();
        let fits = |fields: &&&[&str]| {
            changes
                .iter()
                .all(|change| identity(change, fields).is_some())
        };
        let Some(fields) = keys.iter().find(fits) else {
            let at = changes
                .iter()
                .position(|change| keys.iter().all(|fields| identity(change, fields).is_none()))
                .unwrap_or_default();
            let expected: Vec<String> = keys.iter().map(|fields| fields.join(" and ")).collect();
            return Err(format!(
                "element {at} of the patch has no merge key: expected {}",
                expected.join(", or ")
            ));
        };
        let mut values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        for (at, value) in values.iter().enumerate() {
            if let Some(key) = value.as_ref().and_then(|value| identity(value, fields)) {
                places.entry(key).or_insert(at);
            }
        }
        for change in changes {
            let Some(key) = identity(change, fields) else {
                continue;
            };
            let next = values.len();
            let is_deleted = directive(change)? == Directive::Delete;
            if is_deleted {
                if let Some(old) = places.remove(&key).and_then(|at| values.get_mut(at)) {
                    *old = None;
                }
                continue;
            }
            let at = *places.entry(key).or_insert(next);
            let old = values.get_mut(at).and_then(Option::take);
            let merged = Some(self.any("", old, change)?);
            match values.get_mut(at) {
                Some(place) => *place = merged,
                None => values.push(merged),
            }
        }
        Ok(Value::List(values.into_iter().flatten().collect()))
    }
}

/// The merge key of an element; `None` when it lacks a field.
fn identity(element: &Value, fields: &[&str]) -> Option<Vec<String>> {
    fields
        .iter()
        .map(|field| {
            let found = field
                .split('.')
                .try_fold(element, |value, name| value.get(name));
            match found {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(_) => None,
                None => merge_key_default(field).map(str::to_owned),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::value;
    use super::*;

    fn patched(target: &str, patch: &str) -> Result<Value, String> {
        apply("v1/Pod", value(target), &value(patch))
    }

    #[test]
    fn lists_meet_by_key() {
        for (target, patch, expected) in [
            (
                r#"{"containers":[{"name":"a","image":"1"},{"name":"b"}]}"#,
                r#"{"containers":[{"name":"a","image":"2"},{"name":"c"}]}"#,
                r#"{"containers":[{"name":"a","image":"2"},{"name":"b"},{"name":"c"}]}"#,
            ),
            (
                r#"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                r#"{"containers":[{"$patch":"delete","name":"a"}]}"#,
                r#"{"containers":[{"name":"b"}]}"#,
            ),
            (
                r#"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                r#"{"containers":[{"$patch":"replace"},{"name":"c"}]}"#,
                r#"{"containers":[{"name":"c"}]}"#,
            ),
            (
                r#"{"containers":[{"name":"a","image":"1"}]}"#,
                r#"{"containers":[{"$patch":"replace","name":"a","tty":true}]}"#,
                r#"{"containers":[{"name":"a","tty":true}]}"#,
            ),
            (
                r#"{"ports":[{"containerPort":80},{"containerPort":80,"protocol":"UDP"}]}"#,
                r#"{"ports":[{"containerPort":80,"protocol":"TCP","name":"web"}]}"#,
                r#"{"ports":[{"containerPort":80,"protocol":"TCP","name":"web"},{"containerPort":80,"protocol":"UDP"}]}"#,
            ),
            (
                r#"{"tolerations":[{"key":"a"}]}"#,
                r#"{"tolerations":[{"key":"b","x":null}]}"#,
                r#"{"tolerations":[{"key":"b"}]}"#,
            ),
            (
                r#"{"args":["a","b"]}"#,
                r#"{"args":["c"]}"#,
                r#"{"args":["c"]}"#,
            ),
            (
                r#"{"finalizers":["a","b"]}"#,
                r#"{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["c","b"],"finalizers":["c","b"]}"#,
                r#"{"finalizers":["b","c"]}"#,
            ),
            (
                r#"{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}"#,
                r#"{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}"#,
                r#"{"strategy":{"type":"Recreate"}}"#,
            ),
            (
                r#"{"a":{"b":1},"c":2}"#,
                r#"{"a":{"$patch":"replace","d":3},"c":null}"#,
                r#"{"a":{"d":3}}"#,
            ),
            (
                r#"{"a":{"b":1}}"#,
                r#"{"a":{"$patch":"delete"}}"#,
                r#"{"a":{}}"#,
            ),
            ("{}", r#"{"a":{"b":null,"c":1}}"#, r#"{"a":{"c":1}}"#),
        ] {
            assert_eq!(
                patched(target, patch),
                Ok(value(expected)),
                "{target} {patch}"
            );
        }
    }

    #[test]
    fn refusals() {
        for (patch, expected) in [
            (r#"{"$patch":"delete"}"#, "delete-resource"),
            (
                r#"{"a":{"$patch":"erase"}}"#,
                "expected merge, replace or delete",
            ),
            (
                r#"{"ports":[{"name":"x","containerPort":1},{"x":1}]}"#,
                "ports: element 1 of the patch has no merge key: expected containerPort and protocol, or port and protocol, or name",
            ),
            (
                r#"{"a":{"$retainKeys":"b"}}"#,
                "$retainKeys: expected a list",
            ),
        ] {
            let error = patched("{}", patch).expect_err(patch);
            assert!(error.contains(expected), "{patch}: {error}");
        }
    }
}
