//! The text of one document.

use std::ops::{Deref, Range};
use std::sync::Arc;

use crate::tree::narrow;

/// The text of a document: a part of the text it was read with, which it shares with the other
/// documents, or its own once it is edited.
///
/// A text that is shared stays in memory as long as any of its documents does.
#[derive(Clone)]
pub(crate) struct DocumentText {
    whole: Arc<String>,
    start: u32,
    end: u32,
}

impl DocumentText {
    /// A part of a text.
    pub(crate) fn part(whole: &Arc<String>, range: Range<usize>) -> Self {
        Self {
            whole: Arc::clone(whole),
            start: narrow(range.start),
            end: narrow(range.end),
        }
    }

    /// Whether another part of the same text begins where this one ends.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.whole, &other.whole) && self.end == other.start
    }

    /// From the start of this part to the end of another of the same text.
    pub(crate) fn up_to(&self, last: &Self) -> Option<&str> {
        self.whole.get(self.start as usize..last.end as usize)
    }

    /// The text, which is its own from now on, to change it. A document that is alone with its
    /// text is spared a copy.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut String)) {
        let all = 0..self.whole.len();
        if all != (self.start as usize..self.end as usize) {
            *self = Self::from(str::to_owned(self));
        }
        let text = Arc::make_mut(&mut self.whole);
        change(text);
        self.end = narrow(text.len());
    }
}

impl From<String> for DocumentText {
    fn from(text: String) -> Self {
        Self {
            start: 0,
            end: narrow(text.len()),
            whole: Arc::new(text),
        }
    }
}

impl Deref for DocumentText {
    type Target = str;

    fn deref(&self) -> &str {
        let part = self.start as usize..self.end as usize;
        self.whole.get(part).unwrap_or_default()
    }
}

impl std::fmt::Debug for DocumentText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_in_one_document_only() {
        let whole = Arc::new("a: 1\n---\nb: 2\n".to_owned());
        let mut first = DocumentText::part(&whole, 0..5);
        let second = DocumentText::part(&whole, 5..14);
        let copy = first.clone();
        first.change(|text| text.push_str("c: 3\n"));
        assert_eq!(&*first, "a: 1\nc: 3\n");
        assert_eq!(&*copy, "a: 1\n");
        assert_eq!(&*second, "---\nb: 2\n");
        let mut other = first.clone();
        other.change(|text| text.replace_range(3..4, "10"));
        assert_eq!((&*first, &*other), ("a: 1\nc: 3\n", "a: 10\nc: 3\n"));
    }

    #[test]
    fn a_document_alone_with_its_text_is_changed_in_place() {
        let whole = Arc::new(String::with_capacity(100) + "a: 1\n");
        let place = whole.as_ptr();
        let mut text = DocumentText::part(&whole, 0..5);
        drop(whole);
        text.change(|text| text.push_str("c: 3\n"));
        assert_eq!((&*text, text.as_ptr()), ("a: 1\nc: 3\n", place));
    }
}
