//! A whole text: its documents, and edits to them.

use std::borrow::Cow;
use std::ops::Range;

use crate::edit::{Action, Edit, EditError, Refusal, refine};
use crate::limits;
use crate::path::{ResolvedPath, Step};
use crate::toolchain::{Format, Toolchain};
use crate::tree::{DuplicateKey, NodeRef, Position, Shape, Tree};
use crate::value::Value;
use crate::yaml::edit::{Editor, Splice, splice};
use crate::yaml::read::{self, ParseError};

/// Configuration text of one toolchain, read into documents.
///
/// Joined in order, the texts of the documents are the whole text, byte for byte. Documents that
/// hold nothing (only comments, or nothing at all) are among them, with no root.
#[derive(Clone, Debug)]
pub struct Config {
    toolchain: Toolchain,
    documents: Vec<Document>,
}

/// One document: its part of the text, from its `---` (or the start of the text) up to the next.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    tree: Tree,
    /// Line of the whole text on which this document starts, from 0.
    first_line: usize,
}

impl Config {
    /// Reads text. A toolchain that is not structured yet gives one document without a root.
    ///
    /// # Errors
    /// Text over [`limits::MAX_BYTES`], that is not UTF-8, holds a NUL, nests deeper than
    /// [`limits::MAX_DEPTH`], whose aliases expand beyond [`limits::MAX_EXPANDED_NODES`], or that
    /// the format does not allow; with the place.
    pub fn parse(toolchain: Toolchain, bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > limits::MAX_BYTES {
            let message = format!("the text has {} bytes: at most {} are allowed", bytes.len(), limits::MAX_BYTES);
            return Err(ParseError { line: 1, column: 1, message });
        }
        let text = str::from_utf8(bytes).map_err(|error| {
            let valid = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            ParseError::at(valid, valid.len(), format!("byte 0x{:02x} is not UTF-8 text", bytes[valid.len()]))
        })?;
        if let Some(at) = text.find('\0') {
            return Err(ParseError::at(text, at, "a NUL byte does not belong in configuration text"));
        }
        let documents = match toolchain.format() {
            Format::Text => vec![Document { text: text.to_owned(), tree: Tree::default(), first_line: 0 }],
            Format::Yaml => {
                let mut line = 0;
                read::read(text)?
                    .into_iter()
                    .map(|segment| {
                        let part = &text[segment.range];
                        let first_line = line;
                        line += part.bytes().filter(|b| *b == b'\n').count();
                        Document { text: part.to_owned(), tree: segment.tree, first_line }
                    })
                    .collect()
            }
        };
        Ok(Self { toolchain, documents })
    }

    /// The toolchain it was read as.
    #[must_use]
    pub fn toolchain(&self) -> Toolchain {
        self.toolchain
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self.documents.as_slice() {
            [only] => Cow::Borrowed(&only.text),
            documents => Cow::Owned(documents.iter().map(|document| document.text.as_str()).collect()),
        }
    }

    /// The documents in order.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Keys that stand twice in one map, over all documents. They are read as YAML readers of
    /// Kubernetes do: the last one counts.
    pub fn duplicate_keys(&self) -> impl Iterator<Item = DuplicateKey> {
        self.documents.iter().flat_map(|document| {
            document.tree.duplicates.iter().map(|id| {
                let key = NodeRef { text: &document.text, tree: &document.tree, id: *id };
                DuplicateKey { key: key.scalar().into_owned(), position: document.position(key.span().start) }
            })
        })
    }

    /// Makes edits in order. Either all are made or, on an error, none; the answer says whether
    /// the text changed.
    ///
    /// After each step the document is read again and compared: a step that would change anything
    /// but its place is refused, however odd the text.
    ///
    /// # Errors
    /// The first edit that cannot be made safely.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<bool, EditError> {
        let mut changed: Vec<(usize, Document)> = Vec::new();
        let mut edits = edits;
        while let Some(first) = edits.first() {
            let run = edits.iter().take_while(|edit| edit.document == first.document).count();
            let (batch, rest) = edits.split_at(run);
            edits = rest;
            let Some(current) = self.documents.get(first.document) else {
                return Err(EditError {
                    path: first.path.to_string(),
                    position: Position { line: 1, column: 1 },
                    reason: format!("there is no document {}", first.document),
                });
            };
            let known = changed.iter().position(|(index, _)| *index == first.document);
            let base = known.map_or(current, |at| &changed[at].1);
            if let Some(document) = base.edited(batch)? {
                match known {
                    Some(at) => changed[at].1 = document,
                    None => changed.push((first.document, document)),
                }
            }
        }
        let any = !changed.is_empty();
        for (index, document) in changed {
            self.documents[index] = document;
        }
        if any {
            self.number_lines();
        }
        Ok(any)
    }

    fn number_lines(&mut self) {
        let mut line = 0;
        for document in &mut self.documents {
            document.first_line = line;
            line += document.text.bytes().filter(|b| *b == b'\n').count();
        }
    }
}

