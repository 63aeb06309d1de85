//! Actions on units: what is asked of workers, and what is known of it.

use std::collections::HashMap;

use crate::access::Read;
use cubit_model::{
    ActionType, Bare, Entity, ImportRequest, Link, OrganizationId, QueuedOperation,
    QueuedOperationId, ResponseError, Revision, SpaceId, Target, Unit, UnitEvent, UnitEventId,
    UnitExtended, UnitId, UnitStatus, User,
};
use serde::Serialize;
use uuid::Uuid;

use super::approve::revision_reference;
use super::find_unit;
use super::reference::{resolve, resolve_many};
use crate::bulk::answer;
use crate::evaluation::{AWAITING, is_pending};
use crate::in_space::{outgoing, referred};
use crate::list::Plan;
use crate::text::{Wanted, fill_text};
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

impl Hub {
    /// `ApplyUnit`, `DestroyUnit` and `RefreshUnit`: checks that the action is possible, and then
    /// says that nobody can do it: workers cannot connect yet.
    ///
    /// # Errors
    /// Always, for the first reason there is.
    pub async fn act_on_unit(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, UnitId),
        action: ActionType,
        revision: &str,
    ) -> Result<QueuedOperation, HubError> {
        let organization_id = caller.check(Permission::Apply)?;
        let reference = revision_reference(revision)?;
        let mut read = self.read(caller).await?;
        let unit = find_unit(&mut read, organization_id, space, id).await?;
        let revision = resolve(&mut read, organization_id, &unit, &reference).await?;
        queue(&mut read, organization_id, action, &unit, &revision).await
    }

    /// `ImportUnit`: as [`Hub::act_on_unit`].
    ///
    /// # Errors
    /// Always, for the first reason there is.
    pub async fn import_unit(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        request: &ImportRequest,
    ) -> Result<QueuedOperation, HubError> {
        if !request.r#where.is_empty() && !request.filters.is_empty() {
            return Err(HubError::Invalid(
                "Where and Filters exclude each other: send one".to_owned(),
            ));
        }
        self.act_on_unit(caller, path, ActionType::Import, "").await
    }

    /// `BulkApplyUnits`, `BulkDestroyUnits` and `BulkRefreshUnits`: one answer for each unit
    /// selected, in the order of the list.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn bulk_act_on_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
        action: ActionType,
        revision: &str,
    ) -> Result<Vec<Result<QueuedOperation, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Apply)?;
        if query.r#where.trim().is_empty() {
            return Err(HubError::Invalid(
                "where: is required: say which units".to_owned(),
            ));
        }
        let reference = revision_reference(revision)?;
        let units = self.selected_units(caller, organization_id, query).await?;
        let mut read = self.read(caller).await?;
        let revisions = resolve_many(&mut read, organization_id, &units, &reference).await?;
        let mut answers = Vec::with_capacity(units.len());
        for (unit, revision) in units.iter().zip(revisions) {
            let queued = match revision {
                Ok(revision) => queue(&mut read, organization_id, action, unit, &revision).await,
                Err(error) => Err(error),
            };
            answers.push(answer(queued, "Unit", unit.unit_id)?);
        }
        Ok(answers)
    }

    /// `GetUnitExtended`
    ///
    /// # Errors
    /// When there is no such unit.
    pub async fn unit_extended(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, UnitId),
    ) -> Result<UnitExtended, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let mut unit = find_unit(&mut read, organization_id, space, id).await?;
        let toolchain = unit.toolchain();
        let all = vec![&mut unit];
        fill_text(&mut read, organization_id, all, |_| toolchain, Wanted::ALL).await?;
        let approvers: HashMap<Uuid, User> =
            read.get_many(organization_id, &unit.approved_by).await?;
        let names = unit.approved_by.iter().filter_map(|id| approvers.get(id));
        let approved_by_users = names.map(|user| user.username.clone()).collect();
        let from_links = outgoing(&mut read, organization_id, id).await?;
        let to_links: Vec<Link> = read.list_by(organization_id, "ToUnitID", &[id.0]).await?;
        let newest = read.newest_events(organization_id, &[id]).await?;
        let status = UnitStatus::of(&unit, newest.get(&id));
        let said = read
            .unguarded()
            .validations(organization_id, id, unit.head_revision_num);
        let validations = match said.await? {
            Some(json) => serde_json::from_str(&json)
                .map_err(|error| HubError::Internal(format!("validations: {error}")))?,
            None => Vec::new(),
        };
        Ok(UnitExtended {
            validations,
            approved_by_users,
            from_links,
            to_links,
            unit,
            status,
        })
    }

    /// `DownloadUnitLiveState`: what a worker reported last; nothing as long as there is none.
    ///
    /// # Errors
    /// When there is no such unit.
    pub async fn unit_live_state(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, UnitId),
    ) -> Result<Vec<u8>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let unit = find_unit(&mut read, organization_id, space, id).await?;
        Ok(unit.live_state.map(|state| state.0).unwrap_or_default())
    }

    /// `ListUnitActions`
    ///
    /// # Errors
    /// When there is no such unit, or the query is not valid.
    pub async fn list_unit_actions(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        query: &ListQuery,
    ) -> Result<Page<Selected<Bare<QueuedOperation>>>, HubError> {
        self.list_of_unit(caller, path, query).await
    }

    /// `GetUnitAction`
    ///
    /// # Errors
    /// When the unit has no such action.
    pub async fn unit_action(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        id: QueuedOperationId,
    ) -> Result<QueuedOperation, HubError> {
        let owner = |operation: &QueuedOperation| operation.unit_id;
        self.one_of_unit(caller, path, ("UnitAction", id.0), owner)
            .await
    }

    /// `ListUnitEvents`
    ///
    /// # Errors
    /// When there is no such unit, or the query is not valid.
    pub async fn list_unit_events(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        query: &ListQuery,
    ) -> Result<Page<Selected<Bare<UnitEvent>>>, HubError> {
        self.list_of_unit(caller, path, query).await
    }

    /// `GetUnitEvent`
    ///
    /// # Errors
    /// When the unit has no such event.
    pub async fn unit_event(
        &self,
        caller: &Caller,
        path: (SpaceId, UnitId),
        id: UnitEventId,
    ) -> Result<UnitEvent, HubError> {
        let owner = |event: &UnitEvent| event.unit_id;
        self.one_of_unit(caller, path, ("UnitEvent", id.0), owner)
            .await
    }

    async fn list_of_unit<E: Entity + Serialize + Default>(
        &self,
        caller: &Caller,
        (space, unit): (SpaceId, UnitId),
        query: &ListQuery,
    ) -> Result<Page<Selected<Bare<E>>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_unit(&mut read, organization_id, space, unit).await?;
        let plan = Plan::new::<Bare<E>>(&mut read, organization_id, Some(space), query)
            .await?
            .within("UnitID", unit.0);
        let rows = plan.fetch(&mut read, organization_id).await?;
        Ok(plan.answers(rows))
    }

    async fn one_of_unit<E: Entity>(
        &self,
        caller: &Caller,
        (space, unit): (SpaceId, UnitId),
        (name, id): (&'static str, Uuid),
        owner: impl Fn(&E) -> UnitId,
    ) -> Result<E, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_unit(&mut read, organization_id, space, unit).await?;
        let found: Option<E> = read.get(organization_id, id).await?;
        found
            .filter(|entity| owner(entity) == unit)
            .ok_or_else(|| HubError::not_found(name, id))
    }
}

