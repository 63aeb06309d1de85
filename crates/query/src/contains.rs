//! The `contains` parameter: a substring anywhere in the text of a row.

use crate::Value;

/// A case-insensitive search text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contains(String);

impl Contains {
    /// The search for a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    /// Whether any of the values, or any key or value of the maps among them, has the text in it.
    pub fn matches<'a>(&self, values: impl IntoIterator<Item = Value<'a>>) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.0);
        values.into_iter().any(|value| match value {
            Value::Text(text) => has(&text),
            Value::Texts(map) => map.iter().any(|(key, entry)| has(key) || has(entry)),
            Value::Flags(map) => map.keys().any(|key| has(key)),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn looks_into_text_and_both_sides_of_maps() {
        let labels = BTreeMap::from([("Tier".to_owned(), "Web".to_owned())]);
        let row = || [Value::text("Shop"), Value::Texts(Cow::Borrowed(&labels))];
        for (text, found) in [("shop", true), ("TIER", true), ("we", true), ("db", false)] {
            assert_eq!(Contains::new(text).matches(row()), found, "{text}");
        }
    }
}
