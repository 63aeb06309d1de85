//! Editing: from a place and an action to splices on the text.
//!
//! An edit touches only the bytes it must, and writes in the style it finds. What cannot be done
//! without disturbing something else is refused with the reason.

use std::ops::Range;

use crate::edit::{Action, Refusal};
use crate::path::{ResolvedPath, Step};
use crate::tree::{Kind, NodeId, NodeRef, Shape, Style, Tree};
use crate::value::Value;
use crate::yaml::layout::{
    Habits, column, comment_anchor, line_comment, line_start, next_line, starts_line,
};
use crate::yaml::read::line_break;
use crate::yaml::scalar;
use crate::yaml::write::{self, Quoting};

/// Replacement text for a range of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

impl Splice {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            text: text.into(),
        }
    }

    fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, text)
    }

    fn remove(range: Range<usize>) -> Self {
        Self::new(range, "")
    }
}

/// The text with all splices done. They must not overlap.
pub(crate) fn splice(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let added: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut out = String::with_capacity(text.len() + added);
    let mut at = 0;
    for splice in splices {
        out.push_str(&text[at.min(splice.range.start)..splice.range.start]);
        out.push_str(&splice.text);
        at = at.max(splice.range.end);
    }
    out.push_str(&text[at..]);
    out
}

type Planned = Result<Vec<Splice>, Refusal>;

/// Where an existing node hangs.
enum Slot {
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

    fn node_ref(&self, id: NodeId) -> NodeRef<'a> {
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

    fn outer_start(&self, id: NodeId) -> usize {
        self.tree.outer_start(id) as usize
    }

    fn is_flow(&self, id: NodeId) -> bool {
        self.tree.node(id).style == Style::Flow
    }

    fn habits(&self) -> Habits {
        Habits::of(self.text, self.tree)
    }

