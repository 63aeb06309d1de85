//! Patterns of Go in the spelling of the library here: the same but for classes of characters.

/// A pattern that matches the same.
///
/// # Errors
/// It has something that would not be the same.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut made = String::with_capacity(pattern.len());
    // Whether it is inside of brackets.
    let mut class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => match chars.next() {
                // Of ASCII only, there.
                Some('d') => made.push_str("[0-9]"),
                Some('D') => made.push_str("[^0-9]"),
                Some('w') => made.push_str("[0-9A-Za-z_]"),
                Some('W') => made.push_str("[^0-9A-Za-z_]"),
                Some('s') => made.push_str(r"[\t\n\f\r ]"),
                Some('S') => made.push_str(r"[^\t\n\f\r ]"),
                Some('b') if !class => made.push_str(r"(?-u:\b)"),
                Some(other @ ('B' | 'C' | 'Q' | 'b' | '<' | '>')) => {
                    return Err(format!("\\{other} is not there"));
                }
                Some(other) => made.extend(['\\', other]),
                None => made.push('\\'),
            },
            ('[', false) => {
                made.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    made.push('^');
                }
                // A bracket that comes first is meant itself.
                if chars.next_if_eq(&']').is_some() {
                    made.push_str(r"\]");
                }
                class = true;
            }
            // A bracket begins no class of its own in another, but for those with names.
            ('[', true) if chars.peek() != Some(&':') => made.push_str(r"\["),
            ('[', true) => {
                made.push('[');
                for c in chars.by_ref() {
                    made.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            (']', true) => {
                made.push(']');
                class = false;
            }
            // Two of them would be an operator.
            ('&' | '~', true) => made.extend(['\\', c]),
            _ => made.push(c),
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_in_go() {
        for (pattern, text, matches) in [
            (r"^\w+$", "é", false),
            (r"^\W$", "é", true),
            (r"^[\w-]+$", "a-1", true),
            (r"^[^\d]$", "1", false),
            (r"^\d$", "٣", false),
            (r"^[a[b]$", "[", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]a]$", "]", false),
            (r"^[[:alpha:]_]+$", "a_", true),
            (r"^[a&&b]+$", "&", true),
            (r"^[a~~b]+$", "~", true),
            (r"\bb", "a b", true),
            (r"^\.\\$", ".\\", true),
            (r"^[\]\[]+$", "[]", true),
        ] {
            let made = translated(pattern).expect(pattern);
            let regex = regex::Regex::new(&made).expect(&made);
            assert_eq!(regex.is_match(text), matches, "{pattern} {made}");
        }
        assert!(translated(r"\Qa\E").is_err() && translated(r"\B").is_err());
    }
}
