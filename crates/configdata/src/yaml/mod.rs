//! YAML: text to trees, and edits to splices.

#[cfg(test)]
mod agreement;
pub(crate) mod edit;
mod everyday;
pub(crate) mod layout;
mod merge;
pub(crate) mod read;
pub(crate) mod scalar;
pub(crate) mod write;

use crate::edit::{Action, Refusal};
use crate::format::{Format, LoneScalar, Segment};
use crate::lines::line_ending;
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{NONE, NodeRef, Style, Tree};
use crate::value::Value;

/// YAML 1.2, as the Kubernetes readers take it.
pub(crate) struct Yaml;

impl Format for Yaml {
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

    /// Reads the scalar as the only element of a list.
    fn read_scalar(&self, source: &str, value: &Value) -> Option<LoneScalar> {
        let style = match source.as_bytes().first()? {
            b'"' => Style::DoubleQuoted,
            b'\'' => Style::SingleQuoted,
            _ => Style::Plain,
        };
        let text = format!("- {source}\n");
        let segments = read::read(&text).ok()?;
        let [segment] = segments.as_slice() else {
            return None;
        };
        let tree = &segment.tree;
        let root = NodeRef {
            text: &text,
            tree,
            id: tree.root?,
        };
        let mut items = root.items();
        let (item, None) = (items.next()?, items.next()) else {
            return None;
        };
        let alone = item.source() == source && item.style() == style && item.value() == *value;
        if !alone || !tree.comments.is_empty() {
            return None;
        }
        let same = tree.node(item.id).payload == NONE;
        Some(LoneScalar {
            style,
            unescaped: (!same).then(|| item.scalar().into()),
        })
    }
}
