//! A stream of documents, each read by the quickest reader that can.

use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::yaml::{everyday, read};

/// Reads a stream of documents. The ranges of the answer cover the whole text, in order.
pub(crate) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    match everyday::read(text).or_else(|| read_by_document(text)) {
        Some(segments) => Ok(segments),
        None => read::read(text),
    }
}

/// Reads document by document, each as quickly as can be. A line that begins with `---` always
/// begins a document. `None` when there is just one, when directives or end markers make it less
/// simple, or when something is wrong: the full reader says what.
pub(super) fn read_by_document(text: &str) -> Option<Vec<Segment>> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut empty = true;
    let mut nodes = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with('%') || line.starts_with("...") {
            return None;
        }
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|rest| rest.trim_start().len() < rest.len() || rest.is_empty()) {
            // Only comments before the first marker: they are part of its document.
            if !(empty && starts.len() == 1) {
                starts.push(at);
            }
            empty = false;
        }
        empty &= line.trim().is_empty() || line.trim_start().starts_with('#');
        at += line.len();
    }
    if starts.len() == 1 {
        return None;
    }
    let mut segments = Vec::with_capacity(starts.len());
    for (nth, start) in starts.iter().enumerate() {
        let end = starts.get(nth + 1).copied().unwrap_or(text.len());
        let part = &text[*start..end];
        let mut read = match everyday::read(part) {
            Some(read) => read,
            None => read::read(part).ok()?,
        };
        let segment = read.pop().filter(|_| read.is_empty())?;
        nodes += segment.tree.nodes.len();
        segments.push(Segment {
            range: *start..end,
            tree: segment.tree,
        });
    }
    (nodes <= limits::MAX_NODES).then_some(segments)
}
