//! Spelling scalars: when quotes are needed, and how each style is written.

use crate::tree::{Kind, Style, plain_kind};

/// Whether a string must be quoted so that no reader, of YAML 1.1 or 1.2, takes it for something
/// else.
pub(crate) fn needs_quotes(text: &str, in_flow: bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return true;
    };
    if first.is_ascii_whitespace() || last.is_ascii_whitespace() || *last == b':' {
        return true;
    }
    if plain_kind(text) != Kind::String || reads_otherwise_in_yaml_1_1(text) {
        return true;
    }
    let indicator = match first {
        b'-' | b'?' | b':' => bytes.get(1).is_none_or(|b| {
            b.is_ascii_whitespace() || matches!(b, b',' | b'[' | b']' | b'{' | b'}')
        }),
        _ => b",[]{}#&*!|>'\"%@`".contains(first),
    };
    indicator
        || matches!(text.get(..3), Some("---" | "..."))
            && bytes.get(3).is_none_or(u8::is_ascii_whitespace)
        || text.contains(": ")
        || text.contains(":\t")
        || text.contains(" #")
        || text.contains("\t#")
        || in_flow && bytes.iter().any(|b| b",[]{}".contains(b))
        || in_flow && text.contains("::")
        || text.chars().any(is_special)
}

