//! Building trees for formats whose maps need not stand in one place.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use hashbrown::HashTable;

use crate::key_index::LARGE_MAP;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NONE, Node, NodeId, NodeRef, Shape, Style, Tree, Words, narrow};

/// Maps of up to this many keys are searched without hashing.
const SMALL_MAP: usize = 16;

/// A tree that is being built. Nodes may be added to a map or list long after it was begun: the
/// entries of a section may stand in several places of the text.
///
/// While it is built, the children of a collection are linked in a ring, and the collection knows
/// the last one (of a map, the last key): a child is added without looking for the end, and no
/// memory is spent on knowing it.
pub(crate) struct TreeBuilder<'t> {
    text: &'t str,
    tree: Tree,
    /// The keys of large maps, to be compared once all are there: sorting them takes less memory
    /// than a table, and does not jump about in it.
    written: Vec<Written>,
    /// Large maps that were searched while they are built: their keys are in the table.
    searched: HashSet<NodeId>,
    /// The last key of each name in those maps. The names are in the text, the hashes here: a table
    /// that grows would else read all of them again.
    keys: HashTable<Searched>,
    hasher: RandomState,
}

/// A key of a large map that was searched.
struct Searched {
    hash: u64,
    key: NodeId,
    map: NodeId,
}

/// A key of a large map.
struct Written {
    hash: u32,
    key: NodeId,
    map: NodeId,
}

