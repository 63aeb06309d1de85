//! The ways an argument can name a revision of a unit.

use cubit_client::{ListQuery, ReadQuery, UnitChange};
use serde_json::Value;
use uuid::Uuid;

use crate::entity::{ChangeSet, Kind, Tag};
use crate::error::{Error, Result};
use crate::record;
use crate::session::{Session, Unit};

/// The numbers a unit keeps of its own revisions.
const NAMED: [&str; 4] = [
    "HeadRevisionNum",
    "LiveRevisionNum",
    "LastAppliedRevisionNum",
    "PreviousLiveRevisionNum",
];

/// A revision as an argument names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RevisionArgument {
    Number(i64),
    /// So many revisions before the head.
    BeforeHead(i64),
    Id(Uuid),
    Named {
        before: bool,
        name: &'static str,
    },
    Tagged {
        before: bool,
        tag: String,
    },
    OfChangeSet {
        before: bool,
        change_set: String,
    },
}

impl RevisionArgument {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (before, base) = match text.strip_prefix("Before:") {
            Some(base) => (true, base),
            None => (false, text),
        };
        if let Ok(number) = base.parse::<i64>() {
            return match number {
                1.. => Ok(Self::Number(number - i64::from(before))),
                0 => Err(Error::usage("there is no revision 0: they count from 1")),
                _ => Ok(Self::BeforeHead(-number + i64::from(before))),
            };
        }
        if let Some(tag) = base.strip_prefix("Tag:") {
            let tag = tag.to_owned();
            return Ok(Self::Tagged { before, tag });
        }
        if let Some(change_set) = base.strip_prefix("ChangeSet:") {
            let change_set = change_set.to_owned();
            return Ok(Self::OfChangeSet { before, change_set });
        }
        if let Some(name) = NAMED.into_iter().find(|name| *name == base) {
            return Ok(Self::Named { before, name });
        }
        match Uuid::parse_str(base.strip_prefix("Revision:").unwrap_or(base)) {
            Ok(id) if !before => Ok(Self::Id(id)),
            _ => Err(Error::usage(format!("`{text}` names no revision")).hint(
                "expected a number (negative: before the head), a revision id, HeadRevisionNum, \
                 LiveRevisionNum, LastAppliedRevisionNum, PreviousLiveRevisionNum, Tag:NAME or \
                 ChangeSet:NAME, with Before: in front if wanted",
            )),
        }
    }

    /// The change that restores this revision.
    pub(crate) fn restore(self, session: &Session, unit: &Unit) -> Result<UnitChange> {
        if let Self::Id(id) = self {
            return Ok(UnitChange {
                revision_id: Some(id),
                ..UnitChange::default()
            });
        }
        Ok(UnitChange {
            restore: Some(self.reference(session, unit)?),
            ..UnitChange::default()
        })
    }

    /// The revision as the API names it.
    pub(crate) fn reference(self, session: &Session, unit: &Unit) -> Result<String> {
        Ok(match self {
            Self::Id(id) => format!("Revision:{id}"),
            Self::Number(number) => number.to_string(),
            Self::BeforeHead(steps) => before_head(&session.read_unit(unit)?, steps)?.to_string(),
            Self::Named { before, name } => prefixed(before, name),
            Self::Tagged { before, tag } => prefixed(
                before,
                &format!("Tag:{}", session.find_other(Tag::OTHER, &tag)?),
            ),
            Self::OfChangeSet { before, change_set } => {
                let id = session.find_other(ChangeSet::OTHER, &change_set)?;
                prefixed(before, &format!("ChangeSet:{id}"))
            }
        })
    }

    /// Reads the revision, in its extended form.
    pub(crate) fn read(&self, session: &Session, unit: &Unit) -> Result<Value> {
        let number = match self {
            Self::Id(id) => {
                let query = ReadQuery {
                    include: Some("UserID".into()),
                    ..ReadQuery::default()
                };
                let client = &session.client;
                return Ok(client.get_extended_revision(unit.space, unit.id, *id, &query)?);
            }
            Self::Number(number) => *number,
            Self::BeforeHead(steps) => before_head(&session.read_unit(unit)?, *steps)?,
            Self::Named { before, name } => {
                let current = session.read_unit(unit)?;
                let number = record::number(&current, &format!("Unit.{name}"));
                if number == 0 {
                    let slug = &unit.slug;
                    return Err(Error::not_found(format!("unit `{slug}` has no {name} yet")));
                }
                number - i64::from(*before)
            }
            Self::Tagged { .. } | Self::OfChangeSet { .. } => {
                return Err(Error::usage("name the revision by its number here")
                    .hint("see `cubit revision list`"));
            }
        };
        numbered(session, unit, number)
    }
}

/// Reads the revision with this number, in its extended form.
pub(crate) fn numbered(session: &Session, unit: &Unit, number: i64) -> Result<Value> {
    let query = ListQuery {
        r#where: Some(format!("RevisionNum = {number}")),
        include: Some("UserID".into()),
        ..ListQuery::default()
    };
    let client = &session.client;
    let found = client.list_extended_revisions(unit.space, unit.id, &query)?;
    found.into_iter().next().ok_or_else(|| {
        let slug = &unit.slug;
        Error::not_found(format!("unit `{slug}` has no revision {number}"))
            .hint(format!("see `cubit revision list {slug}`"))
    })
}

/// The text of a revision that was read.
pub(crate) fn text(session: &Session, unit: &Unit, revision: &Value) -> Result<String> {
    let id = record::id(revision, "Revision.RevisionID")
        .ok_or_else(|| Error::failed("the server sent a revision without its id"))?;
    let data = session
        .client
        .download_revision_data(unit.space, unit.id, id)?;
    Ok(String::from_utf8_lossy(&data).into_owned())
}

fn before_head(unit: &Value, steps: i64) -> Result<i64> {
    let head = record::number(unit, "Unit.HeadRevisionNum");
    match head - steps {
        number @ 1.. => Ok(number),
        _ => Err(Error::not_found(format!(
            "there is no revision {steps} before the head, which is revision {head}"
        ))),
    }
}

fn prefixed(before: bool, reference: &str) -> String {
    format!("{}{reference}", if before { "Before:" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_has_many_names() {
        use RevisionArgument::*;
        let id = "0193a1de-0000-7000-8000-000000000001";
        let cases = [
            ("3", Number(3)),
            ("-1", BeforeHead(1)),
            ("Before:3", Number(2)),
            (
                "LiveRevisionNum",
                Named {
                    before: false,
                    name: "LiveRevisionNum",
                },
            ),
            (
                "Before:LiveRevisionNum",
                Named {
                    before: true,
                    name: "LiveRevisionNum",
                },
            ),
            (
                "Tag:dev/good",
                Tagged {
                    before: false,
                    tag: "dev/good".into(),
                },
            ),
            (id, Id(Uuid::parse_str(id).unwrap())),
        ];
        for (text, expected) in cases {
            assert_eq!(RevisionArgument::parse(text).unwrap(), expected, "{text}");
        }
        for wrong in ["0", "", "head~1", "Before:x"] {
            assert!(RevisionArgument::parse(wrong).is_err(), "{wrong}");
        }
    }
}
