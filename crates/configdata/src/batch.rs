//! Edits that are made together: planned on one tree, spliced at once, then checked.

mod order;
mod splice_kind;
#[cfg(test)]
mod tests;
mod touch;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::document::Document;
use crate::edit::{Action, Edit, EditError, Refusal, index_of, refine};
use crate::expected::Expected;
use crate::format::Format;
use crate::path::{ResolvedPath, Step};
use crate::positions::Positions;
use crate::respell::{Respelled, Respelling};
use crate::splice::{Splice, splice};
use crate::tree::{NodeRef, Style};
use crate::value::Value;
use crate::verify::first_unexpected;
use order::front_first;
use splice_kind::{SpliceKind, kind};
use touch::{Touch, alone, find, is_in_list, list_of, parent, touch};

/// What edits make of a document.
pub(crate) enum Change {
    /// The same tree with some scalars written another way: the document can be changed where it
    /// is, which spares large ones a copy.
    Respelled(Respelled),
    /// Another document.
    Rewritten(Box<Document>),
}

impl Change {
    /// Length of the text afterwards, in bytes.
    pub(crate) fn length(&self, original: &Document) -> usize {
        match self {
            Self::Respelled(respelled) => respelled.length(original),
            Self::Rewritten(document) => document.text.len(),
        }
    }

    /// The document afterwards, beside the original.
    pub(crate) fn rewritten(self, original: &Document) -> Document {
        match self {
            Self::Respelled(respelled) => {
                let mut document = original.clone();
                respelled.respell(&mut document);
                document
            }
            Self::Rewritten(document) => *document,
        }
    }
}

/// A document with edits made, or `None` when they change nothing.
///
/// # Errors
/// The first edit that cannot be made safely.
pub(crate) fn edited(
    format: &dyn Format,
    original: &Document,
    edits: &[Edit],
) -> Result<Option<Document>, EditError> {
    let change = change(format, original, edits)?;
    Ok(change.map(|change| change.rewritten(original)))
}

/// What edits make of a document, or `None` when they change nothing.
///
/// # Errors
/// The first edit that cannot be made safely.
pub(crate) fn change(
    format: &dyn Format,
    original: &Document,
    edits: &[Edit],
) -> Result<Option<Change>, EditError> {
    let ordered = front_first(original, edits);
    match in_order(format, original, &ordered) {
        // The places in the message are those that were asked for.
        Err(_) if matches!(ordered, Cow::Owned(_)) => in_order(format, original, edits),
        change => change,
    }
}

fn in_order(
    format: &dyn Format,
    original: &Document,
    edits: &[Edit],
) -> Result<Option<Change>, EditError> {
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
                // What is there now must be seen, unless the batch leaves it as it was.
                let base = current.as_ref().unwrap_or(original);
                let mut place = batch.place(base, &edit.path);
                if place.is_none() {
                    batch.flush(format, original, &mut current)?;
                    place = Some(edit.path.clone());
                }
                let base = current.as_ref().unwrap_or(original);
                match place.and_then(|place| find(base, &place)) {
                    Some(node) => refine(Some(node), &edit.path, value, &mut steps),
                    None => steps.push((edit.path.clone(), edit.action.clone())),
                }
            }
            action => steps.push((edit.path.clone(), action.clone())),
        }
        for (path, action) in steps {
            let base = current.as_ref().unwrap_or(original);
            let planned = match batch.place(base, &path) {
                Some(place) => plan(format, base, &place, &batch.as_seen(&place, &action))
                    .map(|splices| (place, splices))
                    .ok(),
                None => None,
            };
            let admitted = planned.filter(|(place, splices)| {
                splices.is_empty() || batch.admits(base, place, &action, splices)
            });
            let (place, splices) = match admitted {
                Some(admitted) => admitted,
                None => {
                    batch.flush(format, original, &mut current)?;
                    let base = current.as_ref().unwrap_or(original);
                    let splices = plan(format, base, &path, &action)?;
                    (path.clone(), splices)
                }
            };
            if !splices.is_empty() {
                let base = current.as_ref().unwrap_or(original);
                batch.add(format, base, &place, path, action, splices);
            }
        }
    }
    if current.is_none() && batch.first.is_some() && !batch.reshaped {
        return Ok(Some(Change::Respelled(batch.respelled())));
    }
    batch.flush(format, original, &mut current)?;
    Ok(current.map(|document| Change::Rewritten(Box::new(document))))
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
    /// Start of each splice, to see that the next one keeps clear of them: its end and kind.
    taken: BTreeMap<usize, (usize, SpliceKind)>,
    /// What happens to the entries of maps and the elements of lists.
    touched: HashMap<ResolvedPath, Touch>,
    /// Where elements of lists are after the edits.
    positions: Positions,
    /// New entries, with the sibling of the tree before that they follow; none when they come last.
    added: HashMap<ResolvedPath, Option<Option<String>>>,
    /// Places where entries and elements are put in, with what they are put into.
    places: HashMap<usize, ResolvedPath>,
    /// The edits themselves, to make them one by one when they cannot be made together.
    steps: Vec<(ResolvedPath, Action)>,
    /// An edit that must be alone is in here.
    closed: bool,
    /// The scalars that get another spelling, while nothing else is in here.
    respelled: Vec<Respelling>,
    /// Something else is in here.
    reshaped: bool,
}

