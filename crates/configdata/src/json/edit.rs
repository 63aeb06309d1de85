//! Editing JSON.

use super::write::{self, Layout};
use crate::brackets::Brackets;
use crate::edit::{Action, Refusal, index_of, nest};
use crate::entry_lines::{at_end, line_begin, line_ending};
use crate::line_comment;
use crate::path::{ResolvedPath, Step};
use crate::splice::Splice;
use crate::tree::{Kind, NodeRef, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;

/// A JSON document under edit.
pub(super) struct Editor<'a> {
    text: &'a str,
    tree: &'a Tree,
}

impl<'a> Editor<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Self {
        Self { text, tree }
    }

    pub(super) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let Some(root) = self.tree.root else {
            return match action {
                Action::Set(value) | Action::SetAfter { value, .. } => {
                    let value = nest(&path.0, value)?;
                    let ending = line_ending(self.text);
                    let layout = Layout {
                        colon: ": ",
                        lines: Some(("  ", ending)),
                    };
                    Ok(vec![at_end(self.text, &write::value(&value, "", layout)?)])
                }
                Action::Delete => Ok(vec![]),
                _ => Err(Refusal::new(0, "the document is empty")),
            };
        };
        let mut node = NodeRef {
            text: self.text,
            tree: self.tree,
            id: root,
        };
        let mut parent = None;
        for (depth, step) in path.0.iter().enumerate() {
            let Some(next) = node.step(step) else {
                return self.missing(node, &path.0[depth..], action);
            };
            parent = Some((node, step));
            node = next;
        }
        match (action, parent) {
            (Action::Set(value) | Action::SetAfter { value, .. }, _) => self.replace(node, value),
            (Action::Comment(text), _) => {
                if self.tree.comments.is_empty() && !text.trim().is_empty() {
                    let reason = "this file is plain JSON, which has no comments";
                    return Err(Refusal::new(node.span().start, reason));
                }
                line_comment::plan(self.text, self.tree, node.id, "//", text)
            }
            (Action::Insert(value), Some((list, step))) if list.kind() == Kind::Sequence => {
                self.insert(list, step, value)
            }
            (Action::Insert(_), _) => Err(Refusal::new(
                node.span().start,
                "expected a position in a list",
            )),
            (Action::Delete, Some((above, step))) => self.delete(above, step),
            (Action::Delete, None) => Err(Refusal::new(
                node.span().start,
                "a whole document is removed as a resource, not by its empty path",
            )),
        }
    }

    /// What to do where the first of `steps` leads nowhere.
    fn missing(&self, node: NodeRef<'a>, steps: &[Step], action: &Action) -> Planned {
        let Some((step, rest)) = steps.split_first() else {
            return Ok(vec![]);
        };
        let (value, after) = match action {
            Action::Delete => return Ok(vec![]),
            Action::Insert(value) if rest.is_empty() && node.kind() == Kind::Sequence => {
                return self.insert(node, step, value);
            }
            Action::Insert(_) | Action::Comment(_) => {
                let reason = "there is nothing at this path";
                return Err(Refusal::new(node.span().start, reason));
            }
            Action::Set(value) => (value, None),
            Action::SetAfter { value, after } => {
                (value, rest.is_empty().then_some(after.as_deref()))
            }
        };
        match node.kind() {
            Kind::Mapping => {
                let key = match step {
                    Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                };
                self.create(node, &key, &nest(rest, value)?, after)
            }
            Kind::Sequence => self.insert(node, step, &nest(rest, value)?),
            Kind::Null => self.replace(node, &nest(steps, value)?),
            kind => Err(Refusal::new(
                node.span().start,
                format!(
                    "expected an object or an array here, found the {kind} {}",
                    node.source()
                ),
            )),
        }
    }

    fn replace(&self, node: NodeRef<'a>, value: &Value) -> Planned {
        if node.value() == *value {
            return Ok(vec![]);
        }
        let begin = line_begin(self.text, node.span().start);
        let line = &self.text[begin..node.span().start];
        let margin = &line[..line.len() - line.trim_start().len()];
        let layout = self.layout(node, self.unit().is_some());
        let new = write::value(value, margin, layout)?;
        Ok(vec![Splice::new(node.span(), new)])
    }

    fn create(
        &self,
        object: NodeRef<'a>,
        key: &str,
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        let brackets = Brackets::new(self.text, self.tree, object.id);
        let index = match after {
            Some(None) => 0,
            Some(Some(sibling)) => {
                let named = |id| NodeRef { id, ..object }.scalar() == sibling;
                let keys: Vec<bool> = self
                    .tree
                    .entries(object.id)
                    .map(|(key, _)| named(key))
                    .collect();
                keys.iter()
                    .rposition(|is| *is)
                    .map_or(keys.len(), |at| at + 1)
            }
            None => brackets.len(),
        };
        self.put(object, &brackets, index, &|margin, layout| {
            write::entry(key, value, margin, layout)
        })
    }

    fn insert(&self, list: NodeRef<'a>, step: &Step, value: &Value) -> Planned {
        let brackets = Brackets::new(self.text, self.tree, list.id);
        let length = brackets.len();
        let index = match step {
            Step::Key(key) if key == "-" => Some(length),
            step => index_of(step),
        };
        match index {
            Some(index) if index <= length => {
                self.put(list, &brackets, index, &|margin, layout| {
                    write::value(value, margin, layout)
                })
            }
            Some(index) => Err(Refusal::new(
                list.span().start,
                format!("position {index} is past the end: the list has {length} elements"),
            )),
            None => Err(Refusal::new(
                list.span().start,
                "expected a position in the list, or '-' for its end",
            )),
        }
    }

    /// Puts a child into a collection, on lines of its own where its siblings have some.
    fn put(
        &self,
        node: NodeRef<'a>,
        brackets: &Brackets<'_>,
        index: usize,
        child: &dyn Fn(&str, Layout<'_>) -> Result<String, Refusal>,
    ) -> Planned {
        let unit = self.unit();
        if brackets.len() == 0
            && let Some(unit) = unit
        {
            let begin = line_begin(self.text, node.span().start);
            let line = &self.text[begin..node.span().start];
            let close = &line[..line.len() - line.trim_start().len()];
            let margin = format!("{close}{unit}");
            let child = child(&margin, self.layout(node, true))?;
            return Ok(brackets.insert(index, &child, Some((&margin, close))));
        }
        let margin = brackets.margin();
        let layout = self.layout(node, margin.is_some());
        let child = child(margin.unwrap_or_default(), layout)?;
        Ok(brackets.insert(index, &child, None))
    }

    fn delete(&self, above: NodeRef<'a>, step: &Step) -> Planned {
        let brackets = Brackets::new(self.text, self.tree, above.id);
        if above.kind() == Kind::Sequence {
            return Ok(index_of(step).map_or_else(Vec::new, |index| brackets.remove(index)));
        }
        let name = match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        };
        let same: Vec<usize> = self
            .tree
            .entries(above.id)
            .enumerate()
            .filter(|(_, (key, _))| NodeRef { id: *key, ..above }.scalar() == *name)
            .map(|(at, _)| at)
            .collect();
        match same.as_slice() {
            [] => Ok(vec![]),
            [index] => Ok(brackets.remove(*index)),
            more => Err(Refusal::new(
                above.span().start,
                format!(
                    "the key {name} stands {} times in this object: removing one would bring back another",
                    more.len()
                ),
            )),
        }
    }

    /// By what the children of the root are indented, when they have lines of their own.
    fn unit(&self) -> Option<&'a str> {
        let brackets = Brackets::new(self.text, self.tree, self.tree.root?);
        match brackets.len() {
            0 => Some("  "),
            _ => brackets
                .margin()
                .map(|margin| if margin.is_empty() { "  " } else { margin }),
        }
    }

    fn layout(&self, node: NodeRef<'a>, lines: bool) -> Layout<'a> {
        let of = |node: NodeRef<'a>| {
            let (key, value) = self.tree.entries(node.id).next()?;
            let end = self.tree.node(key).end as usize;
            let between = &self.text[end..self.tree.node(value).start as usize];
            between
                .trim_matches([' ', ':'])
                .is_empty()
                .then_some(between)
        };
        let root = self.tree.root.map(|id| NodeRef { id, ..node });
        Layout {
            colon: of(node).or_else(|| of(root?)).unwrap_or(": "),
            lines: self
                .unit()
                .filter(|_| lines)
                .map(|unit| (unit, line_ending(self.text))),
        }
    }
}
