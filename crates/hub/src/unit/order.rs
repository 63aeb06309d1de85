//! In which order linked units are acted on.

use std::collections::{HashMap, HashSet};

use cubit_model::{Link, UnitId};

/// Orders units so that what a link leads to comes before where it starts: producers first. Units
/// that links do not order stay in their order. Links close no circles; where they did, the order
/// is any.
pub(crate) fn producers_first(units: &[UnitId], links: &[Link]) -> Vec<UnitId> {
    let among: HashSet<UnitId> = units.iter().copied().collect();
    let mut producers: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
    for link in links.iter().filter(|link| among.contains(&link.to_unit_id)) {
        let of_consumer = producers.entry(link.from_unit_id).or_default();
        of_consumer.push(link.to_unit_id);
    }
    let mut ordered = Vec::with_capacity(units.len());
    let mut seen = HashSet::new();
    for unit in units {
        // A stack of its own: chains of links can be long.
        let mut stack = vec![(*unit, false)];
        while let Some((unit, are_producers_done)) = stack.pop() {
            if are_producers_done {
                ordered.push(unit);
            } else if seen.insert(unit) {
                stack.push((unit, true));
                let producers = producers.get(&unit).into_iter().flatten().rev();
                stack.extend(producers.map(|producer| (*producer, false)));
            }
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(from: UnitId, to: UnitId) -> Link {
        Link {
            from_unit_id: from,
            to_unit_id: to,
            ..Link::default()
        }
    }

    #[test]
    fn a_chain_is_turned_round_and_the_rest_stays() {
        let units: Vec<UnitId> = (0..5).map(|_| UnitId::new()).collect();
        let [a, b, c, d, e] = units[..] else {
            panic!("five")
        };
        let elsewhere = UnitId::new();
        let links = [link(a, c), link(c, e), link(d, elsewhere)];
        assert_eq!(producers_first(&units, &links), [e, c, a, b, d]);
    }

    proptest! {
        #[test]
        fn every_link_is_kept_and_every_unit_is_there_once(
            pairs in prop::collection::vec((0_usize..20, 0_usize..20), 0..60),
        ) {
            let units: Vec<UnitId> = (0..20).map(|_| UnitId::new()).collect();
            // Links from smaller to larger numbers close no circles.
            let links: Vec<Link> = pairs
                .iter()
                .filter(|(from, to)| from < to)
                .map(|(from, to)| link(units[*from], units[*to]))
                .collect();
            let ordered = producers_first(&units, &links);
            let place: HashMap<_, _> = ordered.iter().zip(0..).collect();
            prop_assert_eq!(place.len(), units.len());
            prop_assert_eq!(ordered.len(), units.len());
            for link in &links {
                prop_assert!(place[&link.to_unit_id] < place[&link.from_unit_id]);
            }
        }
    }
}