impl<'t> TreeBuilder<'t> {
    /// A builder whose spans count from the start of `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        Self::of(text, Tree::default())
    }

    /// A builder for a format that has many texts in common from tree to tree.
    pub(crate) fn with_words(text: &'t str, words: &'static Words) -> Self {
        Self::of(text, Tree::with_words(words))
    }

    fn of(text: &'t str, tree: Tree) -> Self {
        Self {
            text,
            tree,
            written: Vec::new(),
            searched: HashSet::new(),
            keys: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    fn push(&mut self, span: Range<usize>, shape: Shape, style: Style) -> NodeId {
        let id = NodeId(narrow(self.tree.nodes.len()));
        let span = narrow(span.start)..narrow(span.end);
        self.tree.nodes.push(Node::new(span, shape, style));
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
            self.tree.set_text(id, meaning);
        }
        id
    }

    /// An expression: a string that is its source between `${` and `}`.
    pub(crate) fn expression(&mut self, span: Range<usize>) -> NodeId {
        self.push(span, Shape::Scalar, Style::Expression)
    }

    /// Where a node stands, when that is known only later.
    pub(crate) fn set_span(&mut self, id: NodeId, span: Range<usize>) {
        let node = self.node_mut(id);
        node.start = narrow(span.start);
        node.end = narrow(span.end);
    }

    /// A node of the tree so far: where it stands, and how it is written.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.tree.node(id)
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.tree.nodes[id.0 as usize]
    }

    fn next(&self, id: NodeId) -> NodeId {
        NodeId(self.node(id).next())
    }

    /// The last child so far: an element, or a key.
    fn last(&self, id: NodeId) -> Option<NodeId> {
        let last = self.node(id).payload;
        (last != NONE).then_some(NodeId(last))
    }

    /// The last element of a list so far.
    pub(crate) fn last_element(&self, list: NodeId) -> Option<NodeId> {
        self.last(list)
            .filter(|_| self.node(list).shape() == Shape::Sequence)
    }

    /// Adds an element to a list.
    pub(crate) fn append(&mut self, list: NodeId, element: NodeId) {
        let first = match self.last(list) {
            Some(last) => {
                let first = self.next(last);
                self.node_mut(last).set_next(element.0);
                first
            }
            None => element,
        };
        self.node_mut(element).set_next(first.0);
        self.node_mut(list).payload = element.0;
    }

    /// Adds an entry to a map. A key that is there already is noted as a duplicate; the last one
    /// counts.
    pub(crate) fn entry(&mut self, map: NodeId, key: NodeId, value: NodeId) {
        self.compare(map, key);
        let first = match self.last(map) {
            Some(last) => {
                let last = self.next(last);
                let first = self.next(last);
                self.node_mut(last).set_next(key.0);
                first
            }
            None => key,
        };
        self.node_mut(key).set_next(value.0);
        self.node_mut(value).set_next(first.0);
        self.node_mut(map).payload = key.0;
    }

    /// Compares a new key of a map with those that are there: now, or for large maps later.
    fn compare(&mut self, map: NodeId, key: NodeId) {
        if self.node(map).is_large() {
            if self.searched.contains(&map) {
                self.put(map, key);
            } else {
                self.write_down(map, key);
            }
            return;
        }
        let (mut repeats, mut length) = (false, 0);
        let name = self.name(key);
        for other in self.keys_of(map) {
            repeats |= self.is_named(other, &name);
            length += 1;
        }
        if length == SMALL_MAP {
            for other in self.keys_of(map).chain([key]).collect::<Vec<_>>() {
                self.write_down(map, other);
            }
            self.node_mut(map).set_large(true);
        } else if repeats {
            self.repeats(map, key);
        }
    }

    fn repeats(&mut self, map: NodeId, key: NodeId) {
        let rare = self.tree.rare_mut();
        rare.repeating.push(map);
        rare.duplicates.push(key);
    }

    /// The keys of a map so far.
    fn keys_of(&self, map: NodeId) -> impl Iterator<Item = NodeId> {
        let last = self.last(map);
        let first = last.map(|last| self.next(self.next(last)));
        std::iter::successors(first, move |key| {
            (Some(*key) != last).then(|| self.next(self.next(*key)))
        })
    }

    fn write_down(&mut self, map: NodeId, key: NodeId) {
        let hash = self.hasher.hash_one((map, &*self.name(key)));
        // Half of it is enough: keys of the same hash are compared.
        let hash = narrow((hash >> 32) as usize);
        self.written.push(Written { hash, key, map });
    }

    /// Puts a key of a large map into the table.
    fn put(&mut self, map: NodeId, key: NodeId) {
        let name = name_of(self.text, &self.tree, key);
        let hash = self.hasher.hash_one((map, &*name));
        let found = self.keys.find_mut(hash, |other| {
            let same = other.hash == hash && other.map == map;
            same && name_of(self.text, &self.tree, other.key) == name
        });
        let new = Searched { hash, key, map };
        match found {
            Some(found) => {
                *found = new;
                drop(name);
                self.repeats(map, key);
            }
            None => {
                self.keys.insert_unique(hash, new, |key| key.hash);
            }
        }
    }

    fn name(&self, key: NodeId) -> Cow<'_, str> {
        name_of(self.text, &self.tree, key)
    }

    fn is_named(&self, key: NodeId, name: &str) -> bool {
        self.tree.node(key).shape() == Shape::Scalar && self.name(key) == name
    }

    /// The key and value nodes under a key of a map so far; the last when the key stands twice.
    pub(crate) fn find(&mut self, map: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        // What belongs together mostly stands together.
        let last = self.last(map).filter(|last| self.is_named(*last, key));
        let found = last.or_else(|| {
            if self.node(map).is_large() {
                self.search(map, key)
            } else {
                self.keys_of(map)
                    .filter(|other| self.is_named(*other, key))
                    .last()
            }
        })?;
        // A value stands behind its key.
        Some((found, self.next(found)))
    }

    fn search(&mut self, map: NodeId, key: &str) -> Option<NodeId> {
        if self.searched.insert(map) {
            for other in self.keys_of(map).collect::<Vec<_>>() {
                self.put(map, other);
            }
        }
        let hash = self.hasher.hash_one((map, key));
        let found = self.keys.find(hash, |other| {
            other.hash == hash && other.map == map && self.is_named(other.key, key)
        });
        found.map(|found| found.key)
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
        self.compare_written();
        let large = self.written.len().max(self.keys.len()) > LARGE_MAP;
        let mut tree = self.tree;
        open_rings(&mut tree.nodes);
        if large || tree.rare().is_some() {
            tree.sort_repeated();
        }
        tree.shrink_to_fit();
        tree
    }

    /// Finds the keys that were written twice among those that were to be compared later.
    fn compare_written(&mut self) {
        let mut written = std::mem::take(&mut self.written);
        if !self.searched.is_empty() {
            written.retain(|key| !self.searched.contains(&key.map));
        }
        written.sort_unstable_by_key(|key| (key.hash, key.key));
        for same_hash in written.chunk_by(|a, b| a.hash == b.hash) {
            let mut different: Vec<&Written> = Vec::new();
            for key in same_hash {
                let same = |other: &&Written| {
                    other.map == key.map && self.name(other.key) == self.name(key.key)
                };
                if same_hash.len() == 1 {
                    continue;
                } else if different.iter().any(same) {
                    self.repeats(key.map, key.key);
                } else {
                    different.push(key);
                }
            }
        }
        self.written = written;
    }
}

