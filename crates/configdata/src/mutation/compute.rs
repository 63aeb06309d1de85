//! The difference of two texts.

use std::collections::HashMap;

use super::{MutationInfo, MutationType, ResourceMutation};
use crate::config::Config;
use crate::merge_key::identities;
use crate::path::escape_key;
use crate::resource::{ResourceInfo, similar_types};
use crate::toolchain::Toolchain;
use crate::tree::{Kind, NodeRef};
use crate::verify::same;
use crate::yaml::write;

/// What changed from `old` to `new`, one entry for each resource that was added, changed, renamed
/// or removed: first the resources of `new` in order, then the removed ones. Comments, order and
/// style are no change. `index` is noted with every change.
#[must_use]
pub fn compute(old: &Config, new: &Config, index: i64) -> Vec<ResourceMutation> {
    let toolchain = new.toolchain();
    let old = elements(old);
    let new = elements(new);
    let partner = pair(toolchain, &old, &new, &[]);
    let mut changes = Vec::new();
    for (element, partner) in new.iter().zip(&partner) {
        match partner {
            None => changes.push(ResourceMutation::new(
                &element.info,
                MutationType::Add,
                index,
                text_of(element.root),
            )),
            Some(partner) => {
                let before = &old[*partner];
                // The same text holds the same values: most documents of an edited unit.
                if before.info == element.info && before.root.text == element.root.text {
                    continue;
                }
                let mut diff = Diff {
                    resource_type: &element.info.resource_type,
                    index,
                    path: String::new(),
                    out: Vec::new(),
                };
                diff.compare(before.root, element.root, "");
                if diff.out.is_empty() && before.info == element.info {
                    continue;
                }
                let mut change = ResourceMutation::new(
                    &element.info,
                    MutationType::Update,
                    index,
                    String::new(),
                );
                change.add_names(&before.info);
                change.path_mutation_map.extend(diff.out);
                change.path_mutation_map.sort_unstable_keys();
                changes.push(change);
            }
        }
    }
    for (at, element) in old.iter().enumerate() {
        if !partner.contains(&Some(at)) {
            changes.push(ResourceMutation::new(
                &element.info,
                MutationType::Delete,
                index,
                text_of(element.root),
            ));
        }
    }
    changes
}

/// A document with the identity it is matched by.
pub(crate) struct Element<'a> {
    pub(crate) info: ResourceInfo,
    /// Position of its document in [`Config::documents`].
    pub(crate) document: usize,
    pub(crate) root: NodeRef<'a>,
}

/// The documents that hold something, in order.
pub(crate) fn elements(config: &Config) -> Vec<Element<'_>> {
    config
        .documents_with_resources()
        .filter_map(|resource| match resource {
            Ok(resource) => Some(Element {
                info: resource.info,
                document: resource.document,
                root: resource.root,
            }),
            // A document that is no resource is known by its position.
            Err(error) => {
                let name = format!("#{}", error.document);
                let info = ResourceInfo {
                    resource_name_without_scope: name.clone(),
                    resource_name: name,
                    ..ResourceInfo::default()
                };
                Some(Element {
                    info,
                    document: error.document,
                    root: config.documents()[error.document].root()?,
                })
            }
        })
        .collect()
}