impl Document {
    /// Its part of the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value it holds; `None` when it holds nothing.
    #[must_use]
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.tree.root.map(|id| NodeRef { text: &self.text, tree: &self.tree, id })
    }

    /// Whether it holds a resource: anything but nothing, `null`, `{}` or `[]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root().is_none_or(|root| {
            root.is_collection() && root.is_empty() || root.kind() == crate::tree::Kind::Null
        })
    }

    /// Line and column, in the whole text, of a byte offset in this document.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let place = read::position(&self.text, offset);
        Position { line: place.line + self.first_line, ..place }
    }

    /// Lines of the whole text, from 1, on which a span of this document stands.
    #[must_use]
    pub fn lines(&self, span: Range<usize>) -> Range<usize> {
        let first = self.position(span.start).line;
        first..self.position(span.end).line + 1
    }

    /// This document with edits made, or `None` when they change nothing.
    fn edited(&self, edits: &[Edit]) -> Result<Option<Self>, EditError> {
        let mut current: Option<Self> = None;
        let mut pending = Batch::default();
        for edit in edits {
            let mut steps = Vec::new();
            match &edit.action {
                Action::Set(value) => {
                    pending.flush(self, &mut current)?;
                    let document = current.as_ref().unwrap_or(self);
                    refine(document.root().and_then(|root| root.find(&edit.path)), &edit.path, value, &mut steps);
                }
                action => steps.push((edit.path.clone(), action.clone())),
            }
            for (path, action) in steps {
                // Splices of independent scalars are made together; anything that moves structure
                // is made alone, on the tree it is to see.
                let scalar_set = matches!(&action, Action::Set(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)));
                if !scalar_set {
                    pending.flush(self, &mut current)?;
                }
                let document = current.as_ref().unwrap_or(self);
                let exists = document.root().and_then(|root| root.find(&path)).is_some_and(|node| !node.is_collection());
                let splices = Editor::new(&document.text, &document.tree)
                    .plan(&path, &action)
                    .map_err(|refusal| document.refuse(&path, refusal))?;
                if splices.is_empty() {
                    continue;
                }
                if !exists {
                    pending.flush(self, &mut current)?;
                }
                pending.splices.extend(splices);
                pending.expected.push(Expected { path, action });
                if !(scalar_set && exists) {
                    pending.flush(self, &mut current)?;
                }
            }
        }
        pending.flush(self, &mut current)?;
        Ok(current)
    }

    fn refuse(&self, path: &ResolvedPath, refusal: Refusal) -> EditError {
        EditError { path: path.to_string(), position: self.position(refusal.offset), reason: refusal.reason }
    }
}

/// Edits that have been planned on the same tree and are made in one go.
#[derive(Default)]
struct Batch {
    splices: Vec<Splice>,
    expected: Vec<Expected>,
}

/// What must be different after a splice, and nothing else.
struct Expected {
    path: ResolvedPath,
    action: Action,
}

impl Batch {
    fn flush(&mut self, original: &Document, current: &mut Option<Document>) -> Result<(), EditError> {
        if self.splices.is_empty() {
            return Ok(());
        }
        let Self { splices, expected } = std::mem::take(self);
        let before = current.as_ref().unwrap_or(original);
        let text = splice(&before.text, splices);
        let first = &expected[0].path;
        let fail = |reason: String| {
            let place = before.root().and_then(|root| deepest(root, first)).map_or(0, |node| node.span().start);
            before.refuse(first, Refusal::new(place, reason))
        };
        let mut segments = read::read(&text).map_err(|error| fail(format!("the result would not be readable: {}", error.message)))?;
        let Some(segment) = segments.pop().filter(|_| segments.is_empty()) else {
            return Err(fail("the result would be more than one document".to_owned()));
        };
        let after = Document { text, tree: segment.tree, first_line: before.first_line };
        if let Some(odd) = first_unexpected(before, &after, &expected) {
            return Err(fail(format!("the value at {odd} would change as well")));
        }
        *current = Some(after);
        Ok(())
    }
}

