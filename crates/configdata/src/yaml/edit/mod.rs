//! Editing: from a place and an action to splices on the text.
//!
//! An edit touches only the bytes it must, and writes in the style it finds. What cannot be done
//! without disturbing something else is refused with the reason.

mod create;
mod delete;
mod place;
mod replace;

use crate::edit::{Action, Refusal, index_of, nest};
use crate::line_comment;
use crate::path::{ResolvedPath, Step};
use crate::splice::Splice;
use crate::tree::{NodeId, NodeRef, Shape, Style, Tree};
use crate::yaml::layout::Habits;

pub(super) type Planned = Result<Vec<Splice>, Refusal>;

/// Where an existing node hangs.
pub(super) enum Slot {
    Root,
    /// Value of the key node, in a mapping.
    Value {
        mapping: NodeId,
        key: NodeId,
    },
    /// Item at an index of a sequence.
    Item {
        sequence: NodeId,
        index: usize,
    },
}

/// The document under edit.
pub(crate) struct Editor<'a> {
    text: &'a str,
    tree: &'a Tree,
}

impl<'a> Editor<'a> {
    pub(crate) fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self { text, tree }
    }

    pub(super) fn node_ref(&self, id: NodeId) -> NodeRef<'a> {
        NodeRef {
            text: self.text,
            tree: self.tree,
            id,
        }
    }

    pub(super) fn start(&self, id: NodeId) -> usize {
        self.tree.node(id).start as usize
    }

    pub(super) fn end(&self, id: NodeId) -> usize {
        self.tree.node(id).end as usize
    }

    pub(super) fn outer_start(&self, id: NodeId) -> usize {
        self.tree.outer_start(id) as usize
    }

    pub(super) fn is_flow(&self, id: NodeId) -> bool {
        self.tree.node(id).style() == Style::Flow
    }

    pub(super) fn habits(&self) -> Habits {
        Habits::of(self.text, self.tree)
    }

    /// The splices that carry out one action at one place. No splice: it is so already.
    pub(crate) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let Some(root) = self.tree.root else {
            return match action {
                Action::Set(value) | Action::SetAfter { value, .. } => {
                    self.fill_empty(&nest(&path.0, value)?)
                }
                Action::Delete => Ok(vec![]),
                _ => Err(Refusal::new(0, "the document is empty")),
            };
        };
        let mut id = root;
        let mut slot = Slot::Root;
        for (depth, step) in path.0.iter().enumerate() {
            self.refuse_shared(id, depth > 0 || path.0.len() > depth)?;
            let Some((next, next_slot)) = self.step(id, step) else {
                if let Some(merged) = self.node_ref(id).step(step) {
                    self.override_merged(merged, depth + 1 == path.0.len(), action)?;
                    if matches!(action, Action::Set(value) | Action::SetAfter { value, .. } if merged.value() == *value)
                    {
                        return Ok(vec![]);
                    }
                }
                return match action {
                    Action::SetAfter { value, after }
                        if depth + 1 == path.0.len()
                            && self.tree.node(id).shape() == Shape::Mapping =>
                    {
                        self.create_after(id, step, value, after.as_deref())
                    }
                    Action::Set(value) | Action::SetAfter { value, .. } => {
                        self.create(id, &slot, &path.0[depth..], value)
                    }
                    Action::Insert(value) if depth + 1 == path.0.len() => {
                        self.insert_item(id, step, value)
                    }
                    Action::Insert(_) | Action::Comment(_) => Err(Refusal::new(
                        self.start(id),
                        "there is nothing at this path",
                    )),
                    Action::Delete => Ok(vec![]),
                };
            };
            (id, slot) = (next, next_slot);
        }
        match action {
            Action::Set(value) | Action::SetAfter { value, .. } => self.replace(id, &slot, value),
            Action::Delete => self.delete(id, &slot),
            Action::Comment(text) => line_comment::plan(self.text, self.tree, id, "#", text),
            Action::Insert(value) => match slot {
                Slot::Item { sequence, index } => {
                    self.insert_item(sequence, &Step::Index(index), value)
                }
                _ => Err(Refusal::new(
                    self.start(id),
                    "expected a position in a list",
                )),
            },
        }
    }

    /// Refuses to go below an alias, or below an anchor that an alias stands for: the change would
    /// show in more than one place.
    pub(super) fn refuse_shared(&self, id: NodeId, below: bool) -> Result<(), Refusal> {
        if below && self.tree.node(id).shape() == Shape::Alias {
            return Err(Refusal::new(
                self.start(id),
                format!(
                    "{} is an alias: changing what it stands for would change it everywhere it is used",
                    self.node_ref(id).source()
                ),
            ));
        }
        if let Some(properties) = self.tree.properties(id)
            && properties.aliased
            && let Some((name, _)) = &properties.anchor
        {
            return Err(Refusal::new(
                self.start(id),
                format!(
                    "the value is anchored as &{name} and used again as *{name}: changing it would change both"
                ),
            ));
        }
        Ok(())
    }

    /// Whether an action may be carried out on an entry that a map merges (`<<: *base`): the map
    /// can define it itself, and no more.
    fn override_merged(
        &self,
        merged: NodeRef<'_>,
        here: bool,
        action: &Action,
    ) -> Result<(), Refusal> {
        if here && matches!(action, Action::Set(_) | Action::SetAfter { .. }) {
            return Ok(());
        }
        Err(Refusal::new(
            merged.span().start,
            "this is merged from here (<<): it can be overridden as a whole, and changed where it stands",
        ))
    }

    fn step(&self, id: NodeId, step: &Step) -> Option<(NodeId, Slot)> {
        let node = self.tree.node(id);
        match node.shape() {
            Shape::Mapping => {
                let (key, value) = match step {
                    Step::Key(key) => self.node_ref(id).entry(key)?,
                    Step::Index(index) => self.node_ref(id).entry(&index.to_string())?,
                };
                Some((
                    value.id,
                    Slot::Value {
                        mapping: id,
                        key: key.id,
                    },
                ))
            }
            Shape::Sequence => {
                let index = index_of(step)?;
                let item = self.tree.children(id).nth(index)?;
                Some((
                    item,
                    Slot::Item {
                        sequence: id,
                        index,
                    },
                ))
            }
            _ => None,
        }
    }
}
