//! Units in change sets: how they get in and out, and who may change them meanwhile;
//! spec/semantics.md, section 9.

use cubit_model::{ChangeSet, ChangeSetId, OrganizationId, TagId, Time, Unit};

use crate::HubError;
use crate::access::{Read, Write};
use crate::in_space::referred;

/// What a change does to the membership of a unit.
pub(super) enum Step {
    /// The unit is, or is not, in a change set as before.
    Stays,
    /// It gets in.
    Opens(Box<ChangeSet>),
    /// It gets out.
    Closes(ChangeSetId),
}

impl Step {
    /// From one state of a unit to the next.
    pub(super) async fn between(
        read: &mut Read,
        before: Option<&Unit>,
        unit: &Unit,
    ) -> Result<Self, HubError> {
        let before = before.and_then(|before| before.change_set_id);
        match (before, unit.change_set_id) {
            (None, None) => Ok(Self::Stays),
            (Some(before), Some(after)) if before == after => Ok(Self::Stays),
            (None, Some(id)) => {
                let change_set = referred(read, unit.organization_id, id).await?;
                Ok(Self::Opens(Box::new(change_set)))
            }
            (Some(before), None) => Ok(Self::Closes(before)),
            (Some(before), Some(_)) => Err(HubError::Unprocessable(format!(
                "Unit {} is in the change set {before} already: close that one first",
                unit.slug
            ))),
        }
    }

    /// Refuses a change of data that does not name the change set that the unit is in.
    pub(super) fn check_lock(
        &self,
        before: &Unit,
        named: Option<ChangeSetId>,
    ) -> Result<(), HubError> {
        let expected = match self {
            Self::Opens(change_set) => named.map(|_| change_set.change_set_id),
            _ => before.change_set_id,
        };
        check_lock(before, expected, named)
    }

    /// Tags the revision that begins or ends the membership, and notes whether the change set is
    /// open.
    pub(super) async fn take(
        self,
        write: &mut Write,
        organization_id: OrganizationId,
    ) -> Result<Option<TagId>, HubError> {
        match self {
            Self::Stays => Ok(None),
            Self::Opens(change_set) => {
                let tag = change_set.start_tag_id;
                set_state(write, *change_set, "Open").await?;
                Ok(tag)
            }
            Self::Closes(id) => {
                // Whoever may see the change set, the unit may leave it.
                let stored = Read::unguarded(write).get(organization_id, id.0).await?;
                let Some(change_set): Option<ChangeSet> = stored else {
                    return Ok(None);
                };
                let tag = change_set.end_tag_id;
                let is_open = Read::unguarded(write).is_open(organization_id, id).await?;
                set_state(write, change_set, if is_open { "Open" } else { "Closed" }).await?;
                Ok(tag)
            }
        }
    }
}

/// Refuses a change of the data of a unit that does not name the change set that it is in.
pub(crate) fn check_lock(
    unit: &Unit,
    expected: Option<ChangeSetId>,
    named: Option<ChangeSetId>,
) -> Result<(), HubError> {
    let slug = &unit.slug;
    match (expected, named) {
        (expected, named) if expected == named => Ok(()),
        (Some(expected), _) => Err(HubError::Unprocessable(format!(
            "Unit {slug} is in a change set: its data can only be changed with change_set_id={expected}"
        ))),
        (None, _) => Err(HubError::Unprocessable(format!(
            "Unit {slug} is in no change set: its data cannot be changed with a change_set_id"
        ))),
    }
}

/// The state follows from the units that are in it: who may change those need not be able to
/// change the change set.
async fn set_state(
    write: &mut Write,
    mut change_set: ChangeSet,
    state: &str,
) -> Result<(), HubError> {
    if change_set.state == state {
        return Ok(());
    }
    state.clone_into(&mut change_set.state);
    let organization_id = change_set.organization_id;
    write
        .unguarded()?
        .update(organization_id, &mut change_set, Time::now())
        .await?;
    write.note("changed", &change_set);
    Ok(())
}
