//! Reading revisions.

use std::collections::HashMap;

use crate::access::Read;
use cubit_configdata::Toolchain;
use cubit_model::{
    ExtendedRevision, MergeReport, OrganizationId, Revision, RevisionId, SpaceId, UnitId,
};

use crate::list::Plan;
use crate::text::{Wanted, fill_text, toolchains};
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

impl Hub {
    /// `ListExtendedRevisions`: those of one unit.
    ///
    /// # Errors
    /// When there is no such unit, or the query is not valid.
    pub async fn list_revisions(
        &self,
        caller: &Caller,
        space: SpaceId,
        unit: UnitId,
        query: &ListQuery,
    ) -> Result<Page<Selected<ExtendedRevision>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_unit(&mut read, organization_id, space, unit).await?;
        let plan = Plan::new::<ExtendedRevision>(&mut read, organization_id, Some(space), query)
            .await?
            .within("UnitID", unit.0);
        let rows = plan.fetch(&mut read, organization_id).await?;
        answer(&mut read, organization_id, plan, rows).await
    }

    /// `ListAllRevisions`: of every unit, the newest that satisfies the query.
    ///
    /// # Errors
    /// When the query is not valid.
    pub async fn list_all_revisions(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Page<Selected<ExtendedRevision>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let plan = Plan::new::<ExtendedRevision>(&mut read, organization_id, None, query).await?;
        let revisions = if plan.is_everything() {
            read.head_revisions(organization_id).await?
        } else {
            read.list(organization_id, &plan.condition).await?
        };
        let rows = plan.evaluate(&mut read, organization_id, revisions).await?;
        let rows = plan.show(&mut read, organization_id, newest(rows)).await?;
        answer(&mut read, organization_id, plan, rows).await
    }

    /// `GetExtendedRevision`
    ///
    /// # Errors
    /// When there is no such revision, or the query is not valid.
    pub async fn get_revision(
        &self,
        caller: &Caller,
        (space, unit): (SpaceId, UnitId),
        id: RevisionId,
        query: &ListQuery,
    ) -> Result<Selected<ExtendedRevision>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let revision = find_revision(&mut read, organization_id, (space, unit), id).await?;
        let plan = Plan::new::<ExtendedRevision>(&mut read, organization_id, None, query).await?;
        let revisions = vec![revision];
        let rows = plan.select(&mut read, organization_id, revisions).await?;
        answer(&mut read, organization_id, plan, rows)
            .await?
            .pop()
            .ok_or_else(|| HubError::not_found("Revision", id))
    }

    /// `DownloadRevisionData`
    ///
    /// # Errors
    /// When there is no such revision.
    pub async fn revision_data(
        &self,
        caller: &Caller,
        (space, unit): (SpaceId, UnitId),
        id: RevisionId,
    ) -> Result<Vec<u8>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let revision = find_revision(&mut read, organization_id, (space, unit), id).await?;
        Ok(read.blob(organization_id, revision.data_blob).await?)
    }
}

impl Hub {
    /// What the upgrade or merge that made a revision did at each place; nothing, when none did.
    ///
    /// # Errors
    /// When there is no such revision.
    pub async fn merge_report(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        id: RevisionId,
    ) -> Result<MergeReport, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_revision(&mut read, organization_id, path, id).await?;
        let Some(json) = read.merge_report(organization_id, id).await? else {
            return Ok(MergeReport::new());
        };
        serde_json::from_slice(&json)
            .map_err(|error| HubError::Internal(format!("the report of a merge: {error}")))
    }
}

/// A revision of a unit.
pub(crate) async fn find_revision(
    read: &mut Read,
    organization_id: OrganizationId,
    (space, unit): (SpaceId, UnitId),
    id: RevisionId,
) -> Result<Revision, HubError> {
    find_unit(read, organization_id, space, unit).await?;
    let revision: Option<Revision> = read.get(organization_id, id.0).await?;
    revision
        .filter(|revision| revision.unit_id == unit)
        .ok_or_else(|| HubError::not_found("Revision", id))
}

/// The newest revision of each unit, in the order of the list.
fn newest(rows: Vec<ExtendedRevision>) -> Vec<ExtendedRevision> {
    let mut numbers: HashMap<UnitId, i64> = HashMap::new();
    for row in &rows {
        let number = numbers.entry(row.revision.unit_id).or_default();
        *number = row.revision.revision_num.max(*number);
    }
    rows.into_iter()
        .filter(|row| numbers.get(&row.revision.unit_id) == Some(&row.revision.revision_num))
        .collect()
}

async fn answer(
    read: &mut Read,
    organization_id: OrganizationId,
    plan: Plan,
    mut rows: Page<ExtendedRevision>,
) -> Result<Page<Selected<ExtendedRevision>>, HubError> {
    let units = rows.iter().map(|row| row.revision.unit_id);
    let toolchains = toolchains(read, organization_id, units).await?;
    let toolchain = |revision: &Revision| {
        let known = toolchains.get(&revision.unit_id).copied();
        known.unwrap_or(Toolchain::KubernetesYaml)
    };
    let revisions = rows.iter_mut().map(|row| &mut row.revision).collect();
    fill_text(
        read,
        organization_id,
        revisions,
        toolchain,
        Wanted::of(&plan),
    )
    .await?;
    Ok(plan.answers(rows))
}