/// For each new element the old one it continues. Each pass looks at what is still unmatched: same
/// type and full name; a full name it is known to have had before; same type and bare name; similar
/// type and bare name; a rename. `aliases` gives the names that new elements are known to have had.
pub(crate) fn pair(
    toolchain: Toolchain,
    old: &[Element<'_>],
    new: &[Element<'_>],
    aliases: &[Vec<&str>],
) -> Vec<Option<usize>> {
    let mut partner: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    let full = |info: &ResourceInfo| (info.resource_type.clone(), info.resource_name.clone());
    let bare = |info: &ResourceInfo| {
        (
            info.resource_type.clone(),
            info.resource_name_without_scope.clone(),
        )
    };
    for (pass, key) in [full as fn(&ResourceInfo) -> (String, String), bare]
        .into_iter()
        .enumerate()
    {
        if pass == 1 {
            pair_by_alias(toolchain, old, new, aliases, &mut partner, &mut taken);
        }
        let mut by_key: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (at, element) in old.iter().enumerate().rev().filter(|(at, _)| !taken[*at]) {
            by_key.entry(key(&element.info)).or_default().push(at);
        }
        for (at, element) in new.iter().enumerate() {
            if partner[at].is_none()
                && let Some(found) = by_key.get_mut(&key(&element.info)).and_then(Vec::pop)
            {
                partner[at] = Some(found);
                taken[found] = true;
            }
        }
    }
    let unmatched = |partner: &[Option<usize>]| {
        (0..new.len())
            .filter(|at| partner[*at].is_none())
            .collect::<Vec<_>>()
    };
    for at in unmatched(&partner) {
        let info = &new[at].info;
        let found = old.iter().enumerate().position(|(other, element)| {
            !taken[other]
                && element.info.resource_name_without_scope == info.resource_name_without_scope
                && similar_types(toolchain, &element.info.resource_type, &info.resource_type)
        });
        if let Some(found) = found {
            partner[at] = Some(found);
            taken[found] = true;
        }
    }
    let left: Vec<usize> = (0..old.len()).filter(|at| !taken[*at]).collect();
    renames(
        toolchain,
        old,
        new,
        &left,
        &unmatched(&partner),
        &mut partner,
    );
    partner
}

/// Pairs by the names that new elements are known to have had.
fn pair_by_alias(
    toolchain: Toolchain,
    old: &[Element<'_>],
    new: &[Element<'_>],
    aliases: &[Vec<&str>],
    partner: &mut [Option<usize>],
    taken: &mut [bool],
) {
    for (at, names) in aliases.iter().enumerate() {
        if names.is_empty() || partner[at].is_some() {
            continue;
        }
        let found = old.iter().enumerate().position(|(other, element)| {
            !taken[other]
                && names.contains(&element.info.resource_name.as_str())
                && similar_types(
                    toolchain,
                    &element.info.resource_type,
                    &new[at].info.resource_type,
                )
        });
        if let Some(found) = found {
            partner[at] = Some(found);
            taken[found] = true;
        }
    }
}

/// Most pairs that are weighed against each other when looking for renames.
const MAX_RENAME_PAIRS: usize = 10_000;

/// Pairs what is left by likeness, the most alike first: less than half of the values may differ.
fn renames(
    toolchain: Toolchain,
    old: &[Element<'_>],
    new: &[Element<'_>],
    left: &[usize],
    unmatched: &[usize],
    partner: &mut [Option<usize>],
) {
    if left.len().saturating_mul(unmatched.len()) > MAX_RENAME_PAIRS {
        return;
    }
    let mut candidates = Vec::new();
    for &at in unmatched {
        for &other in left {
            let (before, after) = (&old[other], &new[at]);
            if before.info.resource_type.is_empty()
                || !similar_types(
                    toolchain,
                    &before.info.resource_type,
                    &after.info.resource_type,
                )
            {
                continue;
            }
            let mut diff = Diff {
                resource_type: &after.info.resource_type,
                index: 0,
                path: String::new(),
                out: Vec::new(),
            };
            diff.compare(before.root, after.root, "");
            let leaves = count_leaves(before.root) + count_leaves(after.root);
            if diff.out.len() * 2 < leaves {
                candidates.push((diff.out.len(), at, other));
            }
        }
    }
    candidates.sort_unstable();
    let mut used = Vec::new();
    for (_, at, other) in candidates {
        if partner[at].is_none() && !used.contains(&other) {
            partner[at] = Some(other);
            used.push(other);
        }
    }
}

fn count_leaves(root: NodeRef<'_>) -> usize {
    let mut count = 0;
    root.visit_leaves(&mut |_, _| count += 1);
    count
}

fn text_of(node: NodeRef<'_>) -> String {
    write::document(&node.value())
}

/// Above this many entries a map is looked up by hash.
const SMALL_MAP: usize = 16;

/// The changes between two nodes, gathered with their paths.
struct Diff<'r> {
    resource_type: &'r str,
    index: i64,
    path: String,
    out: Vec<(String, MutationInfo)>,
}

impl Diff<'_> {
    fn record(&mut self, mutation_type: MutationType, node: NodeRef<'_>) {
        let info = MutationInfo {
            mutation_type,
            index: self.index,
            predicate: true,
            value: text_of(node),
        };
        self.out.push((self.path.clone(), info));
    }

    fn within(&mut self, segment: &str, work: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(segment);
        work(self);
        self.path.truncate(length);
    }

    /// `name` is the key under which the nodes stand, by which a list finds its merge key.
    fn compare(&mut self, old: NodeRef<'_>, new: NodeRef<'_>, name: &str) {
        match (old.kind(), new.kind()) {
            (Kind::Mapping, Kind::Mapping) if !old.is_empty() => self.compare_maps(old, new),
            (Kind::Sequence, Kind::Sequence) => self.compare_lists(old, new, name),
            _ => {
                if !same(old, new) {
                    self.record(MutationType::Update, new);
                }
            }
        }
    }

    fn compare_maps(&mut self, old: NodeRef<'_>, new: NodeRef<'_>) {
        let mut before: Vec<_> = old.entries().map(Some).collect();
        let positions: Option<HashMap<String, usize>> = (before.len() > SMALL_MAP).then(|| {
            old.entries()
                .enumerate()
                .map(|(at, (key, _))| (key.into_owned(), at))
                .collect()
        });
        for (at, (key, value)) in new.entries().enumerate() {
            // Most maps keep their order: the same position is the likely one.
            let likely = before
                .get(at)
                .is_some_and(|entry| entry.as_ref().is_some_and(|(name, _)| *name == key));
            let found = if likely {
                Some(at)
            } else {
                match &positions {
                    Some(positions) => positions.get(&*key).copied(),
                    None => before
                        .iter()
                        .position(|entry| entry.as_ref().is_some_and(|(name, _)| *name == key)),
                }
            };
            let partner = found.and_then(|at| before[at].take());
            self.within(&escape_key(&key), |diff| match partner {
                Some((_, old)) => diff.compare(old, value, &key),
                None => diff.record(MutationType::Add, value),
            });
        }
        for (key, value) in before.into_iter().flatten() {
            self.within(&escape_key(&key), |diff| {
                diff.record(MutationType::Delete, value);
            });
        }
    }

    fn compare_lists(&mut self, old: NodeRef<'_>, new: NodeRef<'_>, name: &str) {
        if let Some([old_keys, new_keys]) =
            identities(self.resource_type, name, &[old, new]).as_deref()
        {
            self.compare_keyed(old, new, old_keys, new_keys);
            return;
        }
        let mut before = old.items();
        for (at, value) in new.items().enumerate() {
            let partner = before.next();
            self.within(&at.to_string(), |diff| match partner {
                Some(old) => diff.compare(old, value, ""),
                None => diff.record(MutationType::Add, value),
            });
        }
        let length = new.len();
        for (at, value) in before.enumerate() {
            self.within(&(length + at).to_string(), |diff| {
                diff.record(MutationType::Delete, value);
            });
        }
    }

    fn compare_keyed(
        &mut self,
        old: NodeRef<'_>,
        new: NodeRef<'_>,
        old_keys: &[String],
        new_keys: &[String],
    ) {
        let before: Vec<NodeRef<'_>> = old.items().collect();
        let known: HashMap<&str, usize> = old_keys
            .iter()
            .enumerate()
            .map(|(at, key)| (key.as_str(), at))
            .collect();
        let mut continued = vec![false; before.len()];
        for (value, key) in new.items().zip(new_keys) {
            let partner = known.get(key.as_str()).copied();
            if let Some(at) = partner {
                continued[at] = true;
            }
            self.within(key, |diff| match partner {
                Some(at) => diff.compare(before[at], value, ""),
                None => diff.record(MutationType::Add, value),
            });
        }
        for (at, value) in before.iter().enumerate().filter(|(at, _)| !continued[*at]) {
            self.within(&format!("{};@{at}", old_keys[at]), |diff| {
                diff.record(MutationType::Delete, *value);
            });
        }
    }
}
