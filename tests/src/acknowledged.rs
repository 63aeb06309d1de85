//! What a server said it has stored, and whether it has.

use std::collections::HashSet;

use serde_json::Value;

use crate::{Api, Revision, Unit, decoded};

/// A revision a server said it has stored.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// Its unit.
    pub unit: Unit,
    /// Which one it is.
    pub revision: Name,
    /// Its data.
    pub data: Vec<u8>,
}

/// What an answer says of the revision it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// Its number.
    Number(i64),
    /// Its identifier.
    Id(String),
}

impl Acknowledged {
    /// What the answer says that creates or patches a unit in the space at a path.
    ///
    /// # Panics
    /// When it is another answer.
    #[must_use]
    pub fn unit(space: &str, answer: &Value) -> Self {
        Self {
            unit: Unit::new(space, answer["UnitID"].as_str().unwrap()),
            revision: Name::Number(answer["HeadRevisionNum"].as_i64().unwrap()),
            data: decoded(&answer["Data"]),
        }
    }

    /// What the answer says that runs functions on a unit.
    ///
    /// # Panics
    /// When it is another answer, or the functions failed.
    #[must_use]
    pub fn invocation(unit: &Unit, answer: &Value) -> Self {
        let answer = &answer[0];
        assert_eq!(answer["Success"], true, "{answer}");
        Self {
            unit: unit.clone(),
            revision: Name::Id(answer["RevisionID"].as_str().unwrap().to_owned()),
            data: decoded(&answer["ConfigData"]),
        }
    }
}

/// Checks that a unit is whole, and gives its revisions.
///
/// # Panics
/// When it is not.
pub fn check_unit(api: &Api, unit: &Unit) -> Vec<Revision> {
    let revisions = unit.revisions(api);
    let numbers: Vec<i64> = revisions.iter().map(|revision| revision.number).collect();
    let read = unit.read(api);
    let head = read["HeadRevisionNum"].as_i64().unwrap();
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>(), "{unit:?}");
    for revision in &revisions {
        let hash = i64::from(crc32fast::hash(&revision.data).cast_signed());
        assert_eq!(revision.content_hash, hash, "{unit:?} {}", revision.number);
    }
    let newest = revisions.last().unwrap();
    assert_eq!(unit.data(api), newest.data, "{unit:?}");
    assert_eq!(decoded(&read["Data"]), newest.data, "{unit:?}");
    assert_eq!(read["ContentHash"], newest.content_hash, "{unit:?}");
    revisions
}

/// Checks that a server has what was acknowledged, in units that are whole.
///
/// # Panics
/// When something is lost or broken.
pub fn check(api: &Api, acknowledged: &[Acknowledged]) {
    let units: HashSet<&Unit> = acknowledged.iter().map(|one| &one.unit).collect();
    for unit in units {
        let revisions = check_unit(api, unit);
        for one in acknowledged.iter().filter(|one| one.unit == *unit) {
            let stored = revisions.iter().find(|revision| match &one.revision {
                Name::Number(number) => revision.number == *number,
                Name::Id(id) => revision.id == *id,
            });
            let stored = stored.unwrap_or_else(|| panic!("{unit:?} lost {:?}", one.revision));
            assert_eq!(stored.data, one.data, "{unit:?} {:?}", one.revision);
        }
    }
}
