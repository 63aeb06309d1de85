//! Editing environment files: values in place, assignments as whole lines.

use super::read::is_name;
use super::value;
use crate::edit::{Action, Refusal};
use crate::entry_lines::{above, at_end, below, line_begin, line_ending, whole_lines};
use crate::line_comment;
use crate::path::{ResolvedPath, Step};
use crate::plain_value::text_of;
use crate::splice::Splice;
use crate::tree::{NodeRef, Style, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;
type Entry<'a> = (NodeRef<'a>, NodeRef<'a>);

/// An environment file under edit.
pub(super) struct Editor<'a> {
    text: &'a str,
    root: NodeRef<'a>,
}

impl<'a> Editor<'a> {
    pub(super) fn new(text: &'a str, tree: &'a Tree) -> Result<Self, Refusal> {
        let id = tree
            .root
            .ok_or_else(|| Refusal::new(0, "the document has no root"))?;
        let root = NodeRef { text, tree, id };
        Ok(Self { text, root })
    }

    pub(super) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let key = match path.0.as_slice() {
            [] => return self.whole(action),
            [Step::Key(key)] => key.clone(),
            [Step::Index(index)] => index.to_string(),
            _ if matches!(action, Action::Delete) => return Ok(vec![]),
            _ => {
                let reason = "environment files have no maps: a path is the name of one variable";
                return Err(Refusal::new(0, reason));
            }
        };
        match (action, self.root.entry(&key)) {
            (Action::Set(value) | Action::SetAfter { value, .. }, Some((_, node))) => {
                self.set(node, value)
            }
            (Action::Set(value), None) => self.create(&key, value, None),
            (Action::SetAfter { value, after }, None) => {
                self.create(&key, value, Some(after.as_deref()))
            }
            (Action::Delete, Some(entry)) => self.delete(&key, entry),
            (Action::Delete, None) => Ok(vec![]),
            (Action::Comment(text), Some((_, node))) => {
                line_comment::plan(self.text, node.tree, node.id, "#", text)
            }
            (Action::Comment(_), None) => Err(Refusal::new(0, "there is nothing at this path")),
            (Action::Insert(_), _) => Err(Refusal::new(
                0,
                "environment files have no lists to insert into",
            )),
        }
    }

    /// Sets all variables of an empty file, or removes all of them.
    fn whole(&self, action: &Action) -> Planned {
        match action {
            Action::Set(Value::Map(entries)) if entries.is_empty() => Ok(self
                .entries()
                .map(|(key, node)| Splice::remove(self.lines_of(key, node)))
                .collect()),
            Action::Set(Value::Map(entries)) if self.root.is_empty() => {
                let lines: Result<Vec<String>, Refusal> = entries
                    .iter()
                    .map(|(key, value)| self.line(key, value, None))
                    .collect();
                let lines = lines?.join(line_ending(self.text));
                Ok(vec![at_end(self.text, &lines)])
            }
            Action::Delete => Err(Refusal::new(
                0,
                "a whole document is removed as a resource, not by its empty path",
            )),
            _ => Err(Refusal::new(0, "the whole document is a map of variables")),
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let root = self.root;
        let at = move |id| NodeRef { id, ..root };
        let entries = root.tree.entries(root.id);
        entries.map(move |(key, value)| (at(key), at(value)))
    }

    fn lines_of(&self, key: NodeRef<'_>, value: NodeRef<'_>) -> std::ops::Range<usize> {
        whole_lines(self.text, key.span().start, value.span().end)
    }

    fn set(&self, node: NodeRef<'_>, value: &Value) -> Planned {
        let new = text_of(value, node.span().start)?;
        if node.scalar() == new {
            return Ok(vec![]);
        }
        let new = value::write(&new, node.style(), node.source());
        Ok(vec![Splice::new(node.span(), new)])
    }

    fn create(&self, key: &str, value: &Value, after: Option<Option<&str>>) -> Planned {
        if after == Some(None)
            && let Some(first) = self.entries().next()
        {
            let line = self.line(key, value, Some(first))?;
            return Ok(vec![above(self.text, first.0.span().start, &line)]);
        }
        let sibling = after.flatten().and_then(|key| self.root.entry(key));
        let neighbour = sibling.or_else(|| self.entries().last());
        let line = self.line(key, value, neighbour)?;
        Ok(vec![match neighbour {
            Some((_, node)) => below(self.text, node.span().end, &line),
            None => at_end(self.text, &line),
        }])
    }

    /// A new line in the manner of a neighbour: with `export`, and with blanks around the sign,
    /// when that has them.
    fn line(
        &self,
        key: &str,
        value: &Value,
        neighbour: Option<Entry<'_>>,
    ) -> Result<String, Refusal> {
        let offset = neighbour.map_or(0, |(key, _)| key.span().start);
        if !is_name(key) {
            return Err(Refusal::new(
                offset,
                format!("{key:?} is no name of a variable: letters, digits, '_', '.' and '-' are"),
            ));
        }
        let (mut before, mut between) = ("", "=");
        if let Some((key, node)) = neighbour {
            before = &self.text[line_begin(self.text, offset)..offset];
            between = &self.text[key.span().end..node.span().start];
        }
        let text = value::write(&text_of(value, offset)?, Style::Bare, "");
        Ok(format!("{before}{key}{between}{text}"))
    }

    fn delete(&self, key: &str, (name, node): Entry<'_>) -> Planned {
        let same = self
            .entries()
            .filter(|(other, _)| other.scalar() == key)
            .count();
        if same > 1 {
            return Err(Refusal::new(
                name.span().start,
                format!(
                    "{key} is assigned {same} times: removing one assignment would bring back another"
                ),
            ));
        }
        Ok(vec![Splice::remove(self.lines_of(name, node))])
    }
}
