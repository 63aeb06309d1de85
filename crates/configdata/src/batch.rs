//! Edits that are made together: planned on one tree, spliced at once, then checked.

use std::collections::{BTreeMap, HashSet};

use crate::document::Document;
use crate::edit::{Action, Edit, EditError, Refusal, refine};
use crate::format::Format;
use crate::path::{ResolvedPath, Step};
use crate::respell::{Respelling, respell};
use crate::splice::{Splice, splice};
use crate::tree::{Kind, NodeRef, Style};
use crate::value::Value;
use crate::verify::{Expected, first_unexpected};

/// A document with edits made, or `None` when they change nothing.
///
/// # Errors
/// The first edit that cannot be made safely.
pub(crate) fn edited(
    format: &dyn Format,
    original: &Document,
    edits: &[Edit],
) -> Result<Option<Document>, EditError> {
    let mut current: Option<Document> = None;
    let mut batch = Batch::default();
    for edit in edits {
        let mut steps = Vec::new();
        match &edit.action {
            Action::Set(value @ (Value::List(_) | Value::Map(_)))
            | Action::SetAfter {
                value: value @ (Value::List(_) | Value::Map(_)),
                ..
            } => {
                batch.flush(format, original, &mut current)?;
                match find(current.as_ref().unwrap_or(original), &edit.path) {
                    Some(node) => refine(Some(node), &edit.path, value, &mut steps),
                    None => steps.push((edit.path.clone(), edit.action.clone())),
                }
            }
            action => steps.push((edit.path.clone(), action.clone())),
        }
        for (path, action) in steps {
            // What is already so may not stay so, and what is not there yet may come.
            let base = current.as_ref().unwrap_or(original);
            if batch.touches(&path) || batch.may_create(base, &path) {
                batch.flush(format, original, &mut current)?;
            }
            let document = current.as_ref().unwrap_or(original);
            let mut splices = plan(format, document, &path, &action)?;
            if splices.is_empty() {
                continue;
            }
            if !batch.admits(document, &path, &action, &splices) {
                batch.flush(format, original, &mut current)?;
                splices = plan(format, current.as_ref().unwrap_or(original), &path, &action)?;
                if splices.is_empty() {
                    continue;
                }
            }
            let document = current.as_ref().unwrap_or(original);
            batch.add(format, document, &path, action, splices);
        }
    }
    batch.flush(format, original, &mut current)?;
    Ok(current)
}

/// The splices of one edit.
fn plan(
    format: &dyn Format,
    document: &Document,
    path: &ResolvedPath,
    action: &Action,
) -> Result<Vec<Splice>, EditError> {
    format
        .plan(&document.text, &document.tree, path, action)
        .map_err(|refusal| document.refuse(path, refusal))
}

/// Edits that have been planned on the same tree and are made in one go.
#[derive(Default)]
struct Batch {
    splices: Vec<Splice>,
    expected: Expected,
    first: Option<ResolvedPath>,
    /// Start and end of each splice, to see that the next one keeps clear of them.
    taken: BTreeMap<usize, usize>,
    /// Maps that gain or lose an entry.
    structural: HashSet<ResolvedPath>,
    /// An edit that must be alone is in here.
    closed: bool,
    /// The scalars that get another spelling, while nothing else is in here.
    respelled: Vec<Respelling>,
    /// Something else is in here.
    reshaped: bool,
}

impl Batch {
    /// Whether a place may be another one after the edits planned so far.
    fn touches(&self, path: &ResolvedPath) -> bool {
        self.first.is_some() && (self.closed || self.expected.is_related(path))
    }

    /// Whether a place that does not exist may come with an entry beside it: a key that held a
    /// value and becomes a map keeps the value under the empty key.
    fn may_create(&self, document: &Document, path: &ResolvedPath) -> bool {
        path.0.last() == Some(&Step::Key(String::new()))
            && self.structural.contains(&parent(path))
            && find(document, path).is_none()
    }

    /// Whether one more edit can be made together with those planned so far: it must not see what
    /// they change. When in doubt, it cannot.
    fn admits(
        &self,
        document: &Document,
        path: &ResolvedPath,
        action: &Action,
        splices: &[Splice],
    ) -> bool {
        if self.first.is_none() {
            return true;
        }
        if self.touches(path) || alone(document, path, action) {
            return false;
        }
        if changes_structure(document, path, action) && self.structural.contains(&parent(path)) {
            return false;
        }
        splices.iter().all(|splice| {
            let before = self.taken.range(..=splice.range.end).next_back();
            before.is_none_or(|(_, end)| *end < splice.range.start)
        })
    }

