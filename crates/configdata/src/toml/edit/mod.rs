//! Editing TOML: values in place, entries as lines, tables as blocks.

mod inline;
mod place;
mod tables;

use place::Place;
use tables::is_section;

use super::sections::{
    Leaf, block_after, block_before, end_of, first_header, has_header, is_lines, leaves, removals,
};
use super::write;
use crate::brackets::Brackets;
use crate::edit::{Action, Refusal, index_of, nest};
use crate::entry_lines::{
    above, at_end, below, line_begin, line_ending, whole_lines, with_comments_above,
};
use crate::line_comment;
use crate::path::{ResolvedPath, Step};
use crate::splice::Splice;
use crate::tree::{Kind, NodeRef, Style, Tree};
use crate::value::Value;

type Planned = Result<Vec<Splice>, Refusal>;

/// A TOML document under edit.
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
        let mut place = Place {
            nodes: vec![self.root],
            keys: Vec::new(),
        };
        for (depth, step) in path.0.iter().enumerate() {
            let node = place.node();
            let Some(next) = node.step(step) else {
                return self.missing(&place, &path.0[depth..], action);
            };
            let list = node.kind() == Kind::Sequence;
            place.keys.push((!list).then(|| key_of(step)));
            place.nodes.push(next);
        }
        let node = place.node();
        match action {
            Action::Set(value) | Action::SetAfter { value, .. } => self.replace(&place, value),
            Action::Delete => self.delete(&place, path),
            Action::Comment(text) => {
                line_comment::plan(self.text, self.root.tree, node.id, "#", text)
            }
            Action::Insert(value) => match (place.parent(), path.0.last()) {
                (Some(list), Some(step)) if list.kind() == Kind::Sequence => {
                    place.nodes.pop();
                    place.keys.pop();
                    self.insert(&place, step, value)
                }
                _ => Err(Refusal::new(
                    node.span().start,
                    "expected a position in a list",
                )),
            },
        }
    }

    /// What to do where the first of `steps` leads nowhere.
    fn missing(&self, place: &Place<'a>, steps: &[Step], action: &Action) -> Planned {
        let node = place.node();
        let Some((step, rest)) = steps.split_first() else {
            return Ok(vec![]);
        };
        let (value, after) = match action {
            Action::Delete => return Ok(vec![]),
            Action::Insert(value) if rest.is_empty() && node.kind() == Kind::Sequence => {
                return self.insert(place, step, value);
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
            Kind::Mapping => self.create(place, &key_of(step), &nest(rest, value)?, after),
            Kind::Sequence => self.insert(place, step, &nest(rest, value)?),
            kind => Err(Refusal::new(
                node.span().start,
                format!(
                    "expected a table or an array here, found the {kind} {}",
                    node.source()
                ),
            )),
        }
    }

    fn replace(&self, place: &Place<'a>, value: &Value) -> Planned {
        let node = place.node();
        if node.value() == *value {
            return Ok(vec![]);
        }
        if !is_lines(node) {
            let new = write::instead_of(node, value)?;
            return Ok(vec![Splice::new(node.span(), new)]);
        }
        let own = leaves(node);
        if let Some(first) = own.first()
            && !has_header(node)
            && node.id != self.root.id
            && first_header(node).is_none()
        {
            return self.replace_dotted(place, *first, &own[1..], value);
        }
        match value {
            Value::Map(entries) if entries.is_empty() => Ok(removals(self.text, node, true)),
            Value::Map(entries) if node.is_empty() => {
                let mut lines = Vec::new();
                self.section(&place.absolute(), entries, &mut lines)?;
                if has_header(node) && lines.first().is_some_and(|line| line.starts_with('[')) {
                    let own = write::dotted(&place.absolute());
                    if [format!("[{own}]"), format!("[[{own}]]")].contains(&lines[0]) {
                        lines.remove(0);
                        let block = lines.join(line_ending(self.text));
                        return Ok(vec![below(self.text, node.span().end, &block)]);
                    }
                }
                Ok(vec![block_after(self.text, self.root, node, &lines)])
            }
            _ => Err(Refusal::new(
                node.span().start,
                "a table stands here on lines of its own: it cannot become another kind of value",
            )),
        }
    }

    /// Puts one entry in the place of those whose dotted keys make a map.
    fn replace_dotted(
        &self,
        place: &Place<'a>,
        first: Leaf<'a>,
        rest: &[Leaf<'a>],
        value: &Value,
    ) -> Planned {
        if place.brackets().is_some() && !rest.is_empty() {
            let reason =
                "several dotted keys of an inline table make this map: set them one by one";
            return Err(Refusal::new(first.start(), reason));
        }
        let between = &self.text[first.key.span().end..first.value.span().start];
        let key = write::dotted(&place.relative());
        let new = format!("{key}{between}{}", write::inline(value, false)?);
        let mut splices = vec![Splice::new(first.start()..first.end(), new)];
        splices.extend(
            rest.iter()
                .map(|leaf| Splice::remove(whole_lines(self.text, leaf.start(), leaf.end()))),
        );
        Ok(splices)
    }

    fn create(
        &self,
        place: &Place<'a>,
        key: &str,
        value: &Value,
        after: Option<Option<&str>>,
    ) -> Planned {
        let table = place.node();
        if let Some(brackets) = place.brackets() {
            return self.create_inline(place, brackets, key, value, after);
        }
        let own = leaves(table);
        let dotted = !has_header(table) && table.id != self.root.id;
        if dotted && own.is_empty() || !dotted && is_section(value) {
            let mut keys = place.absolute();
            let mut lines = Vec::new();
            if is_section(value) {
                keys.push(key.to_owned());
                self.sections(&keys, value, &mut lines)?;
            } else {
                let entry = [(key.to_owned(), value.clone())];
                self.section(&keys, &entry, &mut lines)?;
            }
            // Behind a sibling that is a table, or behind all of them.
            let sibling = after.flatten().and_then(|name| table.get(name));
            let beside = sibling.filter(|node| is_lines(*node) && end_of(*node) > 0);
            return Ok(vec![
                match first_header(table).filter(|_| dotted && !is_section(value)) {
                    Some(first) => block_before(self.text, first, &lines),
                    None => block_after(self.text, self.root, beside.unwrap_or(table), &lines),
                },
            ]);
        }
        let mut keys = place.relative();
        keys.push(key.to_owned());
        let sibling = after.flatten().and_then(|name| self.last_leaf(table, name));
        let neighbour = match after {
            Some(None) => own.first().copied(),
            _ => sibling.or(own.last().copied()),
        };
        let line = self.line(&keys, value, neighbour)?;
        Ok(vec![match neighbour {
            Some(first) if after == Some(None) => above(self.text, first.start(), &line),
            Some(neighbour) => below(self.text, neighbour.end(), &line),
            None if has_header(table) => below(self.text, table.span().end, &line),
            None => match first_header(self.root) {
                Some(first) => above(
                    self.text,
                    with_comments_above(self.text, first, &['#']),
                    &line,
                ),
                None => at_end(self.text, &line),
            },
        }])
    }

    /// The last line of an entry of a table, which may be a map of dotted keys.
    fn last_leaf(&self, table: NodeRef<'a>, name: &str) -> Option<Leaf<'a>> {
        let (key, value) = table.entry(name)?;
        if is_lines(value) {
            return leaves(value).last().copied().filter(|_| !has_header(value));
        }
        Some(Leaf { key, value })
    }

    /// `key = value` in the manner of a neighbour.
    fn line(
        &self,
        keys: &[String],
        value: &Value,
        neighbour: Option<Leaf<'_>>,
    ) -> Result<String, Refusal> {
        let (mut margin, mut between, mut literal) = ("", " = ", false);
        if let Some(leaf) = neighbour {
            margin = &self.text[line_begin(self.text, leaf.start())..leaf.start()];
            between = &self.text[leaf.key.span().end..leaf.value.span().start];
            literal = leaf.value.style() == Style::SingleQuoted;
        }
        let value = write::inline(value, literal)?;
        Ok(format!("{margin}{}{between}{value}", write::dotted(keys)))
    }

    /// Inserts into a list: an element between brackets, or a table with its own header.
    fn insert(&self, place: &Place<'a>, step: &Step, value: &Value) -> Planned {
        let list = place.node();
        let length = list.items().count();
        let index = match step {
            Step::Key(key) if key == "-" => Some(length),
            step => index_of(step),
        };
        let Some(index) = index.filter(|index| *index <= length) else {
            return Err(Refusal::new(
                list.span().start,
                format!("expected a position up to {length} in the list, or '-' for its end"),
            ));
        };
        if !is_lines(list) {
            let first = list.items().next();
            let literal = first.is_some_and(|node| node.style() == Style::SingleQuoted);
            let brackets = Brackets::new(self.text, self.root.tree, list.id);
            return Ok(brackets.insert(index, &write::inline(value, literal)?, None));
        }
        let Value::Map(_) = value else {
            return Err(Refusal::new(
                list.span().start,
                "this is an array of tables: an element must be a map",
            ));
        };
        let mut lines = Vec::new();
        self.sections(
            &place.absolute(),
            &Value::List(vec![value.clone()]),
            &mut lines,
        )?;
        Ok(vec![match list.item(index) {
            Some(next) => block_before(self.text, next.span().start, &lines),
            None => block_after(self.text, self.root, list, &lines),
        }])
    }

    fn delete(&self, place: &Place<'a>, path: &ResolvedPath) -> Planned {
        let node = place.node();
        let (Some(parent), Some(step)) = (place.parent(), path.0.last()) else {
            return Err(Refusal::new(
                0,
                "a whole document is removed as a resource, not by its empty path",
            ));
        };
        if parent.style() == Style::Flow && parent.kind() == Kind::Sequence {
            let brackets = Brackets::new(self.text, self.root.tree, parent.id);
            return Ok(index_of(step).map_or_else(Vec::new, |index| brackets.remove(index)));
        }
        let outer = Place {
            nodes: place.nodes[..place.nodes.len() - 1].to_vec(),
            keys: Vec::new(),
        };
        let own = match parent.entry(&key_of(step)) {
            Some((key, value)) if !is_lines(value) => vec![Leaf { key, value }],
            _ => leaves(node),
        };
        if let Some(brackets) = outer.brackets() {
            let all = leaves(brackets);
            let [leaf] = own.as_slice() else {
                let reason =
                    "several dotted keys of an inline table make this map: delete them one by one";
                return Err(Refusal::new(node.span().start, reason));
            };
            let index = all.iter().position(|other| other.start() == leaf.start());
            let removed = self
                .inline_brackets(brackets, &all)
                .remove(index.unwrap_or(all.len()));
            return Ok(removed);
        }
        if is_lines(node) {
            return Ok(removals(self.text, node, false));
        }
        Ok(own
            .iter()
            .map(|leaf| Splice::remove(whole_lines(self.text, leaf.start(), leaf.end())))
            .collect())
    }
}

fn key_of(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
    }
}
