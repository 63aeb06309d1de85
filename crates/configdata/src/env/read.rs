//! Reading environment files.

use std::borrow::Cow;
use std::ops::Range;

use super::value::unescape;
use crate::entry_lines::{line_end, next_line};
use crate::format::Segment;
use crate::parse_error::ParseError;
use crate::tree::Style;
use crate::tree_builder::TreeBuilder;

const BLANKS: [char; 2] = [' ', '\t'];

pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let mut builder = TreeBuilder::new(text);
    let root = builder.mapping(0..0, Style::Lines);
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        let start = skip_blanks(text, at);
        let line = &text[start..line_end(text, start)];
        at = start;
        if line.starts_with('#') {
            builder.comment(start..start + line.len());
        } else if !line.is_empty() {
            builder.check_size(start)?;
            let key_span = key(text, start)?;
            let equals = skip_blanks(text, key_span.end);
            let (span, style, end) = value(text, equals + 1)?;
            let key = builder.scalar(key_span.clone(), Style::Bare, &text[key_span]);
            let meaning = match style {
                Style::DoubleQuoted => unescape(&text[span.start + 1..span.end - 1]),
                Style::SingleQuoted => Cow::Borrowed(&text[span.start + 1..span.end - 1]),
                _ => Cow::Borrowed(&text[span.clone()]),
            };
            let value = builder.scalar(span, style, &meaning);
            builder.entry(root, key, value);
            at = end;
            let rest = skip_blanks(text, at);
            if text[rest..].starts_with('#') && rest > at {
                builder.comment(rest..line_end(text, rest));
            } else if rest < line_end(text, rest) {
                let message = "expected the end of the line, or a blank and a comment";
                return Err(ParseError::at(text, rest, message));
            }
        }
        at = next_line(text, at);
    }
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: builder.finish(root),
    }])
}

fn skip_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches(BLANKS).len()
}

/// Whether a text is the name of a variable; dots and dashes are allowed as most readers do.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// The name before the `=` on the line at `start`.
fn key(text: &str, start: usize) -> Result<Range<usize>, ParseError> {
    let line = &text[start..line_end(text, start)];
    let Some((before, _)) = line.split_once('=') else {
        let message = "expected an assignment, as in KEY=value";
        return Err(ParseError::at(text, start, message));
    };
    let mut begin = start;
    if let Some(rest) = before.strip_prefix("export")
        && rest.starts_with(BLANKS)
    {
        begin = skip_blanks(text, start + "export".len());
    }
    let end = start + before.trim_end_matches(BLANKS).len();
    let name = text.get(begin..end).unwrap_or_default();
    if !is_name(name) {
        let message = format!(
            "expected the name of a variable before '=' (letters, digits, '_', '.', '-'), found {name:?}"
        );
        return Err(ParseError::at(text, begin, message));
    }
    Ok(begin..end)
}

/// The value behind the `=`: its span, its style, and where the line goes on.
fn value(text: &str, behind: usize) -> Result<(Range<usize>, Style, usize), ParseError> {
    let start = skip_blanks(text, behind);
    let rest = &text[start..];
    let style = match rest.as_bytes().first() {
        Some(b'"') => Style::DoubleQuoted,
        Some(b'\'') => Style::SingleQuoted,
        _ => {
            let line = &text[behind..line_end(text, behind)];
            let comment = line
                .match_indices('#')
                .find(|(at, _)| line[..*at].ends_with(BLANKS));
            let value = comment.map_or(line, |(at, _)| &line[..at]);
            let trimmed = value.trim_matches(BLANKS);
            if trimmed.is_empty() {
                return Ok((behind..behind, Style::Bare, behind));
            }
            let end = start + trimmed.len();
            return Ok((start..end, Style::Bare, end));
        }
    };
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = style == Style::DoubleQuoted,
            '"' | '\'' if rest.starts_with(character) => {
                let end = start + at + 1;
                return Ok((start..end, style, end));
            }
            _ => {}
        }
    }
    Err(ParseError::at(text, start, "the quote is not closed"))
}
