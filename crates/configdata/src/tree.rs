//! The tree of one document: nodes with byte spans into the document's text.
//!
//! Nodes live in one vector, linked by index, so that a document costs few allocations. Nothing is
//! ever printed from the tree: it says where things are and what they mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::key_index::KeyIndex;
use crate::path::{ResolvedPath, Step};
use crate::value::{Number, Value, is_float, is_integer};

/// Index of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// Offsets fit 32 bits: text is at most [`crate::limits::MAX_BYTES`] long.
pub(crate) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A plain scalar, or nothing at all for an empty value.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// Text without quotes that is a string whatever it looks like.
    Bare,
    /// An expression of a language, kept as it is written.
    Expression,
    /// A block mapping or sequence.
    Block,
    /// A map whose entries stand on lines of their own, perhaps in several places.
    Lines,
    /// `{…}` or `[…]`.
    Flow,
    /// `*name`.
    Alias,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Scalar,
    Mapping,
    Sequence,
    Alias,
}

/// One node: where it stands, its next sibling, and by shape its first child, the index of its
/// unescaped text, or the node an alias stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) next: u32,
    pub(crate) payload: u32,
    pub(crate) shape: Shape,
    pub(crate) style: Style,
    /// The node has an anchor or a tag, found in [`Tree::properties`].
    pub(crate) has_properties: bool,
}

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

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Text of scalars that differs from their source (escapes, folds, block scalars).
    pub(crate) unescaped: Vec<Arc<str>>,
    /// Sorted by node.
    pub(crate) properties: Vec<(NodeId, Properties)>,
    /// Comments in source order, from their sign to their end, without the line break.
    pub(crate) comments: Vec<Range<u32>>,
    pub(crate) root: Option<NodeId>,
    /// Mappings in which a key stands twice, sorted.
    pub(crate) repeating: Vec<NodeId>,
    /// The repeated keys themselves.
    pub(crate) duplicates: Vec<NodeId>,
    /// What mappings with merge keys (`<<: *base`) hold: their own entries, then those they merge
    /// and do not define themselves.
    pub(crate) merging: HashMap<NodeId, Box<[(NodeId, NodeId)]>>,
    /// Where keys of large maps are.
    pub(crate) index: KeyIndex,
}

impl Tree {
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn properties(&self, id: NodeId) -> Option<&Properties> {
        if !self.node(id).has_properties {
            return None;
        }
        let at = self
            .properties
            .binary_search_by_key(&id, |(node, _)| *node)
            .ok()?;
        Some(&self.properties[at].1)
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
        let first = match node.shape {
            Shape::Mapping | Shape::Sequence => node.payload,
            Shape::Scalar | Shape::Alias => NONE,
        };
        Children {
            tree: self,
            next: first,
        }
    }

    pub(crate) fn entries(&self, id: NodeId) -> Entries<'_> {
        match self.node(id).shape {
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
        if self.merging.is_empty() {
            return None;
        }
        self.merging.get(&id).map(AsRef::as_ref)
    }

    /// The node an alias stands for, or the node itself.
    pub(crate) fn target(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        if node.shape == Shape::Alias {
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
        self.next = self.tree.node(id).next;
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

/// What kind of value a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A mapping.
    Mapping,
    /// A sequence.
    Sequence,
    /// Nothing.
    Null,
    /// True or false.
    Bool,
    /// An integer.
    Integer,
    /// A number with a decimal point or exponent.
    Float,
    /// Text.
    String,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mapping => "map",
            Self::Sequence => "list",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Integer => "int",
            Self::Float => "float",
            Self::String => "string",
        })
    }
}

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
        match self.node().shape {
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
        if node.style == Style::Plain {
            plain_kind(&self.scalar())
        } else {
            Kind::String
        }
    }

    /// Text of a scalar, unescaped; empty for a collection.
    #[must_use]
    pub fn scalar(self) -> Cow<'a, str> {
        let node = self.node();
        if node.shape != Shape::Scalar {
            return Cow::Borrowed("");
        }
        if node.payload != NONE {
            return Cow::Borrowed(&self.tree.unescaped[node.payload as usize]);
        }
        let source = &self.text[node.start as usize..node.end as usize];
        Cow::Borrowed(match node.style {
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
        self.tree.node(self.id).style
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
        self.node().shape != Shape::Scalar
    }

    /// The entries of a mapping in source order; of a key that stands twice, only the last.
    /// Keys that are collections have no name and are left out. Merge keys (`<<: *base`) are
    /// followed: what they merge stands behind the mapping's own entries.
    pub fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, NodeRef<'a>)> {
        let id = self.target();
        // Looking for later duplicates costs a second pass: only for mappings that have some.
        let repeats = self.tree.repeating.binary_search(&id).is_ok();
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
        let children = match self.tree.node(id).shape {
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
        let (key, value) = self.tree.index.find(self, self.target(), key)?;
        Some((self.at(key), self.at(value)))
    }

    /// The value at a position of a sequence.
    #[must_use]
    pub fn item(self, index: usize) -> Option<NodeRef<'a>> {
        self.items().nth(index)
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
            Kind::Sequence => self.items().count(),
            _ => 0,
        }
    }

    /// Whether it has no children.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.node().shape == Shape::Scalar || self.node().payload == NONE
    }

    /// The child one step down. Digits select an index in a sequence and a key in a mapping.
    #[must_use]
    pub fn step(self, step: &Step) -> Option<NodeRef<'a>> {
        match (self.node().shape, step) {
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

/// The kind of a plain scalar by YAML's core schema.
pub(crate) fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Kind::Bool,
        _ => match text.as_bytes()[0] {
            b'0'..=b'9' | b'-' | b'+' | b'.' => {
                if is_integer(text) {
                    Kind::Integer
                } else if is_float(text) {
                    Kind::Float
                } else {
                    Kind::String
                }
            }
            _ => Kind::String,
        },
    }
}
