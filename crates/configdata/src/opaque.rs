//! Text that is kept as it is: one document without a root, so nothing in it can be addressed.

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::Tree;

/// Text without structure.
pub(crate) struct Opaque;

impl Format for Opaque {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        Ok(vec![Segment {
            range: 0..text.len(),
            tree: Tree::default(),
        }])
    }

    fn plan(
        &self,
        _: &str,
        _: &Tree,
        _: &ResolvedPath,
        _: &Action,
    ) -> Result<Vec<Splice>, Refusal> {
        Err(Refusal::new(
            0,
            "text of this toolchain has no places to change",
        ))
    }
}
