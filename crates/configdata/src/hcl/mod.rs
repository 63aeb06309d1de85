//! HCL, the language of Terraform and OpenTofu: text to trees, and edits to splices.
//!
//! A document is one top-level block, or one run of top-level attributes. Literals, lists and
//! objects are values; every other expression is one string, `${` and its source and `}`.

mod cursor;
mod edit;
mod expression;
mod read;
mod template;
#[cfg(test)]
mod tests;
mod write;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment};
use crate::lines::line_ending;
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// HCL in its native syntax.
pub(crate) struct Hcl;

impl Format for Hcl {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        let mut segments = Vec::new();
        read::read(text, &mut |segment| segments.push(segment))?;
        Ok(segments)
    }

    /// A text may have very many documents, most of them small.
    fn read_each(&self, text: &str, take: &mut dyn FnMut(Segment)) -> Result<(), ParseError> {
        read::read(text, take)
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

    /// A blank line stands between blocks.
    fn following(&self, before: &str, text: &str, _: &Tree) -> String {
        let ending = line_ending(if before.contains('\n') { before } else { text });
        let mut gap = String::new();
        if !before.is_empty() {
            if !before.ends_with('\n') {
                gap.push_str(ending);
            }
            if !text.starts_with(['\n', '\r']) {
                gap.push_str(ending);
            }
        }
        format!("{gap}{text}")
    }

    /// Values of attributes, and elements of lists and objects. Labels are no values.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        matches!(parent, Style::Lines | Style::Flow).then_some(("x = ", "\n"))
    }
}