fn deepest<'a>(root: NodeRef<'a>, path: &ResolvedPath) -> Option<NodeRef<'a>> {
    (0..=path.0.len()).rev().find_map(|length| root.find(&ResolvedPath(path.0[..length].to_vec())))
}

/// The first place where `after` differs from `before` other than as expected.
fn first_unexpected(before: &Document, after: &Document, expected: &[Expected]) -> Option<String> {
    let expected: Vec<&Expected> = expected.iter().collect();
    let mut path = ResolvedPath::default();
    compare(before.root(), after.root(), &mut path, &expected)
}

fn compare(
    before: Option<NodeRef<'_>>,
    after: Option<NodeRef<'_>>,
    path: &mut ResolvedPath,
    expected: &[&Expected],
) -> Option<String> {
    let depth = path.0.len();
    // An edit of this very place, or one that creates everything below it.
    for here in expected.iter().filter(|expected| expected.path.0.len() == depth) {
        return match (&here.action, after) {
            (Action::Set(value), Some(after)) if after.value() == *value => None,
            (Action::Comment(_), Some(after)) => before.and_then(|before| (!same(before, after)).then(|| path.to_string())),
            _ => Some(path.to_string()),
        };
    }
    let (Some(before), Some(after)) = (before, after) else {
        return match (before, after) {
            (None, Some(after)) if !expected.is_empty() => {
                (!created(after, depth, expected)).then(|| path.to_string())
            }
            (None, None) => None,
            _ => Some(path.to_string()),
        };
    };
    if expected.is_empty() {
        return (!same(before, after)).then(|| path.to_string());
    }
    if before.kind() != after.kind() || !before.is_collection() {
        // Null that becomes a map because something is created below it.
        let fresh = before.kind() == crate::tree::Kind::Null && created(after, depth, expected);
        return (!fresh).then(|| path.to_string());
    }
    let shape = before.tree.node(before.tree.target(before.id)).shape;
    if shape == Shape::Mapping { compare_maps(before, after, path, expected) } else { compare_lists(before, after, path, expected) }
}

/// Whether a new value is just what the edits ask for below `depth`.
fn created(after: NodeRef<'_>, depth: usize, expected: &[&Expected]) -> bool {
    expected.iter().all(|expected| match &expected.action {
        Action::Set(value) => {
            let rest = ResolvedPath(
                expected.path.0[depth..]
                    .iter()
                    .map(|step| match step {
                        Step::Key(key) if key == "-" => Step::Index(0),
                        step => step.clone(),
                    })
                    .collect(),
            );
            after.find(&rest).is_some_and(|node| node.value() == *value) && single(after, rest.0.len())
        }
        _ => false,
    })
}

/// Whether a value is a chain of collections with one child each, `length` steps long.
fn single(node: NodeRef<'_>, length: usize) -> bool {
    if length == 0 {
        return true;
    }
    let child = node.entries().next().map(|(_, value)| value).or_else(|| node.item(0));
    node.len() == 1 && child.is_some_and(|child| single(child, length - 1))
}

fn below<'e>(expected: &[&'e Expected], depth: usize, is: impl Fn(&Step) -> bool) -> Vec<&'e Expected> {
    expected.iter().copied().filter(|expected| expected.path.0.get(depth).is_some_and(&is)).collect()
}

