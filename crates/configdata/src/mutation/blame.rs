//! Which change wrote which value.

use super::{MutationInfo, ResourceMutation, source_of, with_index_paths};
use crate::config::Config;
use crate::path::ResolvedPath;
use crate::resource::ResourceInfo;

/// One value and the change that last wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// The resource.
    pub resource: ResourceInfo,
    /// Position of its document in [`Config::documents`].
    pub document: usize,
    /// The place of the value, a scalar or an empty collection.
    pub path: ResolvedPath,
    /// The change: that of the nearest recorded place above, or of the resource.
    pub source: MutationInfo,
}

/// The source of every value of a text, in its order, from the MutationSources of its unit.
/// Resources that nothing is recorded of are left out.
#[must_use]
pub fn blame(config: &Config, sources: &[ResourceMutation]) -> Vec<Blame> {
    let sources = with_index_paths(sources, config);
    let mut lines = Vec::new();
    for resource in config.resources() {
        let Some(mutation) = sources
            .iter()
            .find(|mutation| mutation.resource == resource.info)
        else {
            continue;
        };
        resource.root.visit_leaves(&mut |path, _| {
            lines.push(Blame {
                resource: resource.info.clone(),
                document: resource.document,
                path: path.clone(),
                source: source_of(mutation, &path.to_string()).clone(),
            });
        });
    }
    lines
}
