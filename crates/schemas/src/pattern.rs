//! Patterns of schemas: RE2, as Kubernetes reads them, in terms of the regex library here.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes.
pub(crate) const MAX_SIZE: usize = 256 << 10;

/// Most patterns of one schema. They stay compiled while the schema is kept.
pub(crate) const MAX_COUNT: usize = 2000;

/// A pattern, compiled when it is first needed: definitions hold hundreds.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) text: Box<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            compiled: OnceLock::new(),
        }
    }

    pub(crate) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }

    /// `None` when the pattern cannot be read.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| {
                RegexBuilder::new(&translated(&self.text))
                    .size_limit(MAX_SIZE)
                    .dfa_size_limit(MAX_SIZE)
                    .build()
                    .ok()
            })
            .as_ref()
    }
}

/// The pattern with what RE2 reads otherwise written out: its classes are ASCII, and within
/// brackets `[`, `&` and `~` are plain characters.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut in_brackets = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str(r"[\t\n\f\r ]"),
                Some('S') => out.push_str(r"[^\t\n\f\r ]"),
                Some('b') => out.push_str(r"(?-u:\b)"),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if in_brackets && chars.peek() == Some(&':') => {
                // A named class: [:alpha:].
                out.push('[');
                for inner in chars.by_ref() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' if in_brackets => out.extend(['\\', c]),
            '[' => {
                in_brackets = true;
                out.push('[');
                // At the start a closing bracket is a plain character.
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            ']' => {
                in_brackets = false;
                out.push(']');
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_re2() {
        for (pattern, fits, does_not) in [
            (r"^\d+$", "42", "٤٢"),
            (r"^[\w.-]+$", "a_1.b-c", "ä"),
            (r"^[^\s]+$", "ab", "a b"),
            (r"^[[]x[&&]$", "[x&", "x"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[[:alpha:]_]+$", "a_b", "a1"),
            (r"^\W\S\D$", "-aa", "aaa"),
            (r"\bcat\b", "a cat", "concat"),
            (r"b", "abc", "ac"),
        ] {
            let pattern = Pattern::new(pattern);
            let regex = pattern
                .regex()
                .unwrap_or_else(|| panic!("{}", pattern.text));
            assert!(regex.is_match(fits), "{} {fits}", pattern.text);
            assert!(!regex.is_match(does_not), "{} {does_not}", pattern.text);
        }
        for unreadable in ["(", "[", "a{9999999}", "(?=a)", "\\", "[[:"] {
            assert!(Pattern::new(unreadable).regex().is_none(), "{unreadable}");
        }
    }
}
