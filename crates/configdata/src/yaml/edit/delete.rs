//! Deleting entries and elements with the lines they fill.

use std::ops::Range;

use super::{Editor, Planned, Slot};
use crate::edit::Refusal;
use crate::line_comment::comment_anchor;
use crate::lines::{line_break, line_start, next_line, starts_line};
use crate::splice::Splice;
use crate::tree::NodeId;

impl Editor<'_> {
    pub(super) fn delete(&self, id: NodeId, slot: &Slot) -> Planned {
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
                if self.merges_too(*mapping, &name) {
                    return Err(Refusal::new(
                        self.start(*key),
                        format!(
                            "the key {name} is merged (<<) as well: removing it here would bring that one back"
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

    /// Whether a map that defines a key itself would otherwise have it from one it merges.
    fn merges_too(&self, mapping: NodeId, name: &str) -> bool {
        let map = self.node_ref(mapping);
        map.merges()
            && map.entry("<<").is_some_and(|(_, merged)| {
                merged.get(name).is_some() || merged.items().any(|item| item.get(name).is_some())
            })
    }

    /// Refuses to remove an anchor that an alias elsewhere stands for.
    pub(super) fn refuse_anchored_below(&self, id: NodeId) -> Result<(), Refusal> {
        let (start, end) = (self.outer_start(id), self.end(id));
        for (node, properties) in self.tree.all_properties() {
            let place = self.start(*node);
            if properties.aliased && place >= start && place < end.max(start + 1) {
                return self.refuse_shared(*node, false);
            }
        }
        Ok(())
    }

    pub(super) fn delete_flow(&self, ranges: &[Range<usize>], at: usize) -> Vec<Splice> {
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

    pub(super) fn delete_block(
        &self,
        id: NodeId,
        ranges: &[Range<usize>],
        at: usize,
        empty: &str,
    ) -> Planned {
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
    pub(super) fn whole_lines(&self, start: usize, end: usize) -> Range<usize> {
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
    pub(super) fn empty_block(
        &self,
        id: NodeId,
        own: Range<usize>,
        end: usize,
        empty: &str,
    ) -> Vec<Splice> {
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
}
