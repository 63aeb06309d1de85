//! What a configuration format is to the rest of the crate.

use std::ops::Range;

use crate::edit::{Action, Refusal};
use crate::lines::line_ending;
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{NodeRef, Style, Tree};

/// One document as it was read: its part of the text and its tree, whose spans count from the
/// start of that part.
pub(crate) struct Segment {
    pub(crate) range: Range<usize>,
    pub(crate) tree: Tree,
}

/// A configuration format: text to documents with spans, and edits to splices. Everything else
/// (paths, resources, mutations, merges) knows trees and values only.
///
/// A format need not be careful: after each batch of edits the document is read again and compared
/// with what was asked for ([`crate::verify`]), and a batch that would do anything else is refused.
pub(crate) trait Format: Sync {
    /// Reads text into its documents. Their ranges cover the whole text, in order, and each part
    /// read alone gives one document with the same tree.
    ///
    /// # Errors
    /// Text that the format does not allow, with the place.
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError>;

    /// Reads text as [`Format::read`] does, but hands over each document when it has been read. On
    /// an error, those that were handed over do not count.
    ///
    /// # Errors
    /// As of [`Format::read`].
    fn read_each(&self, text: &str, take: &mut dyn FnMut(Segment)) -> Result<(), ParseError> {
        self.read(text)?.into_iter().for_each(take);
        Ok(())
    }

    /// The splices that carry out one action at one place of one document. No splice: it is so
    /// already.
    ///
    /// # Errors
    /// What cannot be done without disturbing something else.
    fn plan(
        &self,
        text: &str,
        tree: &Tree,
        path: &ResolvedPath,
        action: &Action,
    ) -> Result<Vec<Splice>, Refusal>;

    /// The text of a document as it must be to follow other text in one file. `before` is that
    /// other text, empty for the first document.
    fn following(&self, before: &str, text: &str, tree: &Tree) -> String {
        let _ = tree;
        let gap = if before.is_empty() || before.ends_with('\n') {
            ""
        } else {
            line_ending(before)
        };
        format!("{gap}{text}")
    }

    /// Whether an entry's lines can be put in or taken out without touching those beside them. Not
    /// so where commas separate and none may be left over.
    fn has_loose_lines(&self) -> bool {
        true
    }

    /// What text of this format cannot say.
    fn unsaid(&self) -> Unsaid {
        Unsaid::default()
    }

    /// The text before and behind a scalar of one line that makes it a text of its own, for a
    /// shortcut: when an edit puts one such scalar in the place of another, the document need not be
    /// read again. `parent` is how the collection is written that holds it. `None` where a scalar
    /// may mean something else than it does in that frame.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        let _ = parent;
        None
    }

    /// Whether a scalar that was read in its [`Format::frame`] means the same in the place of one
    /// that is written in style `old`.
    fn fits_place(&self, old: Style, new: NodeRef<'_>) -> bool {
        let _ = (old, new);
        true
    }
}

/// What the text of a format cannot say, so that it need not be found again after an edit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unsaid {
    /// Whether something is a string or a number: a value is its text.
    pub(crate) types: bool,
    /// That a map is there, but for its entries: it goes with the last of them, its place is that
    /// of the first, and a key may hold a value and a map at once.
    pub(crate) maps: bool,
}
