//! Merging lists: by merge key, or where there is none, by what the elements hold.

use std::collections::{HashMap, HashSet};

use super::align::{Fate, align};
use super::order::{self, OrderChange};
use super::report::{Outcome, ReportLine, Subject};
use super::strategy::Strategy;
use super::walk::{Here, Sides, Walk, is_same, names};
use crate::merge_key::identities;
use crate::tree::{Kind, NodeRef};
use crate::value::Value;
use crate::verify::same;

impl Walk<'_> {
    pub(super) fn merge_lists(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Option<Value> {
        let base = sides.base.filter(|node| node.kind() == Kind::Sequence);
        let present: Vec<NodeRef<'_>> = [base, sides.theirs, sides.ours]
            .into_iter()
            .flatten()
            .collect();
        let sides = Sides { base, ..sides };
        if let Some(mut keys) = identities(&self.resource.resource_type, &here.key, &present) {
            let ours = keys.pop()?;
            let theirs = keys.pop()?;
            let base = keys.pop().unwrap_or_default();
            return Some(self.merge_keyed(sides, here, [&base, &theirs, &ours]));
        }
        base.and(sides.theirs).and(sides.ours)?;
        Some(self.merge_aligned(sides, here))
    }

    fn merge_keyed(&mut self, sides: Sides<'_>, here: &Here<'_>, keys: [&[String]; 3]) -> Value {
        fn by_key<'k, 'n>(
            keys: &'k [String],
            side: Option<NodeRef<'n>>,
        ) -> HashMap<&'k str, (usize, NodeRef<'n>)> {
            let items = side.into_iter().flat_map(NodeRef::items).enumerate();
            keys.iter().map(String::as_str).zip(items).collect()
        }
        let [base_keys, theirs_keys, ours_keys] = keys;
        let base = by_key(base_keys, sides.base);
        let theirs = by_key(theirs_keys, sides.theirs);
        let ours = by_key(ours_keys, sides.ours);
        let (base_names, theirs_names, ours_names) =
            (names(base_keys), names(theirs_keys), names(ours_keys));
        let (mut order, mut change) = order::merged(&base_names, &theirs_names, &ours_names);
        let is_held = !self.differences && here.written.local;
        if change == OrderChange::Taken && is_held && here.strategy != Strategy::TakeUpstream {
            (order, change) = (
                order::merged(&[], &theirs_names, &ours_names).0,
                OrderChange::Kept,
            );
        }
        // What ours has not and base has was removed locally: theirs may have changed it.
        order.extend(theirs_names.iter().filter(|key| !ours.contains_key(*key)));
        let mut seen = HashSet::new();
        order.retain(|key| seen.insert(*key));
        let mut merged = Vec::with_capacity(order.len());
        for key in order {
            let below = Sides {
                base: base.get(key).map(|(_, node)| *node),
                theirs: theirs.get(key).map(|(_, node)| *node),
                ours: ours.get(key).map(|(_, node)| *node),
            };
            if is_same(below.base, below.theirs) {
                merged.extend(below.ours.map(NodeRef::value));
                continue;
            }
            let element = ours.get(key).or(theirs.get(key)).copied();
            let there = self.step(here, key, key, element);
            merged.extend(self.within(key, |walk| walk.merge(below, &there)));
        }
        if change != OrderChange::None {
            let outcome = match change {
                OrderChange::Kept => Outcome::KeptLocal,
                _ => Outcome::Applied,
            };
            self.order_line(outcome, keys, here);
        }
        Value::List(merged)
    }

    fn order_line(&mut self, outcome: Outcome, keys: [&[String]; 3], here: &Here<'_>) {
        let shown = |keys: &[String]| {
            let names: Vec<&str> = keys.iter().map(|key| key.trim_start_matches('?')).collect();
            Some(names.join(", "))
        };
        self.lines.push(ReportLine {
            resource: self.resource.clone(),
            path: self.path.clone(),
            subject: Subject::Order,
            outcome,
            base: shown(keys[0]),
            theirs: shown(keys[1]),
            ours: shown(keys[2]),
            source: here.written.source,
            message: String::new(),
        });
    }

    /// Lists without a merge key: elements meet by what they hold.
    fn merge_aligned(&mut self, sides: Sides<'_>, here: &Here<'_>) -> Value {
        let (Some(base), Some(theirs), Some(ours)) = (sides.base, sides.theirs, sides.ours) else {
            return Value::List(Vec::new());
        };
        let (upstream, local) = (align(base, theirs), align(base, ours));
        let base: Vec<_> = base.items().collect();
        let (theirs_items, ours_items): (Vec<_>, Vec<_>) =
            (theirs.items().collect(), ours.items().collect());
        let mut merged = Vec::with_capacity(ours_items.len());
        for gap in 0..=base.len() {
            let came: Vec<NodeRef<'_>> = local.inserted[gap]
                .iter()
                .map(|at| ours_items[*at])
                .collect();
            merged.extend(came.iter().map(|node| node.value()));
            for at in &upstream.inserted[gap] {
                let theirs = theirs_items[*at];
                let ours = came.iter().copied().find(|ours| same(theirs, *ours));
                let below = Sides {
                    base: None,
                    theirs: Some(theirs),
                    ours,
                };
                let mut there = self.step(here, &at.to_string(), "", Some((*at, theirs)));
                // What is recorded at this position is about the element that ours has there.
                there.recorded = None;
                there.written = here.written;
                let value = self.within(&at.to_string(), |walk| walk.decide(below, &there));
                if ours.is_none() {
                    merged.extend(value);
                }
            }
            let Some(before) = base.get(gap).copied() else {
                continue;
            };
            let (ours_at, theirs_at) = (position(local.fates[gap]), position(upstream.fates[gap]));
            let below = Sides {
                base: Some(before),
                theirs: theirs_at.map(|at| theirs_items[at]),
                ours: ours_at.map(|at| ours_items[at]),
            };
            if is_same(below.base, below.theirs) {
                merged.extend(below.ours.map(NodeRef::value));
                continue;
            }
            let at = ours_at.or(theirs_at).unwrap_or(gap);
            let shown = below.ours.or(below.theirs).unwrap_or(before);
            let there = self.step(here, &at.to_string(), "", Some((at, shown)));
            merged.extend(self.within(&at.to_string(), |walk| walk.merge(below, &there)));
        }
        Value::List(merged)
    }
}

fn position(fate: Fate) -> Option<usize> {
    match fate {
        Fate::Kept(at) | Fate::Replaced(at) => Some(at),
        Fate::Gone => None,
    }
}
