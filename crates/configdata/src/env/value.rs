//! Values of environment files as they are written.

use std::borrow::Cow;

use crate::tree::Style;

/// What the text between double quotes means. Escapes that are not listed stay as they are.
pub(super) fn unescape(source: &str) -> Cow<'_, str> {
    if !source.contains('\\') {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(escaped @ ('"' | '\\' | '$')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}

/// A value as it is written: in the style of the one it replaces when it fits, else in double
/// quotes.
pub(super) fn write(text: &str, style: Style, old: &str) -> String {
    let lines = old.contains('\n');
    match style {
        Style::Bare if fits_bare(text) => text.to_owned(),
        Style::SingleQuoted if !text.contains(['\'', '\r']) && (lines || !text.contains('\n')) => {
            format!("'{text}'")
        }
        _ => double_quoted(text, lines),
    }
}

/// Whether a shell takes the text as one word, and every reader as it stands.
fn fits_bare(text: &str) -> bool {
    text.char_indices().all(|(at, character)| match character {
        '$' => reference(&text[at..]),
        '"' | '\'' | '`' | '\\' | '#' | '&' | ';' | '|' | '<' | '>' | '(' | ')' => false,
        other => !other.is_whitespace() && !other.is_control(),
    })
}

/// Whether the text begins with a reference to another variable, as in `${HOME}/data`.
fn reference(text: &str) -> bool {
    let name = text
        .strip_prefix("${")
        .and_then(|rest| rest.split_once('}'));
    name.is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// Dollar signs are escaped unless they begin a reference: `pa$word` is to stay just that.
fn double_quoted(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (at, character) in text.char_indices() {
        match character {
            '\n' if !lines => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', character]),
            '$' if !reference(&text[at..]) => out.push_str("\\$"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
