//! Positions in a list while elements come and go.

use std::collections::HashMap;

use crate::edit::index_of;
use crate::path::{ResolvedPath, Step};
use crate::tree::{Kind, NodeRef};

/// What edits planned so far do to the positions of lists, by the place of each list in the tree
/// before them.
#[derive(Default)]
pub(crate) struct Positions {
    lists: HashMap<ResolvedPath, Shift>,
}

/// Elements of one list have come and gone between two positions, both as they are now. In front of
/// `first` every position is what it was; from `end` on it is off by `by`.
#[derive(Clone, Copy)]
struct Shift {
    first: usize,
    end: usize,
    by: isize,
    removed: usize,
}

impl Positions {
    /// A place as it is now, in the tree before the edits. `None` when it was not there, or when
    /// that takes more than a shift to say.
    pub(crate) fn before(
        &self,
        root: Option<NodeRef<'_>>,
        path: &ResolvedPath,
    ) -> Option<ResolvedPath> {
        if self.lists.is_empty() {
            return Some(path.clone());
        }
        let mut before = ResolvedPath::default();
        let mut node = root;
        for step in &path.0 {
            let shift = self.lists.get(&before);
            let in_list = node.is_some_and(|node| node.kind() == Kind::Sequence);
            let step = match index_of(step).filter(|_| in_list) {
                Some(now) => Step::Index(shift.map_or(Some(now), |shift| shift.before(now))?),
                None => step.clone(),
            };
            node = node.and_then(|node| node.step(&step));
            before.0.push(step);
        }
        Some(before)
    }

    /// How many elements of a list are gone.
    pub(crate) fn removed(&self, list: &ResolvedPath) -> usize {
        self.lists.get(list).map_or(0, |shift| shift.removed)
    }

    /// One more element before position `at` of the tree before.
    pub(crate) fn insert(&mut self, list: ResolvedPath, at: usize) {
        self.shift(list, at, 1);
    }

    /// The element at position `at` of the tree before is gone.
    pub(crate) fn remove(&mut self, list: ResolvedPath, at: usize) {
        self.shift(list, at, -1);
    }

    fn shift(&mut self, list: ResolvedPath, at: usize, by: isize) {
        let come = usize::from(by > 0);
        let shift = self.lists.entry(list).or_insert(Shift {
            first: at,
            end: at,
            by: 0,
            removed: 0,
        });
        if at < shift.first {
            shift.first = at;
            shift.end = shift.end.saturating_add_signed(by);
        } else {
            shift.end = at.saturating_add_signed(shift.by) + come;
        }
        shift.by += by;
        shift.removed += 1 - come;
    }
}

impl Shift {
    fn before(self, now: usize) -> Option<usize> {
        if now < self.first {
            return Some(now);
        }
        (now >= self.end).then(|| now.saturating_add_signed(-self.by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Toolchain};

    fn before(positions: &Positions, config: &Config, now: usize) -> Option<usize> {
        let root = config.documents()[0].root();
        let place = positions.before(root, &ResolvedPath(vec![Step::Index(now)]))?;
        index_of(&place.0[0])
    }

    /// What positions mean, told by a list that is really changed.
    #[test]
    fn as_in_a_real_list() {
        let text = "- x\n".repeat(10);
        let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("a list");
        let list = ResolvedPath::default;
        // Positions as they are at that time; + inserts, - removes.
        for script in [
            "+2 +3 +4", "-5 -4 -3", "-0 -0 -3", "-7 +1", "+0 -4", "+9 -10", "-0 +5 +6",
        ] {
            let mut real: Vec<Option<usize>> = (0..10).map(Some).collect();
            let mut positions = Positions::default();
            for word in script.split(' ') {
                let now: usize = word[1..].parse().expect("a number");
                let at = before(&positions, &config, now).expect("known");
                if word.starts_with('+') {
                    real.insert(now, None);
                    positions.insert(list(), at);
                } else {
                    assert_eq!(real.remove(now), Some(at), "{script}");
                    positions.remove(list(), at);
                }
                for (now, was) in real.iter().enumerate() {
                    let told = before(&positions, &config, now);
                    assert!(told.is_none() || told == *was, "{script}: {now}");
                }
            }
            assert!(
                before(&positions, &config, real.len()).is_some(),
                "{script}"
            );
        }
    }
}
