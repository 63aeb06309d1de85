//! Text patterns: `LIKE` with its wildcards and regular expressions, as one compiled type.

use regex::{Regex, RegexBuilder};

/// Larger compiled patterns are refused, so that an expression cannot take the process down.
const COMPILED_LIMIT: usize = 1 << 20;

/// A compiled text pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The pattern of `LIKE`: `%` for any run of characters, `_` for one, everything else itself.
    ///
    /// # Errors
    /// Why the pattern cannot be used.
    pub fn like(text: &str, ignore_case: bool) -> Result<Self, String> {
        let mut expression = String::from(r"\A");
        for character in text.chars() {
            match character {
                '%' => expression.push_str("(?s:.*)"),
                '_' => expression.push_str("(?s:.)"),
                other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
        expression.push_str(r"\z");
        Self::regex(&expression, ignore_case)
    }

    /// A regular expression, found anywhere in the text.
    ///
    /// # Errors
    /// Why the expression cannot be used.
    pub fn regex(text: &str, ignore_case: bool) -> Result<Self, String> {
        RegexBuilder::new(text)
            .case_insensitive(ignore_case)
            .size_limit(COMPILED_LIMIT)
            .build()
            .map(Self)
            .map_err(|error| {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or(&text).trim();
                reason.strip_prefix("error: ").unwrap_or(reason).to_owned()
            })
    }

    /// Whether the text fits the pattern.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns() {
        for (pattern, text, ignore_case, expected) in [
            ("app%", "application", false, true),
            ("app%", "an app", false, false),
            ("%app", "an app", false, true),
            ("a_c", "abc", false, true),
            ("a_c", "ac", false, false),
            ("a.c", "abc", false, false),
            ("APP", "app", false, false),
            ("APP", "app", true, true),
            ("", "", false, true),
            ("%", "two\nlines", false, true),
        ] {
            let compiled = Pattern::like(pattern, ignore_case).expect("compiles");
            assert_eq!(compiled.matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn bad_expressions_say_why() {
        assert!(
            Pattern::regex("(", false)
                .expect_err("open")
                .contains("unclosed group")
        );
    }
}
