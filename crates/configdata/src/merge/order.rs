//! Order: where what comes from theirs goes among what ours has.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// What became of a change of order in theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OrderChange {
    /// Theirs changed none, or ours has the same.
    None,
    /// Theirs changed it and ours did not: taken.
    Taken,
    /// Both changed it: ours stays.
    Kept,
}

/// The order of the merged list. What all three have stands in the order of ours, or of theirs if
/// only theirs changed it. What only ours has follows what it followed in ours, what only theirs
/// has follows what it followed in theirs.
pub(super) fn merged<K: Copy + Eq + Hash>(
    base: &[K],
    theirs: &[K],
    ours: &[K],
) -> (Vec<K>, OrderChange) {
    let in_base: HashSet<K> = base.iter().copied().collect();
    let in_theirs: HashSet<K> = theirs.iter().copied().collect();
    let in_ours: HashSet<K> = ours.iter().copied().collect();
    let everywhere =
        |key: &&K| in_base.contains(key) && in_theirs.contains(key) && in_ours.contains(key);
    let common = |side: &[K]| -> Vec<K> { side.iter().filter(everywhere).copied().collect() };
    let (before, upstream, local) = (common(base), common(theirs), common(ours));
    let change = if upstream == before || upstream == local {
        OrderChange::None
    } else if local == before {
        OrderChange::Taken
    } else {
        OrderChange::Kept
    };
    let (leading, following) = match change {
        OrderChange::Taken => (theirs, ours),
        OrderChange::None | OrderChange::Kept => (ours, theirs),
    };
    (weave(leading, following), change)
}

/// All of `leading`, with what only `following` has right behind the one it follows there. What
/// follows nothing known stands at the front.
fn weave<K: Copy + Eq + Hash>(leading: &[K], following: &[K]) -> Vec<K> {
    let known: HashSet<K> = leading.iter().copied().collect();
    let mut front = Vec::new();
    let mut behind: HashMap<K, Vec<K>> = HashMap::new();
    let mut last = None;
    for key in following {
        if known.contains(key) {
            last = Some(*key);
        } else {
            match last {
                Some(last) => behind.entry(last).or_default().push(*key),
                None => front.push(*key),
            }
        }
    }
    let mut woven = front;
    for key in leading {
        woven.push(*key);
        woven.extend(behind.remove(key).unwrap_or_default());
    }
    woven
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_stands_beside_its_neighbour() {
        let cases = [
            // base, theirs, ours, merged
            ("abc", "abxc", "abc", "abxc", OrderChange::None),
            ("abc", "xabc", "abc", "xabc", OrderChange::None),
            ("abc", "abcx", "abyc", "abycx", OrderChange::None),
            ("ab", "axb", "ayb", "axyb", OrderChange::None),
            ("abc", "cab", "abc", "cab", OrderChange::Taken),
            ("abc", "cab", "aybc", "cayb", OrderChange::Taken),
            ("abc", "cab", "bac", "bac", OrderChange::Kept),
            ("abc", "cab", "cab", "cab", OrderChange::None),
            ("abc", "abc", "cba", "cba", OrderChange::None),
        ];
        for (base, theirs, ours, expected, change) in cases {
            let [base, theirs, ours] =
                [base, theirs, ours].map(|side| side.chars().collect::<Vec<_>>());
            let (woven, found) = merged(&base, &theirs, &ours);
            let woven: String = woven.into_iter().collect();
            assert_eq!((woven.as_str(), found), (expected, change));
        }
    }
}
