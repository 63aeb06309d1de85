//! What an edit does to the collection it is in.

use crate::document::Document;
use crate::edit::Action;
use crate::path::{ResolvedPath, Step};
use crate::tree::{Kind, NodeRef, Style};

/// What a batch does to the entries of one map, or the elements of one list. Additions to a map and
/// removals from it do not go together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Values,
    Added,
    Removed,
}

pub(super) fn parent(path: &ResolvedPath) -> ResolvedPath {
    ResolvedPath(path.0[..path.0.len().saturating_sub(1)].to_vec())
}

pub(super) fn find<'a>(document: &'a Document, path: &ResolvedPath) -> Option<NodeRef<'a>> {
    document.root().and_then(|root| root.find(path))
}

/// What an edit does to the entries of the map it is in.
pub(super) fn touch(document: &Document, path: &ResolvedPath, action: &Action) -> Touch {
    match action {
        Action::Delete => Touch::Removed,
        _ if changes_structure(document, path, action) => Touch::Added,
        _ => Touch::Values,
    }
}

/// Whether an edit adds or removes an entry, rather than giving an existing one a new value.
fn changes_structure(document: &Document, path: &ResolvedPath, action: &Action) -> bool {
    match action {
        Action::Set(_) | Action::SetAfter { .. } => find(document, path).is_none(),
        Action::Comment(_) => false,
        Action::Insert(_) | Action::Delete => true,
    }
}

/// Whether an edit must see the tree that all edits before it leave: those of lists that are empty
/// or written as blocks, those that create more than one level, and those that swap a collection.
pub(super) fn alone(document: &Document, path: &ResolvedPath, action: &Action) -> bool {
    if matches!(action, Action::Comment(_)) {
        return false;
    }
    if changes_structure(document, path, action) {
        return match find(document, &parent(path)) {
            Some(node) if node.kind() == Kind::Mapping => false,
            Some(node) if node.kind() == Kind::Sequence => {
                node.style() == Style::Lines || node.is_empty()
            }
            _ => true,
        };
    }
    find(document, path).is_some_and(NodeRef::is_collection)
}

/// Whether positions in a list are others after an edit.
pub(super) fn is_in_list(document: &Document, path: &ResolvedPath, action: &Action) -> bool {
    let shortens = matches!(action, Action::Delete)
        && find(document, &parent(path)).is_some_and(|node| node.kind() == Kind::Sequence);
    shortens
        || matches!(action, Action::Insert(_))
        || path
            .0
            .iter()
            .any(|step| matches!(step, Step::Key(key) if key == "-"))
}

/// The list that a place is in, and the step to the place.
pub(super) fn list_of<'a, 'p>(
    document: &'a Document,
    path: &'p ResolvedPath,
) -> Option<(NodeRef<'a>, &'p Step)> {
    let list = find(document, &parent(path))?;
    let step = path.0.last()?;
    (list.kind() == Kind::Sequence).then_some((list, step))
}
