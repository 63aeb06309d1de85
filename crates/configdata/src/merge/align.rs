//! Which elements of two lists are the same, where no merge key tells.

use imara_diff::{Algorithm, Diff, InternedInput};

use crate::tree::NodeRef;
use crate::yaml::write;

/// What became of an element of the older list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is there unchanged, at this position.
    Kept(usize),
    /// Another one stands in its place, at this position.
    Replaced(usize),
    /// It is gone.
    Gone,
}

/// How an older list became a newer one.
#[derive(Debug)]
pub(super) struct Alignment {
    /// For each element of the older list.
    pub(super) fates: Vec<Fate>,
    /// For each gap of the older list (before its first element, ..., after its last), the
    /// positions of new elements in the newer list.
    pub(super) inserted: Vec<Vec<usize>>,
}

/// Aligns two lists by the longest runs of equal elements. Where just as many elements came as
/// went, each one that came stands in the place of one that went.
pub(super) fn align(old: NodeRef<'_>, new: NodeRef<'_>) -> Alignment {
    let token = |node: NodeRef<'_>| write::document(&node.value());
    let mut input = InternedInput::default();
    input.update_before(old.items().map(token));
    input.update_after(new.items().map(token));
    let length = input.before.len();
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let mut alignment = Alignment {
        fates: Vec::with_capacity(length),
        inserted: vec![Vec::new(); length + 1],
    };
    let mut next = 0;
    for hunk in diff.hunks() {
        let (before, after) = (
            hunk.before.start as usize..hunk.before.end as usize,
            hunk.after.start as usize..hunk.after.end as usize,
        );
        while alignment.fates.len() < before.start {
            alignment.fates.push(Fate::Kept(next));
            next += 1;
        }
        if before.len() == after.len() {
            alignment.fates.extend(after.clone().map(Fate::Replaced));
        } else {
            alignment.fates.extend(before.clone().map(|_| Fate::Gone));
            alignment.inserted[before.end].extend(after.clone());
        }
        next = after.end;
    }
    while alignment.fates.len() < length {
        alignment.fates.push(Fate::Kept(next));
        next += 1;
    }
    alignment
}
