//! What clients may write: one table of limits, and the checks that use it.

use std::collections::BTreeMap;

use thiserror::Error;

/// Most bytes of a unit's Data.
pub const DATA_LIMIT: usize = cubit_configdata::limits::MAX_BYTES;
/// Most characters of a slug.
pub const SLUG_LIMIT: usize = 128;
/// Most characters of a label key, annotation key or gate name.
pub const KEY_LIMIT: usize = 128;
/// Most characters of a label value.
pub const LABEL_VALUE_LIMIT: usize = 255;
/// Most characters of an annotation value.
pub const ANNOTATION_VALUE_LIMIT: usize = 1024;
/// Most bytes of a description or display name.
pub const DESCRIPTION_LIMIT: usize = 65_536;

/// A value a client may not write.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{attribute}: {message}")]
pub struct Invalid {
    /// The attribute.
    pub attribute: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl Invalid {
    /// An invalid value of an attribute.
    pub fn new(attribute: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            attribute: attribute.into(),
            message: message.into(),
        }
    }
}

/// Whether a name starts and ends with a letter or digit and has only these signs inside.
fn is_name(name: &str, inside: &[char]) -> bool {
    let bounded = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    bounded
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || inside.contains(&c))
}

/// Checks a slug.
///
/// # Errors
/// Why it is not one.
pub fn check_slug(slug: &str) -> Result<(), Invalid> {
    if slug.is_empty() {
        return Err(Invalid::new("Slug", "is required"));
    }
    if slug.len() > SLUG_LIMIT {
        return Err(Invalid::new(
            "Slug",
            format!(
                "has {} characters; at most {SLUG_LIMIT} are allowed",
                slug.len()
            ),
        ));
    }
    if !is_name(slug, &['-', '_', '.']) {
        return Err(Invalid::new(
            "Slug",
            format!(
                "{slug:?} must start and end with a letter or digit and hold only letters, digits, '-', '_' and '.'"
            ),
        ));
    }
    Ok(())
}

fn check_key(attribute: &str, key: &str) -> Result<(), Invalid> {
    if key.len() > KEY_LIMIT || !is_name(key, &['-', '_', '.', '/']) {
        return Err(Invalid::new(
            attribute,
            format!(
                "the key {key:?} must have 1 to {KEY_LIMIT} characters, start and end with a letter or digit and hold only letters, digits, '-', '_', '.' and '/'"
            ),
        ));
    }
    Ok(())
}

fn check_values(
    attribute: &str,
    map: &BTreeMap<String, String>,
    limit: usize,
) -> Result<(), Invalid> {
    map.iter().try_for_each(|(key, value)| {
        check_key(attribute, key)?;
        if value.chars().count() > limit {
            return Err(Invalid::new(
                attribute,
                format!("the value of {key:?} has more than {limit} characters"),
            ));
        }
        Ok(())
    })
}

/// Checks labels.
///
/// # Errors
/// The first key or value that is not allowed.
pub fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), Invalid> {
    check_values("Labels", labels, LABEL_VALUE_LIMIT)
}

/// Checks annotations.
///
/// # Errors
/// The first key or value that is not allowed.
pub fn check_annotations(annotations: &BTreeMap<String, String>) -> Result<(), Invalid> {
    check_values("Annotations", annotations, ANNOTATION_VALUE_LIMIT)
}

/// Checks the names of gates.
///
/// # Errors
/// The first name that is not allowed.
pub fn check_gates(attribute: &str, gates: &BTreeMap<String, bool>) -> Result<(), Invalid> {
    gates.keys().try_for_each(|key| check_key(attribute, key))
}

/// Checks free text.
///
/// # Errors
/// That it is too long.
pub fn check_description(attribute: &str, text: &str) -> Result<(), Invalid> {
    if text.len() > DESCRIPTION_LIMIT {
        return Err(Invalid::new(
            attribute,
            format!(
                "has {} bytes; at most {DESCRIPTION_LIMIT} are allowed",
                text.len()
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        let long = "a".repeat(129);
        for (slug, allowed) in [
            ("a", true),
            ("Web-1.2_x", true),
            ("", false),
            ("-a", false),
            ("a.", false),
            ("a/b", false),
            ("a b", false),
            (long.as_str(), false),
        ] {
            assert_eq!(check_slug(slug).is_ok(), allowed, "{slug:?}");
        }
    }

    #[test]
    fn label_keys_take_slashes_and_values_are_bounded() {
        let labels = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        assert_eq!(
            check_labels(&labels("app.kubernetes.io/name", "x y")),
            Ok(())
        );
        assert!(check_labels(&labels("-x", "")).is_err());
        assert!(check_labels(&labels("x", &"v".repeat(256))).is_err());
    }
}
