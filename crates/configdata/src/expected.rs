//! The edits that are to be seen after a batch.

use std::collections::{BTreeMap, HashMap};

use crate::edit::Action;
use crate::path::{ResolvedPath, Step};
use crate::value::Value;

/// The edits that are to be seen at one place and below it, all as of the tree before them.
#[derive(Default)]
pub(crate) struct Expected {
    /// What is done to the place itself.
    pub(crate) action: Option<Action>,
    /// By key or position.
    below: HashMap<String, Expected>,
    /// New elements of a list, by the position they come before.
    inserted: BTreeMap<usize, Vec<Value>>,
}

fn name(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}

impl Expected {
    /// An edit of a place.
    pub(crate) fn add(&mut self, path: &[Step], action: Action) {
        self.at(path).action = Some(action);
    }

    /// A new element of a list, behind those that already come before that position.
    pub(crate) fn insert(&mut self, list: &[Step], position: usize, value: Value) {
        let list = self.at(list);
        list.inserted.entry(position).or_default().push(value);
    }

    fn at(&mut self, path: &[Step]) -> &mut Self {
        path.iter()
            .fold(self, |here, step| here.below.entry(name(step)).or_default())
    }

    /// Whether a path lies above, at or below one that is edited.
    pub(crate) fn is_related(&self, path: &ResolvedPath) -> bool {
        let mut here = self;
        for step in &path.0 {
            if here.action.is_some() {
                return true;
            }
            match here.below.get(&name(step)) {
                Some(next) => here = next,
                None => return false,
            }
        }
        true
    }

    /// What is expected of an entry.
    pub(crate) fn key(&self, key: &str) -> Option<&Self> {
        self.below.get(key)
    }

    /// What is expected of an element.
    pub(crate) fn index(&self, index: usize) -> Option<&Self> {
        if self.below.is_empty() {
            return None;
        }
        self.below.get(&index.to_string())
    }

    /// The new elements before a position.
    pub(crate) fn inserted(&self, position: usize) -> &[Value] {
        self.inserted.get(&position).map_or(&[], Vec::as_slice)
    }

    /// Whether the place itself goes.
    pub(crate) fn is_delete(&self) -> bool {
        matches!(self.action, Some(Action::Delete))
    }
}