impl Batch {
    /// An edit as it is planned on the tree before the batch: a new entry that follows another new
    /// one follows what that one does.
    fn as_seen(&self, path: &ResolvedPath, action: &Action) -> Action {
        let Action::SetAfter {
            value,
            after: Some(after),
        } = action
        else {
            return action.clone();
        };
        let sibling = parent(path).child(Step::Key(after.clone()));
        match self.added.get(&sibling) {
            None => action.clone(),
            Some(None) => Action::Set(value.clone()),
            Some(Some(after)) => Action::SetAfter {
                value: value.clone(),
                after: after.clone(),
            },
        }
    }

    /// A place in the tree that the batch is planned on; `None` when that is not known, or when the
    /// batch changes it.
    fn place(&self, document: &Document, path: &ResolvedPath) -> Option<ResolvedPath> {
        let place = self.positions.before(document.root(), path)?;
        // What is already so may not stay so, and what is not there yet may come.
        (!self.touches(&place) && !self.may_create(document, &place)).then_some(place)
    }

    /// Whether a place may be another one after the edits planned so far.
    fn touches(&self, path: &ResolvedPath) -> bool {
        self.first.is_some() && (self.closed || self.expected.is_related(path))
    }

    /// Whether a place that does not exist may come with an entry beside it: a key that held a
    /// value and becomes a map keeps the value under the empty key.
    fn may_create(&self, document: &Document, path: &ResolvedPath) -> bool {
        path.0.last() == Some(&Step::Key(String::new()))
            && self.touched.contains_key(&parent(path))
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
        if alone(document, path, action) {
            return false;
        }
        let touch = touch(document, path, action);
        let above = parent(path);
        let together = match (self.touched.get(&above), touch) {
            (Some(Touch::Added), Touch::Removed) | (Some(Touch::Removed), Touch::Added) => {
                list_of(document, path).is_some()
            }
            (_, Touch::Values | Touch::Added | Touch::Removed) => true,
        };
        // A list that loses its last element is written in another way.
        let empties = touch == Touch::Removed
            && list_of(document, path)
                .is_some_and(|(list, _)| list.item(self.positions.removed(&above) + 1).is_none());
        together
            && !empties
            && splices.iter().all(|splice| {
                let start = splice.range.start;
                // What is put in at one place of a map or list stands there in its order.
                let behind = touch == Touch::Added
                    && splice.range.is_empty()
                    && self.taken.get(&start).is_some_and(|(end, _)| *end == start)
                    && self.places.get(&start) == Some(&above);
                behind || self.keeps_clear(splice)
            })
    }

    /// Whether a splice keeps clear of those planned so far.
    fn keeps_clear(&self, splice: &Splice) -> bool {
        let kind = kind(splice);
        for (start, (end, other)) in self.taken.range(..=splice.range.end).rev() {
            if *start == splice.range.end && *start > splice.range.start && kind.touches(*other) {
                continue;
            }
            let touching = *end == splice.range.start && *start < *end;
            return *end < splice.range.start || touching && other.touches(kind);
        }
        true
    }

