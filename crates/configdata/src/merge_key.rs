//! Merge keys: the fields that tell the elements of a list apart.

use std::collections::HashSet;

use crate::path::{ResolvedPath, Step, escape};
use crate::resolve::field_of;
use crate::resource::Resource;
use crate::tree::{Kind, NodeRef};

/// The merge key of lists of one name.
struct MergeKey {
    /// Resource types it holds for, without their version; empty for all that have no row of
    /// their own for a list of this name.
    types: &'static [&'static str],
    /// Key under which the list stands.
    list: &'static str,
    /// The fields, which every element must have; a dot leads deeper.
    fields: &'static [&'static str],
    /// Whether two elements may share the key: it tells elements apart where it can.
    may_repeat: bool,
}

const fn everywhere(list: &'static str, fields: &'static [&'static str]) -> MergeKey {
    MergeKey {
        types: &[],
        list,
        fields,
        may_repeat: false,
    }
}

const fn only(
    types: &'static [&'static str],
    list: &'static str,
    fields: &'static [&'static str],
) -> MergeKey {
    MergeKey {
        types,
        list,
        fields,
        may_repeat: false,
    }
}

/// Taken from the merge keys the Kubernetes API declares; `volumeClaimTemplates` declares none but
/// needs one (section 5.5 of the function engine). Where a name stands twice, the first key that
/// every element has counts.
const MERGE_KEYS: &[MergeKey] = &[
    everywhere("containers", &["name"]),
    everywhere("initContainers", &["name"]),
    everywhere("ephemeralContainers", &["name"]),
    everywhere("volumes", &["name"]),
    everywhere("env", &["name"]),
    everywhere("imagePullSecrets", &["name"]),
    everywhere("resourceClaims", &["name"]),
    everywhere("schedulingGates", &["name"]),
    everywhere("secrets", &["name"]),
    everywhere("webhooks", &["name"]),
    everywhere("matchConditions", &["name"]),
    everywhere("variables", &["name"]),
    everywhere("ports", &["containerPort", "protocol"]),
    everywhere("ports", &["port", "protocol"]),
    everywhere("ports", &["name"]),
    everywhere("volumeMounts", &["mountPath"]),
    everywhere("volumeDevices", &["devicePath"]),
    everywhere("hostAliases", &["ip"]),
    everywhere(
        "topologySpreadConstraints",
        &["topologyKey", "whenUnsatisfiable"],
    ),
    everywhere("conditions", &["type"]),
    everywhere("volumeClaimTemplates", &["metadata.name"]),
    MergeKey {
        may_repeat: true,
        ..everywhere("endpoints", &["port"])
    },
    only(
        &["apiextensions.k8s.io/CustomResourceDefinition"],
        "versions",
        &["name"],
    ),
    only(
        &["monitoring.coreos.com/PrometheusRule"],
        "groups",
        &["name"],
    ),
    only(
        &[
            "gateway.networking.k8s.io/Gateway",
            "networking.istio.io/Gateway",
        ],
        "listeners",
        &["name"],
    ),
];

/// The merge keys that lists of a name in a type may have, the first choice first: the fields of
/// each, where a dot leads deeper.
pub fn merge_keys(
    resource_type: &str,
    name: &str,
) -> impl Iterator<Item = &'static [&'static str]> {
    let own = without_version(resource_type);
    let (special, general): (Vec<_>, Vec<_>) = MERGE_KEYS
        .iter()
        .filter(|row| row.list == name)
        .filter(|row| row.types.is_empty() || row.types.contains(&own.as_str()))
        .partition(|row| !row.types.is_empty());
    special.into_iter().chain(general).map(|row| row.fields)
}

/// Values an element has when it does not say.
#[must_use]
pub fn default_of(field: &str) -> Option<&'static str> {
    (field == "protocol").then_some("TCP")
}

/// A type without its version: `apps/v1/Deployment` is `apps/Deployment`, `v1/Service` is
/// `Service`.
fn without_version(resource_type: &str) -> String {
    let mut parts: Vec<&str> = resource_type.split('/').collect();
    if parts.len() >= 2 {
        parts.remove(parts.len() - 2);
    }
    parts.join("/")
}

/// Identities of the elements of several versions of one list, as the text of path segments
/// (`?name=web`), when the list has a merge key that fits all elements of all of them. `name` is
/// the key under which the list stands.
pub(crate) fn identities(
    resource_type: &str,
    name: &str,
    lists: &[NodeRef<'_>],
) -> Option<Vec<Vec<String>>> {
    // Most names have no merge key at all.
    if !MERGE_KEYS.iter().any(|row| row.list == name) {
        return None;
    }
    merge_keys(resource_type, name).find_map(|fields| {
        lists
            .iter()
            .map(|list| identities_by(*list, fields))
            .collect()
    })
}

/// The elements of keyed lists that share their merge key with an earlier element of the same list,
/// with that key as the text of a path segment (`?name=web`).
#[must_use]
pub fn shared_merge_keys(resource: &Resource<'_>) -> Vec<(ResolvedPath, String)> {
    let mut shared = Vec::new();
    let own = without_version(&resource.info.resource_type);
    below(
        resource.root,
        "",
        &own,
        &mut ResolvedPath::default(),
        &mut shared,
    );
    shared
}

fn below(
    node: NodeRef<'_>,
    name: &str,
    own: &str,
    path: &mut ResolvedPath,
    shared: &mut Vec<(ResolvedPath, String)>,
) {
    if node.kind() == Kind::Sequence {
        let keys = MERGE_KEYS
            .iter()
            .filter(|row| row.list == name && !row.may_repeat)
            .filter(|row| row.types.is_empty() || row.types.contains(&own))
            .find_map(|row| segments_by(node, row.fields));
        let mut seen = HashSet::new();
        for (at, key) in keys.iter().flatten().enumerate() {
            if !seen.insert(key) {
                shared.push((path.child(Step::Index(at)), key.clone()));
            }
        }
        for (at, item) in node.items().enumerate() {
            path.0.push(Step::Index(at));
            below(item, "", own, path, shared);
            path.0.pop();
        }
    }
    for (key, value) in node.entries() {
        path.0.push(Step::Key(key.to_string()));
        below(value, &key, own, path, shared);
        path.0.pop();
    }
}

/// `None` when an element lacks a field, or two elements share their identity.
fn identities_by(list: NodeRef<'_>, fields: &[&str]) -> Option<Vec<String>> {
    let segments = segments_by(list, fields)?;
    let mut sorted: Vec<&String> = segments.iter().collect();
    sorted.sort_unstable();
    let unique = sorted.windows(2).all(|pair| pair[0] != pair[1]);
    unique.then_some(segments)
}

/// The fields of every element as a path segment; `None` when an element lacks one.
fn segments_by(list: NodeRef<'_>, fields: &[&str]) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    for element in list.items() {
        let mut segment = String::from("?");
        for (nth, field) in fields.iter().enumerate() {
            let value = field_of(element, field)
                .map(|value| value.scalar().into_owned())
                .or_else(|| default_of(field).map(str::to_owned))?;
            // These would not read back as a plain value.
            if value.is_empty() || value == "*" || value.starts_with('@') || value.contains(";@") {
                return None;
            }
            if nth > 0 {
                segment.push('&');
            }
            segment.push_str(&escape(field));
            segment.push('=');
            segment.push_str(&escape(&value).replace('&', "~3"));
        }
        segments.push(segment);
    }
    Some(segments)
}
