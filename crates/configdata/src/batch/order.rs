//! Removals from lists, in the order in which they can be made together.

use std::borrow::Cow;
use std::collections::HashSet;

use super::touch::{find, parent};
use crate::document::Document;
use crate::edit::{Action, Edit, index_of};
use crate::path::{ResolvedPath, Step};
use crate::tree::Kind;

/// Removals from the last element on, from the front instead: `3, 2, 1` become `1, 1, 1`. The last
/// element of a list with commas goes in another way than the others, and each time another one
/// would be the last. Anything but removals, and lists inside of lists, stay as they are.
pub(super) fn front_first<'e>(document: &Document, edits: &'e [Edit]) -> Cow<'e, [Edit]> {
    let runs: Vec<&[Edit]> = edits.chunk_by(goes_before).collect();
    let lists: HashSet<ResolvedPath> = edits.iter().map(|edit| parent(&edit.path)).collect();
    let is_nested = |list: &ResolvedPath| {
        (0..list.0.len()).any(|length| lists.contains(&ResolvedPath(list.0[..length].to_vec())))
    };
    let removals = edits
        .iter()
        .all(|edit| matches!(edit.action, Action::Delete));
    if !removals || runs.len() == edits.len() || lists.iter().any(is_nested) {
        return Cow::Borrowed(edits);
    }
    let mut ordered = Vec::with_capacity(edits.len());
    for run in runs {
        let list = parent(&run[0].path);
        if find(document, &list).is_none_or(|node| node.kind() != Kind::Sequence) {
            ordered.extend_from_slice(run);
            continue;
        }
        for (gone, edit) in run.iter().rev().enumerate() {
            let index = edit.path.0.last().and_then(index_of).unwrap_or_default();
            ordered.push(Edit {
                path: list.child(Step::Index(index - gone)),
                ..edit.clone()
            });
        }
    }
    Cow::Owned(ordered)
}

/// Whether the second of two edits is of an element further to the front of the same list.
fn goes_before(edit: &Edit, next: &Edit) -> bool {
    let (Some((at, list)), Some((next_at, next_list))) =
        (edit.path.0.split_last(), next.path.0.split_last())
    else {
        return false;
    };
    list == next_list
        && matches!((index_of(at), index_of(next_at)), (Some(at), Some(next)) if next < at)
}
