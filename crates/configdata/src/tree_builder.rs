//! Building trees for formats whose maps need not stand in one place.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use hashbrown::HashTable;

use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NONE, Node, NodeId, NodeRef, Shape, Style, Tree, narrow};

/// Maps of up to this many keys are searched without hashing.
const SMALL_MAP: usize = 16;

/// A tree that is being built. Nodes may be added to a map or list long after it was begun: the
/// entries of a section may stand in several places of the text.
pub(crate) struct TreeBuilder<'t> {
    text: &'t str,
    tree: Tree,
    /// Last child of each node.
    last: Vec<u32>,
    /// Maps of more than [`SMALL_MAP`] entries.
    large: HashSet<NodeId>,
    /// The last key of each name in the large maps, with its map. The names are in the text.
    keys: HashTable<(NodeId, NodeId)>,
    hasher: RandomState,
}

impl<'t> TreeBuilder<'t> {
    /// A builder whose spans count from the start of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            tree: Tree::default(),
            last: Vec::new(),
            large: HashSet::new(),
            keys: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    fn push(&mut self, span: Range<usize>, shape: Shape, style: Style) -> NodeId {
        let id = NodeId(narrow(self.tree.nodes.len()));
        self.tree.nodes.push(Node {
            start: narrow(span.start),
            end: narrow(span.end),
            next: NONE,
            payload: NONE,
            shape,
            style,
            has_properties: false,
        });
        self.last.push(NONE);
        id
    }

    /// An empty map.
    pub(crate) fn mapping(&mut self, span: Range<usize>, style: Style) -> NodeId {
        self.push(span, Shape::Mapping, style)
    }

    /// An empty list.
    pub(crate) fn sequence(&mut self, span: Range<usize>, style: Style) -> NodeId {
        self.push(span, Shape::Sequence, style)
    }

    /// A scalar that means `meaning`. What it means is not kept when it is what its span says
    /// (within the quotes, for quoted styles). With [`Style::Plain`] its kind follows from the
    /// meaning by the rules of YAML's core schema; with any other style it is a string.
    pub(crate) fn scalar(&mut self, span: Range<usize>, style: Style, meaning: &str) -> NodeId {
        let source = &self.text[span.clone()];
        let source = match style {
            Style::SingleQuoted | Style::DoubleQuoted if source.len() >= 2 => {
                source.get(1..source.len() - 1).unwrap_or(source)
            }
            _ => source,
        };
        let same = source == meaning;
        let id = self.push(span, Shape::Scalar, style);
        if !same {
            let at = narrow(self.tree.unescaped.len());
            self.tree.unescaped.push(meaning.into());
            self.tree.nodes[id.0 as usize].payload = at;
        }
        id
    }

    /// Where a node stands, when that is known only later.
    pub(crate) fn set_span(&mut self, id: NodeId, span: Range<usize>) {
        let node = &mut self.tree.nodes[id.0 as usize];
        node.start = narrow(span.start);
        node.end = narrow(span.end);
    }

