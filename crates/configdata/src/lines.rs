//! Lines and columns of a text.

use crate::tree::Position;

/// Offset of the line break that ends the line at `from` (of its carriage return, if it has one),
/// or the end of the text.
pub(crate) fn line_break(text: &str, from: usize) -> usize {
    let end = text[from..].find('\n').map_or(text.len(), |at| from + at);
    if end > from && text.as_bytes()[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

/// Start of the line that holds `offset`.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// Start of the line after the one that holds `offset`, or the end of the text.
pub(crate) fn next_line(text: &str, offset: usize) -> usize {
    text[offset..]
        .find('\n')
        .map_or(text.len(), |at| offset + at + 1)
}

/// Columns from the start of the line (after a byte-order mark) to `offset`.
pub(crate) fn column(text: &str, offset: usize) -> usize {
    text[line_start(text, offset)..offset]
        .trim_start_matches('\u{feff}')
        .chars()
        .count()
}

/// Whether only blanks stand before `offset` on its line.
pub(crate) fn starts_line(text: &str, offset: usize) -> bool {
    text[line_start(text, offset)..offset]
        .trim_start_matches('\u{feff}')
        .bytes()
        .all(|b| b == b' ')
}

/// The line break this document uses.
pub(crate) fn line_ending(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if at > 0 && text.as_bytes()[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// Line and column of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Position {
        line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
        column: 1 + before[line_start..].chars().count(),
    }
}

/// Lines and columns of many offsets, most of them in ascending order: each is counted from the
/// line of the last one.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// A start of a line, and how many lines stand before it.
    start: usize,
    lines: usize,
}

impl<'t> Places<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self {
            text,
            start: 0,
            lines: 0,
        }
    }

    pub(crate) fn at(&mut self, offset: usize) -> Position {
        if offset < self.start {
            *self = Self::of(self.text);
        }
        let place = position(&self.text[self.start..], offset - self.start);
        self.start = line_start(self.text, offset);
        self.lines += place.line - 1;
        Position {
            line: self.lines + 1,
            ..place
        }
    }
}
