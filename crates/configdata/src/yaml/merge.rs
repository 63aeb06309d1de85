//! Merge keys: `<<: *base` and `<<: [*first, *second]` (<https://yaml.org/type/merge.html>).

use std::collections::HashSet;

use crate::tree::{NodeId, NodeRef, Shape, Style, Tree};

/// The entries of a mapping with merge keys: its own, then those of the mappings it names, the
/// earlier first. A key that is there already is not merged again. `None` when a merge key names
/// something else: then it is a key like any other.
///
/// What is merged is reached through aliases, so its size counts as theirs does.
pub(super) fn entries(text: &str, tree: &Tree, id: NodeId) -> Option<Box<[(NodeId, NodeId)]>> {
    let reference = |id| NodeRef { text, tree, id };
    let mut own = Vec::new();
    let mut sources = Vec::new();
    for (key, value) in tree.entries(id) {
        if is_merge_key(reference(key)) {
            sources.extend(mappings(tree, value)?);
        } else {
            own.push((key, value));
        }
    }
    if sources.is_empty() {
        return None;
    }
    let mut known = HashSet::new();
    let mut entries = last_of_each(text, tree, own);
    known.extend(entries.iter().map(|(key, _)| reference(*key).scalar()));
    for source in sources {
        let merged = match tree.merged(source) {
            Some(merged) => merged.to_vec(),
            None => last_of_each(text, tree, tree.entries(source).collect()),
        };
        for (key, value) in merged {
            if known.insert(reference(key).scalar()) {
                entries.push((key, value));
            }
        }
    }
    Some(entries.into())
}

/// A plain `<<` without a tag of its own.
fn is_merge_key(key: NodeRef<'_>) -> bool {
    let tagged = key
        .tree
        .properties(key.id)
        .is_some_and(|properties| properties.tag.is_some());
    key.style() == Style::Plain && !tagged && key.scalar() == "<<"
}

/// The mappings that the value of a merge key names.
fn mappings(tree: &Tree, value: NodeId) -> Option<Vec<NodeId>> {
    let value = tree.target(value);
    let sources: Vec<NodeId> = match tree.node(value).shape() {
        Shape::Mapping => vec![value],
        Shape::Sequence => tree.children(value).map(|item| tree.target(item)).collect(),
        _ => return None,
    };
    let all = sources
        .iter()
        .all(|source| tree.node(*source).shape() == Shape::Mapping);
    all.then_some(sources)
}

/// Entries without those whose key stands again further down, and without nameless keys.
fn last_of_each(text: &str, tree: &Tree, entries: Vec<(NodeId, NodeId)>) -> Vec<(NodeId, NodeId)> {
    let mut known = HashSet::new();
    let mut last: Vec<_> = entries
        .into_iter()
        .rev()
        .filter(|(key, _)| {
            let key = NodeRef {
                text,
                tree,
                id: *key,
            };
            !key.is_collection() && known.insert(key.scalar())
        })
        .collect();
    last.reverse();
    last
}