/// Queues an action, as far as that is possible: spec/semantics.md, section 11.1, and then that no
/// worker can be reached.
async fn queue(
    read: &mut Read,
    organization_id: OrganizationId,
    action: ActionType,
    unit: &Unit,
    revision: &Revision,
) -> Result<QueuedOperation, HubError> {
    read.check(Permission::Apply, unit)?;
    let slug = &unit.slug;
    let Some(target) = unit.target_id else {
        return Err(HubError::Invalid(format!(
            "Unit {slug} has no target: set its TargetID first"
        )));
    };
    let refused = |why: String| Err(HubError::Unprocessable(format!("Unit {slug} {why}")));
    if action == ActionType::Apply && is_pending(read, organization_id, unit).await? {
        return refused(format!(
            "could not be applied: it has the gate {AWAITING}; try again in a moment"
        ));
    }
    let gates = match action {
        ActionType::Apply => &revision.apply_gates,
        ActionType::Destroy => &unit.destroy_gates,
        _ => &std::collections::BTreeMap::new(),
    };
    if !gates.is_empty() {
        let names: Vec<&str> = gates.keys().map(String::as_str).collect();
        let (number, names) = (revision.revision_num, names.join(", "));
        return match action {
            ActionType::Apply => refused(format!(
                "could not be applied: its revision {number} has the gates {names}"
            )),
            _ => refused(format!(
                "could not be destroyed: it has the destroy gates {names}"
            )),
        };
    }
    let is_empty = revision.data_blob == Some(cubit_store::identify(b""));
    if action == ActionType::Apply && is_empty && unit.live_revision_num == 0 {
        return refused("has no data to apply".to_owned());
    }
    let writes = matches!(action, ActionType::Refresh | ActionType::Import);
    if writes && unit.change_set_id.is_some() {
        return refused("is in a change set: its data cannot come from elsewhere".to_owned());
    }
    let target: Target = referred(read, organization_id, target).await?;
    refused(format!(
        "is applied to the Target {}: no worker serves this target",
        target.slug
    ))
}
