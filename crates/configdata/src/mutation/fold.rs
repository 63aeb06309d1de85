//! Adding new mutations to those a unit has gathered.

use indexmap::IndexMap;

use super::keyed::without_positions;
use super::{MutationInfo, MutationType, ResourceMutation};

/// The MutationSources of a unit after one more change (section 5.4 of the function engine, with
/// its defects mended: a Delete is stored as a Delete, and only what is really below a path is
/// dropped when the path is written anew).
#[must_use]
pub fn fold(
    mut sources: Vec<ResourceMutation>,
    new: Vec<ResourceMutation>,
) -> Vec<ResourceMutation> {
    for mutation in new {
        match find(&sources, &mutation) {
            Some(at) => merge(&mut sources[at], mutation),
            None => sources.push(mutation),
        }
    }
    sources
}

/// The entry that a new one continues: by type and full name, then type and bare name, then a name
/// it had before.
fn find(sources: &[ResourceMutation], new: &ResourceMutation) -> Option<usize> {
    let resource = &new.resource;
    let same_type = |old: &ResourceMutation| {
        old.resource.resource_type == resource.resource_type
            && old.resource.resource_category == resource.resource_category
    };
    sources
        .iter()
        .position(|old| same_type(old) && old.resource.resource_name == resource.resource_name)
        .or_else(|| {
            // A rename brings its old full name along.
            sources.iter().position(|old| {
                new.aliases.contains_key(&old.resource.resource_name)
                    && (same_type(old)
                        || new.resource_mutation_info.mutation_type == MutationType::Update)
                    && old.resource_mutation_info.mutation_type != MutationType::Delete
            })
        })
        .or_else(|| {
            let scoped_twice = sources
                .iter()
                .filter(|old| {
                    same_type(old)
                        && old.resource.resource_name_without_scope
                            == resource.resource_name_without_scope
                })
                .count();
            // Without a scope the name must leave no doubt.
            (scoped_twice == 1 && new.resource_mutation_info.mutation_type != MutationType::Add)
                .then(|| {
                    sources.iter().position(|old| {
                        same_type(old)
                            && old.resource.resource_name_without_scope
                                == resource.resource_name_without_scope
                    })
                })
                .flatten()
        })
}

fn merge(old: &mut ResourceMutation, new: ResourceMutation) {
    use MutationType::{Add, Delete, None, Replace, Update};
    match (
        old.resource_mutation_info.mutation_type,
        new.resource_mutation_info.mutation_type,
    ) {
        (_, None) => {}
        (Add | Update | Replace, Add | Update) => {
            old.resource = new.resource;
            old.aliases.extend(new.aliases);
            old.aliases_without_scopes
                .extend(new.aliases_without_scopes);
            if new.resource_mutation_info.mutation_type == Add {
                // The whole resource is new: nothing below it stands from before.
                old.path_mutation_map.clear();
                old.resource_mutation_info = new.resource_mutation_info;
                old.path_mutation_map = new.path_mutation_map;
                return;
            }
            for (path, info) in new.path_mutation_map {
                write(&mut old.path_mutation_map, &path, info);
            }
        }
        (before, _) => {
            let aliases = std::mem::take(&mut old.aliases);
            let bare = std::mem::take(&mut old.aliases_without_scopes);
            *old = new;
            for (name, member) in aliases {
                old.aliases.entry(name).or_insert(member);
            }
            for (name, member) in bare {
                old.aliases_without_scopes.entry(name).or_insert(member);
            }
            if before == Delete && old.resource_mutation_info.mutation_type != Delete {
                old.resource_mutation_info.mutation_type = Replace;
            }
        }
    }
}

/// Records one change of one path.
fn write(paths: &mut IndexMap<String, MutationInfo>, path: &str, mut info: MutationInfo) {
    let plain = without_positions(path);
    let mut before = None;
    paths.retain(|known, known_info| {
        let known = without_positions(known);
        if known == plain {
            before = Some(known_info.mutation_type);
            return false;
        }
        known
            .strip_prefix(&*plain)
            .is_none_or(|rest| !rest.starts_with('.'))
    });
    if let Some(before) = before
        && info.mutation_type != MutationType::Delete
    {
        info.mutation_type = if before == MutationType::Delete {
            MutationType::Replace
        } else {
            before
        };
    }
    let at = paths
        .binary_search_by(|known, _| known.as_str().cmp(path))
        .unwrap_or_else(|at| at);
    paths.shift_insert(at, path.to_owned(), info);
}
