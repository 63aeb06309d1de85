//! JSON Merge Patch (RFC 7386) on values.

use std::collections::HashMap;

use cubit_configdata::Value;

/// The value as a patch makes it.
pub(super) fn apply(target: Value, patch: &Value) -> Value {
    let Value::Map(changes) = patch else {
        return patch.clone();
    };
    let mut map = Entries::of(target);
    for (name, change) in changes {
        let old = map.take(name);
        if *change != Value::Null {
            map.put(name, apply(old.unwrap_or(Value::Null), change));
        }
    }
    map.value()
}

/// A map that is being changed: entries keep their places and are found without a search.
pub(super) struct Entries {
    entries: Vec<(String, Option<Value>)>,
    places: HashMap<String, usize>,
}

impl Entries {
    /// The entries of a map; none for every other value.
    pub(super) fn of(value: Value) -> Self {
        let entries: Vec<(String, Option<Value>)> = match value {
            Value::Map(entries) => entries
                .into_iter()
                .map(|(name, value)| (name, Some(value)))
                .collect(),
            _ => Vec::new(),
        };
        let places = entries
            .iter()
            .enumerate()
            .map(|(at, (name, _))| (name.clone(), at))
            .collect();
        Self { entries, places }
    }

    /// Takes the value of an entry away; putting another one there brings it back in its place.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = *self.places.get(name)?;
        self.entries.get_mut(at)?.1.take()
    }

    pub(super) fn put(&mut self, name: &str, value: Value) {
        let next = self.entries.len();
        let at = *self.places.entry(name.to_owned()).or_insert(next);
        match self.entries.get_mut(at) {
            Some(entry) => entry.1 = Some(value),
            None => self.entries.push((name.to_owned(), Some(value))),
        }
    }

    /// Keeps the entries of some names.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        for (name, value) in &mut self.entries {
            if !keep(name) {
                *value = None;
            }
        }
    }

    pub(super) fn value(self) -> Value {
        Value::Map(
            self.entries
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::value;
    use super::*;

    /// Appendix A of RFC 7386.
    #[test]
    fn cases_of_the_rfc() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            assert_eq!(
                apply(value(target), &value(patch)),
                value(expected),
                "{target} {patch}"
            );
        }
    }
}