    /// Takes in an edit, planned at its place in the tree before the batch; `path` is what it is
    /// called after the edits before it.
    fn add(
        &mut self,
        format: &dyn Format,
        document: &Document,
        place: &ResolvedPath,
        path: ResolvedPath,
        action: Action,
        splices: Vec<Splice>,
    ) {
        match Respelling::of(format, document, place, &action, &splices) {
            Some(respelling) => self.respelled.push(respelling),
            None => self.reshaped = true,
        }
        for splice in &splices {
            self.taken
                .insert(splice.range.start, (splice.range.end, kind(splice)));
        }
        let touch = touch(document, place, &action);
        if touch == Touch::Added {
            let after = match self.as_seen(place, &action) {
                Action::SetAfter { after, .. } => Some(after),
                _ => None,
            };
            self.added.insert(place.clone(), after);
            for splice in &splices {
                self.places.insert(splice.range.start, parent(place));
            }
        }
        let entries = self.touched.entry(parent(place)).or_insert(touch);
        if touch != Touch::Values {
            *entries = touch;
        }
        if self.first.is_none() {
            self.first = Some(place.clone());
        }
        self.steps.push((path, action.clone()));
        self.splices.extend(splices);
        self.closed = alone(document, place, &action) && is_in_list(document, place, &action);
        self.expect(document, place, touch, action);
    }

    /// Notes what must be seen of an edit afterwards.
    fn expect(&mut self, document: &Document, place: &ResolvedPath, touch: Touch, action: Action) {
        let list = list_of(document, place).filter(|_| touch != Touch::Values);
        let Some((list, step)) = list else {
            return self.expected.add(&place.0, action);
        };
        let path = parent(place);
        let at = index_of(step).unwrap_or_else(|| list.len());
        match action {
            Action::Set(value) | Action::SetAfter { value, .. } | Action::Insert(value) => {
                self.expected.insert(&path.0, at, value);
                self.positions.insert(path, at);
            }
            action => {
                self.expected.add(&place.0, action);
                self.positions.remove(path, at);
            }
        }
    }

    /// What is in here, when that is other spellings only.
    fn respelled(self) -> Respelled {
        Respelled {
            splices: self.splices,
            scalars: self.respelled,
        }
    }

    /// Makes what is planned: together, or one by one where together they would do something else.
    fn flush(
        &mut self,
        format: &dyn Format,
        original: &Document,
        current: &mut Option<Document>,
    ) -> Result<(), EditError> {
        let mut batch = std::mem::take(self);
        let steps = std::mem::take(&mut batch.steps);
        let before = current.as_ref().unwrap_or(original);
        match batch.made(format, before) {
            Ok(made) => {
                if made.is_some() {
                    *current = made;
                }
                return Ok(());
            }
            Err(error) if steps.len() < 2 => return Err(error),
            Err(_) => {}
        }
        for (path, action) in steps {
            let before = current.as_ref().unwrap_or(original);
            let splices = plan(format, before, &path, &action)?;
            if !splices.is_empty() {
                let mut alone = Self::default();
                alone.add(format, before, &path.clone(), path, action, splices);
                *current = alone.made(format, before)?;
            }
        }
        Ok(())
    }

    /// The document with everything planned done, checked.
    fn made(self, format: &dyn Format, before: &Document) -> Result<Option<Document>, EditError> {
        let Self {
            splices,
            expected,
            first: Some(first),
            respelled,
            reshaped,
            ..
        } = self
        else {
            return Ok(None);
        };
        if !reshaped {
            let respelled = Respelled {
                splices,
                scalars: respelled,
            };
            return Ok(Some(Change::Respelled(respelled).rewritten(before)));
        }
        let text = splice(&before.text, splices);
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
        // A carriage return alone ends a line, too (YAML 1.2.2, 5.4).
        let ends_line = |text: &str| text.ends_with(['\n', '\r']);
        if ends_line(&before.text) && !ends_line(&text) && !text.is_empty() && !plain {
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
            text: text.into(),
            tree: segment.tree,
            first_line: before.first_line,
        };
        if let Some(odd) = first_unexpected(before.root(), after.root(), &expected, format.unsaid())
        {
            return Err(fail(format!("the value at {odd} would change as well")));
        }
        Ok(Some(after))
    }
}

fn deepest<'a>(root: NodeRef<'a>, path: &ResolvedPath) -> Option<NodeRef<'a>> {
    (0..=path.0.len())
        .rev()
        .find_map(|length| root.find(&ResolvedPath(path.0[..length].to_vec())))
}
