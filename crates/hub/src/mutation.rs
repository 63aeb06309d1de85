//! Reading mutations.

use cubit_model::{ExtendedMutation, Mutation, MutationId, SpaceId, UnitId};

use crate::list::Plan;
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

impl Hub {
    /// `ListExtendedMutations`: those of one unit.
    ///
    /// # Errors
    /// When there is no such unit, or the query is not valid.
    pub async fn list_mutations(
        &self,
        caller: &Caller,
        space: SpaceId,
        unit: UnitId,
        query: &ListQuery,
    ) -> Result<Page<Selected<ExtendedMutation>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_unit(&mut read, organization_id, space, unit).await?;
        let plan = Plan::new::<ExtendedMutation>(&mut read, organization_id, Some(space), query)
            .await?
            .within("UnitID", unit.0);
        let rows = plan.fetch(&mut read, organization_id).await?;
        Ok(plan.answers(rows))
    }

    /// `GetExtendedMutation`
    ///
    /// # Errors
    /// When there is no such mutation, or the query is not valid.
    pub async fn get_mutation(
        &self,
        caller: &Caller,
        (space, unit): (SpaceId, UnitId),
        id: MutationId,
        query: &ListQuery,
    ) -> Result<Selected<ExtendedMutation>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_unit(&mut read, organization_id, space, unit).await?;
        let mutation: Option<Mutation> = read.get(organization_id, id.0).await?;
        let mutation = mutation
            .filter(|mutation| mutation.unit_id == unit)
            .ok_or_else(|| HubError::not_found("Mutation", id))?;
        let (plan, row) = self
            .one::<ExtendedMutation>(&mut read, organization_id, mutation, query)
            .await?;
        plan.answers(vec![row])
            .pop()
            .ok_or_else(|| HubError::not_found("Mutation", id))
    }
}
