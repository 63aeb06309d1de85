//! Named parts inside a string value, such as the tag of an image: `image#reference`.

use regex::Regex;

/// Reads and replaces named parts of a string: the named groups of a regular expression
/// (section 2.6 of the function engine).
#[derive(Clone, Debug)]
pub struct Accessor(Regex);

/// Why a part cannot be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessorError {
    /// The text does not have the shape the accessor knows.
    #[error("{text:?} has no part {part:?}: it does not look like {shape}")]
    NoMatch {
        /// The text.
        text: String,
        /// The part asked for.
        part: String,
        /// The expression it should match.
        shape: String,
    },
    /// The accessor has no such part.
    #[error("there is no part {part:?}: expected one of {known}")]
    UnknownPart {
        /// The part asked for.
        part: String,
        /// The parts there are.
        known: String,
    },
}

impl Accessor {
    /// An accessor from a regular expression with named groups.
    ///
    /// # Errors
    /// An expression that does not compile.
    pub fn new(expression: &str) -> Result<Self, regex::Error> {
        Regex::new(expression).map(Self)
    }

    /// Whether it knows a part.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        self.0.capture_names().flatten().any(|name| name == part)
    }

    /// The part of a text; empty when the text has no such part.
    #[must_use]
    pub fn read<'t>(&self, text: &'t str, part: &str) -> &'t str {
        self.0
            .captures(text)
            .and_then(|found| found.name(part))
            .map_or("", |found| found.as_str())
    }

    /// The text with one part replaced. An empty part is filled in where it would stand.
    ///
    /// # Errors
    /// A part it does not know, or a text that does not match.
    pub fn write(&self, text: &str, part: &str, new: &str) -> Result<String, AccessorError> {
        if !self.has(part) {
            let known: Vec<&str> = self.0.capture_names().flatten().collect();
            return Err(AccessorError::UnknownPart {
                part: part.to_owned(),
                known: known.join(", "),
            });
        }
        let no_match = || AccessorError::NoMatch {
            text: text.to_owned(),
            part: part.to_owned(),
            shape: self.0.as_str().to_owned(),
        };
        let found = self.0.captures(text).ok_or_else(no_match)?;
        let range = match found.name(part) {
            Some(group) => group.range(),
            // An absent optional part stands at the end of what did match.
            None => found
                .get(0)
                .map(|all| all.end()..all.end())
                .ok_or_else(no_match)?,
        };
        Ok(format!(
            "{}{new}{}",
            &text[..range.start],
            &text[range.end..]
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_replaced() {
        let accessor =
            Accessor::new("^(?P<uri>[a-zé/.]+)(?P<reference>[:@].+)?$").expect("an expression");
        assert_eq!(accessor.read("shop/web:1.0", "reference"), ":1.0");
        assert_eq!(accessor.read("shop/web", "reference"), "");
        assert_eq!(
            accessor.write("shop/wéb:1.0", "reference", ":2").as_deref(),
            Ok("shop/wéb:2")
        );
        assert_eq!(
            accessor.write("shop/web", "reference", ":2").as_deref(),
            Ok("shop/web:2")
        );
        assert!(matches!(
            accessor.write("SHOP", "uri", "x"),
            Err(AccessorError::NoMatch { .. })
        ));
        assert!(matches!(
            accessor.write("shop", "tag", "x"),
            Err(AccessorError::UnknownPart { .. })
        ));
    }
}
