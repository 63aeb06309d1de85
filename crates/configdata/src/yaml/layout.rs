//! Layout: the habits of the person who wrote a document.

use crate::lines::{column, line_ending, starts_line};
use crate::tree::{NodeId, Shape, Style, Tree};

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
    if node.style() != Style::Block {
        return;
    }
    let own = column(text, node.start as usize);
    for child in match node.shape() {
        Shape::Mapping => tree.entries(id).map(|(_, value)| value).collect::<Vec<_>>(),
        _ => tree.children(id).collect(),
    } {
        if indent.is_some() && dash.is_some() {
            return;
        }
        let below = tree.node(child);
        if below.style() == Style::Block
            && node.shape() == Shape::Mapping
            && starts_line(text, below.start as usize)
        {
            let step = column(text, below.start as usize).saturating_sub(own);
            match below.shape() {
                Shape::Mapping if step > 0 => *indent = indent.or(Some(step)),
                Shape::Sequence => *dash = dash.or(Some(step)),
                _ => {}
            }
        }
        look(text, tree, child, indent, dash);
    }
}
