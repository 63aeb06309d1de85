//! Values of INI files as they are written.

use std::borrow::Cow;
use std::ops::Range;

use crate::plain_value::style_of;
use crate::tree::Style;

pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// A value on the rest of its line.
pub(super) struct Read<'t> {
    /// Of the value with its quotes; empty right behind the sign for an empty value.
    pub(super) span: Range<usize>,
    pub(super) style: Style,
    pub(super) meaning: Cow<'t, str>,
    pub(super) comment: Option<usize>,
}

/// Where a comment begins behind other text: at a `;` or `#` after a blank.
pub(super) fn comment_in(line: &str) -> Option<usize> {
    line.match_indices([';', '#'])
        .map(|(at, _)| at)
        .find(|at| line[..*at].ends_with(BLANKS))
}

/// Reads what stands behind the sign between key and value.
pub(super) fn read(rest: &str) -> Read<'_> {
    let start = rest.len() - rest.trim_start_matches(BLANKS).len();
    if let Some((length, style)) = quoted(&rest[start..]) {
        let end = start + length;
        let behind = &rest[end..];
        let comment = comment_in(behind).map(|at| end + at);
        let alone = &rest[end..comment.unwrap_or(rest.len())];
        if alone.trim_matches(BLANKS).is_empty() {
            let inner = &rest[start + 1..end - 1];
            return Read {
                span: start..end,
                style,
                meaning: match style {
                    Style::DoubleQuoted if inner.contains('\\') => Cow::Owned(
                        inner
                            .replace("\\\\", "\0")
                            .replace("\\\"", "\"")
                            .replace('\0', "\\"),
                    ),
                    _ => Cow::Borrowed(inner),
                },
                comment,
            };
        }
    }
    let comment = comment_in(rest);
    let value = rest[..comment.unwrap_or(rest.len())].trim_matches(BLANKS);
    let span = if value.is_empty() {
        0..0
    } else {
        start..start + value.len()
    };
    Read {
        span,
        style: style_of(value),
        meaning: Cow::Borrowed(value),
        comment,
    }
}

/// Length and style of the quoted text that begins here. A backslash keeps a double quote from
/// ending it.
fn quoted(text: &str) -> Option<(usize, Style)> {
    let style = match text.as_bytes().first()? {
        b'"' => Style::DoubleQuoted,
        b'\'' => Style::SingleQuoted,
        _ => return None,
    };
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = style == Style::DoubleQuoted,
            '"' | '\'' if text.starts_with(character) => return Some((at + 1, style)),
            _ => {}
        }
    }
    None
}

/// A value of one line as it is written: with the quotes of the one it replaces, or in double
/// quotes when it would not be read back without.
pub(super) fn write(text: &str, style: Style) -> String {
    match style {
        Style::SingleQuoted if !text.contains('\'') => return format!("'{text}'"),
        Style::SingleQuoted | Style::DoubleQuoted => return double_quoted(text),
        _ => {}
    }
    let line = format!(" {text}");
    let alone = read(&line);
    let bare = !matches!(alone.style, Style::SingleQuoted | Style::DoubleQuoted);
    if bare && alone.meaning == text && alone.comment.is_none() {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// In double quotes. A backslash is doubled only where it would else take the next character along:
/// `"C:\data"` stays as people write it.
fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' if matches!(rest.peek(), None | Some('\\' | '"')) => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A value of several lines, those but the first indented; `None` when it would not be read back.
pub(super) fn write_lines(text: &str, indent: &str, ending: &str) -> Option<String> {
    let mut lines = text.split('\n');
    let first = lines.next()?;
    if write(first, Style::Bare) != first {
        return None;
    }
    let mut out = first.to_owned();
    let mut last = first;
    for line in lines {
        let trimmed = line.trim_matches(BLANKS);
        if trimmed != line || line.starts_with([';', '#', '!']) || line.contains('\r') {
            return None;
        }
        out.push_str(ending);
        if !line.is_empty() {
            out.push_str(indent);
            out.push_str(line);
        }
        last = line;
    }
    (!last.is_empty()).then_some(out)
}
