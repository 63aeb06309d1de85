//! Turning what was filled in back into placeholders.

use super::ResourceMutation;
use crate::config::Config;
use crate::edit::{Edit, EditError};
use crate::path::{Path, ResolvedPath};
use crate::placeholder;
use crate::resolve::{Missing, resolve};
use crate::tree::{Kind, NodeRef};
use crate::value::Value;

/// Sets every recorded value with `Predicate` true to the placeholder of its kind (section 5.9 of
/// the function engine); the answer says whether the text changed. Values that have no
/// placeholder (truth values, decimals, collections) stay.
///
/// # Errors
/// A value that cannot be set; then nothing is.
pub fn reset(config: &mut Config, sources: &[ResourceMutation]) -> Result<bool, EditError> {
    let mut edits: Vec<Edit> = Vec::new();
    for resource in config.resources() {
        let Some(mutation) = sources
            .iter()
            .find(|mutation| mutation.resource == resource.info)
        else {
            continue;
        };
        for (path, info) in &mutation.path_mutation_map {
            let Some(path) = Path::parse(path).ok().filter(|_| info.predicate) else {
                continue;
            };
            for found in resolve(resource.root, &path, Missing::Skip) {
                let value = match found.node.map(NodeRef::kind) {
                    Some(Kind::String) => Value::String(placeholder::TEXT.to_owned()),
                    Some(Kind::Integer) => placeholder::INTEGER.into(),
                    _ => continue,
                };
                if !is_known(&edits, resource.document, &found.path) {
                    edits.push(Edit::set(resource.document, found.path, value));
                }
            }
        }
    }
    config.apply(&edits)
}

fn is_known(edits: &[Edit], document: usize, path: &ResolvedPath) -> bool {
    edits
        .last()
        .is_some_and(|edit| edit.document == document && edit.path == *path)
}
