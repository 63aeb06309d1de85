//! Mutations: what changed between two texts, path by path, and which change last wrote each path.
//!
//! [`compute`] compares two texts. [`fold`] adds the outcome to the MutationSources a unit has
//! gathered over its life (section 5 of the function engine). Elements of lists that have a merge
//! key are recorded by that key, `containers.?name=web.image`, so that they are still found after
//! their neighbours come and go; [`with_index_paths`] turns them into the positions the API shows.

mod blame;
mod compute;
mod fold;
mod keyed;
mod reset;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::resource::ResourceInfo;

pub use blame::{Blame, blame};
pub use compute::compute;
pub(crate) use compute::{Element, elements, pair};
pub use fold::fold;
pub use keyed::with_index_paths;
pub(crate) use keyed::without_positions;
pub use reset::reset;

/// The kind of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MutationType {
    /// New here.
    Add,
    /// Changed: in part for a resource, in value for a path.
    Update,
    /// Removed, and added again later.
    Replace,
    /// Removed.
    Delete,
    /// Untouched.
    #[default]
    None,
}

/// The change last made at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MutationInfo {
    /// Kind of change.
    pub mutation_type: MutationType,
    /// Index of the function in a call; the MutationNum once stored in MutationSources.
    pub index: i64,
    /// Whether a patch may overwrite what is here.
    pub predicate: bool,
    /// YAML text: the removed data of a Delete, otherwise the new data; empty for a resource that
    /// was updated in part.
    pub value: String,
}

/// The one value of a map that is used as a set; `{}` in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {}

/// All recorded changes of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceMutation {
    /// The resource, by its newest name.
    pub resource: ResourceInfo,
    /// Change of the resource as a whole.
    pub resource_mutation_info: MutationInfo,
    /// Changes by path. What has no entry was last written by its nearest ancestor that has one,
    /// or by the change of the resource.
    pub path_mutation_map: IndexMap<String, MutationInfo>,
    /// Names with scope, of this and earlier revisions.
    pub aliases: IndexMap<String, Member>,
    /// Names without scope, of this and earlier revisions.
    pub aliases_without_scopes: IndexMap<String, Member>,
}

impl ResourceMutation {
    fn new(
        resource: &ResourceInfo,
        mutation_type: MutationType,
        index: i64,
        value: String,
    ) -> Self {
        let mut mutation = Self {
            resource: resource.clone(),
            resource_mutation_info: MutationInfo {
                mutation_type,
                index,
                predicate: true,
                value,
            },
            ..Self::default()
        };
        mutation.add_names(resource);
        mutation
    }

    fn add_names(&mut self, resource: &ResourceInfo) {
        self.aliases
            .insert(resource.resource_name.clone(), Member {});
        self.aliases_without_scopes
            .insert(resource.resource_name_without_scope.clone(), Member {});
    }
}

/// The same mutations under another index: from the index of a function to the number of the
/// stored Mutation.
#[must_use]
pub fn with_index(mut list: Vec<ResourceMutation>, index: i64) -> Vec<ResourceMutation> {
    for resource in &mut list {
        resource.resource_mutation_info.index = index;
        for info in resource.path_mutation_map.values_mut() {
            info.index = index;
        }
    }
    list
}

/// The change that last wrote a path, by index paths as [`with_index_paths`] gives them: the entry
/// at the path or at its nearest ancestor, else the change of the resource.
#[must_use]
pub fn source_of<'m>(resource: &'m ResourceMutation, path: &str) -> &'m MutationInfo {
    let mut path = path;
    loop {
        if let Some(info) = resource.path_mutation_map.get(path) {
            return info;
        }
        match path.rfind('.') {
            Some(at) => path = &path[..at],
            None => return &resource.resource_mutation_info,
        }
    }
}
