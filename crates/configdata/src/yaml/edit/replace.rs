//! Replacing values: scalars in their style, collections by scalars and back.

use super::{Editor, Planned, Slot};
use crate::edit::Refusal;
use crate::line_comment::line_comment;
use crate::lines::{column, line_break, next_line, starts_line};
use crate::splice::Splice;
use crate::tree::{Kind, NodeId, NodeRef, Shape, Style};
use crate::value::Value;
use crate::yaml::layout::Habits;
use crate::yaml::scalar::{self, BlockHeader, fits_block};
use crate::yaml::write::{self, Quoting};

impl Editor<'_> {
    /// Behind the `:` or `-` that announces a node, and behind its anchor; a tag is not kept.
    pub(super) fn announced(&self, slot: &Slot, id: NodeId) -> Option<usize> {
        let place = match slot {
            Slot::Root => return None,
            Slot::Value { key, .. } => self.scan(self.end(*key), b':')? + 1,
            Slot::Item { sequence, index } => self.dash(*sequence, *index)? + 1,
        };
        let anchor = self
            .tree
            .properties(id)
            .and_then(|p| p.anchor.as_ref())
            .map_or(0, |(_, span)| span.end as usize);
        Some(place.max(anchor))
    }

    /// The dash of an item of a block sequence.
    pub(super) fn dash(&self, sequence: NodeId, index: usize) -> Option<usize> {
        match index.checked_sub(1) {
            None => self.scan(self.start(sequence), b'-'),
            Some(before) => self.scan(self.end(self.tree.children(sequence).nth(before)?), b'-'),
        }
    }

    pub(super) fn replace(&self, id: NodeId, slot: &Slot, value: &Value) -> Planned {
        let node = self.node_ref(id);
        if self.tree.node(id).shape() != Shape::Alias {
            self.refuse_shared(id, false)?;
        }
        if node.value() == *value {
            return Ok(vec![]);
        }
        let is_absent = self.start(id) == self.end(id) && self.tree.properties(id).is_none();
        if matches!(slot, Slot::Root) && is_absent {
            return self.fill_empty(value);
        }
        let mut splices = self.retag(id, value)?;
        let (parent, in_flow) = match slot {
            Slot::Root => (None, false),
            Slot::Value { mapping, .. } => (Some(*mapping), self.is_flow(*mapping)),
            Slot::Item { sequence, .. } => (Some(*sequence), self.is_flow(*sequence)),
        };
        let habits = self.habits();
        if in_flow {
            let quoting = parent.map_or(Quoting::PLAIN, |parent| self.flow_quoting(parent));
            let text = match value {
                Value::String(text) => {
                    scalar::inline(text, self.string_style(id, quoting.strings), true)
                }
                _ => write::flow(value, quoting),
            };
            splices.push(self.flow_splice(id, slot, text));
            return Ok(splices);
        }
        if write::is_block(value) {
            splices.extend(self.replace_by_block(id, slot, parent, value, habits)?);
            return Ok(splices);
        }
        let style = self.tree.node(id).style();
        let text = match value {
            Value::String(text) => {
                let base = parent.map_or(0, |parent| self.parent_column(parent));
                let (indent, step) = self.literal_place(id, base, habits);
                let header = match style {
                    Style::Literal | Style::Folded => BlockHeader::of(node.source()),
                    _ => None,
                };
                match header.filter(|_| fits_block(text)) {
                    Some(header) => scalar::block(text, header, indent, step, habits.line_ending),
                    None => write::string(
                        text,
                        self.string_style(id, Style::Plain),
                        indent,
                        step,
                        habits,
                    ),
                }
            }
            Value::Bool(value) => self.spell_bool(node, *value),
            _ => write::flow(value, Quoting::PLAIN),
        };
        let is_block_node = style == Style::Block;
        if is_block_node {
            splices.extend(self.block_to_inline(id, slot, &text)?);
        } else {
            splices.push(self.put_scalar(id, slot, text)?);
        }
        Ok(splices)
    }

    /// Puts the text of a scalar in the place of another scalar. The comment beside a block scalar
    /// stands on its first line, that of any other where it ends.
    fn put_scalar(&self, id: NodeId, slot: &Slot, mut text: String) -> Result<Splice, Refusal> {
        let mut range = self.start(id)..self.end(id);
        if range.is_empty() {
            let place = self.announced(slot, id).unwrap_or(range.start);
            range = place..place;
            text.insert(0, ' ');
        }
        let was_block = matches!(self.tree.node(id).style(), Style::Literal | Style::Folded);
        let is_block = text.contains('\n');
        if is_block && !was_block {
            let end = self.line_end(range.end)?;
            text = beside_header(&text, self.text[range.end..end].trim());
            range.end = end;
        } else if was_block && let Some(comment) = line_comment(self.text, self.tree, id) {
            text = beside_header(
                &text,
                &self.text[comment.start as usize..comment.end as usize],
            );
        }
        Ok(Splice::new(range, text))
    }

    /// Column of the keys (or dashes) of a block collection, the margin its values indent from.
    pub(super) fn parent_column(&self, parent: NodeId) -> usize {
        match self.tree.node(parent).shape() {
            Shape::Mapping => self.tree.entries(parent).next().map_or(0, |(key, _)| {
                column(self.text, self.first_key_place(parent, key))
            }),
            _ => column(self.text, self.start(parent)),
        }
    }

    /// Column of the lines of a block scalar, and how far that is from its parent: where they are
    /// now, or where the habits put them.
    pub(super) fn literal_place(&self, id: NodeId, base: usize, habits: Habits) -> (usize, usize) {
        let node = self.tree.node(id);
        if matches!(node.style(), Style::Literal | Style::Folded) {
            let body = &self.text[next_line(self.text, node.start as usize).min(node.end as usize)
                ..node.end as usize];
            if let Some(line) = body.lines().find(|line| !line.trim().is_empty())
                && !self
                    .node_ref(id)
                    .scalar()
                    .trim_start_matches('\n')
                    .starts_with([' ', '\t'])
            {
                let indent = line.len() - line.trim_start_matches(' ').len();
                return (indent, indent.saturating_sub(base).max(1));
            }
        }
        (base + habits.indent, habits.indent)
    }

    /// The quotes a string gets: those that stand there now.
    pub(super) fn string_style(&self, id: NodeId, otherwise: Style) -> Style {
        let node = self.tree.node(id);
        match node.style() {
            style
            @ (Style::SingleQuoted | Style::DoubleQuoted | Style::Literal | Style::Folded) => {
                match style {
                    Style::Folded => Style::Literal,
                    style => style,
                }
            }
            _ => otherwise,
        }
    }

    /// `True` is answered by `False`, not by `false`.
    pub(super) fn spell_bool(&self, node: NodeRef<'_>, value: bool) -> String {
        let word = value.to_string();
        if node.kind() != Kind::Bool {
            return word;
        }
        let old = node.source();
        if old.chars().all(char::is_uppercase) {
            word.to_uppercase()
        } else if old.starts_with(char::is_uppercase) {
            word[..1].to_uppercase() + &word[1..]
        } else {
            word
        }
    }

    /// Splices for the tag of a node that gets a new value: tags of YAML's own types go, a foreign
    /// tag stays with a string and is refused otherwise.
    pub(super) fn retag(&self, id: NodeId, value: &Value) -> Planned {
        let Some((tag, span)) = self.tree.properties(id).and_then(|p| p.tag.as_ref()) else {
            return Ok(vec![]);
        };
        if tag.starts_with("tag:yaml.org,2002:") || tag == "!" {
            let end = span.end as usize;
            let blanks = self.text[end..].len() - self.text[end..].trim_start_matches(' ').len();
            let same_line = end + blanks <= self.start(id).max(end);
            return Ok(vec![Splice::remove(
                span.start as usize..if same_line { end + blanks } else { end },
            )]);
        }
        if matches!(value, Value::String(_)) && self.tree.node(id).shape() == Shape::Scalar {
            return Ok(vec![]);
        }
        Err(Refusal::new(
            span.start as usize,
            format!(
                "the value is tagged {}: only another string can take its place",
                &self.text[span.start as usize..span.end as usize]
            ),
        ))
    }

    pub(super) fn flow_splice(&self, id: NodeId, slot: &Slot, text: String) -> Splice {
        let (start, end) = (self.start(id), self.end(id));
        if start < end {
            return Splice::new(start..end, text);
        }
        match slot {
            Slot::Value { key, .. } => match self.scan(self.end(*key), b':') {
                Some(colon) => Splice::insert(colon + 1, format!(" {text}")),
                None => Splice::insert(self.end(*key), format!(": {text}")),
            },
            _ => Splice::insert(start, text),
        }
    }

    pub(super) fn replace_by_block(
        &self,
        id: NodeId,
        slot: &Slot,
        parent: Option<NodeId>,
        value: &Value,
        habits: Habits,
    ) -> Planned {
        let (start, end) = (self.start(id), self.end(id));
        let is_block_node = self.tree.node(id).style() == Style::Block;
        match slot {
            Slot::Root => Ok(vec![Splice::new(
                start..end,
                write::block(value, column(self.text, start), habits),
            )]),
            Slot::Item { .. } => {
                let Some(announced) = self.announced(slot, id) else {
                    return Err(Refusal::new(
                        start,
                        "the dash of this element was not found",
                    ));
                };
                let indent = parent.map_or(0, |parent| column(self.text, self.start(parent))) + 2;
                Ok(vec![Splice::new(
                    announced..end,
                    format!(" {}", write::block(value, indent, habits)),
                )])
            }
            Slot::Value { .. } => {
                let Some(announced) = self.announced(slot, id) else {
                    return Err(Refusal::new(start, "the colon of this key was not found"));
                };
                let base = parent.map_or(0, |parent| self.parent_column(parent));
                let below = write::beside_or_below(value, base, habits);
                if is_block_node {
                    let line = line_break(self.text, announced);
                    return Ok(vec![Splice::new(line..end, below)]);
                }
                let line = self.line_end(end)?;
                Ok(vec![
                    Splice::remove(announced..end),
                    Splice::insert(line, below),
                ])
            }
        }
    }

    /// Replaces a block collection by text on one line.
    pub(super) fn block_to_inline(&self, id: NodeId, slot: &Slot, text: &str) -> Planned {
        let (start, end) = (self.start(id), self.end(id));
        match self.announced(slot, id) {
            Some(announced) if starts_line(self.text, start) && announced < start => {
                let line = line_break(self.text, announced);
                if text.contains('\n') {
                    let text = beside_header(text, self.text[announced..line].trim());
                    let range = announced..line_break(self.text, end);
                    return Ok(vec![Splice::new(range, format!(" {text}"))]);
                }
                Ok(vec![
                    Splice::insert(announced, format!(" {text}")),
                    Splice::remove(line..line_break(self.text, end)),
                ])
            }
            _ => Ok(vec![Splice::new(start..end, text)]),
        }
    }
}

/// The text of a scalar with a comment on its first line.
fn beside_header(text: &str, comment: &str) -> String {
    if comment.is_empty() {
        return text.to_owned();
    }
    let header = text.find(['\r', '\n']).unwrap_or(text.len());
    format!("{} {comment}{}", &text[..header], &text[header..])
}
