//! The tree of one document: nodes with byte spans into the document's text.
//!
//! Nodes live in one vector, linked by index, so that a document costs few allocations. Nothing is
//! ever printed from the tree: it says where things are and what they mean.

mod kind;
mod node;
mod reading;
mod texts;

use std::collections::HashMap;
use std::ops::Range;

use crate::element_index::ElementIndex;
use crate::key_index::KeyIndex;

pub use kind::Kind;
pub(crate) use kind::plain_kind;
pub use node::Style;
pub(crate) use node::{NONE, Node, NodeId, Shape, narrow};
pub use reading::NodeRef;
pub(crate) use texts::{Texts, Words};

/// Anchor and tag of a node, which stand before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties {
    pub(crate) anchor: Option<(String, Range<u32>)>,
    /// Normalized tag and where it is written.
    pub(crate) tag: Option<(String, Range<u32>)>,
    /// An alias stands for this node.
    pub(crate) aliased: bool,
}

/// A key that stands twice in one mapping. The last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key.
    pub key: String,
    /// Where it stands again.
    pub position: Position,
}

/// A place in the whole text, counted from 1 as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The tree of one document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Text of scalars that differs from their source (escapes, folds, block scalars).
    pub(crate) unescaped: Texts,
    /// Comments in source order, from their sign to their end, without the line break.
    pub(crate) comments: Vec<Range<u32>>,
    pub(crate) root: Option<NodeId>,
    /// What few documents have: a text may have a hundred thousand small ones.
    pub(crate) rare: Option<Box<Rare>>,
}

/// What few documents have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rare {
    /// Sorted by node.
    pub(crate) properties: Vec<(NodeId, Properties)>,
    /// Mappings in which a key stands twice, sorted.
    pub(crate) repeating: Vec<NodeId>,
    /// The repeated keys themselves.
    pub(crate) duplicates: Vec<NodeId>,
    /// What mappings with merge keys (`<<: *base`) hold: their own entries, then those they merge
    /// and do not define themselves.
    pub(crate) merging: HashMap<NodeId, Box<[(NodeId, NodeId)]>>,
    /// Where keys of large maps are.
    pub(crate) index: KeyIndex,
    /// Where elements of large lists are.
    pub(crate) elements: ElementIndex,
}

/// Trees of more nodes than this have room for indices.
const MANY_NODES: usize = 1 << 12;

impl Tree {
    /// An empty tree whose format has words of its own.
    pub(crate) fn with_words(words: &'static Words) -> Self {
        Self {
            unescaped: Texts::with_words(words),
            ..Self::default()
        }
    }

    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// What few documents have; afterwards this one has it.
    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// The repeated keys.
    pub(crate) fn duplicates(&self) -> &[NodeId] {
        self.rare().map_or(&[], |rare| &rare.duplicates)
    }

    /// Nodes with anchors or tags, sorted.
    pub(crate) fn all_properties(&self) -> &[(NodeId, Properties)] {
        self.rare().map_or(&[], |rare| &rare.properties)
    }

    /// Whether a key stands twice in a mapping.
    pub(crate) fn repeats(&self, id: NodeId) -> bool {
        self.rare()
            .is_some_and(|rare| rare.repeating.binary_search(&id).is_ok())
    }

    /// Puts the mappings in order in which keys stand twice, each once.
    pub(crate) fn sort_repeating(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.repeating.sort_unstable();
            rare.repeating.dedup();
        }
    }

    /// Puts what is known of keys that stand twice in order, and makes room for an index of keys.
    pub(crate) fn sort_repeated(&mut self) {
        self.sort_repeating();
        let mut duplicates = std::mem::take(&mut self.rare_mut().duplicates);
        duplicates.sort_unstable_by_key(|id| (self.node(*id).start, *id));
        duplicates.dedup();
        self.rare_mut().duplicates = duplicates;
    }

    /// Gives up memory that was reserved for more to come, and makes room for what is kept of large
    /// trees only.
    pub(crate) fn shrink_to_fit(&mut self) {
        if self.nodes.len() > MANY_NODES {
            self.rare_mut();
        }
        self.nodes.shrink_to_fit();
        self.unescaped.shrink_to_fit();
        self.comments.shrink_to_fit();
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Gives a scalar a text that differs from its source.
    pub(crate) fn set_text(&mut self, id: NodeId, text: &str) {
        self.nodes[id.0 as usize].payload = self.unescaped.push(text);
    }

    /// Forgets texts that no scalar has any more.
    pub(crate) fn forget_old_texts(&mut self) {
        let mut texts = self.unescaped.emptied();
        let scalars = self.nodes.iter_mut();
        for node in scalars.filter(|node| node.shape() == Shape::Scalar && node.payload != NONE) {
            node.payload = texts.push(self.unescaped.get(node.payload));
        }
        self.unescaped = texts;
    }

    pub(crate) fn properties(&self, id: NodeId) -> Option<&Properties> {
        if !self.node(id).has_properties() {
            return None;
        }
        let all = self.all_properties();
        let at = all.binary_search_by_key(&id, |(node, _)| *node).ok()?;
        Some(&all[at].1)
    }

    /// Where the node begins, its anchor and tag included.
    pub(crate) fn outer_start(&self, id: NodeId) -> u32 {
        let start = self.node(id).start;
        self.properties(id).map_or(start, |properties| {
            let anchor = properties
                .anchor
                .as_ref()
                .map_or(start, |(_, span)| span.start);
            let tag = properties
                .tag
                .as_ref()
                .map_or(start, |(_, span)| span.start);
            start.min(anchor).min(tag)
        })
    }

    pub(crate) fn children(&self, id: NodeId) -> Children<'_> {
        let node = self.node(id);
        let first = match node.shape() {
            Shape::Mapping | Shape::Sequence => node.payload,
            Shape::Scalar | Shape::Alias => NONE,
        };
        Children {
            tree: self,
            next: first,
        }
    }

    pub(crate) fn entries(&self, id: NodeId) -> Entries<'_> {
        match self.node(id).shape() {
            Shape::Mapping => Entries {
                children: self.children(id),
            },
            _ => self.no_entries(),
        }
    }

    fn no_entries(&self) -> Entries<'_> {
        Entries {
            children: Children {
                tree: self,
                next: NONE,
            },
        }
    }

    /// The entries of a mapping with merge keys; `None` for any other node.
    pub(crate) fn merged(&self, id: NodeId) -> Option<&[(NodeId, NodeId)]> {
        let rare = self.rare()?;
        if rare.merging.is_empty() {
            return None;
        }
        rare.merging.get(&id).map(AsRef::as_ref)
    }

    /// The node an alias stands for, or the node itself.
    pub(crate) fn target(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.shape() == Shape::Alias {
            NodeId(node.payload)
        } else {
            id
        }
    }
}

#[derive(Clone)]
pub(crate) struct Children<'a> {
    tree: &'a Tree,
    next: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next == NONE {
            return None;
        }
        let id = NodeId(self.next);
        self.next = self.tree.node(id).next();
        Some(id)
    }
}

#[derive(Clone)]
pub(crate) struct Entries<'a> {
    children: Children<'a>,
}

impl Iterator for Entries<'_> {
    type Item = (NodeId, NodeId);

    fn next(&mut self) -> Option<(NodeId, NodeId)> {
        let key = self.children.next()?;
        let value = self.children.next()?;
        Some((key, value))
    }
}
