//! List elements by merge key instead of position.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::{MutationType, ResourceMutation};
use crate::config::Config;
use crate::merge_key::default_of;
use crate::path::{Path, Selector, Step};
use crate::resolve::field_of;
use crate::tree::{Kind, NodeRef};

/// A recorded path without the positions noted beside deleted elements, to compare it by.
pub(crate) fn without_positions(path: &str) -> Cow<'_, str> {
    if !path.contains(";@") {
        return Cow::Borrowed(path);
    }
    let segments: Vec<&str> = path
        .split('.')
        .map(|segment| match segment.rsplit_once(";@") {
            Some((identity, digits))
                if segment.starts_with('?') && digits.bytes().all(|b| b.is_ascii_digit()) =>
            {
                identity
            }
            _ => segment,
        })
        .collect();
    Cow::Owned(segments.join("."))
}

/// The same mutations with every list element shown by its position in `config`; an element that
/// is gone, by the position it had.
#[must_use]
pub fn with_index_paths(list: &[ResourceMutation], config: &Config) -> Vec<ResourceMutation> {
    list.iter()
        .map(|mutation| {
            if !mutation
                .path_mutation_map
                .keys()
                .any(|path| path.contains('?'))
            {
                return mutation.clone();
            }
            let root = config
                .resources()
                .find(|resource| resource.info == mutation.resource)
                .map(|resource| resource.root);
            let mut shown = IndexMap::with_capacity(mutation.path_mutation_map.len());
            // What exists wins over what is gone when both had one position.
            let (gone, present): (Vec<_>, Vec<_>) = mutation
                .path_mutation_map
                .iter()
                .partition(|(_, info)| info.mutation_type == MutationType::Delete);
            for (path, info) in gone.into_iter().chain(present) {
                let mut info = info.clone();
                if info.mutation_type == MutationType::Add
                    && shown.contains_key(&index_path(path, root))
                {
                    info.mutation_type = MutationType::Replace;
                }
                shown.insert(index_path(path, root), info);
            }
            shown.sort_unstable_keys();
            ResourceMutation {
                path_mutation_map: shown,
                ..mutation.clone()
            }
        })
        .collect()
}

fn index_path(path: &str, root: Option<NodeRef<'_>>) -> String {
    if !path.contains('?') {
        return path.to_owned();
    }
    let Ok(parsed) = Path::parse(path) else {
        return path.to_owned();
    };
    let mut node = root;
    let mut shown: Vec<String> = Vec::with_capacity(parsed.segments().len());
    for (segment, text) in parsed.segments().iter().zip(path.split('.')) {
        match &segment.selector {
            Selector::Match { fields, index, .. } => {
                let place = node
                    .filter(|node| node.kind() == Kind::Sequence)
                    .and_then(|node| {
                        node.items().position(|element| {
                            fields
                                .iter()
                                .all(|(field, wanted)| match field_of(element, field) {
                                    Some(value) => value.scalar() == *wanted,
                                    None => default_of(field) == Some(wanted),
                                })
                        })
                    });
                match place.or(*index) {
                    Some(place) => {
                        shown.push(place.to_string());
                        node = node.and_then(|node| node.item(place));
                    }
                    None => {
                        shown.push(text.to_owned());
                        node = None;
                    }
                }
            }
            Selector::Key(key) => {
                shown.push(text.to_owned());
                node = node.and_then(|node| node.step(&Step::Key(key.clone())));
            }
            _ => shown.push(text.to_owned()),
        }
    }
    shown.join(".")
}
