//! The attributes that are known by name and where they stand (section 6.2 of the function engine).
//!
//! The tables are constants: nothing is built or parsed when a program starts. A type is given by
//! group and kind, so that every version of it is meant.

mod kubernetes;
mod references;

use std::borrow::Cow;

use cubit_configdata::{Match, Missing, NodeRef, Path, Resource, Toolchain, resolve};

use crate::argument::FunctionInvocation;
use crate::kubernetes::{container_lists, is_cluster_scoped, pod_specs, split_type};
use crate::signature::DataType;

pub(crate) use references::{REFERENCES, Reference};

/// One place where an attribute stands.
#[derive(Debug)]
pub(crate) struct AttributePath {
    /// Name the place is found by, such as `container-image`.
    pub(crate) attribute: &'static str,
    /// Name the value is reported under, often the same.
    pub(crate) named: &'static str,
    /// The resources that have it.
    pub(crate) types: Types,
    /// Pattern with `%s` for the attribute's keys. `{pod}` stands for the spec of each pod of the
    /// resource, `{container}` for each of its lists of containers.
    pub(crate) path: &'static str,
    /// Type of the value.
    pub(crate) data_type: DataType,
    /// Function that reads it, if there is one.
    pub(crate) getter: &'static str,
    /// Function that writes it, if there is one.
    pub(crate) setter: &'static str,
    /// Lists it belongs to besides its own.
    pub(crate) lists: Lists,
}

/// The lists of attributes that are asked for as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lists {
    /// `attribute-value`, what `get-attributes` lists.
    pub(crate) general: bool,
    /// `needed-value`: where a placeholder asks for something that another unit provides.
    pub(crate) needed: bool,
    /// `detail`, what `get-details` lists.
    pub(crate) detail: bool,
}

/// The resources that have an attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Types {
    /// All.
    Any,
    /// All that live in namespaces.
    Namespaced,
    /// Group and kind of each.
    Kinds(&'static [(&'static str, &'static str)]),
    /// All that declare pods.
    Pods,
}

impl Types {
    pub(crate) fn have(self, resource: &Resource<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Namespaced => !is_cluster_scoped(&resource.info),
            Self::Kinds(kinds) => {
                let (group, _, kind) = split_type(&resource.info.resource_type);
                kinds.contains(&(group, kind))
            }
            Self::Pods => pod_specs(&resource.info.resource_type).next().is_some(),
        }
    }
}

/// The paths that a pattern stands for in a type.
pub(crate) fn expand(pattern: &'static str, resource_type: &str) -> Vec<Cow<'static, str>> {
    if pattern.contains("{container}") {
        container_lists(resource_type)
            .map(|list| pattern.replace("{container}", &list).into())
            .collect()
    } else if pattern.contains("{pod}") {
        pod_specs(resource_type)
            .map(|spec| pattern.replace("{pod}", spec).into())
            .collect()
    } else {
        vec![pattern.into()]
    }
}

/// A place found through the tables.
pub(crate) struct Found<'a> {
    pub(crate) resource: Resource<'a>,
    pub(crate) place: Match<'a>,
    /// The path as it is shown, with its part.
    pub(crate) path: String,
    /// The part of the value that is meant.
    pub(crate) part: Option<String>,
    pub(crate) data_type: DataType,
    pub(crate) named: &'static str,
    pub(crate) getter: Option<FunctionInvocation>,
    pub(crate) setters: Vec<FunctionInvocation>,
}

/// The rows of a toolchain that some list or name selects.
pub(crate) fn rows(
    toolchain: Toolchain,
    wanted: impl Fn(&AttributePath) -> bool,
) -> impl Iterator<Item = &'static AttributePath> {
    let table: &[AttributePath] = match toolchain {
        Toolchain::KubernetesYaml => &kubernetes::PATHS,
        _ => &[],
    };
    table.iter().filter(move |row| wanted(row))
}

/// The number of keys that the paths of an attribute take; `None` for a name nobody knows.
pub(crate) fn keys_of(toolchain: Toolchain, attribute: &str) -> Option<usize> {
    rows(toolchain, |row| row.attribute == attribute)
        .map(|row| row.path.matches("%s").count())
        .max()
}

/// Where a row's attribute stands in some resources. Keys that are not given are `*`.
pub(crate) fn find<'a>(
    row: &AttributePath,
    resources: &[Resource<'a>],
    keys: &[&str],
    missing: Missing,
) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for resource in resources.iter().filter(|resource| row.types.have(resource)) {
        for pattern in expand(row.path, &resource.info.resource_type) {
            let count = pattern.matches("%s").count();
            let keys: Vec<&str> = (0..count)
                .map(|at| keys.get(at).copied().unwrap_or("*"))
                .collect();
            // The tables hold paths only, and keys are escaped: see the test below.
            let Ok(path) = Path::with_arguments(&pattern, &keys) else {
                continue;
            };
            let missing = if path.part().is_some() {
                Missing::Skip
            } else {
                missing
            };
            for place in resolve(resource.root, &path.without_part(), missing) {
                let bound: Vec<(&str, &str)> = place
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                let call = |name: &str| {
                    (!name.is_empty()).then(|| FunctionInvocation::with_names(name, &bound))
                };
                found.push(Found {
                    resource: resource.clone(),
                    path: match path.part() {
                        Some(part) => format!("{}#{part}", place.path),
                        None => place.path.to_string(),
                    },
                    part: path.part().map(str::to_owned),
                    data_type: row.data_type,
                    named: row.named,
                    getter: call(row.getter),
                    setters: call(row.setter).into_iter().collect(),
                    place,
                });
            }
        }
    }
    found
}

/// What a reference points to when a place is followed: the node beside it that says so.
fn sibling<'a>(root: NodeRef<'a>, place: &Match<'a>, pattern: &str) -> Option<NodeRef<'a>> {
    let mut node = root;
    for (at, segment) in pattern.split('.').enumerate() {
        node = match segment {
            "*" => node.step(place.path.0.get(at)?)?,
            key => node.get(key)?,
        };
    }
    Some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_holds_paths() {
        let all = rows(Toolchain::KubernetesYaml, |_| true)
            .map(|row| row.path)
            .chain(REFERENCES.iter().map(|reference| reference.path));
        for pattern in all {
            for resource_type in ["apps/v1/Deployment", "v1/Pod", "batch/v1/CronJob"] {
                for path in expand(pattern, resource_type) {
                    let keys = vec!["*"; path.matches("%s").count()];
                    assert!(Path::with_arguments(&path, &keys).is_ok(), "{path}");
                }
            }
        }
    }
}
