//! Entries that fill lines of their own: adding and removing whole lines.
//!
//! A lone carriage return ends a line too, as the readers of these formats have it.

use std::ops::Range;

use crate::splice::Splice;

/// The offset of the line break that ends the line at `from`, or the end of the text.
pub(crate) fn line_end(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(text.len(), |at| from + at)
}

/// Behind the line break that ends the line at `from`, or the end of the text.
pub(crate) fn next_line(text: &str, from: usize) -> usize {
    let end = line_end(text, from);
    let rest = &text[end..];
    end + if rest.starts_with("\r\n") {
        2
    } else {
        usize::from(!rest.is_empty())
    }
}

/// The start of the line that holds `offset`, behind a byte-order mark.
pub(crate) fn line_begin(text: &str, offset: usize) -> usize {
    match memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..offset]) {
        Some(at) => at + 1,
        None if text.starts_with('\u{feff}') => '\u{feff}'.len_utf8().min(offset),
        None => 0,
    }
}

/// The line break this text uses.
pub(crate) fn line_ending(text: &str) -> &'static str {
    let end = line_end(text, 0);
    match &text.as_bytes()[end..] {
        [b'\r', b'\n', ..] => "\r\n",
        [b'\r', ..] => "\r",
        _ => "\n",
    }
}

/// Whether the line at `offset` holds nothing but blanks.
fn is_blank(text: &str, offset: usize) -> bool {
    text[offset..line_end(text, offset)].trim().is_empty()
}

/// The start of the line before the one that begins at `line`.
fn line_before(text: &str, line: usize) -> Option<usize> {
    let before = text[..line]
        .strip_suffix("\r\n")
        .or_else(|| text[..line].strip_suffix(['\n', '\r']))?;
    Some(line_begin(text, before.len()))
}

/// Adds lines, joined by line breaks and without one at their end, below the line at `at`.
pub(crate) fn below(text: &str, at: usize, lines: &str) -> Splice {
    Splice::insert(line_end(text, at), format!("{}{lines}", line_ending(text)))
}

/// Adds lines, as [`below`] does, above the line at `at`.
pub(crate) fn above(text: &str, at: usize, lines: &str) -> Splice {
    let begin = line_begin(text, at);
    Splice::insert(begin, format!("{lines}{}", line_ending(text)))
}

/// Adds lines at the end of the text.
pub(crate) fn at_end(text: &str, lines: &str) -> Splice {
    let ending = line_ending(text);
    let begin = line_begin(text, text.len());
    let lead = if begin == text.len() { "" } else { ending };
    Splice::insert(text.len(), format!("{lead}{lines}{ending}"))
}

/// The whole lines from the one at `start` to the one at `end`. The last line of a text without a
/// line break at its end goes with the break before it.
pub(crate) fn whole_lines(text: &str, start: usize, end: usize) -> Range<usize> {
    let begin = line_begin(text, start);
    let next = next_line(text, end);
    if line_end(text, end) == text.len() && begin > 0 {
        let before = text[..begin]
            .strip_suffix("\r\n")
            .or_else(|| text[..begin].strip_suffix(['\n', '\r']));
        return before.map_or(begin, str::len)..next;
    }
    begin..next
}

/// The whole lines of a block, with one of the blank lines that set it off: the one below it, or
/// for the last block the one above it.
pub(crate) fn whole_block(text: &str, start: usize, end: usize) -> Range<usize> {
    let lines = whole_lines(text, start, end);
    let above = line_before(text, lines.start);
    if above.is_some_and(|above| !is_blank(text, above)) {
        return lines;
    }
    if lines.end < text.len() {
        return if is_blank(text, lines.end) {
            lines.start..next_line(text, lines.end)
        } else {
            lines
        };
    }
    above.unwrap_or(lines.start)..lines.end
}

/// The first line of the block of comment lines right above the line at `at`, or that line.
pub(crate) fn with_comments_above(text: &str, at: usize, signs: &[char]) -> usize {
    let mut begin = line_begin(text, at);
    while let Some(above) = line_before(text, begin) {
        if !text[above..]
            .trim_start_matches([' ', '\t'])
            .starts_with(signs)
        {
            break;
        }
        begin = above;
    }
    begin
}
