//! JSON, with the comments and trailing commas of JSONC when a file has them.
//!
//! The reader is our own: JSON is small, a tree with spans is what it makes, and the parsers that
//! give spans build a tree of theirs first. What is plain JSON stays plain JSON.

mod edit;
mod read;
mod write;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// JSON.
pub(crate) struct Json;

impl Format for Json {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        read::read(text)
    }

    fn plan(
        &self,
        text: &str,
        tree: &Tree,
        path: &ResolvedPath,
        action: &Action,
    ) -> Result<Vec<Splice>, Refusal> {
        edit::Editor::new(text, tree).plan(path, action)
    }

    fn has_loose_lines(&self) -> bool {
        false
    }

    /// A scalar of JSON is one wherever it stands.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        (parent == Style::Flow).then_some(("[", "]"))
    }
}
