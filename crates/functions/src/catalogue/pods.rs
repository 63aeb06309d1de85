//! Places in a resource, and the pods that the resources of a unit declare.

use std::collections::HashMap;

use cubit_configdata::{NodeRef, ResolvedPath, Resource, ResourceInfo, Step};

use crate::function::Call;
use crate::kubernetes::pod_specs;

/// A node with its path.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) node: NodeRef<'a>,
    pub(super) path: ResolvedPath,
}

impl<'a> Place<'a> {
    pub(super) fn root(resource: &Resource<'a>) -> Self {
        Self {
            node: resource.root,
            path: ResolvedPath::default(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(Self {
            node: self.node.get(key)?,
            path: self.path_of(key),
        })
    }

    /// The place some keys further down, with dots between them.
    pub(super) fn down(&self, keys: &str) -> Option<Self> {
        keys.split('.')
            .try_fold(self.clone(), |place, key| place.get(key))
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let place = |(at, node)| Self {
            node,
            path: self.path.child(Step::Index(at)),
        };
        self.node.items().enumerate().map(place).collect()
    }

    /// The elements of the list under a key; none when there is no such list.
    pub(super) fn list(&self, key: &str) -> Vec<Self> {
        self.get(key).map(|list| list.items()).unwrap_or_default()
    }

    /// The text of a scalar under a key.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let node = self.node.get(key).filter(|node| !node.is_collection())?;
        Some(node.scalar().into_owned())
    }

    /// The path of a key, whether it is there or not.
    pub(super) fn path_of(&self, key: &str) -> ResolvedPath {
        self.path.child(Step::Key(key.to_owned()))
    }

    /// The scalars under a key, by their keys.
    pub(super) fn strings(&self, key: &str) -> Vec<(String, String)> {
        self.get(key)
            .map(|map| strings(map.node))
            .unwrap_or_default()
    }
}

fn strings(node: NodeRef<'_>) -> Vec<(String, String)> {
    node.entries()
        .filter(|(_, value)| !value.is_collection())
        .map(|(key, value)| (key.into_owned(), value.scalar().into_owned()))
        .collect()
}

/// The namespace of a resource; empty when it has none.
pub(super) fn namespace(info: &ResourceInfo) -> &str {
    info.resource_name
        .split_once('/')
        .map_or("", |(namespace, _)| namespace)
}

/// Whether two resources may be in the same namespace. One without a namespace gets its own when
/// it is applied.
pub(super) fn may_meet(a: &str, b: &str) -> bool {
    a == b || a.is_empty() || b.is_empty()
}

/// A pod, or the template of pods.
pub(super) struct Pod<'a> {
    pub(super) resource: Resource<'a>,
    pub(super) spec: Place<'a>,
    /// What stands beside the spec: the metadata of the pods.
    pub(super) metadata: Option<Place<'a>>,
    pub(super) labels: Vec<(String, String)>,
}

impl<'a> Pod<'a> {
    /// Its containers of every kind.
    pub(super) fn containers(&self) -> Vec<Place<'a>> {
        ["containers", "initContainers", "ephemeralContainers"]
            .iter()
            .flat_map(|list| self.spec.list(list))
            .collect()
    }
}

/// The pods that some resources declare, in document order.
pub(super) fn pods<'a>(call: &Call<'a>) -> Vec<Pod<'a>> {
    let mut pods = Vec::new();
    for resource in call.resources("*") {
        for spec in pod_specs(&resource.info.resource_type) {
            let above = spec
                .strip_suffix("spec")
                .map(|above| above.trim_end_matches('.'));
            let root = Place::root(&resource);
            let above = match above {
                None | Some("") => Some(root.clone()),
                Some(above) => root.down(above),
            };
            let metadata = above.and_then(|above| above.get("metadata"));
            let Some(spec) = root.down(spec) else {
                continue;
            };
            pods.push(Pod {
                resource: resource.clone(),
                spec,
                labels: metadata
                    .as_ref()
                    .map(|metadata| metadata.strings("labels"))
                    .unwrap_or_default(),
                metadata,
            });
        }
    }
    pods
}

/// A selector of labels.
#[derive(Default)]
pub(super) struct Selector {
    labels: Vec<(String, String)>,
    /// Key, operator, values.
    expressions: Vec<(String, String, Vec<String>)>,
}

impl Selector {
    /// A plain map of labels.
    pub(super) fn of_labels(labels: Vec<(String, String)>) -> Self {
        Self {
            labels,
            expressions: Vec::new(),
        }
    }

    /// A map with `matchLabels` and `matchExpressions`.
    pub(super) fn of(place: &Place<'_>) -> Self {
        let expressions = place
            .list("matchExpressions")
            .into_iter()
            .map(|expression| {
                let values = expression.list("values");
                (
                    expression.text("key").unwrap_or_default(),
                    expression.text("operator").unwrap_or_default(),
                    values
                        .iter()
                        .map(|value| value.node.scalar().into_owned())
                        .collect(),
                )
            });
        Self {
            labels: place.strings("matchLabels"),
            expressions: expressions.collect(),
        }
    }

    /// Why it does not find labels; nothing when it does.
    pub(super) fn mismatch(&self, labels: &[(String, String)]) -> Option<String> {
        let label = |key: &str| {
            labels
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value)
        };
        for (key, value) in &self.labels {
            match label(key) {
                Some(found) if found == value => {}
                Some(found) => return Some(format!("label {key} is {found:?}, not {value:?}")),
                None => return Some(format!("label {key} is missing")),
            }
        }
        for (key, operator, values) in &self.expressions {
            let found = label(key);
            let is_among = found.is_some_and(|value| values.contains(value));
            let holds = match operator.as_str() {
                "In" => is_among,
                "NotIn" => !is_among,
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                // What else stands there is for the schema to say.
                _ => true,
            };
            if !holds {
                return Some(format!("label {key} does not satisfy {operator}"));
            }
        }
        None
    }
}

/// Pods by their labels, so that a selector need not look at each.
pub(super) struct PodIndex<'p, 'a> {
    pods: &'p [Pod<'a>],
    by_label: HashMap<(&'p str, &'p str), Vec<usize>>,
}

impl<'p, 'a> PodIndex<'p, 'a> {
    pub(super) fn of(pods: &'p [Pod<'a>]) -> Self {
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, pod) in pods.iter().enumerate() {
            for (key, value) in &pod.labels {
                by_label.entry((&**key, &**value)).or_default().push(at);
            }
        }
        Self { pods, by_label }
    }

    /// The pods that a selector finds in a namespace.
    pub(super) fn selected<'s>(
        &'s self,
        namespace_of_selector: &'s str,
        selector: &'s Selector,
    ) -> impl Iterator<Item = &'p Pod<'a>> + 's {
        let fewest = selector
            .labels
            .iter()
            .map(|(key, value)| {
                self.by_label
                    .get(&(&**key, &**value))
                    .map_or(&[][..], Vec::as_slice)
            })
            .min_by_key(|list| list.len());
        let candidates: Box<dyn Iterator<Item = &'p Pod<'a>> + 's> = match fewest {
            Some(list) => Box::new(list.iter().filter_map(|at| self.pods.get(*at))),
            None => Box::new(self.pods.iter()),
        };
        candidates.filter(move |pod| {
            may_meet(namespace(&pod.resource.info), namespace_of_selector)
                && selector.mismatch(&pod.labels).is_none()
        })
    }
}
