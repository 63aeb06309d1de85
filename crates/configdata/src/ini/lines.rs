//! The lines of an INI file, before they are put into a tree.

use std::ops::Range;

use super::value::{self, BLANKS, comment_in};
use crate::entry_lines::{line_begin, line_end, next_line};
use crate::parse_error::ParseError;
use crate::tree::Style;

/// A line that says something.
pub(super) enum Line {
    /// `[a.b]`: the header with its brackets, and the keys it leads to.
    Header(Range<usize>, Vec<String>),
    Entry(Entry),
}

/// A key with its value, which may have more lines.
pub(super) struct Entry {
    pub(super) key: Range<usize>,
    /// The value: its span, style and text; none for a key alone.
    pub(super) span: Range<usize>,
    pub(super) style: Style,
    pub(super) meaning: String,
}

/// The lines in order, and the comments in order.
pub(super) fn lines(text: &str) -> Result<(Vec<Line>, Vec<Range<usize>>), ParseError> {
    let (mut lines, mut comments) = (Vec::new(), Vec::new());
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    // How many blank lines stand between a value and the line that may continue it.
    let mut blank_lines = 0;
    while at < text.len() {
        let end = line_end(text, at);
        let line = text[at..end].trim_matches(BLANKS);
        let start = end - text[at..end].trim_start_matches(BLANKS).len();
        match line.as_bytes().first() {
            None => blank_lines += 1,
            Some(b';' | b'#') => comments.push(start..end),
            Some(_) => {
                if let Some(Line::Entry(entry)) = lines.last_mut()
                    && continues(text, start, entry)
                {
                    entry.meaning.extend((0..blank_lines).map(|_| '\n'));
                    entry.meaning.push('\n');
                    entry.meaning.push_str(line);
                    entry.span.end = start + line.len();
                    entry.style = Style::Bare;
                } else if line.starts_with('[') {
                    let (header, keys) = header(text, start, end)?;
                    if let Some(comment) = comment_in(&text[header.end..end]) {
                        comments.push(header.end + comment..end);
                    }
                    lines.push(Line::Header(header, keys));
                } else if !line.starts_with('!') {
                    lines.push(Line::Entry(entry(text, start, end, &mut comments)?));
                }
                blank_lines = 0;
            }
        }
        at = next_line(text, at);
    }
    Ok((lines, comments))
}

/// Whether the line whose text begins at `start` belongs to the value above it.
fn continues(text: &str, start: usize, entry: &Entry) -> bool {
    let indent = |at: usize| at - line_begin(text, at);
    let unquoted = matches!(entry.style, Style::Plain | Style::Bare);
    let has_value = entry.span.start > entry.key.end;
    unquoted && has_value && indent(start) > indent(entry.key.start)
}

fn header(text: &str, start: usize, end: usize) -> Result<(Range<usize>, Vec<String>), ParseError> {
    let line = &text[start..end];
    let mut quoted = false;
    let outside = line.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == ']' && !quoted
    });
    // A single quote sign is no quoting.
    let Some(close) = outside.map(|(at, _)| at).or_else(|| line.find(']')) else {
        let message = "expected ']' at the end of the section's name";
        return Err(ParseError::at(text, start, message));
    };
    let name = line[1..close].trim_matches(BLANKS);
    if name.is_empty() {
        return Err(ParseError::at(
            text,
            start + 1,
            "expected the name of the section",
        ));
    }
    let rest = line[close + 1..].trim_start_matches(BLANKS);
    if !rest.is_empty() && (!rest.starts_with([';', '#']) || rest.len() == line.len() - close - 1) {
        let message = "expected the end of the line, or a blank and a comment";
        return Err(ParseError::at(text, end - rest.len(), message));
    }
    let keys = if name.contains('"') {
        vec![name.to_owned()]
    } else {
        name.split('.')
            .map(|key| key.trim_matches(BLANKS).to_owned())
            .collect()
    };
    Ok((start..start + close + 1, keys))
}

fn entry(
    text: &str,
    start: usize,
    end: usize,
    comments: &mut Vec<Range<usize>>,
) -> Result<Entry, ParseError> {
    let line = &text[start..end];
    let Some(sign) = line.find(['=', ':']) else {
        let comment = comment_in(line);
        if let Some(comment) = comment {
            comments.push(start + comment..end);
        }
        let key = line[..comment.unwrap_or(line.len())].trim_end_matches(BLANKS);
        let key = start..start + key.len();
        return Ok(Entry {
            span: key.end..key.end,
            key,
            style: Style::Plain,
            meaning: String::new(),
        });
    };
    let key = line[..sign].trim_end_matches(BLANKS);
    if key.is_empty() {
        let message = format!("expected a key before '{}'", &line[sign..=sign]);
        return Err(ParseError::at(text, start, message));
    }
    let behind = start + sign + 1;
    let read = value::read(&text[behind..end]);
    if let Some(comment) = read.comment {
        comments.push(behind + comment..end);
    }
    Ok(Entry {
        key: start..start + key.len(),
        span: behind + read.span.start..behind + read.span.end,
        style: read.style,
        meaning: read.meaning,
    })
}
