//! The three-way merge of values, with its report.
//!
//! One walk over the three trees decides, place by place, what the merged value is. It speaks of
//! values only; how they come into the text is the business of [`super::text`].

use std::collections::HashMap;

use super::local::{Local, Recorded, Written};
use super::order;
use super::report::{Outcome, ReportLine, Subject};
use super::strategy::{Pending, Rules, Strategy};
use crate::path::escape_key;
use crate::resource::ResourceInfo;
use crate::tree::{Kind, NodeRef};
use crate::value::Value;
use crate::verify::same;
use crate::yaml::write;

/// One place on the three sides.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) base: Option<NodeRef<'a>>,
    pub(super) theirs: Option<NodeRef<'a>>,
    pub(super) ours: Option<NodeRef<'a>>,
}

impl<'a> Sides<'a> {
    fn child(self, key: &str) -> Self {
        let below = |side: Option<NodeRef<'a>>| side.and_then(|node| node.get(key));
        Self {
            base: below(self.base),
            theirs: below(self.theirs),
            ours: below(self.ours),
        }
    }
}

/// What is known of a place from the way to it.
#[derive(Clone)]
pub(super) struct Here<'r> {
    pub(super) recorded: Option<&'r Recorded>,
    pub(super) written: Written,
    pending: Pending,
    pub(super) strategy: Strategy,
    /// The key it stands under, by which a list finds its merge key.
    pub(super) key: String,
    /// It is an element of a list, which lives or dies as a whole.
    element: bool,
}

pub(super) struct Walk<'m> {
    pub(super) resource: &'m ResourceInfo,
    pub(super) differences: bool,
    pub(super) rules: Rules<'m>,
    pub(super) lines: Vec<ReportLine>,
    /// Something was held back where the strategy is to fail.
    pub(super) failed: bool,
    pub(super) path: String,
}

pub(super) fn is_same(a: Option<NodeRef<'_>>, b: Option<NodeRef<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    }
}

pub(super) fn names(keys: &[String]) -> Vec<&str> {
    keys.iter().map(String::as_str).collect()
}

fn text_of(node: Option<NodeRef<'_>>) -> Option<String> {
    node.map(|node| write::document(&node.value()))
}

fn is(node: Option<NodeRef<'_>>, kind: Kind) -> bool {
    node.is_some_and(|node| node.kind() == kind)
}

impl<'m> Walk<'m> {
    pub(super) fn new(resource: &'m ResourceInfo, local: Local<'_>, rules: Rules<'m>) -> Self {
        Self {
            resource,
            differences: matches!(local, Local::Differences),
            rules,
            lines: Vec::new(),
            failed: false,
            path: String::new(),
        }
    }

