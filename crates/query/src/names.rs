//! Comma lists of names (`select`, `include`), and the nearest known name for a misspelt one.

use crate::QueryError;

/// The known name a misspelt one most likely stands for.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= 1 + name.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint to append to an "unknown name" message: `; did you mean Slug?`, or nothing.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// Reads a comma list of names, each of which must be known.
///
/// A dotted name stands for an attribute of an expanded entity: only its first part is looked up
/// and returned. `own`, the name of the entity itself, may stand before its own attributes. Empty
/// parts are skipped, and names come back once, in the order given.
///
/// # Errors
/// The first unknown name, with its position and the nearest known one.
pub fn parse_names(
    list: &str,
    own: &str,
    known: &[&'static str],
) -> Result<Vec<&'static str>, QueryError> {
    let mut found = Vec::new();
    let mut position = 0;
    for part in list.split(',') {
        let indent = part.chars().take_while(|c| c.is_whitespace()).count();
        let name = part.trim();
        let plain = name
            .strip_prefix(own)
            .and_then(|rest| rest.strip_prefix('.'))
            .unwrap_or(name);
        let head = plain.split('.').next().unwrap_or(plain);
        match known.iter().find(|candidate| **candidate == head) {
            Some(candidate) if !found.contains(candidate) => found.push(*candidate),
            Some(_) => {}
            None if name.is_empty() => {}
            None => {
                return Err(QueryError::new(
                    position + indent,
                    format!(
                        "unknown attribute {head:?}{}",
                        hint(head, known.iter().copied())
                    ),
                ));
            }
        }
        position += part.chars().count() + 1;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["Slug", "SpaceID", "Space", "Labels"];

    #[test]
    fn lists_of_names() {
        let cases: &[(&str, Result<&[&str], &str>)] = &[
            ("", Ok(&[])),
            ("Slug", Ok(&["Slug"])),
            (" Slug , SpaceID,Slug", Ok(&["Slug", "SpaceID"])),
            ("Space.Slug", Ok(&["Space"])),
            ("Unit.Slug,Unit.Space.Slug", Ok(&["Slug", "Space"])),
            (
                "Slug, slgu",
                Err("character 7: unknown attribute \"slgu\"; did you mean Slug?"),
            ),
            ("Nowhere", Err("character 1: unknown attribute \"Nowhere\"")),
        ];
        for (list, expected) in cases {
            let found = parse_names(list, "Unit", KNOWN).map_err(|error| error.to_string());
            assert_eq!(
                found.as_deref(),
                expected.map_err(str::to_owned).as_deref(),
                "{list:?}"
            );
        }
    }
}
