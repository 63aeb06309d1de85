//! Revision references: which revision of a unit is meant.

use std::collections::HashMap;

use cubit_model::{BaseRevision, OrganizationId, Revision, RevisionReference, Unit, UnitId};
use cubit_store::{Mark, Read};
use uuid::Uuid;

use crate::HubError;

/// The revision of a unit that a reference names.
pub(crate) async fn resolve(
    read: &mut Read,
    organization_id: OrganizationId,
    unit: &Unit,
    reference: &RevisionReference,
) -> Result<Revision, HubError> {
    let units = std::slice::from_ref(unit);
    let mut found = resolve_many(read, organization_id, units, reference).await?;
    found
        .pop()
        .unwrap_or_else(|| Err(HubError::not_found("Unit", unit.unit_id)))
}

/// The revisions that a reference names, one of each unit, in the order of the units: a constant
/// number of statements for any number of units.
pub(crate) async fn resolve_many(
    read: &mut Read,
    organization_id: OrganizationId,
    units: &[Unit],
    reference: &RevisionReference,
) -> Result<Vec<Result<Revision, HubError>>, HubError> {
    let base = Base::of(read, organization_id, units, reference.base).await?;
    let numbers: Vec<Result<i64, Missing>> = units
        .iter()
        .map(|unit| number(unit, reference, &base))
        .collect();
    let wanted: Vec<(UnitId, i64)> = units
        .iter()
        .zip(&numbers)
        .filter_map(|(unit, number)| Some((unit.unit_id, *number.as_ref().ok()?)))
        .collect();
    let mut found = read.revisions(organization_id, &wanted).await?;
    let revisions = units.iter().zip(numbers).map(|(unit, number)| {
        let revision = number.and_then(|number| {
            let revision = found.remove(&(unit.unit_id, number));
            revision.ok_or(Missing::TooNew(unit.head_revision_num))
        });
        revision.map_err(|missing| missing.error(unit, reference))
    });
    Ok(revisions.collect())
}

/// What had to be looked up for a base.
enum Base {
    /// The unit says it.
    Pointer(BaseRevision),
    /// The numbers of the first and the last marked revision of each unit.
    Marked(HashMap<UnitId, (i64, i64)>, BaseRevision),
    /// The unit and the number of one revision.
    One(Option<(UnitId, i64)>, Uuid),
}

impl Base {
    async fn of(
        read: &mut Read,
        organization_id: OrganizationId,
        units: &[Unit],
        base: BaseRevision,
    ) -> Result<Self, HubError> {
        let mark = match base {
            BaseRevision::Tag(id) => Mark::Tag(id),
            BaseRevision::ChangeSet(id) => Mark::ChangeSet(id),
            BaseRevision::Revision(id) => {
                let revision: Option<Revision> = read.get(organization_id, id.0).await?;
                let number = revision.map(|revision| (revision.unit_id, revision.revision_num));
                return Ok(Self::One(number, id.0));
            }
            pointer => return Ok(Self::Pointer(pointer)),
        };
        let ids: Vec<UnitId> = units.iter().map(|unit| unit.unit_id).collect();
        let marked = read.marked_revisions(organization_id, mark, &ids).await?;
        Ok(Self::Marked(marked, base))
    }
}

/// Why a unit has no such revision.
enum Missing {
    NotLive,
    NeverApplied,
    NoneBefore,
    NoTag,
    NotInChangeSet,
    BeforeTheFirst,
    TooNew(i64),
    Foreign(Uuid),
}

impl Missing {
    fn error(self, unit: &Unit, reference: &RevisionReference) -> HubError {
        let why = match self {
            Self::NotLive => "unit has no live revision".to_owned(),
            Self::NeverApplied => "it was never applied".to_owned(),
            Self::NoneBefore => "no revision was live before".to_owned(),
            Self::NoTag => "no revision has that tag".to_owned(),
            Self::NotInChangeSet => "no revision is in that change set".to_owned(),
            Self::BeforeTheFirst => "there is no revision before the first".to_owned(),
            Self::TooNew(head) => format!("the newest revision is {head}"),
            Self::Foreign(id) => return HubError::not_found("Revision", id),
        };
        HubError::Invalid(format!("Unit {} has no {reference}: {why}", unit.slug))
    }
}

/// The number of the revision of a unit that a reference names; spec/semantics.md, section 6.
fn number(unit: &Unit, reference: &RevisionReference, base: &Base) -> Result<i64, Missing> {
    let named = |number: i64, missing| match number {
        0 => Err(missing),
        number => Ok(number),
    };
    let number = match base {
        Base::Pointer(BaseRevision::Live) => named(unit.live_revision_num, Missing::NotLive)?,
        Base::Pointer(BaseRevision::LastApplied) => {
            named(unit.last_applied_revision_num, Missing::NeverApplied)?
        }
        Base::Pointer(BaseRevision::PreviousLive) => {
            named(unit.previous_live_revision_num, Missing::NoneBefore)?
        }
        Base::Pointer(BaseRevision::Number(number)) => *number,
        Base::Pointer(_) => unit.head_revision_num,
        Base::Marked(marked, BaseRevision::ChangeSet(_)) => {
            let (first, last) = marked.get(&unit.unit_id).ok_or(Missing::NotInChangeSet)?;
            // Before a change set is before all of it.
            if reference.before { *first } else { *last }
        }
        Base::Marked(marked, _) => marked.get(&unit.unit_id).ok_or(Missing::NoTag)?.1,
        Base::One(revision, id) => {
            let own = revision.filter(|(owner, _)| *owner == unit.unit_id);
            own.ok_or(Missing::Foreign(*id))?.1
        }
    };
    match number - i64::from(reference.before) {
        0 => Err(Missing::BeforeTheFirst),
        number => Ok(number),
    }
}
