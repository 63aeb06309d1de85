//! What is local in ours: changes that people want to keep.

use std::collections::HashMap;

use crate::mutation::{ResourceMutation, without_positions};

/// How a merge knows which values of ours are local.
#[derive(Clone, Copy, Debug)]
pub enum Local<'a> {
    /// Whatever differs from base.
    Differences,
    /// What was written by mutations that are not to be overwritten: `Predicate` of the nearest
    /// recorded ancestor is false (sections 5.6 and 5.7 of the function engine).
    Recorded(&'a [ResourceMutation]),
    /// Nothing: theirs is applied wherever it can be.
    Nothing,
}

/// Who wrote a place last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    /// It may not be overwritten.
    pub(super) local: bool,
    /// The mutation.
    pub(super) source: Option<i64>,
}

/// The recorded paths of one resource, step by step.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    written: Option<Written>,
    below: HashMap<String, Recorded>,
    /// This place or one below it is local.
    any_local: bool,
}

impl Recorded {
    pub(super) fn new(mutation: &ResourceMutation) -> Self {
        let mut root = Self {
            written: Some(Written {
                local: !mutation.resource_mutation_info.predicate,
                source: Some(mutation.resource_mutation_info.index),
            }),
            ..Self::default()
        };
        for (path, info) in &mutation.path_mutation_map {
            let written = Written {
                local: !info.predicate,
                source: Some(info.index),
            };
            let mut here = &mut root;
            for segment in without_positions(path).split('.') {
                here.any_local |= written.local;
                here = here.below.entry(segment.to_owned()).or_default();
            }
            here.any_local |= written.local;
            here.written = Some(written);
        }
        root
    }

    /// Who wrote this very place, if that is recorded.
    pub(super) fn written(&self) -> Option<Written> {
        self.written
    }

    /// The record one step down; of a list element by its merge key, or else by its position.
    pub(super) fn child(&self, segment: &str, position: Option<usize>) -> Option<&Self> {
        self.below.get(segment).or_else(|| {
            let position = position?.to_string();
            self.below.get(&position)
        })
    }

    /// Whether something below is local.
    pub(super) fn has_local_below(&self) -> bool {
        self.below.values().any(|below| below.any_local)
    }
}
