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

/// Quotes are part of the value for this reader; they are taken off here.
pub(crate) fn ini(text: &str) -> Option<Seen> {
    let mut reader = configparser::ini::Ini::new_cs();
    reader.set_multiline(true);
    // This reader takes a comment sign for one wherever it stands.
    let plain: Vec<&str> = text.lines().filter(|line| !line.starts_with('!')).collect();
    let sections = reader.read(plain.join("\n")).ok()?;
    let entries = sections.into_iter().flat_map(|(section, entries)| {
        entries.into_iter().map(move |(key, value)| {
            let value = value.unwrap_or_default();
            let value = value.trim();
            let inner = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            (
                format!("{section}/{key}"),
                inner.unwrap_or(value).to_owned(),
            )
        })
    });
    Some(entries.collect())
}

/// Strict JSON once comments and trailing commas are taken out.
pub(crate) fn json(text: &str) -> Option<Seen> {
    let strict = strict(text);
    let mut seen = Seen::new();
    flatten_json(
        &serde_json::from_str(&strict).ok()?,
        String::new(),
        &mut seen,
    );
    Some(seen)
}

fn strict(text: &str) -> String {
    let string = r#""(?:[^"\\]|\\.)*""#;
    let comments =
        regex::Regex::new(&format!(r"({string})|//[^\n]*|/\*(?s:.*?)\*/")).expect("valid");
    let text = comments.replace_all(text, "$1");
    let commas = regex::Regex::new(&format!(r"({string})|,(\s*[}}\]])")).expect("valid");
    commas.replace_all(&text, "$1$2").into_owned()
}

fn flatten_json(value: &serde_json::Value, path: String, seen: &mut Seen) {
    use serde_json::Value as Json;
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                flatten_json(value, format!("{path}/{key}"), seen);
            }
        }
        Json::Array(values) if !values.is_empty() => {
            for (at, value) in values.iter().enumerate() {
                flatten_json(value, format!("{path}/{at}"), seen);
            }
        }
        Json::String(text) => _ = seen.insert(path, text.clone()),
        other => _ = seen.insert(path, other.to_string()),
    }
}

pub(crate) fn toml(text: &str) -> Option<Seen> {
    let mut seen = Seen::new();
    let table: toml::Table = text.parse().ok()?;
    flatten_toml(&toml::Value::Table(table), String::new(), &mut seen);
    Some(seen)
}

fn flatten_toml(value: &toml::Value, path: String, seen: &mut Seen) {
    use toml::Value as Toml;
    match value {
        Toml::Table(entries) => {
            for (key, value) in entries {
                flatten_toml(value, format!("{path}/{key}"), seen);
            }
        }
        Toml::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                flatten_toml(value, format!("{path}/{at}"), seen);
            }
        }
        Toml::String(text) => _ = seen.insert(path, text.clone()),
        other => _ = seen.insert(path, other.to_string()),
    }
}
