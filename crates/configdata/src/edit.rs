//! Edits: what to change, where, and why it may be refused.

use std::collections::HashSet;

use crate::path::{ResolvedPath, Step};
use crate::tree::{NodeRef, Position};
use crate::value::Value;

/// A change at one place of one document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Position of the document in [`crate::Config::documents`].
    pub document: usize,
    /// The place.
    pub path: ResolvedPath,
    /// What to do there.
    pub action: Action,
}

/// What an edit does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sets the value; maps missing on the way are created. Lists grow by one at their length or
    /// at `-`. Collections are set entry by entry, so what stays the same stays untouched.
    Set(Value),
    /// Sets the value as [`Action::Set`] does; an entry that is new to its map is written right
    /// after its sibling `after`, or before all others when there is none. Where the format cannot
    /// write it there, it comes last.
    SetAfter {
        /// The value.
        value: Value,
        /// Key of the sibling.
        after: Option<String>,
    },
    /// Inserts an element before a position of a list.
    Insert(Value),
    /// Removes the map entry or list element; a place that does not exist is no error.
    Delete,
    /// Sets the line comment of a value that exists; an empty text removes it.
    Comment(String),
}

impl Edit {
    /// An edit that sets a value.
    #[must_use]
    pub fn set(document: usize, path: ResolvedPath, value: impl Into<Value>) -> Self {
        Self {
            document,
            path,
            action: Action::Set(value.into()),
        }
    }

    /// An edit that removes something.
    #[must_use]
    pub fn delete(document: usize, path: ResolvedPath) -> Self {
        Self {
            document,
            path,
            action: Action::Delete,
        }
    }
}

/// Why an edit was not made. Nothing of it was: the text is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot change {path} at {position}: {reason}")]
pub struct EditError {
    /// The place that was asked for.
    pub path: String,
    /// The place in the text that stands in the way.
    pub position: Position,
    /// Why.
    pub reason: String,
}

/// A refusal inside a document, before its place is turned into line and column.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) offset: usize,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(offset: usize, reason: impl Into<String>) -> Self {
        Self {
            offset,
            reason: reason.into(),
        }
    }
}

/// The position in a list that a step names.
pub(crate) fn index_of(step: &Step) -> Option<usize> {
    match step {
        Step::Index(index) => Some(*index),
        Step::Key(key) => key.parse().ok(),
    }
}

/// Wraps a value in the maps that the steps to it name.
pub(crate) fn nest(steps: &[Step], value: &Value) -> Result<Value, Refusal> {
    let mut value = value.clone();
    for step in steps.iter().rev() {
        value = match step {
            Step::Key(key) if key == "-" => Value::List(vec![value]),
            Step::Key(key) => Value::Map(vec![(key.clone(), value)]),
            Step::Index(0) => Value::List(vec![value]),
            Step::Index(_) => {
                return Err(Refusal::new(
                    0,
                    "an element of a list that does not exist cannot be set",
                ));
            }
        };
    }
    Ok(value)
}

/// Breaks the setting of a collection into the changes that really differ, so that everything
/// equal keeps its text. The order is such that no collection is empty in between.
pub(crate) fn refine(
    node: Option<NodeRef<'_>>,
    path: &ResolvedPath,
    value: &Value,
    out: &mut Vec<(ResolvedPath, Action)>,
) {
    let set = || (path.clone(), Action::Set(value.clone()));
    let Some(node) = node else {
        out.push(set());
        return;
    };
    match value {
        Value::Map(entries)
            if node.kind() == crate::tree::Kind::Mapping
                && !node.is_empty()
                && !entries.is_empty() =>
        {
            let mut after = None;
            for (key, value) in entries {
                let path = path.child(Step::Key(key.clone()));
                match node.get(key) {
                    Some(node) => refine(Some(node), &path, value, out),
                    None => {
                        let (value, after) = (value.clone(), after.clone());
                        out.push((path, Action::SetAfter { value, after }));
                    }
                }
                after = Some(key.clone());
            }
            let named: HashSet<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
            for (key, _) in node.entries() {
                if !named.contains(&*key) {
                    out.push((path.child(Step::Key(key.into_owned())), Action::Delete));
                }
            }
        }
        Value::List(values)
            if node.kind() == crate::tree::Kind::Sequence
                && !node.is_empty()
                && !values.is_empty() =>
        {
            refine_list(node, path, values, out);
        }
        _ => {
            if node.value() != *value {
                out.push(set());
            }
        }
    }
}

/// Elements that are equal at the start and at the end stay; what lies between is set, inserted or
/// removed there.
fn refine_list(
    node: NodeRef<'_>,
    path: &ResolvedPath,
    values: &[Value],
    out: &mut Vec<(ResolvedPath, Action)>,
) {
    let old: Vec<NodeRef<'_>> = node.items().collect();
    let head = old
        .iter()
        .zip(values)
        .take_while(|(node, value)| node.value() == **value)
        .count();
    let most = old.len().min(values.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(values.iter().rev())
        .take(most)
        .take_while(|(node, value)| node.value() == **value)
        .count();
    let (old_middle, new_middle) = (
        &old[head..old.len() - tail],
        &values[head..values.len() - tail],
    );
    let both = old_middle.len().min(new_middle.len());
    for at in 0..both {
        refine(
            Some(old_middle[at]),
            &path.child(Step::Index(head + at)),
            &new_middle[at],
            out,
        );
    }
    for (at, value) in new_middle.iter().enumerate().skip(both) {
        out.push((
            path.child(Step::Index(head + at)),
            Action::Insert(value.clone()),
        ));
    }
    // From the first on: where commas separate, only the last element of a list takes the comma
    // before it along, and so cannot go together with its neighbour.
    for _ in both..old_middle.len() {
        out.push((path.child(Step::Index(head + both)), Action::Delete));
    }
}
