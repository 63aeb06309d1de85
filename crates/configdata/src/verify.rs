//! Checking an edit: what must be different afterwards is, and nothing else.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::edit::Action;
use crate::expected::Expected;
use crate::format::Unsaid;
use crate::path::{ResolvedPath, Step};
use crate::tree::{Kind, NodeRef, Style};
use crate::value::Value;

/// The first place where `after` differs from `before` other than as expected.
pub(crate) fn first_unexpected(
    before: Option<NodeRef<'_>>,
    after: Option<NodeRef<'_>>,
    expected: &Expected,
    unsaid: Unsaid,
) -> Option<String> {
    let path = &mut ResolvedPath::default();
    unsaid.compare(before, after, path, Some(expected))
}

impl Unsaid {
    fn compare(
        self,
        before: Option<NodeRef<'_>>,
        after: Option<NodeRef<'_>>,
        path: &mut ResolvedPath,
        expected: Option<&Expected>,
    ) -> Option<String> {
        let odd = |is: bool| is.then(|| path.to_string());
        let Some(expected) = expected else {
            return match (before, after) {
                (Some(before), Some(after)) => odd(!same(before, after)),
                (None, None) => None,
                _ => odd(true),
            };
        };
        if let Some(action) = &expected.action {
            return match (action, before, after) {
                (
                    Action::Set(value) | Action::SetAfter { value, .. } | Action::Insert(value),
                    _,
                    Some(after),
                ) => odd(!self.means(after, value)),
                (Action::Comment(text), Some(before), Some(after)) => {
                    let written = after.line_comment().unwrap_or_default() == text.trim();
                    odd(!written || !same(before, after))
                }
                _ => odd(true),
            };
        }
        match (before, after) {
            (Some(before), Some(after))
                if before.kind() == Kind::Mapping && after.kind() == Kind::Mapping =>
            {
                self.compare_maps(before, after, path, expected)
            }
            (Some(before), Some(after))
                if before.kind() == Kind::Sequence && after.kind() == Kind::Sequence =>
            {
                self.compare_lists(before, after, path, expected)
            }
            // Nothing was here, or null: everything here must be asked for.
            (None, Some(after)) => odd(!self.created(after, expected)),
            (Some(before), Some(after)) if before.kind() == Kind::Null && !self.maps => {
                odd(!self.created(after, expected))
            }
            (Some(before), Some(after)) if self.maps => {
                self.compare_folded(before, after, path, expected)
            }
            (Some(before), None) if self.vanishes(before, expected) => None,
            _ => odd(true),
        }
    }

    /// A key that is both a value and a map keeps its value under the empty key; when the map comes or
    /// goes, the value moves there and back.
    fn compare_folded(
        self,
        before: NodeRef<'_>,
        after: NodeRef<'_>,
        path: &mut ResolvedPath,
        expected: &Expected,
    ) -> Option<String> {
        let as_asked = match (before.kind(), after.kind()) {
            (Kind::Mapping, Kind::Mapping) => false,
            (Kind::Mapping, _) => {
                let rest =
                    before
                        .entries()
                        .filter(|(key, _)| !key.is_empty())
                        .all(|(key, value)| {
                            expected
                                .key(&key)
                                .is_some_and(|here| self.vanishes(value, here))
                        });
                let here = expected.key("");
                rest && self
                    .compare(before.get(""), Some(after), path, here)
                    .is_none()
            }
            (_, Kind::Mapping) => {
                let rest =
                    after
                        .entries()
                        .filter(|(key, _)| !key.is_empty())
                        .all(|(key, value)| {
                            expected
                                .key(&key)
                                .is_some_and(|here| self.created(value, here))
                        });
                rest && after.get("").is_some_and(|value| same(before, value))
            }
            _ => false,
        };
        (!as_asked).then(|| path.to_string())
    }

