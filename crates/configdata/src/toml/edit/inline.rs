//! Entries of inline tables.

use super::place::Place;
use super::{Editor, Planned};
use crate::brackets::Brackets;
use crate::toml::sections::{Leaf, leaves};
use crate::toml::write;
use crate::tree::NodeRef;
use crate::value::Value;

impl<'a> Editor<'a> {
    pub(super) fn create_inline(
        &self,
        place: &Place<'a>,
        node: NodeRef<'a>,
        key: &str,
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        let all = leaves(node);
        let table = place.node();
        let own = leaves(table);
        let sibling = after.flatten().and_then(|name| self.last_leaf(table, name));
        let behind = sibling
            .or(own.last().copied())
            .filter(|_| after != Some(None));
        let index = match behind {
            Some(leaf) => {
                1 + all
                    .iter()
                    .position(|other| other.start() == leaf.start())
                    .unwrap_or(0)
            }
            None => all
                .iter()
                .position(|other| own.first().is_some_and(|own| own.start() == other.start()))
                .unwrap_or(0),
        };
        let mut keys = place.relative();
        keys.push(key.to_owned());
        let between = all.first().map_or(" = ", |leaf| {
            &self.text[leaf.key.span().end..leaf.value.span().start]
        });
        let value = write::inline(value, false)?;
        let mut child = format!("{}{between}{value}", write::dotted(&keys));
        if all.is_empty() {
            child = format!(" {child} ");
        }
        Ok(self.inline_brackets(node, &all).insert(index, &child, None))
    }

    pub(super) fn inline_brackets(&self, node: NodeRef<'a>, all: &[Leaf<'_>]) -> Brackets<'a> {
        let children = all.iter().map(|leaf| leaf.start()..leaf.end()).collect();
        Brackets::with_children(self.text, self.root.tree, node.id, children)
    }
}
