//! How texts and numbers are written in programs, as Go writes them.

use std::sync::LazyLock;

use regex::Regex;

/// Writes a text in double quotes, with escapes for what cannot be seen. It becomes at most ten times
/// as long.
pub(super) fn quote(part: &str, text: &mut String) {
    text.push('"');
    for c in part.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\u{7}' => text.push_str("\\a"),
            '\u{8}' => text.push_str("\\b"),
            '\u{b}' => text.push_str("\\v"),
            '\u{c}' => text.push_str("\\f"),
            c if is_visible(c) => text.push(c),
            c => text.push_str(&match u32::from(c) {
                code @ ..0x80 => format!("\\x{code:02x}"),
                code @ ..0x1_0000 => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    text.push('"');
}

fn is_visible(c: char) -> bool {
    static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{C}\p{Z}]$").ok());
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let hidden = HIDDEN.as_ref();
    !hidden.is_some_and(|hidden| hidden.is_match(c.encode_utf8(&mut [0; 4])))
}

/// A float with the fewest digits that read back as it (`%g`).
pub(super) fn shortest(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => with_exponent(digits, exponent),
        _ => value.to_string(),
    }
}

/// A float with six digits and an exponent (`%e`).
pub(super) fn scientific(value: f64) -> String {
    if let Some(text) = not_finite(value) {
        return text.to_owned();
    }
    let text = format!("{value:.6e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    with_exponent(digits, exponent.parse().unwrap_or(0))
}

/// A float with six digits behind the point (`%f`).
pub(super) fn fixed(value: f64) -> String {
    not_finite(value).map_or_else(|| format!("{value:.6}"), str::to_owned)
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        f64::INFINITY => Some("+inf"),
        f64::NEG_INFINITY => Some("-inf"),
        value if value.is_nan() => Some("nan"),
        _ => None,
    }
}
