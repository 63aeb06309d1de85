//! Editing: from a place and an action to splices on the text.

mod body;
mod flow;
mod lines;

use super::read::{IDENTITY, LABELS};
use super::write::{self, Layout};
use crate::edit::{Action, Refusal};
use crate::line_comment::{comment_anchor, line_comment};
use crate::lines::line_ending;
use crate::path::{ResolvedPath, Step};
use crate::splice::Splice;
use crate::tree::{Kind, NodeId, NodeRef, Shape, Style, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;

/// Where a new entry goes among its siblings.
#[derive(Clone, Copy)]
enum Place<'p> {
    /// Where entries of its sort usually go.
    Usual,
    /// Before all others.
    First,
    /// After the sibling of this name.
    After(&'p str),
}

/// Where an existing node hangs.
enum Slot {
    Root,
    Entry { map: NodeId, key: NodeId },
    Item { list: NodeId, index: usize },
}

/// The document under edit.
pub(super) struct Editor<'a> {
    text: &'a str,
    tree: &'a Tree,
}

impl<'a> Editor<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self { text, tree }
    }

    fn node(&self, id: NodeId) -> NodeRef<'a> {
        NodeRef {
            text: self.text,
            tree: self.tree,
            id,
        }
    }

    fn start(&self, id: NodeId) -> usize {
        self.tree.node(id).start as usize
    }

    fn end(&self, id: NodeId) -> usize {
        self.tree.node(id).end as usize
    }

    fn style(&self, id: NodeId) -> Style {
        self.tree.node(id).style()
    }

    fn refuse<T>(&self, id: NodeId, reason: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal::new(self.start(id), reason))
    }

    /// How a value is laid out that begins on the line of `offset`.
    fn layout(&self, offset: usize, one_line: bool) -> Layout {
        Layout {
            margin: self.margin(offset).to_owned(),
            step: self.step(),
            line_ending: line_ending(self.text),
            one_line,
        }
    }

    pub(super) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let Some(root) = self.tree.root else {
            return match action {
                Action::Delete => Ok(vec![]),
                _ => Err(Refusal::new(
                    0,
                    "there is no block here: a block is added as text, not by its path",
                )),
            };
        };
        let mut id = root;
        let mut slot = Slot::Root;
        // Whether the value shares its line with siblings inside brackets.
        let mut inline = false;
        for (depth, step) in path.0.iter().enumerate() {
            let Some((next, next_slot)) = self.child(id, step) else {
                return self.missing(id, &path.0[depth..], inline, action);
            };
            if self.style(id) == Style::Flow {
                inline = !self.stands_alone(id, &next_slot);
            }
            (id, slot) = (next, next_slot);
        }
        let made = match slot {
            Slot::Entry { map: above, .. } | Slot::Item { list: above, .. } => {
                self.style(above) == Style::Bare
            }
            Slot::Root => false,
        };
        if made || self.style(id) == Style::Bare {
            return self.label(id, action);
        }
        match action {
            Action::Set(value) | Action::SetAfter { value, .. } => self.replace(id, value, inline),
            Action::Delete => self.delete(id, &slot),
            Action::Comment(text) => self.comment(id, text),
            Action::Insert(value) => match slot {
                Slot::Item { list, index } if self.style(list) == Style::Lines => {
                    self.insert_block(list, index, value)
                }
                Slot::Item { list, index } => self.insert_part(list, index, None, value, inline),
                _ => self.refuse(id, "expected a position in a list"),
            },
        }
    }

    fn child(&self, id: NodeId, step: &Step) -> Option<(NodeId, Slot)> {
        match self.tree.node(id).shape() {
            Shape::Mapping => {
                let (key, value) = match step {
                    Step::Key(key) => self.node(id).entry(key)?,
                    Step::Index(index) => self.node(id).entry(&index.to_string())?,
                };
                Some((
                    value.id,
                    Slot::Entry {
                        map: id,
                        key: key.id,
                    },
                ))
            }
            Shape::Sequence => {
                let index = index_of(step)?;
                let item = self.tree.children(id).nth(index)?;
                Some((item, Slot::Item { list: id, index }))
            }
            _ => None,
        }
    }

    /// What to do where the path leads on but the text does not.
    fn missing(&self, id: NodeId, steps: &[Step], inline: bool, action: &Action) -> Planned {
        let (value, place) = match action {
            Action::Delete => return Ok(vec![]),
            Action::Comment(_) => return self.refuse(id, "there is nothing at this path"),
            Action::Set(value) | Action::Insert(value) => (value, Place::Usual),
            Action::SetAfter { value, after } => {
                (value, after.as_deref().map_or(Place::First, Place::After))
            }
        };
        let Some((step, rest)) = steps.split_first() else {
            return Ok(vec![]);
        };
        // The sibling is one of the last step: without its map there is none.
        let place = if rest.is_empty() { place } else { Place::Usual };
        let insert = matches!(action, Action::Insert(_));
        let node = self.tree.node(id);
        match (node.shape(), node.style()) {
            (_, Style::Bare) => self.refuse(id, "a block has the labels that are written there"),
            (Shape::Mapping, style) => {
                let name = match step {
                    Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                };
                // An insertion at the first position of a list that is not there: a new block.
                if insert {
                    return match rest {
                        [first] if style == Style::Lines && index_of(first) == Some(0) => {
                            self.first_block(id, &name, value)
                        }
                        _ => self.refuse(id, "there is nothing at this path"),
                    };
                }
                let value = nest(rest, value).map_err(|reason| self.refusal(id, reason))?;
                if style == Style::Lines {
                    self.insert_attribute(id, &name, &value, place)
                } else {
                    let place = self.part_place(id, place);
                    self.insert_part(id, place, Some(&name), &value, inline)
                }
            }
            (Shape::Sequence, style) => {
                let length = self.tree.children(id).count();
                let index = match step {
                    Step::Key(key) if key == "-" => length,
                    step => index_of(step).ok_or_else(|| {
                        self.refusal(id, "expected a position in the list, or '-' for its end")
                    })?,
                };
                if index > length {
                    return self.refuse(
                        id,
                        format!("position {index} is past the end: the list has {length} elements"),
                    );
                }
                if insert && !rest.is_empty() {
                    return self.refuse(id, "there is nothing at this path");
                }
                let value = nest(rest, value).map_err(|reason| self.refusal(id, reason))?;
                if style == Style::Lines {
                    self.insert_block(id, index, &value)
                } else {
                    self.insert_part(id, index, None, &value, inline)
                }
            }
            (_, Style::Expression) => self.refuse(
                id,
                format!(
                    "{} is an expression: it can be replaced but not taken apart",
                    self.node(id).source()
                ),
            ),
            _ if self.node(id).kind() == Kind::Null && !insert => {
                let value = nest(steps, value).map_err(|reason| self.refusal(id, reason))?;
                self.replace(id, &value, inline)
            }
            _ => self.refuse(
                id,
                format!(
                    "expected a map or a list here, found the {} {}",
                    self.node(id).kind(),
                    self.node(id).source()
                ),
            ),
        }
    }

    fn refusal(&self, id: NodeId, reason: impl Into<String>) -> Refusal {
        Refusal::new(self.start(id), reason)
    }

    /// Puts another value in the place of an existing one.
    fn replace(&self, id: NodeId, value: &Value, inline: bool) -> Planned {
        let node = self.node(id);
        if node.value() == *value {
            return Ok(vec![]);
        }
        let (start, end) = (self.start(id), self.end(id));
        if self.style(id) == Style::Lines {
            return match value {
                Value::Map(entries)
                    if self.tree.node(id).shape() == Shape::Mapping && node.is_empty() =>
                {
                    self.fill_body(id, entries)
                }
                _ => self.refuse(
                    id,
                    "this is written as blocks: their entries can be set, and blocks inserted and deleted",
                ),
            };
        }
        if let Value::String(text) = value
            && self.style(id) == Style::Literal
            && let Some(heredoc) = write::heredoc(text, node.source(), line_ending(self.text))
        {
            return Ok(vec![Splice::new(start..end, heredoc)]);
        }
        let written = write::expression(value, &self.layout(start, inline))
            .map_err(|reason| self.refusal(id, reason))?;
        Ok(vec![Splice::new(start..end, written)])
    }

    /// Renames a label of a block.
    fn label(&self, id: NodeId, action: &Action) -> Planned {
        let (Action::Set(value) | Action::SetAfter { value, .. }) = action else {
            return self.refuse(id, "a label of a block can be renamed, but no more");
        };
        if self.node(id).value() == *value {
            return Ok(vec![]);
        }
        let span = self.start(id)..self.end(id);
        let Some(name) = value.as_str().filter(|_| !span.is_empty()) else {
            return self.refuse(
                id,
                "this follows from what the block is: only a label that is written there can be set, to a string",
            );
        };
        if name.is_empty() {
            return self.refuse(id, "a label cannot be empty");
        }
        let bare = self.style(id) == Style::Bare && super::cursor::is_name(name);
        let written = if bare {
            Some(name.to_owned())
        } else {
            write::literal(name)
        };
        match written {
            Some(written) => Ok(vec![Splice::new(span, written)]),
            None => self.refuse(id, "a label holds no template: write $${ for ${"),
        }
    }

    fn delete(&self, id: NodeId, slot: &Slot) -> Planned {
        match slot {
            Slot::Root => self.refuse(
                id,
                "a whole document is removed as a resource, not by its empty path",
            ),
            Slot::Entry { map, key } => {
                let name = self.node(*key).scalar();
                let same = self
                    .tree
                    .entries(*map)
                    .filter(|(key, _)| self.node(*key).scalar() == name)
                    .count();
                if same > 1 {
                    return self.refuse(
                        *key,
                        format!(
                            "the key {name} stands {same} times in this map: removing one would bring back another"
                        ),
                    );
                }
                match (self.style(*map), self.style(id)) {
                    (Style::Flow, _) => self.delete_part(*map, self.position(*map, *key)),
                    (_, Style::Lines) => {
                        let mut splices = Vec::new();
                        for block in self.tree.children(id) {
                            splices.extend(self.delete_lines(self.start(block), self.end(block))?);
                        }
                        Ok(splices)
                    }
                    _ => self.delete_attribute(*map, *key, id),
                }
            }
            Slot::Item { list, .. } if self.style(*list) == Style::Lines => {
                self.delete_lines(self.start(id), self.end(id))
            }
            Slot::Item { list, index } => self.delete_part(*list, *index),
        }
    }

    fn comment(&self, id: NodeId, comment: &str) -> Planned {
        if comment.contains(['\n', '\r']) {
            return self.refuse(id, "a line comment has one line");
        }
        let anchor = match self.style(id) {
            Style::Literal | Style::Lines => None,
            _ => comment_anchor(self.text, self.tree, id),
        };
        let Some(anchor) = anchor else {
            return self.refuse(id, "there is no room for a comment on this line");
        };
        let comment = comment.trim();
        let old = line_comment(self.text, self.tree, id);
        if self.node(id).line_comment().unwrap_or_default() == comment {
            return Ok(vec![]);
        }
        Ok(match old {
            Some(old) => {
                let old = old.start as usize..old.end as usize;
                if comment.is_empty() {
                    vec![Splice::remove(anchor..old.end)]
                } else {
                    let sign = if self.text[old.clone()].starts_with("//") {
                        "//"
                    } else {
                        "#"
                    };
                    vec![Splice::new(old, format!("{sign} {comment}"))]
                }
            }
            None => vec![Splice::insert(anchor, format!(" # {comment}"))],
        })
    }
}

fn index_of(step: &Step) -> Option<usize> {
    match step {
        Step::Index(index) => Some(*index),
        Step::Key(key) => key.parse().ok(),
    }
}

/// Wraps a value in the maps and lists that the steps to it name.
fn nest(steps: &[Step], value: &Value) -> Result<Value, String> {
    let mut value = value.clone();
    for step in steps.iter().rev() {
        value = match step {
            Step::Key(key) if key == "-" => Value::List(vec![value]),
            Step::Key(key) => Value::Map(vec![(key.clone(), value)]),
            Step::Index(0) => Value::List(vec![value]),
            Step::Index(_) => {
                return Err("an element of a list that does not exist cannot be set".to_owned());
            }
        };
    }
    Ok(value)
}

/// Whether an entry is about the block itself rather than in its body.
fn is_made(name: &str) -> bool {
    name == IDENTITY || name == LABELS
}
