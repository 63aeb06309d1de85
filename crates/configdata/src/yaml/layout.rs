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

/// How many places are looked at: every edit asks for the habits, and the beginning shows them.
const LOOKED_AT: usize = 1000;

impl Habits {
    pub(crate) fn of(text: &str, tree: &Tree) -> Self {
        let mut look = Look {
            text,
            tree,
            indent: None,
            dash: None,
            left: LOOKED_AT,
        };
        if let Some(root) = tree.root {
            look.at(root);
        }
        Self {
            indent: look.indent.unwrap_or(2),
            dash: look.dash.unwrap_or(0),
            line_ending: line_ending(text),
        }
    }
}

/// A look at block collections in order, until both habits are seen.
struct Look<'a> {
    text: &'a str,
    tree: &'a Tree,
    indent: Option<usize>,
    dash: Option<usize>,
    left: usize,
}

impl Look<'_> {
    fn at(&mut self, id: NodeId) {
        let node = self.tree.node(id);
        if node.style() != Style::Block {
            return;
        }
        let is_mapping = node.shape() == Shape::Mapping;
        let own = column(self.text, node.start as usize);
        let children: Vec<NodeId> = match is_mapping {
            true => {
                let values = self.tree.entries(id).map(|(_, value)| value);
                values.take(self.left).collect()
            }
            false => self.tree.children(id).take(self.left).collect(),
        };
        for child in children {
            if self.left == 0 || self.indent.is_some() && self.dash.is_some() {
                return;
            }
            self.left -= 1;
            let below = self.tree.node(child);
            if below.style() == Style::Block
                && is_mapping
                && starts_line(self.text, below.start as usize)
            {
                let step = column(self.text, below.start as usize).saturating_sub(own);
                match below.shape() {
                    Shape::Mapping if step > 0 => self.indent = self.indent.or(Some(step)),
                    Shape::Sequence => self.dash = self.dash.or(Some(step)),
                    _ => {}
                }
            }
            self.at(child);
        }
    }
}
