//! Editing properties: values in place, entries as whole lines.

use super::scalar;
use crate::edit::{Action, Refusal};
use crate::entry_lines::{above, at_end, below, line_begin, whole_lines};
use crate::path::{ResolvedPath, Step};
use crate::plain_value::text_of;
use crate::splice::Splice;
use crate::tree::{NodeId, NodeRef, Shape, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;

/// An entry as it stands: the nodes of its whole key and of its value.
#[derive(Clone, Copy)]
struct Leaf<'a> {
    key: NodeRef<'a>,
    value: NodeRef<'a>,
}

impl Leaf<'_> {
    fn start(self) -> usize {
        self.key.span().start
    }

    fn end(self) -> usize {
        self.value.span().end
    }
}

/// A document of properties under edit.
pub(super) struct Editor<'a> {
    text: &'a str,
    tree: &'a Tree,
}

impl<'a> Editor<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self { text, tree }
    }

    pub(super) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let root = NodeRef {
            text: self.text,
            tree: self.tree,
            id: self
                .tree
                .root
                .ok_or_else(|| Refusal::new(0, "the document has no root"))?,
        };
        let keys: Vec<String> = path.0.iter().map(key_of).collect();
        match action {
            Action::Set(value) => self.set(root, path, &keys, value, None),
            Action::SetAfter { value, after } => {
                self.set(root, path, &keys, value, Some(after.as_deref()))
            }
            Action::Delete => self.delete(root, path),
            Action::Insert(_) => Err(Refusal::new(0, "properties have no lists to insert into")),
            Action::Comment(_) => Err(Refusal::new(
                root.find(path).map_or(0, |node| node.span().start),
                "properties have no comments beside a value: everything behind the separator is the value",
            )),
        }
    }

    fn set(
        &self,
        root: NodeRef<'a>,
        path: &ResolvedPath,
        keys: &[String],
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        let Some(node) = root.find(path) else {
            return self.create(root, keys, value, after);
        };
        if !node.is_collection() && !matches!(value, Value::Map(_)) {
            return self.set_value(root, path, node, value);
        }
        if keys.is_empty() && !matches!(value, Value::Map(_)) {
            return Err(Refusal::new(0, "the whole document is a map of keys"));
        }
        let leaves = self.leaves(root, node, path);
        let Some((first, rest)) = leaves.split_first() else {
            let lines = self.lines(keys, value, None)?;
            return Ok(vec![at_end(self.text, &lines)]);
        };
        let mut splices = vec![match value {
            Value::Map(entries) if entries.is_empty() && keys.is_empty() => {
                Splice::remove(whole_lines(self.text, first.start(), first.end()))
            }
            _ => {
                let begin = line_begin(self.text, first.start());
                Splice::new(begin..first.end(), self.lines(keys, value, Some(*first))?)
            }
        }];
        splices.extend(self.remove(rest));
        Ok(splices)
    }

    fn set_value(
        &self,
        root: NodeRef<'a>,
        path: &ResolvedPath,
        node: NodeRef<'a>,
        value: &Value,
    ) -> Planned {
        let span = node.span();
        let new = text_of(value, span.start)?;
        if node.scalar() == new {
            return Ok(vec![]);
        }
        let new = scalar::value(&new, self.is_raw());
        let leaf = self.leaf(root, path, node);
        let bare = leaf.is_some_and(|leaf| leaf.key.span().end == span.start);
        let separator = if bare { "=" } else { "" };
        Ok(vec![Splice::new(span, format!("{separator}{new}"))])
    }

    /// A new entry, or the entries of a new map, beside its siblings.
    fn create(
        &self,
        root: NodeRef<'a>,
        keys: &[String],
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        let mut parent = root;
        let mut depth = 0;
        while let Some(next) = keys.get(depth).and_then(|key| parent.get(key)) {
            parent = next;
            depth += 1;
        }
        let path = ResolvedPath(keys[..depth].iter().cloned().map(Step::Key).collect());
        let siblings = self.leaves(root, parent, &path);
        // A value that is to have entries below it stays under the empty key.
        let folded = depth + 1 == keys.len() && keys[depth].is_empty() && !siblings.is_empty();
        let keys = if folded { &keys[..depth] } else { keys };
        match after.filter(|_| depth + 1 == keys.len() || folded) {
            Some(None) => {
                if let Some(first) = siblings.first() {
                    let lines = self.lines(keys, value, Some(*first))?;
                    return Ok(vec![above(self.text, first.start(), &lines)]);
                }
            }
            Some(Some(sibling)) => {
                if let Some(node) = parent.get(sibling)
                    && let Some(last) = self
                        .leaves(root, node, &path.child(Step::Key(sibling.to_owned())))
                        .last()
                {
                    let lines = self.lines(keys, value, Some(*last))?;
                    return Ok(vec![below(self.text, last.end(), &lines)]);
                }
            }
            _ => {}
        }
        let lines = self.lines(keys, value, siblings.last().copied())?;
        Ok(vec![match siblings.last() {
            Some(last) => below(self.text, last.end(), &lines),
            None => at_end(self.text, &lines),
        }])
    }

    fn delete(&self, root: NodeRef<'a>, path: &ResolvedPath) -> Planned {
        let Some((last, above)) = path.0.split_last() else {
            return Err(Refusal::new(
                0,
                "a whole document is removed as a resource, not by its empty path",
            ));
        };
        let (Some(node), Some(parent)) =
            (root.find(path), root.find(&ResolvedPath(above.to_vec())))
        else {
            return Ok(vec![]);
        };
        let key = key_of(last);
        let same = self
            .tree
            .entries(parent.id)
            .filter(|(name, _)| self.at(*name).scalar() == key)
            .count();
        if same > 1 {
            return Err(Refusal::new(
                node.span().start,
                format!(
                    "the key {path} stands {same} times: removing one would bring back another"
                ),
            ));
        }
        Ok(self.remove(&self.leaves(root, node, path)))
    }

    fn remove(&self, leaves: &[Leaf<'_>]) -> Vec<Splice> {
        leaves
            .iter()
            .map(|leaf| Splice::remove(whole_lines(self.text, leaf.start(), leaf.end())))
            .collect()
    }

    fn at(&self, id: NodeId) -> NodeRef<'a> {
        NodeRef {
            text: self.text,
            tree: self.tree,
            id,
        }
    }

    /// The entries at and below a node, in the order of the text.
    fn leaves(&self, root: NodeRef<'a>, node: NodeRef<'a>, path: &ResolvedPath) -> Vec<Leaf<'a>> {
        let mut leaves = Vec::new();
        if node.is_collection() {
            self.collect(node.id, &mut leaves);
        } else {
            leaves.extend(self.leaf(root, path, node));
        }
        leaves.sort_by_key(|leaf| leaf.start());
        leaves
    }

    fn collect(&self, id: NodeId, leaves: &mut Vec<Leaf<'a>>) {
        for (key, value) in self.tree.entries(id) {
            if self.tree.node(value).shape() == Shape::Mapping {
                self.collect(value, leaves);
            } else {
                leaves.push(Leaf {
                    key: self.at(key),
                    value: self.at(value),
                });
            }
        }
    }

    fn leaf(&self, root: NodeRef<'a>, path: &ResolvedPath, value: NodeRef<'a>) -> Option<Leaf<'a>> {
        let (last, above) = path.0.split_last()?;
        let parent = root.find(&ResolvedPath(above.to_vec()))?;
        let (key, _) = parent.entry(&key_of(last))?;
        Some(Leaf { key, value })
    }

    /// The text has characters beyond ASCII as they are.
    fn is_raw(&self) -> bool {
        !self.text.trim_start_matches('\u{feff}').is_ascii()
    }

    /// The lines of a value at a place, in the manner of a neighbour.
    fn lines(
        &self,
        keys: &[String],
        value: &Value,
        neighbour: Option<Leaf<'_>>,
    ) -> Result<String, Refusal> {
        let (mut indent, mut separator) = ("", "=");
        if let Some(leaf) = neighbour {
            let before = &self.text[line_begin(self.text, leaf.start())..leaf.start()];
            let between = &self.text[leaf.key.span().end..leaf.value.span().start];
            if before.trim_matches(scalar::BLANKS).is_empty() {
                indent = before;
            }
            if !between.is_empty() && !between.contains(['\n', '\r']) {
                separator = between;
            }
        }
        let offset = neighbour.map_or(0, Leaf::start);
        let mut entries = Vec::new();
        flatten(&mut keys.to_vec(), value, offset, &mut entries)?;
        let raw = self.is_raw();
        let lines: Vec<String> = entries
            .iter()
            .map(|(key, value)| {
                let (key, value) = (scalar::key(key, raw), scalar::value(value, raw));
                let separator = if key.is_empty() { "=" } else { separator };
                format!("{indent}{key}{separator}{value}")
            })
            .collect();
        Ok(lines.join(crate::entry_lines::line_ending(self.text)))
    }
}

fn key_of(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}

/// The dotted keys and texts that a value comes to.
fn flatten(
    keys: &mut Vec<String>,
    value: &Value,
    offset: usize,
    out: &mut Vec<(String, String)>,
) -> Result<(), Refusal> {
    let Value::Map(entries) = value else {
        if let Some(key) = keys.iter().find(|key| key.contains('.')) {
            return Err(Refusal::new(
                offset,
                format!("the key {key:?} holds a dot, which separates keys in this format"),
            ));
        }
        out.push((keys.join("."), text_of(value, offset)?));
        return Ok(());
    };
    if entries.is_empty() && !keys.is_empty() {
        return Err(Refusal::new(
            offset,
            "this format has no empty maps: a map is there through its entries",
        ));
    }
    for (key, value) in entries {
        let folded = key.is_empty() && entries.len() > 1 && !matches!(value, Value::Map(_));
        if !folded {
            keys.push(key.clone());
        }
        flatten(keys, value, offset, out)?;
        if !folded {
            keys.pop();
        }
    }
    Ok(())
}
