//! The order of what happened to a unit. Each change has a Version of its own, so the order is known;
//! what is checked is that it explains all that was answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use cubit_tests::{Api, Unit, check_unit};

use crate::event::{Did, Event, Seen};

/// Checks all that was answered about a unit.
pub(crate) fn explain(unit: &str, events: &[&Event]) {
    let mut versions: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if let Some(seen) = &event.seen {
            versions.entry(seen.version).or_default().push(event);
        }
    }
    one_change_a_version(unit, &versions);
    each_from_the_one_before(unit, &versions);
    in_the_order_of_time(unit, events);
    refused_with_reason(unit, events);
    gone_when_deleted(unit, events);
}

fn seen(event: &Event) -> &Seen {
    event.seen.as_ref().unwrap()
}

/// A Version is one state, and one change made it.
fn one_change_a_version(unit: &str, versions: &BTreeMap<i64, Vec<&Event>>) {
    for (version, events) in versions {
        for pair in events.windows(2) {
            assert_eq!(
                seen(pair[0]),
                seen(pair[1]),
                "{unit}: two states of {version}"
            );
        }
        let changes: Vec<&Did> = events.iter().map(|event| &event.did).collect();
        let certain = changes.iter().filter(|did| did.is_change()).count();
        assert!(
            certain <= 1,
            "{unit}: {version} was made twice: {changes:?}"
        );
    }
}

/// Each state is that of the Version before, and what was done. Where changes lie between that no
/// answer shows, only what these do not touch is compared; revisions are compared by themselves.
fn each_from_the_one_before(unit: &str, versions: &BTreeMap<i64, Vec<&Event>>) {
    let states: Vec<(&Seen, &Did)> = versions
        .values()
        .map(|events| {
            let change = events.iter().find(|event| event.did.is_change());
            let maybe = || events.iter().find(|event| event.did.may_be_change());
            let made = change.or_else(maybe).unwrap_or(&events[0]);
            (seen(made), &made.did)
        })
        .collect();
    for pair in states.windows(2) {
        let [(before, _), (after, did)] = [pair[0], pair[1]];
        let mut labels = before.labels.clone();
        if let Did::Label(name, value, of) = did {
            labels[name] = value.to_string().into();
            assert!(
                of.is_none_or(|of| of + 1 == after.version),
                "{unit}: {did:?}"
            );
        }
        assert_eq!(after.labels, labels, "{unit}: labels of {}", after.version);
        if let Did::Text(text, of) = did {
            assert_eq!(&after.data, text, "{unit}: text of {}", after.version);
            assert_eq!(of + 1, after.version, "{unit}: {did:?}");
        }
        assert!(before.head <= after.head, "{unit}: the head went back");
        if after.version == before.version + 1 && matches!(did, Did::Label(..)) {
            let same = before.head == after.head && before.data == after.data;
            assert!(same, "{unit}: {did:?} changed the text");
        }
    }
}

/// Whoever asks after something was answered sees it, or what came later; and changes come after it.
fn in_the_order_of_time(unit: &str, events: &[&Event]) {
    let mut ended: Vec<(Duration, i64)> = events
        .iter()
        .filter_map(|event| Some((event.end, event.seen.as_ref()?.version)))
        .collect();
    ended.sort_unstable();
    let mut begun: Vec<&&Event> = events.iter().filter(|event| event.seen.is_some()).collect();
    begun.sort_by_key(|event| event.begin);
    let (mut known, mut next) = (0, 0);
    for event in begun {
        while next < ended.len() && ended[next].0 < event.begin {
            known = known.max(ended[next].1);
            next += 1;
        }
        let found = seen(event).version;
        let follows = found > known || (found == known && !event.did.is_change());
        assert!(follows, "{unit}: {:?} is {found} after {known}", event.did);
    }
}

/// A Version that was refused was old before the answer came.
fn refused_with_reason(unit: &str, events: &[&Event]) {
    for refused in events {
        let Did::Refused(version) = refused.did else {
            continue;
        };
        let newer = events.iter().any(|event| {
            let is_newer = event
                .seen
                .as_ref()
                .is_some_and(|seen| seen.version > version);
            event.begin < refused.end && (is_newer || event.did.is_unseen_change())
        });
        assert!(newer, "{unit}: Version {version} was refused for no reason");
    }
}

