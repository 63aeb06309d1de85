//! Tables, and what may be added to them.

use std::ops::Range;

use toml_parser::{ErrorSink, Span};

use super::{Defined, Key, Reader, report};
use crate::limits;
use crate::tree::{NodeId, Shape, Style};

impl Reader<'_> {
    fn defined(&self, table: NodeId) -> Option<Defined> {
        let at = self.defined.binary_search_by_key(&table, |(id, _)| *id);
        Some(self.defined[at.ok()?].1)
    }

    /// Notes how a table came to be; most are the newest.
    fn define(&mut self, table: NodeId, how: Defined) {
        match self.defined.binary_search_by_key(&table, |(id, _)| *id) {
            Ok(at) => self.defined[at].1 = how,
            Err(at) => self.defined.insert(at, (table, how)),
        }
    }

    fn is_map(&self, id: NodeId) -> bool {
        self.builder.node(id).shape() == Shape::Mapping
    }

    fn is_inline(&self, id: NodeId) -> bool {
        self.builder.node(id).style() == Style::Flow
    }

    /// The table that a header's key leads to from another: for an array of tables its last one.
    fn below(&mut self, table: NodeId, key: &Key<'_>, error: &mut dyn ErrorSink) -> Option<NodeId> {
        let Some((_, found)) = self.builder.find(table, &key.1) else {
            let name = self.builder.scalar(key.0.clone(), Style::Bare, &key.1);
            let map = self.builder.mapping(key.0.start..key.0.start, Style::Lines);
            self.builder.entry(table, name, map);
            self.define(map, Defined::Implicitly);
            return Some(map);
        };
        let last = self.builder.last_element(found);
        match last {
            Some(last) if !self.is_inline(found) => Some(last),
            None if self.is_map(found) && !self.is_inline(found) => Some(found),
            _ => {
                report(
                    error,
                    &key.0,
                    format!("the key {} is no table that can be continued", key.1),
                );
                None
            }
        }
    }

    /// Opens the table whose header has just been read.
    pub(super) fn open_table(
        &mut self,
        header: &Range<usize>,
        array: bool,
        error: &mut dyn ErrorSink,
    ) {
        let keys = std::mem::take(&mut self.keys);
        let Some((last, above)) = keys.split_last() else {
            return;
        };
        if keys.len() >= limits::MAX_DEPTH {
            report(error, header, "the table nests too deep");
            return;
        }
        let mut table = self.root;
        let mut depth = 0;
        for key in above {
            let Some(next) = self.below(table, key, error) else {
                return;
            };
            // An element of an array of tables is two levels further down.
            depth += 1 + usize::from(self.defined(next).is_none());
            table = next;
        }
        let found = self.builder.find(table, &last.1).map(|(_, found)| found);
        let known = found.and_then(|found| self.defined(found));
        self.here = match (array, found) {
            (false, Some(found)) if known == Some(Defined::Implicitly) => {
                self.builder.set_span(found, header.clone());
                found
            }
            (true, Some(found))
                if !self.is_map(found) && !self.is_inline(found) && !self.is_scalar(found) =>
            {
                depth += 1;
                let element = self.builder.mapping(header.clone(), Style::Lines);
                self.builder.append(found, element);
                element
            }
            (_, Some(_)) => {
                report(
                    error,
                    &last.0,
                    format!("duplicate key: {} is defined already", last.1),
                );
                return;
            }
            (_, None) => {
                let key = self.builder.scalar(last.0.clone(), Style::Bare, &last.1);
                let table_below = self.builder.mapping(header.clone(), Style::Lines);
                if array {
                    depth += 1;
                    let list = self.builder.sequence(header.clone(), Style::Lines);
                    self.builder.append(list, table_below);
                    self.builder.entry(table, key, list);
                } else {
                    self.builder.entry(table, key, table_below);
                }
                table_below
            }
        };
        self.depth = depth + 1;
        if !array {
            self.define(self.here, Defined::ByHeader);
        }
        if self.depth >= limits::MAX_DEPTH {
            report(error, header, "the table nests too deep");
        }
    }

    fn is_scalar(&self, id: NodeId) -> bool {
        self.builder.node(id).shape() == Shape::Scalar
    }

    /// Puts a value where it belongs: into the open brackets, or under its key into the table.
    pub(super) fn put(&mut self, value: NodeId, error: &mut dyn ErrorSink) {
        let into = self.open.last().map(|open| open.id);
        if let Some(list) = into.filter(|id| !self.is_map(*id)) {
            self.builder.append(list, value);
            return;
        }
        let keys = std::mem::take(&mut self.keys);
        let (Some((last, above)), Some((first, _))) = (keys.split_last(), keys.first()) else {
            return;
        };
        let whole = first.start..last.0.end;
        let mut table = into.unwrap_or(self.here);
        let depth = self.depth + self.open.len() + keys.len();
        // That is how many maps and lists the value is in.
        if depth > limits::MAX_DEPTH {
            report(error, &whole, "the key nests too deep");
            return;
        }
        for key in above {
            table = match self.builder.find(table, &key.1) {
                None => {
                    let name = self.builder.scalar(whole.clone(), Style::Bare, &key.1);
                    let map = self.builder.mapping(whole.clone(), Style::Lines);
                    self.builder.entry(table, name, map);
                    self.define(map, Defined::ByKey);
                    map
                }
                Some((_, found))
                    if matches!(
                        self.defined(found),
                        Some(Defined::Implicitly | Defined::ByKey)
                    ) =>
                {
                    if self.defined(found) == Some(Defined::Implicitly) {
                        self.define(found, Defined::ByKey);
                        self.builder.set_span(found, whole.clone());
                    }
                    found
                }
                Some(_) => {
                    report(
                        error,
                        &key.0,
                        format!("duplicate key: {} is defined already", key.1),
                    );
                    return;
                }
            };
        }
        if self.builder.find(table, &last.1).is_some() {
            report(
                error,
                &last.0,
                format!("duplicate key: {} is defined already", last.1),
            );
            return;
        }
        let key = self.builder.scalar(whole, Style::Bare, &last.1);
        self.builder.entry(table, key, value);
    }

    pub(super) fn close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        let Some(open) = self.open.pop() else { return };
        self.builder.set_span(open.id, open.start..span.end());
        self.keys = open.keys;
        self.put(open.id, error);
    }
}
