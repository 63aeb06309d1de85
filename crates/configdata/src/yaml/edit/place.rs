//! New entries of maps at a chosen place: right after a sibling, or before all others.

use super::{Editor, Planned};
use crate::lines::{column, line_break, line_start, next_line, starts_line};
use crate::path::Step;
use crate::splice::Splice;
use crate::tree::NodeId;
use crate::value::Value;
use crate::yaml::write;

impl Editor<'_> {
    /// Creates an entry right after the sibling `after`, or first without one. A sibling that does
    /// not exist leaves the new entry last.
    pub(super) fn create_after(
        &self,
        mapping: NodeId,
        step: &Step,
        value: &Value,
        after: Option<&str>,
    ) -> Planned {
        let key = match step {
            Step::Key(key) => key.clone(),
            Step::Index(index) => index.to_string(),
        };
        let entries: Vec<(NodeId, NodeId)> = self.tree.entries(mapping).collect();
        let position = match after {
            None => Some(0),
            Some(name) => entries
                .iter()
                .rposition(|(key, _)| self.node_ref(*key).scalar() == name)
                .map(|at| at + 1),
        };
        let Some(position) = position.filter(|at| *at < entries.len()) else {
            return if self.is_flow(mapping) {
                self.insert_flow(mapping, Some(&key), value)
            } else {
                self.insert_entry(mapping, &key, value)
            };
        };
        if self.is_flow(mapping) {
            return Ok(self.insert_flow_entry(mapping, &entries, position, &key, value));
        }
        let habits = self.habits();
        let first = self.first_key_place(mapping, entries[0].0);
        let indent = column(self.text, first);
        let entry = write::entry(&key, value, indent, self.key_style(mapping), habits);
        let margin = write::margin(indent, habits);
        let Some(before) = position.checked_sub(1) else {
            if !starts_line(self.text, first) {
                return Ok(vec![Splice::insert(first, format!("{entry}{margin}"))]);
            }
            let at = self.above_comments(first, indent);
            let blanks = " ".repeat(indent);
            return Ok(vec![Splice::insert(
                at,
                format!("{blanks}{entry}{}", habits.line_ending),
            )]);
        };
        let (sibling, sibling_value) = entries[before];
        let end = self.flow_child_end(sibling_value, Some(sibling));
        let next = self.first_key_place(mapping, entries[position].0);
        let at = self.own_comments(self.line_end(end)?, next, indent);
        Ok(vec![Splice::insert(at, format!("{margin}{entry}"))])
    }

    /// Start of the line of a first key, or of the comment lines right above it. Comments at the
    /// start of the document are about all of it.
    fn above_comments(&self, first: usize, indent: usize) -> usize {
        let own = line_start(self.text, first);
        let mut at = own;
        while at > 0 {
            let above = line_start(self.text, at - 1);
            let line = &self.text[above..at];
            if !line.trim_start().starts_with('#') || line.len() - line.trim_start().len() != indent
            {
                break;
            }
            at = above;
        }
        let head = &self.text[..at];
        if head.is_empty()
            || head.trim_start_matches('\u{feff}').starts_with("---") && head.lines().count() == 1
        {
            own
        } else {
            at
        }
    }

    /// Steps from the end of a sibling over the comment lines that belong to it: those that are
    /// indented deeper than its key.
    fn own_comments(&self, from: usize, next: usize, indent: usize) -> usize {
        let mut at = from;
        loop {
            let line = next_line(self.text, at);
            if line >= next {
                return at;
            }
            let end = line_break(self.text, line);
            let text = &self.text[line..end];
            let content = text.trim_start_matches(' ');
            if !content.starts_with('#') || text.len() - content.len() <= indent {
                return at;
            }
            at = end;
        }
    }

    /// Writes an entry of a flow map before position `position`, which exists.
    fn insert_flow_entry(
        &self,
        mapping: NodeId,
        entries: &[(NodeId, NodeId)],
        position: usize,
        key: &str,
        value: &Value,
    ) -> Vec<Splice> {
        let quoting = self.flow_quoting(mapping);
        let new = write::flow_entry(key, value, quoting);
        let next = self.outer_start(entries[position].0);
        let margin = if starts_line(self.text, next) {
            write::margin(column(self.text, next), self.habits())
        } else if quoting.tight {
            String::new()
        } else {
            " ".to_owned()
        };
        vec![Splice::insert(next, format!("{new},{margin}"))]
    }
}