    /// Whether nothing is left of a value: it is deleted, or is there only through its entries or
    /// elements and has lost all of them.
    fn vanishes(self, before: NodeRef<'_>, expected: &Expected) -> bool {
        let goes = |name: &str, child: NodeRef<'_>| {
            expected
                .key(name)
                .is_some_and(|here| self.vanishes(child, here))
        };
        expected.is_delete()
            || empties(before, expected)
            || self.maps
                && match before.kind() {
                    Kind::Mapping => before.entries().all(|(key, value)| goes(&key, value)),
                    Kind::Sequence => before
                        .items()
                        .enumerate()
                        .all(|(at, item)| goes(&at.to_string(), item)),
                    _ => false,
                }
    }

    /// Whether a node is what was to be written.
    pub(crate) fn means(self, node: NodeRef<'_>, value: &Value) -> bool {
        match value {
            // The order may have to be another: tables stand behind the other entries.
            Value::Map(entries) if self.maps => {
                node.kind() == Kind::Mapping
                    && node.len() == entries.len()
                    && entries.iter().all(|(key, value)| {
                        node.get(key).is_some_and(|node| self.means(node, value))
                    })
            }
            Value::List(values) if self.maps => {
                node.kind() == Kind::Sequence
                    && node.len() == values.len()
                    && node
                        .items()
                        .zip(values)
                        .all(|(node, value)| self.means(node, value))
            }
            Value::Bool(value) if self.types => {
                node.scalar() == if *value { "true" } else { "false" }
            }
            Value::Number(number) if self.types => node.scalar() == number.as_str(),
            Value::String(text) if self.types => !node.is_collection() && node.scalar() == *text,
            value => node.value() == *value,
        }
    }

    /// Whether a new value holds just what the edits ask for.
    fn created(self, after: NodeRef<'_>, expected: &Expected) -> bool {
        if let Some(action) = &expected.action {
            return matches!(action, Action::Set(value) | Action::SetAfter { value, .. } | Action::Insert(value) if self.means(after, value));
        }
        let children: Vec<(String, NodeRef<'_>)> = match after.kind() {
            Kind::Mapping => after
                .entries()
                .map(|(key, value)| (key.into_owned(), value))
                .collect(),
            _ => after
                .items()
                .enumerate()
                .map(|(index, value)| (index.to_string(), value))
                .collect(),
        };
        let last = children.len().saturating_sub(1).to_string();
        !children.is_empty()
            && children.iter().all(|(name, value)| {
                let wanted = expected
                    .key(name)
                    .or_else(|| expected.key("-").filter(|_| *name == last));
                wanted.is_some_and(|wanted| self.created(*value, wanted))
            })
    }

    fn compare_maps(
        self,
        before: NodeRef<'_>,
        after: NodeRef<'_>,
        path: &mut ResolvedPath,
        expected: &Expected,
    ) -> Option<String> {
        // The order of sections follows from where the first of each stands, and what is merged
        // moves when the map defines it itself: order may change.
        let unordered = before.style() == Style::Lines || before.merges() || after.merges();
        if self.maps || unordered {
            return self.compare_loose_maps(before, after, path, expected);
        }
        let mut old = before.entries().filter(|(key, value)| {
            let here = expected.key(key);
            !here.is_some_and(|here| self.vanishes(*value, here))
        });
        let mut next = old.next();
        for (key, value) in after.entries() {
            let here = expected.key(&key);
            path.0.push(Step::Key(key.to_string()));
            let odd = match &next {
                Some((name, old_value)) if *name == key => {
                    let odd = self.compare(Some(*old_value), Some(value), path, here);
                    next = old.next();
                    odd
                }
                // A new entry may stand anywhere; the others keep their order.
                _ => match here {
                    Some(here) if before.get(&key).is_none() => {
                        self.compare(None, Some(value), path, Some(here))
                    }
                    _ => Some(path.to_string()),
                },
            };
            path.0.pop();
            if odd.is_some() {
                return odd;
            }
        }
        next.map(|(key, _)| path.child(Step::Key(key.into_owned())).to_string())
    }

    /// Maps whose order is that of their first entries, which come and go.
    fn compare_loose_maps(
        self,
        before: NodeRef<'_>,
        after: NodeRef<'_>,
        path: &mut ResolvedPath,
        expected: &Expected,
    ) -> Option<String> {
        let mut old: HashMap<Cow<'_, str>, NodeRef<'_>> = before.entries().collect();
        for (key, value) in after.entries() {
            let here = expected.key(&key);
            let was = old.remove(&*key);
            path.0.push(Step::Key(key.into_owned()));
            let odd = if was.is_none() && here.is_none() {
                Some(path.to_string())
            } else {
                self.compare(was, Some(value), path, here)
            };
            path.0.pop();
            if odd.is_some() {
                return odd;
            }
        }
        before.entries().find_map(|(key, value)| {
            let gone = expected
                .key(&key)
                .is_some_and(|here| self.vanishes(value, here));
            let odd = old.contains_key(&*key) && !gone;
            odd.then(|| path.child(Step::Key(key.into_owned())).to_string())
        })
    }

    fn compare_lists(
        self,
        before: NodeRef<'_>,
        after: NodeRef<'_>,
        path: &mut ResolvedPath,
        expected: &Expected,
    ) -> Option<String> {
        let mut new = after.items().enumerate();
        let mut old = before.items();
        let mut length = 0;
        loop {
            for value in expected.inserted(length) {
                let is_there = new.next().is_some_and(|(_, node)| self.means(node, value));
                if !is_there {
                    return Some(path.child(Step::Index(length)).to_string());
                }
            }
            let Some(element) = old.next() else { break };
            let here = expected.index(length);
            if !here.is_some_and(Expected::is_delete) {
                let Some((at, value)) = new.next() else {
                    return Some(path.child(Step::Index(length)).to_string());
                };
                path.0.push(Step::Index(at));
                let odd = self.compare(Some(element), Some(value), path, here);
                path.0.pop();
                if odd.is_some() {
                    return odd;
                }
            }
            length += 1;
        }
        // An element that comes with something below it stands at the end.
        let mut created = expected.index(length).or_else(|| expected.key("-"));
        new.find_map(|(at, value)| {
            path.0.push(Step::Index(at));
            let odd = match created.take() {
                Some(here) => self.compare(None, Some(value), path, Some(here)),
                None => Some(path.to_string()),
            };
            path.0.pop();
            odd
        })
    }
}