    /// What is known of the whole resource.
    pub(super) fn start<'r>(&self, recorded: Option<&'r Recorded>, strategy: Strategy) -> Here<'r> {
        Here {
            recorded,
            written: recorded.and_then(Recorded::written).unwrap_or_default(),
            pending: self.rules.start(),
            strategy,
            key: String::new(),
            element: false,
        }
    }

    pub(super) fn step<'r>(
        &self,
        here: &Here<'r>,
        segment: &str,
        key: &str,
        element: Option<(usize, NodeRef<'_>)>,
    ) -> Here<'r> {
        let recorded = here
            .recorded
            .and_then(|recorded| recorded.child(segment, element.map(|(position, _)| position)));
        let (pending, strategy) = self.rules.step(&here.pending, here.strategy, key, element);
        Here {
            recorded,
            written: recorded.and_then(Recorded::written).unwrap_or(here.written),
            pending,
            strategy,
            key: if element.is_none() {
                key.to_owned()
            } else {
                String::new()
            },
            element: element.is_some(),
        }
    }

    pub(super) fn within<T>(&mut self, segment: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(segment);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    pub(super) fn line(&mut self, outcome: Outcome, sides: Sides<'_>, here: &Here<'_>) {
        self.failed |= outcome.is_held_back() && here.strategy == Strategy::Fail;
        self.lines.push(ReportLine {
            resource: self.resource.clone(),
            path: self.path.clone(),
            subject: Subject::Value,
            outcome,
            base: text_of(sides.base),
            theirs: text_of(sides.theirs),
            ours: text_of(sides.ours),
            source: here.written.source,
            message: String::new(),
        });
    }

    /// Whether ours was changed locally at this place.
    pub(super) fn is_local(&self, sides: Sides<'_>, here: &Here<'_>) -> bool {
        if self.differences {
            !is_same(sides.base, sides.ours)
        } else {
            here.written.local
        }
    }

    /// Whether something of ours was changed locally at or below this place.
    fn has_local(&self, sides: Sides<'_>, here: &Here<'_>) -> bool {
        self.is_local(sides, here) || here.recorded.is_some_and(Recorded::has_local_below)
    }

    /// The merged value of a place; `None` when there is nothing.
    pub(super) fn merge(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Option<Value> {
        let Sides { base, theirs, ours } = sides;
        if is_same(base, theirs) {
            return ours.map(NodeRef::value);
        }
        if is(theirs, Kind::Mapping) && is(ours, Kind::Mapping) {
            let base = base.filter(|node| node.kind() == Kind::Mapping);
            return Some(self.merge_maps(Sides { base, ..sides }, here));
        }
        if is(theirs, Kind::Sequence)
            && is(ours, Kind::Sequence)
            && let Some(merged) = self.merge_lists(sides, here)
        {
            return Some(merged);
        }
        self.decide(sides, here)
    }

    /// A place that is merged as one: taken or kept.
    pub(super) fn decide(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Option<Value> {
        let Sides { base, theirs, ours } = sides;
        if is_same(theirs, ours) {
            self.line(Outcome::AlreadyThere, sides, here);
            return ours.map(NodeRef::value);
        }
        let take = here.strategy == Strategy::TakeUpstream;
        let held = match (base, theirs, ours) {
            _ if take => None,
            (Some(base), Some(theirs), Some(ours))
                if base.is_collection()
                    && base.kind() == theirs.kind()
                    && base.kind() != ours.kind() =>
            {
                Some(Outcome::ShapeDiffers)
            }
            _ if self.partly_local(sides, here) => return self.spare(sides, here),
            _ if self.is_local(sides, here) => Some(Outcome::KeptLocal),
            (Some(_), Some(_), None) => Some(Outcome::NotFound),
            _ => None,
        };
        if let Some(outcome) = held {
            self.line(outcome, sides, here);
            return ours.map(NodeRef::value);
        }
        let outcome = match take && self.has_local(sides, here) {
            true => Outcome::TookUpstream,
            false => Outcome::Applied,
        };
        self.line(outcome, sides, here);
        theirs.map(NodeRef::value)
    }

    /// Whether ours is a map or list of which some is local and the rest is not.
    fn partly_local(&self, sides: Sides<'_>, here: &Here<'_>) -> bool {
        let Some(ours) = sides.ours.filter(|ours| ours.is_collection()) else {
            return false;
        };
        if self.differences {
            let alike = sides.base.is_some_and(|base| base.kind() == ours.kind());
            return alike && !is_same(sides.base, sides.ours);
        }
        !here.written.local && here.recorded.is_some_and(Recorded::has_local_below)
    }

    /// Theirs replaces or removes the whole place, but some of ours below it is local: that
    /// survives. A list, and an element of a list, is kept as a whole: half of one means nothing.
    fn spare(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Option<Value> {
        let Some(ours) = sides.ours else {
            return sides.theirs.map(NodeRef::value);
        };
        if here.element && sides.theirs.is_none() || ours.kind() != Kind::Mapping {
            self.line(Outcome::Protected, sides, here);
            return Some(ours.value());
        }
        let first = self.lines.len();
        let mut merged: Vec<(String, Value)> = Vec::new();
        for (key, _) in ours.entries() {
            let below = sides.child(&key);
            let segment = escape_key(&key);
            let there = self.step(here, &segment, &key, None);
            let value = if self.partly_local(below, &there) {
                self.within(&segment, |walk| walk.spare(below, &there))
            } else if self.is_local(below, &there) {
                if !is_same(below.theirs, below.ours) {
                    self.within(&segment, |walk| {
                        walk.line(Outcome::Protected, below, &there);
                    });
                }
                below.ours.map(NodeRef::value)
            } else {
                below.theirs.map(NodeRef::value)
            };
            merged.extend(value.map(|value| (key.into_owned(), value)));
        }
        let theirs = sides.theirs.filter(|node| node.kind() == Kind::Mapping);
        for (key, value) in theirs.iter().flat_map(|theirs| theirs.entries()) {
            if ours.get(&key).is_some() {
                continue;
            }
            let below = sides.child(&key);
            let segment = escape_key(&key);
            let there = self.step(here, &segment, &key, None);
            if self.is_local(below, &there) {
                self.within(&segment, |walk| {
                    walk.line(Outcome::Protected, below, &there);
                });
            } else {
                merged.push((key.into_owned(), value.value()));
            }
        }
        // Only entries that ours removed were local: then there is nothing to spare.
        let nothing = merged.is_empty() && theirs.is_none();
        let outcome = match nothing {
            true => Outcome::Applied,
            false => Outcome::Protected,
        };
        self.line(outcome, sides, here);
        // The line about the whole comes before those about its parts.
        self.lines[first..].rotate_right(1);
        (!nothing).then_some(Value::Map(merged))
    }

    fn merge_maps(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Value {
        let keys = |side: Option<NodeRef<'_>>| -> Vec<String> {
            side.map(|node| node.entries().map(|(key, _)| key.into_owned()).collect())
                .unwrap_or_default()
        };
        let (theirs, ours) = (keys(sides.theirs), keys(sides.ours));
        let lookup = Lookup::of(sides);
        // The order of keys is layout, merged with the text.
        let (order, _) = order::merged(&[], &names(&theirs), &names(&ours));
        let mut merged = Vec::with_capacity(order.len());
        for key in order {
            let below = lookup.child(key);
            if is_same(below.base, below.theirs) {
                merged.extend(below.ours.map(|ours| (key.to_owned(), ours.value())));
                continue;
            }
            let segment = escape_key(key);
            let there = self.step(here, &segment, key, None);
            let value = self.within(&segment, |walk| walk.merge(below, &there));
            merged.extend(value.map(|value| (key.to_owned(), value)));
        }
        for key in keys(sides.base) {
            let below = lookup.child(&key);
            if below.theirs.is_none() && below.ours.is_none() {
                let segment = escape_key(&key);
                let there = self.step(here, &segment, &key, None);
                self.within(&segment, |walk| {
                    walk.line(Outcome::AlreadyThere, below, &there);
                });
            }
        }
        Value::Map(merged)
    }
}

/// The entries of three maps by key, without a search for each.
struct Lookup<'a> {
    sides: [HashMap<String, NodeRef<'a>>; 3],
}

impl<'a> Lookup<'a> {
    fn of(sides: Sides<'a>) -> Self {
        Self {
            sides: [sides.base, sides.theirs, sides.ours].map(|side| {
                side.into_iter()
                    .flat_map(NodeRef::entries)
                    .map(|(key, value)| (key.into_owned(), value))
                    .collect()
            }),
        }
    }

    fn child(&self, key: &str) -> Sides<'a> {
        let [base, theirs, ours] = &self.sides;
        Sides {
            base: base.get(key).copied(),
            theirs: theirs.get(key).copied(),
            ours: ours.get(key).copied(),
        }
    }
}