    fn add(
        &mut self,
        format: &dyn Format,
        document: &Document,
        path: &ResolvedPath,
        action: Action,
        splices: Vec<Splice>,
    ) {
        match Respelling::of(format, document, path, &action, &splices) {
            Some(respelling) => self.respelled.push(respelling),
            None => self.reshaped = true,
        }
        for splice in &splices {
            self.taken.insert(splice.range.start, splice.range.end);
        }
        self.structural.insert(parent(path));
        // Positions in a list are others afterwards.
        let shortens = matches!(action, Action::Delete)
            && find(document, &parent(path)).is_some_and(|node| node.kind() == Kind::Sequence);
        self.closed = shortens
            || matches!(action, Action::Insert(_))
            || path
                .0
                .iter()
                .any(|step| matches!(step, Step::Key(key) if key == "-"));
        if self.first.is_none() {
            self.first = Some(path.clone());
        }
        self.splices.extend(splices);
        self.expected.add(path, action);
    }

    fn flush(
        &mut self,
        format: &dyn Format,
        original: &Document,
        current: &mut Option<Document>,
    ) -> Result<(), EditError> {
        let Self {
            splices,
            expected,
            first: Some(first),
            respelled,
            reshaped,
            ..
        } = std::mem::take(self)
        else {
            return Ok(());
        };
        let before = current.as_ref().unwrap_or(original);
        let text = splice(&before.text, splices);
        if !reshaped {
            let tree = respell(&before.tree, respelled);
            *current = Some(Document {
                text,
                tree,
                first_line: before.first_line,
            });
            return Ok(());
        }
        let fail = |reason: String| {
            let place = before
                .root()
                .and_then(|root| deepest(root, &first))
                .map_or(0, |node| node.span().start);
            before.refuse(&first, Refusal::new(place, reason))
        };
        // Of plain text the last line break is part of the value.
        let plain = before
            .root()
            .is_some_and(|root| root.style() == Style::Bare);
        if before.text.ends_with('\n') && !text.ends_with('\n') && !text.is_empty() && !plain {
            return Err(fail(
                "the line break at the end of the document would be lost".to_owned(),
            ));
        }
        let mut segments = format.read(&text).map_err(|error| {
            fail(format!(
                "the result would not be readable: {}",
                error.message
            ))
        })?;
        let Some(segment) = segments.pop().filter(|_| segments.is_empty()) else {
            return Err(fail(
                "the result would be more than one document".to_owned(),
            ));
        };
        let after = Document {
            text,
            tree: segment.tree,
            first_line: before.first_line,
        };
        if let Some(odd) = first_unexpected(before.root(), after.root(), &expected, format.unsaid())
        {
            return Err(fail(format!("the value at {odd} would change as well")));
        }
        *current = Some(after);
        Ok(())
    }
}

fn parent(path: &ResolvedPath) -> ResolvedPath {
    ResolvedPath(path.0[..path.0.len().saturating_sub(1)].to_vec())
}

fn find<'a>(document: &'a Document, path: &ResolvedPath) -> Option<NodeRef<'a>> {
    document.root().and_then(|root| root.find(path))
}

/// Whether an edit adds or removes an entry, rather than giving an existing one a new value.
fn changes_structure(document: &Document, path: &ResolvedPath, action: &Action) -> bool {
    match action {
        Action::Set(_) | Action::SetAfter { .. } => find(document, path).is_none(),
        Action::Comment(_) => false,
        Action::Insert(_) | Action::Delete => true,
    }
}

/// Whether an edit must see the tree that all edits before it leave: those of lists, whose
/// positions shift, those that create more than one level, and those that swap a collection.
fn alone(document: &Document, path: &ResolvedPath, action: &Action) -> bool {
    if matches!(action, Action::Comment(_)) {
        return false;
    }
    if changes_structure(document, path, action) {
        let mapping =
            find(document, &parent(path)).is_some_and(|node| node.kind() == Kind::Mapping);
        return !mapping;
    }
    find(document, path).is_some_and(NodeRef::is_collection)
}

fn deepest<'a>(root: NodeRef<'a>, path: &ResolvedPath) -> Option<NodeRef<'a>> {
    (0..=path.0.len())
        .rev()
        .find_map(|length| root.find(&ResolvedPath(path.0[..length].to_vec())))
}
