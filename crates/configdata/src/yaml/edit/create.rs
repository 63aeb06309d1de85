//! Creating: entries of maps, elements of lists, and what is missing on the way.

use super::{Editor, Planned, Slot};
use crate::edit::{Refusal, index_of, nest};
use crate::lines::{column, line_break, line_start, next_line, starts_line};
use crate::path::Step;
use crate::splice::Splice;
use crate::tree::{Kind, NodeId, Shape, Style};
use crate::value::Value;
use crate::yaml::write::{self, Quoting};

impl Editor<'_> {
    /// Creates the steps that are missing below `id`.
    pub(super) fn create(
        &self,
        id: NodeId,
        slot: &Slot,
        missing: &[Step],
        value: &Value,
    ) -> Planned {
        let node = self.tree.node(id);
        match node.shape() {
            Shape::Mapping => {
                let Some((step, rest)) = missing.split_first() else {
                    return Ok(vec![]);
                };
                let key = match step {
                    Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                };
                let value = nest(rest, value)?;
                if self.is_flow(id) {
                    self.insert_flow(id, Some(&key), &value)
                } else {
                    self.insert_entry(id, &key, &value)
                }
            }
            Shape::Sequence => {
                let Some((step, rest)) = missing.split_first() else {
                    return Ok(vec![]);
                };
                let value = nest(rest, value)?;
                self.insert_item(id, step, &value)
            }
            Shape::Scalar if self.node_ref(id).kind() == Kind::Null => {
                self.replace(id, slot, &nest(missing, value)?)
            }
            _ => Err(Refusal::new(
                self.start(id),
                format!(
                    "expected a map or a list here, found the {} {}",
                    self.node_ref(id).kind(),
                    self.node_ref(id).source()
                ),
            )),
        }
    }

    /// Puts a value into a document without one: behind its marker and comments, in front of the
    /// marker of its end.
    pub(super) fn fill_empty(&self, value: &Value) -> Planned {
        let habits = self.habits();
        let mut text = write::block(value, 0, habits);
        text.push_str(habits.line_ending);
        let lines = self.text.split_inclusive('\n');
        let at = lines
            .take_while(|line| !line.starts_with("..."))
            .map(str::len)
            .sum();
        let lead = if at > 0 && !self.text[..at].ends_with('\n') {
            habits.line_ending
        } else {
            ""
        };
        Ok(vec![Splice::insert(at, format!("{lead}{text}"))])
    }

    /// Style of the keys of a mapping when all of them are quoted alike.
    pub(super) fn key_style(&self, mapping: NodeId) -> Style {
        let mut styles = self
            .tree
            .entries(mapping)
            .map(|(key, _)| self.tree.node(key).style());
        match styles.next() {
            Some(first @ (Style::SingleQuoted | Style::DoubleQuoted))
                if styles.all(|style| style == first) =>
            {
                first
            }
            _ => Style::Plain,
        }
    }

    pub(super) fn insert_entry(&self, mapping: NodeId, key: &str, value: &Value) -> Planned {
        let Some((first_key, _)) = self.tree.entries(mapping).next() else {
            return Err(Refusal::new(
                self.start(mapping),
                "the map has no entry to stand beside",
            ));
        };
        let habits = self.habits();
        let indent = column(self.text, self.first_key_place(mapping, first_key));
        let at = self.line_end(self.end(mapping))?;
        let entry = write::entry(key, value, indent, self.key_style(mapping), habits);
        Ok(vec![Splice::insert(
            at,
            format!("{}{entry}", write::margin(indent, habits)),
        )])
    }

    /// Where the first entry of a block mapping begins: its `?`, its anchor or tag, or its key.
    pub(super) fn first_key_place(&self, mapping: NodeId, key: NodeId) -> usize {
        let place = self.outer_start(key);
        let line = line_start(self.text, place);
        let before = self.text[line..place].trim_end();
        if before.ends_with('?') && self.start(mapping) < place {
            line + before.len() - 1
        } else {
            place
        }
    }

    /// The end of the line on which something ends, when nothing but a comment follows there.
    pub(super) fn line_end(&self, offset: usize) -> Result<usize, Refusal> {
        let end = line_break(self.text, offset);
        let rest = self.text[offset..end].trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            Ok(end)
        } else {
            Err(Refusal::new(offset, "something else follows on this line"))
        }
    }

    /// Inserts before the item at `step`, or behind the last one for its length or `-`.
    pub(super) fn insert_item(&self, id: NodeId, step: &Step, value: &Value) -> Planned {
        if self.tree.node(id).shape() != Shape::Sequence {
            return Err(Refusal::new(
                self.start(id),
                format!("expected a list here, found a {}", self.node_ref(id).kind()),
            ));
        }
        let length = self.tree.children(id).count();
        let index = match step {
            Step::Key(key) if key == "-" => length,
            _ => index_of(step).ok_or_else(|| {
                Refusal::new(
                    self.start(id),
                    "expected a position in the list, or '-' for its end",
                )
            })?,
        };
        if index > length {
            return Err(Refusal::new(
                self.start(id),
                format!("position {index} is past the end: the list has {length} elements"),
            ));
        }
        if self.is_flow(id) {
            return if index == length {
                self.insert_flow(id, None, value)
            } else {
                let before = self
                    .tree
                    .children(id)
                    .nth(index)
                    .map_or(self.end(id), |item| self.outer_start(item));
                Ok(vec![Splice::insert(
                    before,
                    format!("{}, ", write::flow(value, self.flow_quoting(id))),
                )])
            };
        }
        let habits = self.habits();
        let indent = column(self.text, self.start(id));
        let item = write::item(value, indent, habits);
        if index == length {
            let at = self.line_end(self.end(id))?;
            return Ok(vec![Splice::insert(
                at,
                format!("{}{item}", write::margin(indent, habits)),
            )]);
        }
        if index == 0 {
            // `- - a`: the new first item takes the place of the old one on its line.
            let at = self.start(id);
            return Ok(vec![Splice::insert(
                at,
                format!("{item}{}", write::margin(indent, habits)),
            )]);
        }
        let Some(before) = self.tree.children(id).nth(index - 1) else {
            return Ok(vec![]);
        };
        let at = self.line_end(self.end(before))?;
        Ok(vec![Splice::insert(
            at,
            format!("{}{item}", write::margin(indent, habits)),
        )])
    }

    /// How strings and keys inside a flow collection are quoted: like its neighbours, when they
    /// agree.
    pub(super) fn flow_quoting(&self, id: NodeId) -> Quoting {
        let mut quoting = Quoting {
            keys: self.key_style(id),
            ..Quoting::PLAIN
        };
        let mut strings = self
            .tree
            .children(id)
            .filter(|child| self.node_ref(*child).kind() == Kind::String)
            .map(|child| self.tree.node(child).style());
        if let Some(first @ (Style::SingleQuoted | Style::DoubleQuoted)) = strings.next()
            && strings.all(|style| style == first)
        {
            quoting.strings = first;
        }
        let mut entries = self.tree.entries(id);
        quoting.tight = match entries.next() {
            Some((key, value)) => self.text[self.end(key)..self.outer_start(value)] == *":",
            None => false,
        };
        quoting
    }

    pub(super) fn insert_flow(&self, id: NodeId, key: Option<&str>, value: &Value) -> Planned {
        let quoting = self.flow_quoting(id);
        let new = match key {
            Some(key) => write::flow_entry(key, value, quoting),
            None => write::flow(value, quoting),
        };
        let children: Vec<NodeId> = self.tree.children(id).collect();
        let Some(last) = children.last().copied() else {
            let inside = self.start(id) + 1..self.end(id) - 1;
            if self.text[inside.clone()].contains('#') {
                return Err(Refusal::new(
                    inside.start,
                    "a comment stands inside the empty brackets",
                ));
            }
            return Ok(vec![Splice::new(inside, new)]);
        };
        let end = self.flow_child_end(
            last,
            children
                .len()
                .checked_sub(2)
                .map(|at| children[at])
                .filter(|_| key.is_some()),
        );
        let first_of_last = if key.is_some() {
            children[children.len() - 2]
        } else {
            last
        };
        let comma = self.scan(end, b',');
        if starts_line(self.text, self.outer_start(first_of_last)) {
            let habits = self.habits();
            let indent = column(self.text, self.outer_start(first_of_last));
            let line = line_break(self.text, comma.map_or(end, |comma| comma + 1));
            let tail = if comma.is_some() { "," } else { "" };
            let rest = self.text[comma.map_or(end, |comma| comma + 1)..line].trim_start();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Ok(vec![Splice::insert(end, format!(", {new}"))]);
            }
            let mut splices = Vec::new();
            if comma.is_none() {
                splices.push(Splice::insert(end, ","));
            }
            splices.push(Splice::insert(
                line,
                format!("{}{new}{tail}", write::margin(indent, habits)),
            ));
            return Ok(splices);
        }
        Ok(vec![Splice::insert(
            end,
            format!("{}{new}", if quoting.tight { "," } else { ", " }),
        )])
    }

    /// Where a child of a flow collection ends; an absent value ends with its key or colon.
    pub(super) fn flow_child_end(&self, child: NodeId, key: Option<NodeId>) -> usize {
        let end = self.end(child);
        match key {
            Some(key) if end <= self.end(key) => self
                .scan(self.end(key), b':')
                .map_or(self.end(key), |colon| colon + 1),
            _ => end,
        }
    }

    /// The next occurrence of a byte with only blanks, line breaks and comments before it.
    pub(super) fn scan(&self, from: usize, byte: u8) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(found) = bytes.get(at) {
            match found {
                found if *found == byte => return Some(at),
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' => at = next_line(self.text, at),
                _ => return None,
            }
        }
        None
    }
}
