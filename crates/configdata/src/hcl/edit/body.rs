//! Bodies of blocks: attributes and blocks, each on lines of its own.

use super::lines::Pair;
use super::{Editor, Place, Planned, is_made};
use crate::edit::Refusal;
use crate::hcl::cursor::{Cursor, is_name};
use crate::hcl::write::{self, Layout, Written};
use crate::lines::{line_break, line_start};
use crate::splice::Splice;
use crate::tree::NodeId;
use crate::value::Value;

/// An attribute or a block of a body.
pub(super) struct Item {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Key and value, for an attribute.
    attribute: Option<(NodeId, NodeId)>,
    name: NodeId,
}

/// Beside which item something new goes.
#[derive(Clone, Copy)]
enum Beside {
    After(usize),
    Before(usize),
    /// The body is empty.
    Inside,
}

impl Editor<'_> {
    /// What stands in a body, in the order of the text.
    pub(super) fn items(&self, map: NodeId) -> Vec<Item> {
        let mut items = Vec::new();
        for (key, value) in self.tree.entries(map) {
            if self.style(value) == crate::tree::Style::Bare {
                continue;
            }
            if self.is_blocks(value) {
                items.extend(self.tree.children(value).map(|block| Item {
                    start: self.start(block),
                    end: self.end(block),
                    attribute: None,
                    name: key,
                }));
            } else {
                items.push(Item {
                    start: self.start(key),
                    end: self.end(value),
                    attribute: Some((key, value)),
                    name: key,
                });
            }
        }
        items.sort_by_key(|item| item.start);
        items
    }

    /// The braces of a block; `None` for a document of attributes.
    fn braces(&self, map: NodeId) -> Option<(usize, usize)> {
        let mut cursor = Cursor::new(self.text, self.start(map));
        cursor.name()?;
        cursor.labels().ok()?;
        (cursor.peek() == Some(b'{')).then(|| (cursor.at, self.end(map) - 1))
    }

    pub(super) fn insert_attribute(
        &self,
        map: NodeId,
        name: &str,
        value: &Value,
        place: Place<'_>,
    ) -> Planned {
        if !is_name(name) || is_made(name) {
            return self.refuse(map, format!("{name:?} is no name for an attribute"));
        }
        let items = self.items(map);
        let named = |wanted: &str| {
            items
                .iter()
                .rposition(|item| self.node(item.name).scalar() == wanted)
        };
        let usual = || {
            let block = items.iter().position(|item| item.attribute.is_none());
            let before = &items[..block.unwrap_or(items.len())];
            let last = before.len().checked_sub(1);
            last.or_else(|| items.iter().rposition(|item| item.attribute.is_some()))
                .map_or(Beside::Before(0), Beside::After)
        };
        let beside = match place {
            _ if items.is_empty() => Beside::Inside,
            Place::First => Beside::Before(0),
            Place::After(name) if is_made(name) => Beside::Before(0),
            Place::After(name) => named(name).map_or_else(usual, Beside::After),
            Place::Usual => usual(),
        };
        let mut pairs = Vec::new();
        let mut nth = None;
        for (at, item) in items.iter().enumerate() {
            if let Some((key, value)) = item.attribute {
                if matches!(beside, Beside::After(here) | Beside::Before(here) if here == at) {
                    nth = Some(pairs.len());
                }
                pairs.push(Pair {
                    key: self.start(key)..self.end(key),
                    value: self.start(value)..self.end(value),
                });
            }
        }
        let separator = self.separator(&pairs, nth.unwrap_or(usize::MAX), name);
        let lonely = matches!(beside, Beside::Before(at) if items[at].attribute.is_none());
        self.insert_lines(map, &items, beside, lonely, &|layout| {
            Ok(format!(
                "{name}{separator}{}",
                write::expression(value, layout)?
            ))
        })
    }

    /// Writes a new block as element `index` of a list of blocks.
    pub(super) fn insert_block(&self, list: NodeId, index: usize, value: &Value) -> Planned {
        let parent = self.tree.root.and_then(|root| self.parent_of(root, list));
        let Some((map, key)) = parent else {
            return self.refuse(list, "the block around this one was not found");
        };
        let blocks: Vec<NodeId> = self.tree.children(list).collect();
        let items = self.items(map);
        let at = |block: NodeId| {
            items
                .iter()
                .position(|item| item.start == self.start(block))
        };
        let beside = match index.checked_sub(1).and_then(|before| blocks.get(before)) {
            Some(before) => at(*before).map(Beside::After),
            None => blocks
                .first()
                .and_then(|first| at(*first))
                .map(Beside::Before),
        };
        let Some(beside) = beside else {
            return self.refuse(list, format!("there is no position {index} in this list"));
        };
        let apart = match beside {
            Beside::After(at) | Beside::Before(at) => {
                let line = self.above_comments(items[at].start);
                match blocks.len() {
                    0 | 1 => self.blank_above(line),
                    _ => blocks[1..]
                        .iter()
                        .any(|block| self.blank_above(self.above_comments(self.start(*block)))),
                }
            }
            Beside::Inside => false,
        };
        let name = self.node(key).scalar();
        // What its siblings write as an attribute is one here too.
        let as_blocks = |name: &str| {
            let known = blocks.iter().find_map(|block| self.node(*block).get(name));
            known.is_none_or(|known| self.is_blocks(known.id))
        };
        self.insert_lines(map, &items, beside, apart, &|layout| {
            write::block(&name, value, layout, &as_blocks)
        })
    }

    /// Writes the first block of its kind, at the end of the body.
    pub(super) fn first_block(&self, map: NodeId, name: &str, value: &Value) -> Planned {
        if self.braces(map).is_none() {
            return self.refuse(
                map,
                "a block stands inside another, or is a document of its own",
            );
        }
        let items = self.items(map);
        let beside = items
            .len()
            .checked_sub(1)
            .map_or(Beside::Inside, Beside::After);
        self.insert_lines(map, &items, beside, true, &|layout| {
            write::block(name, value, layout, &|_| true)
        })
    }

    /// Writes the entries of an empty block.
    pub(super) fn fill_body(&self, map: NodeId, entries: &[(String, Value)]) -> Planned {
        let value = Value::Map(entries.to_vec());
        self.insert_lines(map, &[], Beside::Inside, false, &|layout| {
            // The block is written out whole and its outer lines taken away again.
            let outer = Layout {
                margin: layout
                    .margin
                    .strip_suffix(&layout.step)
                    .unwrap_or("")
                    .to_owned(),
                ..layout.clone()
            };
            let block = write::block("block", &value, &outer, &|_| true)?;
            let inside = block
                .strip_prefix("block {")
                .and_then(|rest| rest.strip_suffix('}'))
                .ok_or("the labels of a block are part of its first line")?;
            Ok(inside.trim().to_owned())
        })
    }

    /// Inserts lines into a body; `apart` asks for a blank line between them and the neighbour,
    /// where it does not double one.
    fn insert_lines(
        &self,
        map: NodeId,
        items: &[Item],
        beside: Beside,
        apart: bool,
        write: &dyn Fn(&Layout) -> Written,
    ) -> Planned {
        let refuse = |reason: String| self.refusal(map, reason);
        let braces = self.braces(map);
        let tight = braces.filter(|(open, _)| {
            let until = items.first().map_or(*open, |item| item.start);
            !self.text[*open..until].contains('\n')
        });
        if let Some((open, close)) = tight {
            return self.widen(map, items, beside, (open, close), write);
        }
        match beside {
            Beside::Inside => Ok(vec![]),
            Beside::After(at) => {
                let item = &items[at];
                let layout = self.layout(item.start, false);
                let text = write(&layout).map_err(refuse)?;
                let end = self
                    .line_end(item.end)
                    .ok_or_else(|| Refusal::new(item.end, "something else follows on this line"))?;
                let rest = self.text[end..].trim_start_matches(['\r', '\n']);
                let next = line_break(self.text, end);
                let after = crate::lines::next_line(self.text, next);
                let free = after >= self.text.len()
                    || self.is_blank_line(after)
                    || rest.trim_start_matches([' ', '\t']).starts_with('}');
                let gap = if apart && free {
                    layout.line_ending
                } else {
                    ""
                };
                Ok(vec![Splice::insert(
                    end,
                    format!("{gap}{}{text}", layout.line()),
                )])
            }
            Beside::Before(at) => {
                let layout = self.layout(items[at].start, false);
                let text = write(&layout).map_err(refuse)?;
                let line = self.above_comments(items[at].start);
                if !self.begins_line(items[at].start) {
                    return Err(Refusal::new(line, "something else stands on this line"));
                }
                let gap = if apart { layout.line_ending } else { "" };
                Ok(vec![Splice::insert(
                    line,
                    format!("{}{text}{}{gap}", layout.margin, layout.line_ending),
                )])
            }
        }
    }

    /// Inserts into a body that is empty or stands on one line with its braces.
    fn widen(
        &self,
        map: NodeId,
        items: &[Item],
        beside: Beside,
        (open, close): (usize, usize),
        write: &dyn Fn(&Layout) -> Written,
    ) -> Planned {
        let outer = self.layout(self.start(map), false);
        let layout = outer.deeper();
        let text = write(&layout).map_err(|reason| self.refusal(map, reason))?;
        let Some(item) = items.first() else {
            let inside = open + 1..close;
            let between = &self.text[inside.clone()];
            if between.trim().is_empty() && !between.contains('\n') {
                return Ok(vec![Splice::new(
                    inside,
                    format!("{}{text}{}", layout.line(), outer.line()),
                )]);
            }
            if !self.begins_line(close) {
                return self.refuse(map, "a comment stands between the braces");
            }
            return Ok(vec![Splice::insert(
                line_start(self.text, close),
                format!("{}{text}{}", layout.margin, layout.line_ending),
            )]);
        };
        let (before, after) = (open + 1..item.start, item.end..close);
        let blank = |range: &std::ops::Range<usize>| self.text[range.clone()].trim().is_empty();
        if !blank(&before) || !blank(&after) {
            return self.refuse(map, "a comment stands between the braces");
        }
        let line = layout.line();
        Ok(if matches!(beside, Beside::Before(_)) {
            vec![
                Splice::new(before, format!("{line}{text}{line}")),
                Splice::new(after, outer.line()),
            ]
        } else {
            vec![
                Splice::new(before, line.clone()),
                Splice::new(after, format!("{line}{text}{}", outer.line())),
            ]
        })
    }

    pub(super) fn delete_attribute(&self, map: NodeId, key: NodeId, value: NodeId) -> Planned {
        let (start, end) = (self.start(key), self.end(value));
        if let Some((open, close)) = self.braces(map)
            && !self.text[open..start].contains('\n')
        {
            let around = [open + 1..start, end..close];
            if !around
                .iter()
                .all(|range| self.text[range.clone()].trim().is_empty())
            {
                return self.refuse(key, "a comment stands between the braces");
            }
            return Ok(vec![Splice::remove(open + 1..close)]);
        }
        self.delete_lines(start, end)
    }

    /// The body that holds a list of blocks, and the key it is under.
    fn parent_of(&self, map: NodeId, list: NodeId) -> Option<(NodeId, NodeId)> {
        for (key, value) in self.tree.entries(map) {
            if value == list {
                return Some((map, key));
            }
            if self.is_blocks(value) && self.start(value) <= self.start(list) {
                let inner = self
                    .tree
                    .children(value)
                    .filter(|block| {
                        (self.start(*block)..self.end(*block)).contains(&self.start(list))
                    })
                    .find_map(|block| self.parent_of(block, list));
                if inner.is_some() {
                    return inner;
                }
            }
        }
        None
    }
}
