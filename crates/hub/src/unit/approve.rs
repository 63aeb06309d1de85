//! Approving revisions of units.

use std::collections::HashMap;

use crate::access::Write;
use cubit_model::{
    BaseRevision, OrganizationId, ResponseError, Revision, RevisionReference, SpaceId, Time, Unit,
    UnitId,
};
use uuid::Uuid;

use super::find_unit;
use super::reference::{resolve, resolve_many};
use crate::bulk::{BATCH, answer, check_restricted};
use crate::evaluation;
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

/// The revision that a parameter names; the head when it names none.
pub(super) fn revision_reference(parameter: &str) -> Result<RevisionReference, HubError> {
    match parameter {
        "" => Ok(RevisionReference {
            before: false,
            base: BaseRevision::Head,
        }),
        reference => Ok(reference.parse()?),
    }
}

impl Hub {
    /// `ApproveUnit`: the caller approves a revision of a unit, the head when none is named. Says
    /// which.
    ///
    /// # Errors
    /// When there is no such unit or revision.
    pub async fn approve_unit(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, UnitId),
        revision: &str,
    ) -> Result<String, HubError> {
        let organization_id = caller.check(Permission::Approve)?;
        let reference = revision_reference(revision)?;
        let mut write = self.write(caller, Permission::Approve).await?;
        let unit = find_unit(&mut write, organization_id, space, id).await?;
        let revision = resolve(&mut write, organization_id, &unit, &reference).await?;
        let number = revision.revision_num;
        let message = approve(&mut write, organization_id, caller, unit.clone(), revision).await?;
        write.commit().await?;
        self.settle_revision(&unit, number).await?;
        Ok(message)
    }

    /// `BulkApproveUnits`: one answer for each unit selected, in the order of the list.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn bulk_approve_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
        revision: &str,
    ) -> Result<Vec<Result<String, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Approve)?;
        check_restricted(query)?;
        let reference = revision_reference(revision)?;
        let selected = self.selected_units(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            let ids: Vec<Uuid> = batch.iter().map(|unit| unit.unit_id.0).collect();
            let mut write = self.write(caller, Permission::Approve).await?;
            let mut found: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
            let units: Vec<Unit> = ids.iter().filter_map(|id| found.remove(id)).collect();
            let revisions = resolve_many(&mut write, organization_id, &units, &reference).await?;
            for (unit, revision) in units.into_iter().zip(revisions) {
                let id = unit.unit_id;
                let message = match revision {
                    Ok(revision) => {
                        approve(&mut write, organization_id, caller, unit, revision).await
                    }
                    Err(error) => Err(error),
                };
                answers.push(answer(message, "Unit", id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// Adds the caller to those who approved a revision, and says so. Approving again changes nothing.
async fn approve(
    write: &mut Write,
    organization_id: OrganizationId,
    caller: &Caller,
    mut unit: Unit,
    mut revision: Revision,
) -> Result<String, HubError> {
    write.allow(&unit)?;
    let user = caller.user_id().0;
    let now = Time::now();
    let (slug, number) = (unit.slug.clone(), revision.revision_num);
    if revision.approved_by.contains(&user) {
        return Ok(format!(
            "revision {number} of Unit {slug} was approved before"
        ));
    }
    revision.approved_by.push(user);
    write.update(organization_id, &mut revision, now).await?;
    if number == unit.head_revision_num {
        unit.approved_by.clone_from(&revision.approved_by);
        write.update(organization_id, &mut unit, now).await?;
    }
    evaluation::request_for_approval(write, &unit, number, now).await?;
    Ok(format!("revision {number} of Unit {slug} was approved"))
}
