//! Other readers of each format, to see what applications see.

use std::collections::BTreeMap;

/// Every value by its path, as text.
pub(crate) type Seen = BTreeMap<String, String>;

pub(crate) fn properties(text: &str) -> Option<Seen> {
    let bytes = text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes();
    let mut reader = java_properties::PropertiesIter::new(bytes);
    let mut seen = Seen::new();
    reader
        .read_into(|key, value| {
            seen.insert(key, value);
        })
        .ok()?;
    Some(seen)
}

pub(crate) fn env(text: &str) -> Option<Seen> {
    dotenvy::from_read_iter(text.as_bytes())
        .collect::<Result<Seen, _>>()
        .ok()
}