/// A unit is deleted once; before that it is there, and after that it is not.
fn gone_when_deleted(unit: &str, events: &[&Event]) {
    let deleted: Vec<&&Event> = events
        .iter()
        .filter(|event| event.did == Did::Deleted)
        .collect();
    assert!(
        deleted.len() <= 1,
        "{unit}: deleted {} times",
        deleted.len()
    );
    for event in events {
        match (event.did == Did::Missed, deleted.first()) {
            (true, None) => panic!("{unit}: missed, and nobody deleted it"),
            (true, Some(deleted)) => {
                assert!(
                    event.end > deleted.begin,
                    "{unit}: missed before it was deleted"
                );
            }
            (false, Some(deleted)) => {
                assert!(
                    event.begin < deleted.end,
                    "{unit}: {:?} after the end",
                    event.did
                );
            }
            (false, None) => {}
        }
    }
}

/// Checks that each revision was made by one operation and has its text, and that the state at the end
/// has all that was acknowledged.
pub(crate) fn explain_revisions(api: &Api, unit: &Unit, events: &[&Event]) {
    let revisions = check_unit(api, unit);
    let mut makers: HashMap<i64, Vec<&Did>> = HashMap::new();
    for event in events {
        let number = match (&event.did, &event.seen) {
            (Did::Created | Did::Text(..), Some(seen)) => seen.head,
            (Did::Invoked(id, data), _) => {
                let made = revisions.iter().find(|revision| revision.id == *id);
                let made = made.unwrap_or_else(|| panic!("{unit:?} lost revision {id}"));
                assert_eq!(made.data, *data, "{unit:?} {}", made.number);
                made.number
            }
            _ => continue,
        };
        makers.entry(number).or_default().push(&event.did);
    }
    for (index, revision) in revisions.iter().enumerate() {
        let number = revision.number;
        match makers.get(&number).map(Vec::as_slice) {
            Some([Did::Text(text, _)]) => assert_eq!(revision.data, *text, "{unit:?} {number}"),
            Some([Did::Created | Did::Invoked(..)]) => {}
            Some(several) => panic!("{unit:?} {number} was made by {several:?}"),
            None => {
                let shown = |event: &&&Event| event.seen.as_ref().is_some_and(|s| s.head == number);
                let mut shown = events.iter().filter(shown).map(|event| &event.did);
                let made = shown.find(|did| matches!(did, Did::Restored | Did::Upgraded));
                let made = made.unwrap_or_else(|| panic!("{unit:?} {number}: nobody made it"));
                let earlier = index.checked_sub(2).map(|index| &revisions[index].data);
                let is_restored = earlier == Some(&revision.data);
                assert!(*made == Did::Upgraded || is_restored, "{unit:?} {number}");
            }
        }
    }
    explain_end(unit, &Seen::of(&unit.read(api)), events);
}

/// Checks that the last state has all that was acknowledged, and nothing else.
fn explain_end(unit: &Unit, last: &Seen, events: &[&Event]) {
    let mut shown: BTreeSet<i64> = BTreeSet::new();
    let mut unseen = 0;
    let mut counts: HashMap<&String, u64> = HashMap::new();
    for event in events {
        let version = event.seen.as_ref().map(|seen| seen.version);
        assert!(
            version <= Some(last.version),
            "{unit:?}: {version:?}, {last:?}"
        );
        shown.extend(version.filter(|_| event.did.may_be_change()));
        unseen += usize::from(event.did.is_unseen_change());
        if let Did::Label(name, _, Some(_)) = &event.did {
            *counts.entry(name).or_default() += 1;
        }
    }
    // A clone begins with the labels of its upstream.
    let created = events.iter().find(|event| event.did == Did::Created);
    let first = seen(created.unwrap());
    // Each Version was made by something that was acknowledged.
    let made = i64::try_from(shown.len() + unseen).unwrap();
    assert!(last.version <= made, "{unit:?}: {made} changes, {last:?}");
    for (name, count) in counts {
        assert_eq!(
            last.label(name),
            first.label(name) + count,
            "{unit:?}: {name}"
        );
    }
}
