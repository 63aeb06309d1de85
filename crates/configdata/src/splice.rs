//! Splices: replacement text for ranges of a text.

use std::ops::Range;

/// Replacement text for a range of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

impl Splice {
    pub(crate) fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }

    pub(crate) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, text)
    }

    pub(crate) fn remove(range: Range<usize>) -> Self {
        Self::new(range, "")
    }
}

/// The text with all splices done. They must not overlap.
pub(crate) fn splice(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut at = 0;
    for splice in splices {
        out.push_str(&text[at.min(splice.range.start)..splice.range.start]);
        out.push_str(&splice.text);
        at = at.max(splice.range.end);
    }
    out.push_str(&text[at..]);
    out
}