/// Characters that only an escape, or at least a quote, can carry safely.
fn is_special(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Booleans, numbers and times that only YAML 1.1 knows.
fn reads_otherwise_in_yaml_1_1(text: &str) -> bool {
    if matches!(text, "=" | "<<") {
        return true;
    }
    if text.len() <= 5 {
        let lower = text.to_ascii_lowercase();
        if matches!(
            lower.as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "~"
        ) {
            return true;
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let first = unsigned.bytes().next().unwrap_or(b' ');
    if !first.is_ascii_digit() && first != b'.' {
        return false;
    }
    // Numbers with underscores, binary, base 60 (12:30) and dates.
    let one_point = unsigned.bytes().filter(|b| *b == b'.').count() < 2;
    let numeric = |extra: &[u8]| {
        one_point
            && unsigned
                .bytes()
                .all(|b| b.is_ascii_digit() || extra.contains(&b))
    };
    let radix = unsigned
        .get(..2)
        .is_some_and(|prefix| matches!(prefix, "0b" | "0x" | "0o" | "0X" | "0B"));
    radix
        && unsigned[2..]
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b == b'_')
        || numeric(b"_.:")
        || numeric(b"_.eE+-") && unsigned.bytes().any(|b| b == b'e' || b == b'E')
        || looks_like_date(unsigned)
}

fn looks_like_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, at_most: usize| {
        part.is_some_and(|part| {
            (1..=at_most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        })
    };
    text.as_bytes().get(4) == Some(&b'-')
        && digits(parts.next(), 4)
        && digits(parts.next(), 2)
        && parts
            .next()
            .is_some_and(|day| day.bytes().next().is_some_and(|b| b.is_ascii_digit()))
}

/// A string on one line, in the wished style if it can carry the text, else double-quoted.
pub(crate) fn inline(text: &str, wish: Style, in_flow: bool) -> String {
    match wish {
        Style::SingleQuoted if !text.chars().any(is_special) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Style::SingleQuoted | Style::DoubleQuoted => double_quoted(text),
        _ if needs_quotes(text, in_flow) => double_quoted(text),
        _ => text.to_owned(),
    }
}

/// A string in double quotes, everything unprintable escaped.
pub(crate) fn double_quoted(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if is_special(c) => {
                let code = u32::from(c);
                // Writing to a string cannot fail.
                let _ = if code < 0x100 {
                    write!(out, "\\x{code:02x}")
                } else {
                    write!(out, "\\u{code:04x}")
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a block scalar can carry a text.
pub(crate) fn fits_block(text: &str) -> bool {
    let lines = text.trim_end_matches('\n');
    !lines.is_empty()
        && !text.chars().any(|c| c != '\n' && c != '\t' && is_special(c))
        // Lines of blanks only would be taken for indentation, or be lost on the next reader.
        && !lines.split('\n').any(|line| !line.is_empty() && line.trim().is_empty())
        && !lines.starts_with('\n')
}

/// What the first line of a block scalar says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    /// `>` rather than `|`.
    folded: bool,
    /// Blanks of indentation, where they are given.
    indentation: Option<usize>,
    /// `+`.
    keep: bool,
}

impl BlockHeader {
    /// The header at the start of the source of a block scalar.
    pub(crate) fn of(source: &str) -> Option<Self> {
        let folded = match source.as_bytes().first()? {
            b'>' => true,
            b'|' => false,
            _ => return None,
        };
        let indicators = source[1..].bytes().take(2);
        let mut header = Self {
            folded,
            ..Self::default()
        };
        for indicator in indicators {
            match indicator {
                b'+' => header.keep = true,
                b'1'..=b'9' => header.indentation = Some(usize::from(indicator - b'0')),
                _ => {}
            }
        }
        Some(header)
    }
}

/// A literal block scalar, as [`block`] writes it.
pub(crate) fn literal(text: &str, indent: usize, step: usize, line_ending: &str) -> String {
    block(text, BlockHeader::default(), indent, step, line_ending)
}

/// A block scalar: the header, then the lines, each indented. `step` is the indentation relative
/// to the parent, for the indicator that a leading blank makes necessary. Indicators of `old` stay
/// where the text allows them; text that does not fold becomes literal.
pub(crate) fn block(
    text: &str,
    old: BlockHeader,
    indent: usize,
    step: usize,
    line_ending: &str,
) -> String {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    // The breaks around lines that begin with a blank are never folded.
    let folded = old.folded && !body.split('\n').any(|line| line.starts_with([' ', '\t']));
    let mut out = String::from(if folded { ">" } else { "|" });
    if body.starts_with([' ', '\t']) || old.indentation == Some(step) {
        out.push_str(&step.to_string());
    }
    out.push_str(match breaks {
        0 => "-",
        1 if !old.keep => "",
        _ => "+",
    });
    let margin = " ".repeat(indent);
    let mut after_text = false;
    for line in body.split('\n') {
        // One break between two lines of text would be read as a blank.
        if folded && after_text && !line.is_empty() {
            out.push_str(line_ending);
        }
        out.push_str(line_ending);
        if !line.is_empty() {
            out.push_str(&margin);
            out.push_str(line);
            after_text = true;
        }
    }
    for _ in 1..breaks {
        out.push_str(line_ending);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_a_reader_could_err() {
        for plain in [
            "web",
            "a b",
            "nginx:1.25",
            "registry.example/app@sha256:0a",
            "-x",
            "500m",
            "1.2.3",
            "a-b",
            "http://x/y?z#f",
            "v1",
            "Always",
            "8080/tcp",
            "~user",
            "yesterday",
            "12h",
            "2024-rc1",
        ] {
            assert!(!needs_quotes(plain, false), "{plain}");
        }
        for quoted in [
            "",
            " a",
            "a ",
            "true",
            "False",
            "yes",
            "No",
            "on",
            "y",
            "null",
            "~",
            "1",
            "-1",
            "1.5",
            "1e3",
            "0x1F",
            "0b1",
            "1_000",
            "12:30",
            "2001-12-14",
            "2001-12-14 21:59:43",
            "- a",
            "-",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a",
            "\"a",
            "%a",
            "@a",
            "`a",
            "[a",
            "{a",
            "a\nb",
            "a\tb",
            "<<",
            "=",
            "...",
            "---",
            ".inf",
            "0o17",
            "0755",
            "\u{feff}a",
        ] {
            assert!(needs_quotes(quoted, false), "{quoted:?}");
        }
        assert!(needs_quotes("a,b", true) && !needs_quotes("a,b", false));
    }

    #[test]
    fn escapes() {
        assert_eq!(
            double_quoted("a\"b\\c\nd\te\u{1}\u{2028}é"),
            "\"a\\\"b\\\\c\\nd\\te\\x01\\u2028é\""
        );
        assert_eq!(inline("it's", Style::SingleQuoted, false), "'it''s'");
        assert_eq!(inline("a\nb", Style::SingleQuoted, false), "\"a\\nb\"");
        assert_eq!(inline("yes", Style::Plain, false), "\"yes\"");
    }

    #[test]
    fn literals() {
        assert_eq!(literal("a\nb\n", 2, 2, "\n"), "|\n  a\n  b");
        assert_eq!(literal("a\n\nb", 4, 2, "\n"), "|-\n    a\n\n    b");
        assert_eq!(literal("a\n\n", 2, 2, "\n"), "|+\n  a\n");
        assert_eq!(literal("  a\n", 4, 4, "\n"), "|4\n      a");
    }

    #[test]
    fn blocks_keep_their_indicators() {
        for (source, text, written) in [
            (">", "a b\n", ">\n  a b"),
            (">-", "a\nb\n", ">\n  a\n\n  b"),
            (">", "a\n\nb", ">-\n  a\n\n\n  b"),
            (">", "a\n b\n", "|\n  a\n   b"),
            (">2-", "a\n\n", ">2+\n  a\n"),
            ("|+", "a\n", "|+\n  a"),
            ("|+2 # c", "a", "|2-\n  a"),
            ("|4", "a\n", "|\n  a"),
        ] {
            let header = BlockHeader::of(source).unwrap_or_default();
            assert_eq!(block(text, header, 2, 2, "\n"), written, "{source}");
        }
        assert_eq!(BlockHeader::of("a"), None);
    }
}