fn compare_maps(before: NodeRef<'_>, after: NodeRef<'_>, path: &mut ResolvedPath, expected: &[&Expected]) -> Option<String> {
    let depth = path.0.len();
    let named = |name: &str| {
        let name = name.to_owned();
        below(expected, depth, move |step| match step {
            Step::Key(key) => *key == name,
            Step::Index(index) => index.to_string() == name,
        })
    };
    let mut old = before.entries().peekable();
    let mut new = after.entries().peekable();
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some((old_key, old_value)), Some((new_key, new_value))) if old_key == new_key => {
                let here = named(old_key);
                path.0.push(Step::Key(old_key.to_string()));
                let odd = compare(Some(*old_value), Some(*new_value), path, &here);
                path.0.pop();
                if odd.is_some() {
                    return odd;
                }
                old.next();
                new.next();
            }
            (Some((old_key, _)), other) => {
                let here = named(old_key);
                let gone = here.iter().any(|e| e.path.0.len() == depth + 1 && matches!(e.action, Action::Delete));
                if gone {
                    old.next();
                } else if let Some((new_key, new_value)) = other {
                    // A new key before the end can only come from a flow mapping or a comment rule
                    // we do not have; treat it as an addition.
                    let here = named(new_key);
                    let step = Step::Key(new_key.to_string());
                    path.0.push(step);
                    let odd = compare(None, Some(*new_value), path, &here);
                    path.0.pop();
                    if odd.is_some() || here.is_empty() {
                        return odd.or_else(|| Some(path.child(Step::Key(new_key.to_string())).to_string()));
                    }
                    new.next();
                } else {
                    return Some(path.child(Step::Key(old_key.to_string())).to_string());
                }
            }
            (None, Some((new_key, new_value))) => {
                let here = named(new_key);
                let name = path.child(Step::Key(new_key.to_string())).to_string();
                if here.is_empty() {
                    return Some(name);
                }
                path.0.push(Step::Key(new_key.to_string()));
                let odd = compare(None, Some(*new_value), path, &here);
                path.0.pop();
                if odd.is_some() {
                    return odd;
                }
                new.next();
            }
        }
    }
}

fn compare_lists(before: NodeRef<'_>, after: NodeRef<'_>, path: &mut ResolvedPath, expected: &[&Expected]) -> Option<String> {
    let depth = path.0.len();
    let length = before.items().count();
    let index = |step: &Step| match step {
        Step::Index(index) => *index,
        Step::Key(key) if key == "-" => length,
        Step::Key(key) => key.parse().unwrap_or(usize::MAX),
    };
    // Structure changes alone in its batch, so at most one element comes or goes.
    let structural = |wanted: fn(&Action) -> bool| {
        expected.iter().find(|e| e.path.0.len() == depth + 1 && wanted(&e.action)).map(|e| index(&e.path.0[depth]))
    };
    let gone = structural(|action| matches!(action, Action::Delete));
    let inserted = structural(|action| matches!(action, Action::Insert(_)));
    let mut old = before.items().enumerate();
    let mut at = 0;
    for new in after.items() {
        if inserted == Some(at) && after.items().count() == length + 1 {
            let wanted = expected.iter().any(|e| matches!(&e.action, Action::Insert(value) if new.value() == *value));
            if !wanted {
                return Some(path.child(Step::Index(at)).to_string());
            }
            at += 1;
            continue;
        }
        let mut pair = old.next();
        if pair.is_some() && pair.as_ref().map(|(index, _)| *index) == gone {
            pair = old.next();
        }
        let (nth, before) = match pair {
            Some((nth, before)) => (nth, Some(before)),
            None => (at, None),
        };
        let here = below(expected, depth, |step| index(step) == nth);
        if before.is_none() && here.is_empty() {
            return Some(path.child(Step::Index(at)).to_string());
        }
        path.0.push(Step::Index(nth));
        let odd = compare(before, Some(new), path, &here);
        path.0.pop();
        if odd.is_some() {
            return odd;
        }
        at += 1;
    }
    old.find(|(index, _)| Some(*index) != gone).map(|(index, _)| path.child(Step::Index(index)).to_string())
}

/// Whether two nodes mean the same; how they are written does not matter.
pub(crate) fn same(a: NodeRef<'_>, b: NodeRef<'_>) -> bool {
    use crate::tree::Kind;
    if a.kind() != b.kind() {
        return false;
    }
    match a.kind() {
        Kind::Mapping => {
            let mut right = b.entries();
            for (key, value) in a.entries() {
                match right.next() {
                    Some((other, other_value)) if other == key => {
                        if !same(value, other_value) {
                            return false;
                        }
                    }
                    // The order differs: look every key up.
                    _ => return a.len() == b.len() && a.entries().all(|(key, value)| b.get(&key).is_some_and(|other| same(value, other))),
                }
            }
            right.next().is_none()
        }
        Kind::Sequence => {
            let mut right = b.items();
            a.items().all(|item| right.next().is_some_and(|other| same(item, other))) && right.next().is_none()
        }
        Kind::Null => true,
        Kind::Bool => a.as_bool() == b.as_bool(),
        Kind::Integer | Kind::Float => a.scalar() == b.scalar() || a.value() == b.value(),
        Kind::String => a.scalar() == b.scalar(),
    }
}
