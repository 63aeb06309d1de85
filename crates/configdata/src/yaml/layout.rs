//! Layout: lines, columns, comments and the habits of the person who wrote a document.

use std::ops::Range;

use crate::lines::{column, line_break, line_ending, line_start, starts_line};
use crate::tree::{NodeId, NodeRef, Shape, Style, Tree};

/// The comment that belongs to a node: on the line where it ends, or for a block collection (and a
/// block scalar) on the line that announces it.
pub(crate) fn line_comment(text: &str, tree: &Tree, id: NodeId) -> Option<Range<u32>> {
    let from = comment_anchor(text, tree, id)?;
    let end = line_break(text, from);
    let at = tree
        .comments
        .partition_point(|comment| (comment.start as usize) < from);
    let comment = tree.comments.get(at)?;
    ((comment.start as usize) < end).then(|| comment.clone())
}

/// Where a line comment of a node would follow: the end of what stands on its line. `None` when
/// something else follows there, as inside a flow collection.
pub(crate) fn comment_anchor(text: &str, tree: &Tree, id: NodeId) -> Option<usize> {
    let node = tree.node(id);
    let from = match (node.shape, node.style) {
        (Shape::Mapping | Shape::Sequence, Style::Block) => {
            // The line of the `key:` or `-` above its first child, when it starts on its own line.
            if !starts_line(text, node.start as usize) || node.start == 0 {
                return None;
            }
            let before =
                text[..line_start(text, node.start as usize)].trim_end_matches(['\n', '\r', ' ']);
            let mut end = before.len();
            // Step over comment lines between the announcing line and the first child.
            loop {
                let start = line_start(text, end);
                let line = text[start..end].trim_start();
                if !line.starts_with('#') && !line.is_empty() {
                    break;
                }
                if start == 0 {
                    return None;
                }
                end = text[..start].trim_end_matches(['\n', '\r', ' ']).len();
            }
            let start = line_start(text, end);
            let comment = tree
                .comments
                .iter()
                .find(|c| (c.start as usize) >= start && (c.start as usize) < end);
            comment.map_or(end, |comment| {
                text[..comment.start as usize].trim_end().len()
            })
        }
        (Shape::Scalar, Style::Literal | Style::Folded) => {
            let line = &text[node.start as usize..line_break(text, node.start as usize)];
            node.start as usize
                + line
                    .split_once(" #")
                    .map_or(line, |(header, _)| header)
                    .trim_end()
                    .len()
        }
        _ => node.end as usize,
    };
    let rest = text[from..line_break(text, from)].trim_start();
    let start = line_break(text, from) - rest.len();
    let comment = tree
        .comments
        .binary_search_by_key(&start, |comment| comment.start as usize);
    (rest.is_empty() || comment.is_ok()).then_some(from)
}

impl<'a> NodeRef<'a> {
    /// The comment on the line where the node ends, or for a block collection where it begins;
    /// without its sign and the blank after it.
    #[must_use]
    pub fn line_comment(self) -> Option<&'a str> {
        let span = line_comment(self.text, self.tree, self.id)?;
        let comment = &self.text[span.start as usize..span.end as usize];
        let text = COMMENT_SIGNS
            .iter()
            .find_map(|sign| comment.strip_prefix(sign))
            .unwrap_or(comment);
        let text = match comment.starts_with("/*") {
            true => text.strip_suffix("*/").unwrap_or(text),
            false => text,
        };
        Some(text.strip_prefix(' ').unwrap_or(text).trim_end())
    }
}

/// What a comment begins with, in one format or another.
const COMMENT_SIGNS: [&str; 3] = ["#", "//", "/*"];

/// How the writer of a document lays things out, read off the document itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Habits {
    /// Blanks by which a nested block mapping is indented.
    pub(crate) indent: usize,
    /// Blanks between a key and the dash of a sequence below it.
    pub(crate) dash: usize,
    pub(crate) line_ending: &'static str,
}

impl Habits {
    pub(crate) fn of(text: &str, tree: &Tree) -> Self {
        let mut habits = Self {
            indent: 2,
            dash: 0,
            line_ending: line_ending(text),
        };
        let (mut indent, mut dash) = (None, None);
        if let Some(root) = tree.root {
            look(text, tree, root, &mut indent, &mut dash);
        }
        if let Some(indent) = indent {
            habits.indent = indent;
        }
        if let Some(dash) = dash {
            habits.dash = dash;
        }
        habits
    }
}

/// Looks at block collections in order until both habits are seen.
fn look(text: &str, tree: &Tree, id: NodeId, indent: &mut Option<usize>, dash: &mut Option<usize>) {
    let node = tree.node(id);
    if node.style != Style::Block {
        return;
    }
    let own = column(text, node.start as usize);
    for child in match node.shape {
        Shape::Mapping => tree.entries(id).map(|(_, value)| value).collect::<Vec<_>>(),
        _ => tree.children(id).collect(),
    } {
        if indent.is_some() && dash.is_some() {
            return;
        }
        let below = tree.node(child);
        if below.style == Style::Block
            && node.shape == Shape::Mapping
            && starts_line(text, below.start as usize)
        {
            let step = column(text, below.start as usize).saturating_sub(own);
            match below.shape {
                Shape::Mapping if step > 0 => *indent = indent.or(Some(step)),
                Shape::Sequence => *dash = dash.or(Some(step)),
                _ => {}
            }
        }
        look(text, tree, child, indent, dash);
    }
}
