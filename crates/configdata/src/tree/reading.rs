//! Reading values from a tree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::{Children, Kind, NONE, Node, NodeId, Shape, Style, Tree, plain_kind};
use crate::key_index;
use crate::path::{ResolvedPath, Step};
use crate::value::{Number, Value};

/// A node to read. Aliases are followed: what an alias stands for is what is read.
#[derive(Clone, Copy)]
pub struct NodeRef<'a> {
    pub(crate) text: &'a str,
    pub(crate) tree: &'a Tree,
    /// The node as it stands, perhaps an alias.
    pub(crate) id: NodeId,
}

impl std::fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind(), self.source())
    }
}

impl<'a> NodeRef<'a> {
    fn at(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    fn target(self) -> NodeId {
        self.tree.target(self.id)
    }

    fn node(self) -> &'a Node {
        self.tree.node(self.target())
    }

    /// What kind of value it holds. Plain scalars are read by YAML's core schema; `yes` and `on`
    /// are text.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.node().shape() {
            Shape::Mapping => Kind::Mapping,
            Shape::Sequence => Kind::Sequence,
            Shape::Scalar => self.scalar_kind(),
            // An alias never stands for an alias.
            Shape::Alias => Kind::Null,
        }
    }

    fn scalar_kind(self) -> Kind {
        let id = self.target();
        let node = self.tree.node(id);
        let tag = self
            .tree
            .properties(id)
            .and_then(|p| p.tag.as_ref())
            .map(|(tag, _)| tag.as_str());
        match tag {
            Some("tag:yaml.org,2002:str" | "!") => return Kind::String,
            Some(tag) if !tag.starts_with("tag:yaml.org,2002:") => return Kind::String,
            Some(
                "tag:yaml.org,2002:int"
                | "tag:yaml.org,2002:float"
                | "tag:yaml.org,2002:bool"
                | "tag:yaml.org,2002:null",
            ) => {
                return plain_kind(&self.scalar());
            }
            Some(_) => return Kind::String,
            None => {}
        }
        if node.style() == Style::Plain {
            plain_kind(&self.scalar())
        } else {
            Kind::String
        }
    }

    /// Text of a scalar, unescaped; empty for a collection.
    #[must_use]
    pub fn scalar(self) -> Cow<'a, str> {
        let node = self.node();
        if node.shape() != Shape::Scalar {
            return Cow::Borrowed("");
        }
        if node.payload != NONE {
            return Cow::Borrowed(self.tree.unescaped.get(node.payload));
        }
        let source = &self.text[node.start as usize..node.end as usize];
        if node.style() == Style::Expression {
            return Cow::Owned(format!("${{{source}}}"));
        }
        Cow::Borrowed(match node.style() {
            Style::SingleQuoted | Style::DoubleQuoted if source.len() >= 2 => {
                &source[1..source.len() - 1]
            }
            _ => source,
        })
    }

    /// The source text of the node, without anchor, tag and line comment.
    #[must_use]
    pub fn source(self) -> &'a str {
        let node = self.tree.node(self.id);
        &self.text[node.start as usize..node.end as usize]
    }

    /// Where the source text of the node stands, in bytes from the start of its document.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let node = self.tree.node(self.id);
        node.start as usize..node.end as usize
    }

    /// How the node is written.
    #[must_use]
    pub fn style(self) -> Style {
        self.tree.node(self.id).style()
    }

    /// The text, when it is a string.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| self.scalar())
    }

    /// The integer, when it is one that fits 64 bits.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        match self.kind() {
            Kind::Integer => Number::parse(&self.scalar())?.as_integer(),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::Bool => Some(matches!(
                self.scalar().as_bytes().first(),
                Some(b't' | b'T')
            )),
            _ => None,
        }
    }

    /// Whether it is a mapping or a sequence.
    #[must_use]
    pub fn is_collection(self) -> bool {
        self.node().shape() != Shape::Scalar
    }

    /// The entries of a mapping in source order; of a key that stands twice, only the last.
    /// Keys that are collections have no name and are left out. Merge keys (`<<: *base`) are
    /// followed: what they merge stands behind the mapping's own entries.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, NodeRef<'a>)> {
        let id = self.target();
        // Looking for later duplicates costs a second pass: only for mappings that have some.
        let repeats = self.tree.repeats(id);
        let merged = self.tree.merged(id);
        let own = match merged {
            None => self.tree.entries(id),
            Some(_) => self.tree.no_entries(),
        };
        let named = move || {
            own.clone()
                .map(move |(key, value)| (self.at(key), self.at(value)))
                .filter(|(key, _)| !key.is_collection())
                .map(|(key, value)| (key.scalar(), value))
        };
        let last: Option<HashMap<_, _>> = repeats.then(|| {
            named()
                .enumerate()
                .map(|(nth, (key, _))| (key, nth))
                .collect()
        });
        let own = named().enumerate().filter_map(move |(nth, (key, value))| {
            let counts = last
                .as_ref()
                .is_none_or(|last| last.get(&key) == Some(&nth));
            counts.then_some((key, value))
        });
        let merged = merged.unwrap_or_default().iter();
        merged
            .map(move |(key, value)| (self.at(*key).scalar(), self.at(*value)))
            .chain(own)
    }

    /// The values of a sequence in order.
    pub fn items(self) -> impl Iterator<Item = NodeRef<'a>> {
        let id = self.target();
        let children = match self.tree.node(id).shape() {
            Shape::Sequence => self.tree.children(id),
            _ => Children {
                tree: self.tree,
                next: NONE,
            },
        };
        children.map(move |child| self.at(child))
    }

    /// The value under a key of a mapping, perhaps one that it merges.
    #[must_use]
    pub fn get(self, key: &str) -> Option<NodeRef<'a>> {
        match self.tree.merged(self.target()) {
            None => self.entry(key).map(|(_, value)| value),
            Some(entries) => entries
                .iter()
                .find(|(name, _)| self.at(*name).scalar() == key)
                .map(|(_, value)| self.at(*value)),
        }
    }

    /// Key and value nodes that stand under a key in the mapping itself; the last when the key
    /// stands twice.
    pub(crate) fn entry(self, key: &str) -> Option<(NodeRef<'a>, NodeRef<'a>)> {
        let (key, value) = key_index::find(self, self.target(), key)?;
        Some((self.at(key), self.at(value)))
    }

    /// The value at a position of a sequence.
    #[must_use]
    pub fn item(self, index: usize) -> Option<NodeRef<'a>> {
        let id = self.target();
        let is_list = self.tree.node(id).shape() == Shape::Sequence;
        let child = self.tree.element(id, index).filter(|_| is_list)?;
        Some(self.at(child))
    }

    /// Whether it is a mapping with merge keys.
    pub(crate) fn merges(self) -> bool {
        self.tree.merged(self.target()).is_some()
    }

    /// How many children it has.
    #[must_use]
    pub fn len(self) -> usize {
        match self.kind() {
            Kind::Mapping => self.entries().count(),
            Kind::Sequence => self.tree.elements(self.target()),
            _ => 0,
        }
    }

    /// Whether it has no children.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.node().shape() == Shape::Scalar || self.node().payload == NONE
    }

    /// The child one step down. Digits select an index in a sequence and a key in a mapping.
    #[must_use]
    pub fn step(self, step: &Step) -> Option<NodeRef<'a>> {
        match (self.node().shape(), step) {
            (Shape::Mapping, Step::Key(key)) => self.get(key),
            (Shape::Mapping, Step::Index(index)) => self.get(&index.to_string()),
            (Shape::Sequence, Step::Index(index)) => self.item(*index),
            (Shape::Sequence, Step::Key(key)) => self.item(key.parse().ok()?),
            _ => None,
        }
    }

    /// The name of the node's anchor, without its sign.
    #[must_use]
    pub fn anchor(self) -> Option<&'a str> {
        let (name, _) = self.tree.properties(self.id)?.anchor.as_ref()?;
        Some(name)
    }

    /// The node at a path below this one.
    #[must_use]
    pub fn find(self, path: &ResolvedPath) -> Option<NodeRef<'a>> {
        path.0.iter().try_fold(self, NodeRef::step)
    }

    /// The whole value, deeply copied. Aliases are expanded, within the limit checked when the
    /// text was read.
    #[must_use]
    pub fn value(self) -> Value {
        match self.kind() {
            Kind::Mapping => Value::Map(
                self.entries()
                    .map(|(key, value)| (key.into_owned(), value.value()))
                    .collect(),
            ),
            Kind::Sequence => Value::List(self.items().map(NodeRef::value).collect()),
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool() == Some(true)),
            Kind::Integer | Kind::Float => {
                let text = self.scalar();
                Number::parse(&text).map_or_else(|| Value::String(text.into_owned()), Value::Number)
            }
            Kind::String => Value::String(self.scalar().into_owned()),
        }
    }

    /// Calls `visit` for every scalar below this node (and for empty collections, which have no
    /// scalar to stand for them), in source order, with its path from this node.
    pub fn visit_leaves(self, visit: &mut dyn FnMut(&ResolvedPath, NodeRef<'a>)) {
        let mut path = ResolvedPath::default();
        self.visit(&mut path, visit);
    }

    fn visit(self, path: &mut ResolvedPath, visit: &mut dyn FnMut(&ResolvedPath, NodeRef<'a>)) {
        match self.kind() {
            Kind::Mapping if !self.is_empty() => {
                for (key, value) in self.entries() {
                    path.0.push(Step::Key(key.into_owned()));
                    value.visit(path, visit);
                    path.0.pop();
                }
            }
            Kind::Sequence if !self.is_empty() => {
                for (index, value) in self.items().enumerate() {
                    path.0.push(Step::Index(index));
                    value.visit(path, visit);
                    path.0.pop();
                }
            }
            _ => visit(path, self),
        }
    }
}