/// Whether a list that is written as blocks loses its only one, and is there no more.
fn empties(list: NodeRef<'_>, expected: &Expected) -> bool {
    list.style() == Style::Lines
        && list.kind() == Kind::Sequence
        && list.len() == 1
        && expected.index(0).is_some_and(Expected::is_delete)
}

/// Whether two nodes mean the same; how they are written does not matter.
pub(crate) fn same(a: NodeRef<'_>, b: NodeRef<'_>) -> bool {
    if a.kind() != b.kind() {
        return false;
    }
    match a.kind() {
        Kind::Mapping => {
            let mut right = b.entries();
            for (key, value) in a.entries() {
                match right.next() {
                    Some((other, other_value)) if other == key => {
                        if !same(value, other_value) {
                            return false;
                        }
                    }
                    // The order differs: look every key up.
                    _ => {
                        let others: HashMap<_, _> = b.entries().collect();
                        return a.len() == others.len()
                            && a.entries().all(|(key, value)| {
                                others.get(&key).is_some_and(|other| same(value, *other))
                            });
                    }
                }
            }
            right.next().is_none()
        }
        Kind::Sequence => {
            let mut right = b.items();
            a.items()
                .all(|item| right.next().is_some_and(|other| same(item, other)))
                && right.next().is_none()
        }
        Kind::Null => true,
        Kind::Bool => a.as_bool() == b.as_bool(),
        Kind::Integer | Kind::Float => a.scalar() == b.scalar() || a.value() == b.value(),
        Kind::String => a.scalar() == b.scalar(),
    }
}