/// Makes of the rings of children what a tree has: a collection knows its first child, and behind
/// the last there is none.
fn open_rings(nodes: &mut [Node]) {
    for at in 0..nodes.len() {
        let mut last = nodes[at].payload as usize;
        let shape = nodes[at].shape();
        if !matches!(shape, Shape::Mapping | Shape::Sequence) || last >= nodes.len() {
            continue;
        }
        if shape == Shape::Mapping {
            last = nodes[last].next() as usize;
        }
        nodes[at].payload = nodes[last].next();
        nodes[at].set_large(false);
        nodes[last].set_next(NONE);
    }
}

fn name_of<'a>(text: &'a str, tree: &'a Tree, id: NodeId) -> Cow<'a, str> {
    NodeRef { text, tree, id }.scalar()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two maps with keys in turn, searched or not; the keys that stand again, by their offsets.
    fn repeated(names: &str, search: bool) -> (Vec<u32>, Vec<String>) {
        let mut builder = TreeBuilder::new(names);
        let maps = [0, 1].map(|_| builder.mapping(0..0, Style::Lines));
        for (at, name) in names.char_indices() {
            let map = maps[at % 2];
            let before = search.then(|| builder.find(map, &name.to_string()));
            let key = builder.scalar(at..at + 1, Style::Bare, &name.to_string());
            let value = builder.scalar(at..at + 1, Style::Bare, &name.to_string());
            if let Some(before) = before {
                let there = names[..at]
                    .char_indices()
                    .any(|(other, c)| c == name && other % 2 == at % 2);
                assert_eq!(before.is_some(), there, "{name} at {at} of {names}");
            }
            builder.entry(map, key, value);
            assert_eq!(builder.find(map, &name.to_string()), Some((key, value)));
        }
        let list = builder.sequence(0..0, Style::Lines);
        for map in maps {
            builder.append(list, map);
        }
        let tree = builder.finish(list);
        let duplicates = tree.duplicates().iter().map(|id| tree.node(*id).start);
        let contents = tree.children(list).map(|map| {
            let keys = tree.entries(map).map(|(key, _)| name_of(names, &tree, key));
            keys.collect()
        });
        (duplicates.collect(), contents.collect())
    }

    proptest::proptest! {
        #[test]
        fn repeated_keys_are_found(names in "[a-z]{0,60}|[a-zA-Z0-9]{30,200}") {
            let expected: Vec<u32> = (0..names.len())
                .filter(|at| {
                    let (own, above) = (&names[*at..=*at], &names[..*at]);
                    above.match_indices(own).any(|(other, _)| other % 2 == at % 2)
                })
                .map(narrow)
                .collect();
            let turns = |turn: usize| -> String {
                names.chars().skip(turn).step_by(2).collect()
            };
            let contents = vec![turns(0), turns(1)];
            proptest::prop_assert_eq!(repeated(&names, false), (expected.clone(), contents.clone()));
            proptest::prop_assert_eq!(repeated(&names, true), (expected, contents));
        }
    }
}
