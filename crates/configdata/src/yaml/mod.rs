//! YAML: text to trees, and edits to splices.

#[cfg(test)]
mod agreement;
pub(crate) mod edit;
mod everyday;
pub(crate) mod layout;
mod merge;
pub(crate) mod read;
pub(crate) mod scalar;
mod stream;
pub(crate) mod write;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment};
use crate::lines::line_ending;
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// YAML 1.2, as the Kubernetes readers take it.
pub(crate) struct Yaml;

impl Format for Yaml {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        stream::read(text)
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

    /// Every document but the first begins with `---`.
    fn following(&self, before: &str, text: &str, tree: &Tree) -> String {
        let ending = line_ending(if before.contains('\n') { before } else { text });
        let gap = if before.is_empty() || before.ends_with('\n') {
            ""
        } else {
            ending
        };
        let head = tree
            .root
            .map_or(text, |root| &text[..tree.outer_start(root) as usize]);
        let is_marked = head.lines().any(|line| line.starts_with("---"));
        if before.is_empty() || is_marked {
            return format!("{gap}{text}");
        }
        let text = text.trim_start_matches('\u{feff}');
        format!("{gap}---{ending}{text}")
    }

    /// The scalar is read as the only element of a list.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        (parent == Style::Block).then_some(("- ", "\n"))
    }
}
