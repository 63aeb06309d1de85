//! Finding keys in large maps without a search for each.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use hashbrown::HashTable;

use crate::tree::{NodeId, NodeRef, Shape};

/// Maps of up to this many entries are searched one by one.
pub(crate) const LARGE_MAP: usize = 1024;

/// How many searches may go through a large map before the keys are put into a table: reading a
/// text to change one value does not need one.
const FEW: usize = 8;

/// The keys of the large maps of a tree, once they are looked for often. Nodes only: it holds as
/// long as keys keep their names and places in the tree.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    searches: AtomicUsize,
    /// Map and key of the last long search that found something: one edit looks for its place
    /// several times.
    last: AtomicU64,
    keys: OnceLock<Keys>,
}

#[derive(Debug, Default)]
struct Keys {
    maps: HashSet<NodeId>,
    /// Map, key and value; of a key that stands twice, the last.
    table: HashTable<(NodeId, NodeId, NodeId)>,
    hasher: RandomState,
}

impl Default for KeyIndex {
    fn default() -> Self {
        Self {
            searches: AtomicUsize::new(0),
            last: AtomicU64::new(u64::MAX),
            keys: OnceLock::new(),
        }
    }
}

/// A copy begins without a table: most copies are made to be changed.
impl Clone for KeyIndex {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Key and value nodes under a key of a map; the last when the key stands twice.
pub(crate) fn find(map: NodeRef<'_>, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
    match map.tree.rare() {
        Some(rare) => rare.index.find(map, id, key),
        None => {
            let named = |(name, _): &(NodeId, NodeId)| is_named(map, *name, key);
            map.tree.entries(id).filter(named).last()
        }
    }
}

impl KeyIndex {
    fn find(&self, map: NodeRef<'_>, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        if let Some(keys) = self.keys.get().filter(|keys| keys.maps.contains(&id)) {
            return keys.find(map, id, key);
        }
        if let Some(found) = self.found_last(map, id, key) {
            return Some(found);
        }
        let (mut found, mut length) = (None, 0);
        for (name, value) in map.tree.entries(id) {
            if length == LARGE_MAP && self.searches.fetch_add(1, Ordering::Relaxed) >= FEW {
                return self.keys.get_or_init(|| Keys::of(map)).find(map, id, key);
            }
            if is_named(map, name, key) {
                found = Some((name, value));
            }
            length += 1;
        }
        if let Some((name, _)) = found
            && length > LARGE_MAP
        {
            let last = u64::from(id.0) << 32 | u64::from(name.0);
            self.last.store(last, Ordering::Relaxed);
        }
        found
    }

    /// What the last search found, when it is what is looked for again.
    fn found_last(&self, map: NodeRef<'_>, id: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let last = self.last.load(Ordering::Relaxed);
        let name = NodeId(u32::try_from(last & u64::from(u32::MAX)).ok()?);
        let same = last >> 32 == u64::from(id.0) && is_named(map, name, key);
        // A value stands behind its key.
        same.then(|| (name, NodeId(map.tree.node(name).next())))
    }
}

impl Keys {
    fn of(any: NodeRef<'_>) -> Self {
        let mut keys = Self::default();
        let nodes = any.tree.nodes.iter().enumerate();
        for (at, _) in nodes.filter(|(_, node)| node.shape() == Shape::Mapping) {
            let id = NodeId(crate::tree::narrow(at));
            if any.tree.entries(id).nth(LARGE_MAP).is_some() {
                keys.maps.insert(id);
                for (key, value) in any.tree.entries(id) {
                    keys.insert(any, (id, key, value));
                }
            }
        }
        keys
    }

    fn insert(&mut self, any: NodeRef<'_>, entry: (NodeId, NodeId, NodeId)) {
        let (map, key, _) = entry;
        let named = NodeRef { id: key, ..any };
        if named.is_collection() {
            return;
        }
        let name = named.scalar();
        let hash = self.hasher.hash_one((map, &*name));
        let known = self.table.find_mut(hash, |(other_map, other, _)| {
            *other_map == map && is_named(any, *other, &name)
        });
        match known {
            Some(known) => *known = entry,
            None => {
                self.table.insert_unique(hash, entry, |(map, key, _)| {
                    let name = NodeRef { id: *key, ..any }.scalar();
                    self.hasher.hash_one((*map, &*name))
                });
            }
        }
    }

    fn find(&self, any: NodeRef<'_>, map: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        let hash = self.hasher.hash_one((map, key));
        let found = self.table.find(hash, |(other_map, other, _)| {
            *other_map == map && is_named(any, *other, key)
        });
        found.map(|(_, key, value)| (*key, *value))
    }
}

fn is_named(any: NodeRef<'_>, id: NodeId, name: &str) -> bool {
    let key = NodeRef { id, ..any };
    !key.is_collection() && key.scalar() == name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Toolchain};

    #[test]
    fn the_table_answers_as_the_search_does() {
        let keys: String = (0..3000)
            .map(|n| format!("k{}: {n}\n\"k\\x30{n}\": {n}\n", n % 2500))
            .collect();
        let text = format!("small: {{a: 1}}\n{keys}");
        let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("YAML");
        let root = config.documents()[0].root().expect("a root");
        let all = |root: NodeRef<'_>| -> Vec<Option<String>> {
            let names = (0..3100).map(|n| format!("k{n}"));
            names
                .chain(["k01".to_owned(), "small".to_owned()])
                .map(|name| root.get(&name).map(|node| node.source().to_owned()))
                .collect()
        };
        let values = root
            .entries()
            .map(|(key, value)| (key, value.source().to_owned()));
        let last: std::collections::HashMap<_, _> = values.collect();
        let found = all(root);
        for (n, found) in found.iter().take(3100).enumerate() {
            assert_eq!(found.as_ref(), last.get(&*format!("k{n}")), "k{n}");
        }
        assert_eq!(found, all(root), "the second time from the table");
        assert_eq!(found[3101].as_deref(), Some("{a: 1}"));
    }
}
