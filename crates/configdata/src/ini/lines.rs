//! The lines of an INI file, before they are put into a tree.

use std::borrow::Cow;
use std::ops::Range;

use super::value::{self, BLANKS, comment_in};
use crate::entry_lines::{line_begin, line_end, next_line};
use crate::parse_error::ParseError;
use crate::tree::Style;

/// A line that says something.
pub(super) enum Line<'t> {
    Header(Header<'t>),
    Entry(Entry<'t>),
}

/// `[a.b]`: where it stands with its brackets, and the keys it leads to.
pub(super) struct Header<'t> {
    pub(super) span: Range<usize>,
    pub(super) keys: Vec<&'t str>,
}

/// A key with its value, which may have more lines.
pub(super) struct Entry<'t> {
    pub(super) key: Range<usize>,
    /// The value: its span, style and text; none for a key alone.
    pub(super) span: Range<usize>,
    pub(super) style: Style,
    pub(super) meaning: Cow<'t, str>,
}

/// The lines of a text, one after the other.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    /// The last entry, whose value the next line may continue, and the blank lines behind it.
    last: Option<Entry<'t>>,
    blank_lines: usize,
    /// A header that was read to see that it continues no entry.
    ahead: Option<Header<'t>>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            at: if text.starts_with('\u{feff}') { 3 } else { 0 },
            last: None,
            blank_lines: 0,
            ahead: None,
        }
    }

    /// The next line that says something; the comments on the way there go to `comment`, in order.
    ///
    /// # Errors
    /// A line that is neither a header nor an entry.
    pub(super) fn next(
        &mut self,
        comment: &mut dyn FnMut(Range<usize>),
    ) -> Result<Option<Line<'t>>, ParseError> {
        let text = self.text;
        if let Some(header) = self.ahead.take() {
            return Ok(Some(Line::Header(header)));
        }
        while self.at < text.len() {
            let (at, end) = (self.at, line_end(text, self.at));
            self.at = next_line(text, end);
            let line = text[at..end].trim_matches(BLANKS);
            let start = end - text[at..end].trim_start_matches(BLANKS).len();
            match line.as_bytes().first() {
                None => self.blank_lines += 1,
                Some(b';' | b'#') => comment(start..end),
                Some(first) => {
                    let blank_lines = std::mem::take(&mut self.blank_lines);
                    if let Some(entry) = &mut self.last
                        && continues(text, start, entry)
                    {
                        let meaning = entry.meaning.to_mut();
                        meaning.extend((0..=blank_lines).map(|_| '\n'));
                        meaning.push_str(line);
                        entry.span.end = start + line.len();
                        entry.style = Style::Bare;
                    } else if *first == b'[' {
                        let header = header(text, start, end)?;
                        if let Some(behind) = comment_in(&text[header.span.end..end]) {
                            comment(header.span.end + behind..end);
                        }
                        match self.last.take() {
                            None => return Ok(Some(Line::Header(header))),
                            Some(entry) => {
                                self.ahead = Some(header);
                                return Ok(Some(Line::Entry(entry)));
                            }
                        }
                    } else if *first != b'!' {
                        let entry = entry(text, start, end, comment)?;
                        if let Some(last) = self.last.replace(entry) {
                            return Ok(Some(Line::Entry(last)));
                        }
                    }
                }
            }
        }
        Ok(self.last.take().map(Line::Entry))
    }
}

/// Whether the line whose text begins at `start` belongs to the value above it.
fn continues(text: &str, start: usize, entry: &Entry<'_>) -> bool {
    let indent = |at: usize| at - line_begin(text, at);
    let unquoted = matches!(entry.style, Style::Plain | Style::Bare);
    let has_value = entry.span.start > entry.key.end;
    unquoted && has_value && indent(start) > indent(entry.key.start)
}

fn header(text: &str, start: usize, end: usize) -> Result<Header<'_>, ParseError> {
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
        vec![name]
    } else {
        name.split('.')
            .map(|key| key.trim_matches(BLANKS))
            .collect()
    };
    Ok(Header {
        span: start..start + close + 1,
        keys,
    })
}

fn entry<'t>(
    text: &'t str,
    start: usize,
    end: usize,
    note: &mut dyn FnMut(Range<usize>),
) -> Result<Entry<'t>, ParseError> {
    let line = &text[start..end];
    let Some(sign) = line.find(['=', ':']) else {
        let comment = comment_in(line);
        if let Some(comment) = comment {
            note(start + comment..end);
        }
        let key = line[..comment.unwrap_or(line.len())].trim_end_matches(BLANKS);
        let key = start..start + key.len();
        return Ok(Entry {
            span: key.end..key.end,
            key,
            style: Style::Plain,
            meaning: Cow::Borrowed(""),
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
        note(behind + comment..end);
    }
    Ok(Entry {
        key: start..start + key.len(),
        span: behind + read.span.start..behind + read.span.end,
        style: read.style,
        meaning: read.meaning,
    })
}