    /// A node of the tree so far.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.tree.node(id)
    }

    /// The last element of a list so far.
    pub(crate) fn last_element(&self, list: NodeId) -> Option<NodeId> {
        let last = self.last[list.0 as usize];
        (self.node(list).shape == Shape::Sequence && last != NONE).then_some(NodeId(last))
    }

    fn link(&mut self, parent: NodeId, child: NodeId) {
        let last = self.last[parent.0 as usize];
        if last == NONE {
            self.tree.nodes[parent.0 as usize].payload = child.0;
        } else {
            self.tree.nodes[last as usize].next = child.0;
        }
        self.last[parent.0 as usize] = child.0;
    }

    /// Adds an element to a list.
    pub(crate) fn append(&mut self, list: NodeId, element: NodeId) {
        self.link(list, element);
    }

    /// Adds an entry to a map. A key that is there already is noted as a duplicate; the last one
    /// counts.
    pub(crate) fn entry(&mut self, map: NodeId, key: NodeId, value: NodeId) {
        let repeats = if self.large.contains(&map) {
            self.replace(map, key).is_some()
        } else {
            let (repeats, length) = {
                let name = self.name(key);
                let mut repeats = false;
                let mut length = 0;
                for (other, _) in self.tree.entries(map) {
                    repeats |= self.is_named(other, &name);
                    length += 1;
                }
                (repeats, length)
            };
            if length == SMALL_MAP {
                self.large.insert(map);
                let keys: Vec<_> = self.tree.entries(map).map(|(key, _)| key).collect();
                for key in keys.into_iter().chain([key]) {
                    self.replace(map, key);
                }
            }
            repeats
        };
        if repeats {
            self.tree.repeating.push(map);
            self.tree.duplicates.push(key);
        }
        self.link(map, key);
        self.link(map, value);
    }

    /// Puts a key of a large map into the table; the key of the same name that was there.
    fn replace(&mut self, map: NodeId, key: NodeId) -> Option<NodeId> {
        let name = name_of(self.text, &self.tree, key);
        let hash = self.hasher.hash_one((map, &*name));
        let found = self.keys.find_mut(hash, |(other_map, other)| {
            *other_map == map && name_of(self.text, &self.tree, *other) == name
        });
        if let Some((_, found)) = found {
            return Some(std::mem::replace(found, key));
        }
        self.keys.insert_unique(hash, (map, key), |(map, key)| {
            let name = name_of(self.text, &self.tree, *key);
            self.hasher.hash_one((*map, &*name))
        });
        None
    }

    fn name(&self, key: NodeId) -> Cow<'_, str> {
        name_of(self.text, &self.tree, key)
    }

    fn is_named(&self, key: NodeId, name: &str) -> bool {
        self.tree.node(key).shape == Shape::Scalar && self.name(key) == name
    }

    /// The key and value nodes under a key of a map so far; the last when the key stands twice.
    pub(crate) fn find(&self, map: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        if self.large.contains(&map) {
            let hash = self.hasher.hash_one((map, key));
            let found = self.keys.find(hash, |(other_map, other)| {
                *other_map == map && self.is_named(*other, key)
            });
            // A value stands behind its key.
            return found.map(|(_, key)| (*key, NodeId(self.node(*key).next)));
        }
        let mut entries = self.tree.entries(map);
        let mut found = None;
        while let Some(entry) = entries.find(|(other, _)| self.is_named(*other, key)) {
            found = Some(entry);
        }
        found
    }

    /// Notes a comment: from its first sign to the end of it, without the line break. Comments
    /// must be added in order.
    pub(crate) fn comment(&mut self, span: Range<usize>) {
        self.tree
            .comments
            .push(narrow(span.start)..narrow(span.end));
    }

    /// Refuses to go on when the tree holds as many values as a text may.
    ///
    /// # Errors
    /// More than [`limits::MAX_NODES`], found at `offset`.
    pub(crate) fn check_size(&self, offset: usize) -> Result<(), ParseError> {
        if self.tree.nodes.len() > limits::MAX_NODES {
            let message = format!("the text holds more than {} values", limits::MAX_NODES);
            return Err(ParseError::at(self.text, offset, message));
        }
        Ok(())
    }

    /// The tree, once everything is in it; without a root when the text holds nothing.
    pub(crate) fn finish(mut self, root: impl Into<Option<NodeId>>) -> Tree {
        self.tree.root = root.into();
        self.tree.repeating.sort_unstable();
        self.tree.repeating.dedup();
        self.tree.nodes.shrink_to_fit();
        self.tree.unescaped.shrink_to_fit();
        self.tree
    }
}

fn name_of<'a>(text: &'a str, tree: &'a Tree, id: NodeId) -> Cow<'a, str> {
    NodeRef { text, tree, id }.scalar()
}
