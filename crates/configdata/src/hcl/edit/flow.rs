//! Lists and objects: elements and entries between brackets.

use std::ops::Range;

use super::lines::Pair;
use super::{Editor, Place, Planned, Slot};
use crate::edit::Refusal;
use crate::hcl::cursor::Cursor;
use crate::hcl::write;
use crate::lines::{line_break, line_start, next_line};
use crate::splice::Splice;
use crate::tree::{NodeId, Shape, Style};
use crate::value::Value;

impl Editor<'_> {
    /// Where the elements or entries of a collection stand.
    fn parts(&self, id: NodeId) -> Vec<Range<usize>> {
        match self.tree.node(id).shape() {
            Shape::Mapping => self
                .tree
                .entries(id)
                .map(|(key, value)| self.start(key)..self.end(value))
                .collect(),
            _ => self
                .tree
                .children(id)
                .map(|item| self.start(item)..self.end(item))
                .collect(),
        }
    }

    /// Position of a key among the entries of a map.
    pub(super) fn position(&self, map: NodeId, key: NodeId) -> usize {
        let found = self.tree.entries(map).position(|(other, _)| other == key);
        found.unwrap_or(0)
    }

    /// The position at which a new entry of an object goes.
    pub(super) fn part_place(&self, map: NodeId, place: Place<'_>) -> usize {
        let length = self.tree.entries(map).count();
        match place {
            Place::Usual => length,
            Place::First => 0,
            Place::After(name) => self
                .node(map)
                .entry(name)
                .map_or(length, |(key, _)| self.position(map, key.id) + 1),
        }
    }

    /// Whether an element or entry has its lines to itself.
    pub(super) fn stands_alone(&self, parent: NodeId, slot: &Slot) -> bool {
        let part = match slot {
            Slot::Entry { key, .. } => self
                .tree
                .entries(parent)
                .find(|(other, _)| other == key)
                .map(|(key, value)| self.start(key)..self.end(value)),
            Slot::Item { index, .. } => self
                .tree
                .children(parent)
                .nth(*index)
                .map(|item| self.start(item)..self.end(item)),
            Slot::Root => None,
        };
        part.is_some_and(|part| self.own_lines(&part))
    }

    fn own_lines(&self, part: &Range<usize>) -> bool {
        self.begins_line(part.start) && self.part_line_end(part).is_some()
    }

    /// The comma after a part, if there is one.
    fn comma(&self, part: &Range<usize>) -> Option<usize> {
        let mut cursor = Cursor::new(self.text, part.end);
        cursor.skip(true).ok()?;
        cursor.looking_at(",").then_some(cursor.at)
    }

    /// The end of the line of a part and its comma, when only a comment follows there.
    fn part_line_end(&self, part: &Range<usize>) -> Option<usize> {
        let comma = self.comma(part).filter(|comma| {
            *comma < line_break(self.text, part.end) || !self.text[part.end..*comma].contains('\n')
        });
        self.line_end(comma.map_or(part.end, |comma| comma + 1))
    }

    /// Writes a new part before position `index`, or behind the last one.
    pub(super) fn insert_part(
        &self,
        id: NodeId,
        index: usize,
        key: Option<&str>,
        value: &Value,
        inline: bool,
    ) -> Planned {
        let shape = self.tree.node(id).shape();
        if self.style(id) != Style::Flow || (shape == Shape::Mapping) != key.is_some() {
            return self.refuse(id, "expected a list here");
        }
        let parts = self.parts(id);
        let beside = index.checked_sub(1);
        let Some(anchor) = parts.get(beside.unwrap_or(0)) else {
            return self.fill_brackets(id, key, value, inline);
        };
        let alone = self.own_lines(anchor);
        let layout = self.layout(anchor.start, inline || !alone);
        let new = match key {
            Some(key) => self.entry(id, beside.unwrap_or(0), key, value, &layout),
            None => write::expression(value, &layout),
        }
        .map_err(|reason| self.refusal(id, reason))?;
        if !alone {
            return Ok(vec![match beside {
                Some(_) => Splice::insert(anchor.end, format!(", {new}")),
                None => Splice::insert(anchor.start, format!("{new}, ")),
            }]);
        }
        let comma = self.comma(anchor);
        let commas =
            shape == Shape::Sequence || parts.iter().any(|part| self.comma(part).is_some());
        let Some(_) = beside else {
            let line = self.above_comments(anchor.start);
            let tail = if commas { "," } else { "" };
            return Ok(vec![Splice::insert(
                line.max(next_line(self.text, self.start(id))),
                format!("{}{new}{tail}{}", layout.margin, layout.line_ending),
            )]);
        };
        let end = self
            .part_line_end(anchor)
            .ok_or_else(|| Refusal::new(anchor.end, "something else follows on this line"))?;
        let tail = if comma.is_some() { "," } else { "" };
        let mut splices = Vec::new();
        if commas && comma.is_none() {
            splices.push(Splice::insert(anchor.end, ","));
        }
        splices.push(Splice::insert(end, format!("{}{new}{tail}", layout.line())));
        Ok(splices)
    }

    fn entry(
        &self,
        map: NodeId,
        beside: usize,
        name: &str,
        value: &Value,
        layout: &write::Layout,
    ) -> write::Written {
        let pairs: Vec<Pair> = self
            .tree
            .entries(map)
            .map(|(key, value)| Pair {
                key: self.start(key)..self.end(key),
                value: self.start(value)..self.end(value),
            })
            .collect();
        let quoted = !pairs.is_empty()
            && self
                .tree
                .entries(map)
                .all(|(key, _)| self.style(key) == Style::DoubleQuoted);
        let key = write::key(name, true, quoted)?;
        let separator = self.separator(&pairs, beside, &key);
        Ok(format!(
            "{key}{separator}{}",
            write::expression(value, layout)?
        ))
    }

    /// Writes the first part of an empty collection.
    fn fill_brackets(&self, id: NodeId, key: Option<&str>, value: &Value, inline: bool) -> Planned {
        let inside = self.start(id) + 1..self.end(id) - 1;
        let between = &self.text[inside.clone()];
        let wide = between.contains('\n');
        let outer = self.layout(self.start(id), inline);
        let refuse = |reason| self.refusal(id, reason);
        let lines = wide || key.is_some() && !inline;
        let layout = if lines { outer.deeper() } else { outer.clone() };
        let new = match key {
            Some(key) => self.entry(id, 0, key, value, &layout),
            None => write::expression(value, &layout),
        }
        .map_err(refuse)?;
        if wide {
            if !self.begins_line(inside.end) {
                return self.refuse(id, "a comment stands between the brackets");
            }
            let comma = if key.is_none() { "," } else { "" };
            return Ok(vec![Splice::insert(
                line_start(self.text, inside.end),
                format!("{}{new}{comma}{}", layout.margin, layout.line_ending),
            )]);
        }
        if !between.trim().is_empty() {
            return self.refuse(id, "a comment stands between the brackets");
        }
        let new = match key {
            Some(_) if lines => format!("{}{new}{}", layout.line(), outer.line()),
            Some(_) => format!(" {new} "),
            None => new,
        };
        Ok(vec![Splice::new(inside, new)])
    }

    pub(super) fn delete_part(&self, id: NodeId, index: usize) -> Planned {
        let parts = self.parts(id);
        let Some(part) = parts.get(index) else {
            return Ok(vec![]);
        };
        let before = index.checked_sub(1).map(|before| &parts[before]);
        let after = parts.get(index + 1);
        let inside = self.start(id) + 1..self.end(id) - 1;
        if parts.len() == 1 {
            let rest = [inside.start..part.start, part.end..inside.end];
            let empty =
                |range: &Range<usize>| self.text[range.clone()].trim().trim_matches(',').is_empty();
            if rest.iter().all(empty) {
                return Ok(vec![Splice::remove(inside)]);
            }
        }
        if self.own_lines(part) {
            let to = next_line(self.text, self.part_line_end(part).unwrap_or(part.end));
            let mut splices = vec![Splice::remove(line_start(self.text, part.start)..to)];
            // The last part had no comma: the one before it, now the last, needs none either.
            if let (Some(before), None, None) = (before, after, self.comma(part))
                && let Some(comma) = self.comma(before)
            {
                splices.insert(0, Splice::remove(comma..comma + 1));
            }
            return Ok(splices);
        }
        let range = match (before, after) {
            (Some(before), _) => before.end..part.end,
            (None, Some(after)) => part.start..after.start,
            (None, None) => part.start..self.comma(part).map_or(part.end, |comma| comma + 1),
        };
        let comments = self.tree.comments.iter();
        if comments.clone().any(|comment| {
            range.contains(&(comment.start as usize)) && !part.contains(&(comment.start as usize))
        }) {
            return Err(Refusal::new(
                part.start,
                "a comment stands beside this element",
            ));
        }
        Ok(vec![Splice::remove(range)])
    }
}
