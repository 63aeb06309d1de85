//! One document of a text.

use std::ops::Range;

use crate::document_text::DocumentText;
use crate::edit::{EditError, Refusal};
use crate::lines::position;
use crate::path::ResolvedPath;
use crate::tree::{Kind, NodeRef, Position, Tree};

/// One document: its part of the text, from its `---` (or the start of the text) up to the next.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) text: DocumentText,
    pub(crate) tree: Tree,
    /// Line of the whole text on which this document starts, from 0.
    pub(crate) first_line: usize,
}

impl Document {
    /// Its part of the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value it holds; `None` when it holds nothing.
    #[must_use]
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.tree.root.map(|id| NodeRef {
            text: &self.text,
            tree: &self.tree,
            id,
        })
    }

    /// Whether it holds no resource: nothing at all, `null`, `{}` or `[]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root()
            .is_none_or(|root| root.is_collection() && root.is_empty() || root.kind() == Kind::Null)
    }

    /// Line and column, in the whole text, of a byte offset in this document.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        self.in_whole(position(&self.text, offset))
    }

    /// A place in this document as one in the whole text.
    pub(crate) fn in_whole(&self, place: Position) -> Position {
        Position {
            line: place.line + self.first_line,
            ..place
        }
    }

    /// Lines of the whole text, from 1, on which a span of this document stands.
    #[must_use]
    pub fn lines(&self, span: Range<usize>) -> Range<usize> {
        let first = self.position(span.start).line;
        first..self.position(span.end).line + 1
    }

    pub(crate) fn refuse(&self, path: &ResolvedPath, refusal: Refusal) -> EditError {
        EditError {
            path: path.to_string(),
            position: self.position(refusal.offset),
            reason: refusal.reason,
        }
    }
}