    /// The splices that carry out one action at one place. No splice: it is so already.
    pub(crate) fn plan(&self, path: &ResolvedPath, action: &Action) -> Planned {
        let Some(root) = self.tree.root else {
            return match action {
                Action::Set(value) => self.fill_empty(&nest(&path.0, value)?),
                Action::Delete => Ok(vec![]),
                _ => Err(Refusal::new(0, "the document is empty")),
            };
        };
        let mut id = root;
        let mut slot = Slot::Root;
        for (depth, step) in path.0.iter().enumerate() {
            self.refuse_shared(id, depth > 0 || path.0.len() > depth)?;
            let Some((next, next_slot)) = self.step(id, step) else {
                return match action {
                    Action::Set(value) => self.create(id, &slot, &path.0[depth..], value),
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
            Action::Set(value) => self.replace(id, &slot, value),
            Action::Delete => self.delete(id, &slot),
            Action::Comment(text) => self.comment(id, text),
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
    fn refuse_shared(&self, id: NodeId, below: bool) -> Result<(), Refusal> {
        if below && self.tree.node(id).shape == Shape::Alias {
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

    fn step(&self, id: NodeId, step: &Step) -> Option<(NodeId, Slot)> {
        let node = self.tree.node(id);
        match node.shape {
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

    // --- creating -----------------------------------------------------------------------------

    /// Creates the steps that are missing below `id`.
    fn create(&self, id: NodeId, slot: &Slot, missing: &[Step], value: &Value) -> Planned {
        let node = self.tree.node(id);
        match node.shape {
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

    fn fill_empty(&self, value: &Value) -> Planned {
        let habits = self.habits();
        let mut text = write::block(value, 0, habits);
        text.push_str(habits.line_ending);
        let at = self.text.len();
        let lead = if at > 0 && !self.text.ends_with('\n') {
            habits.line_ending
        } else {
            ""
        };
        Ok(vec![Splice::insert(at, format!("{lead}{text}"))])
    }

    /// Style of the keys of a mapping when all of them are quoted alike.
    fn key_style(&self, mapping: NodeId) -> Style {
        let mut styles = self
            .tree
            .entries(mapping)
            .map(|(key, _)| self.tree.node(key).style);
        match styles.next() {
            Some(first @ (Style::SingleQuoted | Style::DoubleQuoted))
                if styles.all(|style| style == first) =>
            {
                first
            }
            _ => Style::Plain,
        }
    }

    fn insert_entry(&self, mapping: NodeId, key: &str, value: &Value) -> Planned {
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
    fn first_key_place(&self, mapping: NodeId, key: NodeId) -> usize {
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
    fn line_end(&self, offset: usize) -> Result<usize, Refusal> {
        let end = line_break(self.text, offset);
        let rest = self.text[offset..end].trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            Ok(end)
        } else {
            Err(Refusal::new(offset, "something else follows on this line"))
        }
    }

    /// Inserts before the item at `step`, or behind the last one for its length or `-`.
    fn insert_item(&self, id: NodeId, step: &Step, value: &Value) -> Planned {
        if self.tree.node(id).shape != Shape::Sequence {
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
    fn flow_quoting(&self, id: NodeId) -> Quoting {
        let mut quoting = Quoting {
            keys: self.key_style(id),
            ..Quoting::PLAIN
        };
        let mut strings = self
            .tree
            .children(id)
            .filter(|child| self.node_ref(*child).kind() == Kind::String)
            .map(|child| self.tree.node(child).style);
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

    fn insert_flow(&self, id: NodeId, key: Option<&str>, value: &Value) -> Planned {
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
    fn flow_child_end(&self, child: NodeId, key: Option<NodeId>) -> usize {
        let end = self.end(child);
        match key {
            Some(key) if end <= self.end(key) => self
                .scan(self.end(key), b':')
                .map_or(self.end(key), |colon| colon + 1),
            _ => end,
        }
    }

    /// The next occurrence of a byte with only blanks, line breaks and comments before it.
    fn scan(&self, from: usize, byte: u8) -> Option<usize> {
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

    // --- replacing ----------------------------------------------------------------------------

    /// Behind the `:` or `-` that announces a node, and behind its anchor; a tag is not kept.
    fn announced(&self, slot: &Slot, id: NodeId) -> Option<usize> {
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
    fn dash(&self, sequence: NodeId, index: usize) -> Option<usize> {
        match index.checked_sub(1) {
            None => self.scan(self.start(sequence), b'-'),
            Some(before) => self.scan(self.end(self.tree.children(sequence).nth(before)?), b'-'),
        }
    }

    fn replace(&self, id: NodeId, slot: &Slot, value: &Value) -> Planned {
        let node = self.node_ref(id);
        if self.tree.node(id).shape != Shape::Alias {
            self.refuse_shared(id, false)?;
        }
        if node.value() == *value {
            return Ok(vec![]);
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
        let style = self.tree.node(id).style;
        let text = match value {
            Value::String(text) => {
                let base = parent.map_or(0, |parent| self.parent_column(parent));
                let (indent, step) = self.literal_place(id, base, habits);
                write::string(
                    text,
                    self.string_style(id, Style::Plain),
                    indent,
                    step,
                    habits,
                )
            }
            Value::Bool(value) => self.spell_bool(node, *value),
            _ => write::flow(value, Quoting::PLAIN),
        };
        let is_block_node = style == Style::Block;
        if is_block_node {
            splices.extend(self.block_to_inline(id, slot, &text)?);
        } else if self.start(id) == self.end(id) {
            splices.push(Splice::insert(
                self.announced(slot, id).unwrap_or(self.start(id)),
                format!(" {text}"),
            ));
        } else {
            let mut text = text;
            if matches!(style, Style::Literal | Style::Folded) {
                // A comment beside the header stays beside the value.
                if let Some(comment) = line_comment(self.text, self.tree, id) {
                    let comment = &self.text[comment.start as usize..comment.end as usize];
                    match text.find(['\r', '\n']) {
                        Some(at) => text.insert_str(at, &format!(" {comment}")),
                        None => text = format!("{text} {comment}"),
                    }
                }
            }
            splices.push(Splice::new(self.start(id)..self.end(id), text));
        }
        Ok(splices)
    }

    /// Column of the keys (or dashes) of a block collection, the margin its values indent from.
    fn parent_column(&self, parent: NodeId) -> usize {
        match self.tree.node(parent).shape {
            Shape::Mapping => self.tree.entries(parent).next().map_or(0, |(key, _)| {
                column(self.text, self.first_key_place(parent, key))
            }),
            _ => column(self.text, self.start(parent)),
        }
    }

    /// Column of the lines of a block scalar, and how far that is from its parent: where they are
    /// now, or where the habits put them.
    fn literal_place(&self, id: NodeId, base: usize, habits: Habits) -> (usize, usize) {
        let node = self.tree.node(id);
        if matches!(node.style, Style::Literal | Style::Folded) {
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
    fn string_style(&self, id: NodeId, otherwise: Style) -> Style {
        let node = self.tree.node(id);
        match node.style {
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
    fn spell_bool(&self, node: NodeRef<'_>, value: bool) -> String {
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
    fn retag(&self, id: NodeId, value: &Value) -> Planned {
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
        if matches!(value, Value::String(_)) && self.tree.node(id).shape == Shape::Scalar {
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

    fn flow_splice(&self, id: NodeId, slot: &Slot, text: String) -> Splice {
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

    fn replace_by_block(
        &self,
        id: NodeId,
        slot: &Slot,
        parent: Option<NodeId>,
        value: &Value,
        habits: Habits,
    ) -> Planned {
        let (start, end) = (self.start(id), self.end(id));
        let is_block_node = self.tree.node(id).style == Style::Block;
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
    fn block_to_inline(&self, id: NodeId, slot: &Slot, text: &str) -> Planned {
        let (start, end) = (self.start(id), self.end(id));
        match self.announced(slot, id) {
            Some(announced) if starts_line(self.text, start) && announced < start => {
                let line = line_break(self.text, announced);
                Ok(vec![
                    Splice::insert(announced, format!(" {text}")),
                    Splice::remove(line..line_break(self.text, end)),
                ])
            }
            _ => Ok(vec![Splice::new(start..end, text)]),
        }
    }

    // --- deleting -----------------------------------------------------------------------------

    fn delete(&self, id: NodeId, slot: &Slot) -> Planned {
        match slot {
            Slot::Root => Err(Refusal::new(
                self.start(id),
                "a whole document is removed as a resource, not by its empty path",
            )),
            Slot::Value { mapping, key } => {
                let name = self.node_ref(*key).scalar();
                let same = self
                    .tree
                    .entries(*mapping)
                    .filter(|(key, _)| self.node_ref(*key).scalar() == name)
                    .count();
                if same > 1 {
                    return Err(Refusal::new(
                        self.start(*key),
                        format!(
                            "the key {name} stands {same} times in this map: removing one would bring back another"
                        ),
                    ));
                }
                self.refuse_anchored_below(id)?;
                let entries: Vec<(NodeId, NodeId)> = self.tree.entries(*mapping).collect();
                let at = entries
                    .iter()
                    .position(|(other, _)| other == key)
                    .unwrap_or(0);
                if self.is_flow(*mapping) {
                    let ranges: Vec<Range<usize>> = entries
                        .iter()
                        .map(|(key, value)| {
                            self.outer_start(*key)..self.flow_child_end(*value, Some(*key))
                        })
                        .collect();
                    return Ok(self.delete_flow(&ranges, at));
                }
                let ranges: Vec<Range<usize>> = entries
                    .iter()
                    .map(|(key, value)| {
                        self.first_key_place(*mapping, *key)..self.end(*value).max(self.end(*key))
                    })
                    .collect();
                self.delete_block(*mapping, &ranges, at, "{}")
            }
            Slot::Item { sequence, index } => {
                self.refuse_anchored_below(id)?;
                let items: Vec<NodeId> = self.tree.children(*sequence).collect();
                if self.is_flow(*sequence) {
                    let ranges: Vec<Range<usize>> = items
                        .iter()
                        .map(|item| self.outer_start(*item)..self.end(*item))
                        .collect();
                    return Ok(self.delete_flow(&ranges, *index));
                }
                let ranges: Option<Vec<Range<usize>>> = items
                    .iter()
                    .enumerate()
                    .map(|(nth, item)| {
                        self.dash(*sequence, nth)
                            .map(|dash| dash..self.end(*item).max(dash + 1))
                    })
                    .collect();
                let ranges = ranges.ok_or_else(|| {
                    Refusal::new(self.start(*sequence), "a dash of this list was not found")
                })?;
                self.delete_block(*sequence, &ranges, *index, "[]")
            }
        }
    }

    /// Refuses to remove an anchor that an alias elsewhere stands for.
    fn refuse_anchored_below(&self, id: NodeId) -> Result<(), Refusal> {
        let (start, end) = (self.outer_start(id), self.end(id));
        for (node, properties) in &self.tree.properties {
            let place = self.start(*node);
            if properties.aliased && place >= start && place < end.max(start + 1) {
                return self.refuse_shared(*node, false);
            }
        }
        Ok(())
    }

    fn delete_flow(&self, ranges: &[Range<usize>], at: usize) -> Vec<Splice> {
        let own = ranges[at].clone();
        let last = at + 1 == ranges.len();
        let comma = self.scan(own.end, b',');
        let behind = comma.map_or(own.end, |comma| comma + 1);
        let rest = self.text[behind..line_break(self.text, behind)].trim_start();
        let alone = starts_line(self.text, own.start) && (rest.is_empty() || rest.starts_with('#'));
        if alone && ranges.len() > 1 {
            let mut splices = vec![Splice::remove(
                line_start(self.text, own.start)..next_line(self.text, behind),
            )];
            if last
                && comma.is_none()
                && let Some(before) = at
                    .checked_sub(1)
                    .and_then(|before| self.scan(ranges[before].end, b','))
            {
                splices.push(Splice::remove(before..before + 1));
            }
            return splices;
        }
        let range = if !last {
            own.start..ranges[at + 1].start
        } else if at > 0 {
            ranges[at - 1].end..own.end
        } else {
            own.start..behind
        };
        vec![Splice::remove(range)]
    }

    fn delete_block(&self, id: NodeId, ranges: &[Range<usize>], at: usize, empty: &str) -> Planned {
        let own = ranges[at].clone();
        let end = self.line_end(own.end)?;
        if ranges.len() == 1 {
            return Ok(self.empty_block(id, own, end, empty));
        }
        if starts_line(self.text, own.start) {
            return Ok(vec![Splice::remove(self.whole_lines(own.start, end))]);
        }
        // It shares its line with a dash: what follows takes its place there.
        let next = next_line(self.text, end);
        let blanks = self.text[next..].len()
            - self.text[next..]
                .trim_start_matches([' ', '\n', '\r'])
                .len();
        Ok(vec![Splice::remove(own.start..next + blanks)])
    }

    /// From the start of a line to behind the break at `end`; at the end of a text without a last
    /// line break, from behind the line before.
    fn whole_lines(&self, start: usize, end: usize) -> Range<usize> {
        let line = line_start(self.text, start);
        let next = next_line(self.text, end);
        if next == self.text.len() && !self.text.ends_with('\n') && line > 0 {
            let before = if self.text[..line].ends_with("\r\n") {
                line - 2
            } else {
                line - 1
            };
            return before..next;
        }
        line..next
    }

    /// What is left of a block collection that loses its only child: empty brackets.
    fn empty_block(&self, id: NodeId, own: Range<usize>, end: usize, empty: &str) -> Vec<Splice> {
        if starts_line(self.text, own.start) && self.tree.root != Some(id) {
            // Beside the key or dash that announces it, behind an anchor if there is one.
            let line = line_start(self.text, own.start);
            if let Some(above) =
                comment_anchor(self.text, self.tree, id).filter(|above| *above < line)
            {
                return vec![
                    Splice::insert(above, format!(" {empty}")),
                    Splice::remove(self.whole_lines(own.start, end)),
                ];
            }
        }
        vec![Splice::new(own, empty)]
    }

    // --- comments -----------------------------------------------------------------------------

    fn comment(&self, id: NodeId, comment: &str) -> Planned {
        if comment.contains(['\n', '\r']) {
            return Err(Refusal::new(self.start(id), "a line comment has one line"));
        }
        let Some(anchor) = comment_anchor(self.text, self.tree, id) else {
            return Err(Refusal::new(
                self.start(id),
                "there is no room for a comment on this line",
            ));
        };
        let comment = comment.trim();
        let old = line_comment(self.text, self.tree, id);
        Ok(match (old, comment.is_empty()) {
            (Some(old), false) if self.node_ref(id).line_comment() == Some(comment) => {
                let _ = old;
                vec![]
            }
            (Some(old), false) => vec![Splice::new(
                old.start as usize..old.end as usize,
                format!("# {comment}"),
            )],
            (Some(old), true) => vec![Splice::remove(anchor..old.end as usize)],
            (None, false) => vec![Splice::insert(anchor, format!(" # {comment}"))],
            (None, true) => vec![],
        })
    }
}

fn index_of(step: &Step) -> Option<usize> {
    match step {
        Step::Index(index) => Some(*index),
        Step::Key(key) => key.parse().ok(),
    }
}

/// Wraps a value in the maps that the steps to it name.
fn nest(steps: &[Step], value: &Value) -> Result<Value, Refusal> {
    let mut value = value.clone();
    for step in steps.iter().rev() {
        value = match step {
            Step::Key(key) if key == "-" => Value::List(vec![value]),
            Step::Key(key) => Value::Map(vec![(key.clone(), value)]),
            Step::Index(0) => Value::List(vec![value]),
            Step::Index(_) => {
                return Err(Refusal::new(
                    0,
                    "an element of a list that does not exist cannot be set",
                ));
            }
        };
    }
    Ok(value)
}
