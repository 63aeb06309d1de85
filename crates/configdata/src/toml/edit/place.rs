//! A place in a TOML document: what leads to it, and which keys an entry there is written with.

use crate::toml::sections::{has_header, is_lines};
use crate::tree::{Kind, NodeRef, Style};

/// A place and what leads to it.
pub(super) struct Place<'a> {
    /// The nodes on the way, the root first; the last is the node itself.
    pub(super) nodes: Vec<NodeRef<'a>>,
    /// The keys to each node but the root; none for elements of lists.
    pub(super) keys: Vec<Option<String>>,
}

impl<'a> Place<'a> {
    pub(super) fn node(&self) -> NodeRef<'a> {
        self.nodes[self.nodes.len() - 1]
    }

    pub(super) fn parent(&self) -> Option<NodeRef<'a>> {
        self.nodes.len().checked_sub(2).map(|at| self.nodes[at])
    }

    /// The keys from the table, or brackets, in which an entry of this map is written.
    pub(super) fn relative(&self) -> Vec<String> {
        let base = self.nodes.iter().rposition(|node| {
            !is_lines(*node) || has_header(*node) || node.kind() == Kind::Sequence
        });
        self.keys[base.unwrap_or(0)..]
            .iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// The keys of its header.
    pub(super) fn absolute(&self) -> Vec<String> {
        self.keys.iter().flatten().cloned().collect()
    }

    /// The innermost brackets it stands in.
    pub(super) fn brackets(&self) -> Option<NodeRef<'a>> {
        self.nodes
            .iter()
            .rev()
            .find(|node| node.style() == Style::Flow)
            .copied()
    }
}
