//! Finding elements of large lists without walking to each.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tree::{NodeId, Rare, Shape, Tree, narrow};

/// Elements up to this position are walked to.
const NEAR: usize = 1024;

/// How many elements may be walked to before the lists are put into tables: reading a text to
/// change one value does not need one.
const FEW: usize = 8;

/// The elements of the large lists of a tree, once they are looked for often. It holds as long as
/// the elements keep their places in the tree.
#[derive(Debug, Default)]
pub(crate) struct ElementIndex {
    walks: AtomicUsize,
    lists: OnceLock<HashMap<NodeId, Box<[NodeId]>>>,
}

/// A copy begins without tables: most copies are made to be changed.
impl Clone for ElementIndex {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Tree {
    /// The element at a position of a sequence.
    pub(crate) fn element(&self, list: NodeId, position: usize) -> Option<NodeId> {
        if position > NEAR
            && let Some(Rare { elements, .. }) = self.rare()
            && elements.walks.fetch_add(1, Ordering::Relaxed) >= FEW
        {
            let lists = elements.lists.get_or_init(|| self.large_lists());
            if let Some(elements) = lists.get(&list) {
                return elements.get(position).copied();
            }
        }
        self.children(list).nth(position)
    }

    /// How many elements a sequence has.
    pub(crate) fn elements(&self, list: NodeId) -> usize {
        let lists = self.rare().and_then(|rare| rare.elements.lists.get());
        let known = lists.and_then(|lists| lists.get(&list));
        known.map_or_else(|| self.children(list).count(), |elements| elements.len())
    }

    fn large_lists(&self) -> HashMap<NodeId, Box<[NodeId]>> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.shape() == Shape::Sequence)
            .map(|(at, _)| NodeId(narrow(at)))
            .filter(|id| self.children(*id).nth(NEAR).is_some())
            .map(|id| (id, self.children(id).collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, NodeRef, Toolchain};

    #[test]
    fn elements_of_large_lists() {
        use std::fmt::Write as _;
        let mut text = String::from("few:\n- a\n- b\nmany:\n");
        for number in 0..5000 {
            let _ = writeln!(text, "- {number}");
        }
        let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("readable");
        let root = config.documents()[0].root().expect("a map");
        let many = root.get("many").expect("a list");
        for at in (0..5000).rev() {
            let found = many.item(at).and_then(NodeRef::as_integer);
            assert_eq!(found, i64::try_from(at).ok());
        }
        assert!(many.item(5000).is_none());
        assert_eq!(
            (many.len(), root.get("few").map(NodeRef::len)),
            (5000, Some(2))
        );
    }
}
