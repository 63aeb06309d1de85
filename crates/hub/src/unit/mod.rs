//! Operations on units.

mod action;
mod approve;
mod bulk;
mod change;
mod clone;
mod create;
mod delete;
mod membership;
mod merge;
mod order;
mod read;
mod reference;
mod tag;

use crate::access::Read;
use cubit_model::{
    OrganizationId, Permission, Space, SpaceId, Target, Unit, UnitId, check_annotations,
    check_description, check_gates, check_labels, check_slug,
};
use cubit_query::{Literal, Where};

use crate::HubError;
use crate::in_space::referred;
use crate::space::find_space;

pub use approve::{ApprovalRequest, Verdict};
pub use change::UnitChange;
pub use create::CreateUnit;
pub(crate) use membership::check_lock;
pub(crate) use read::select_units;
pub(crate) use tag::take_off;

/// A unit of a space.
pub(crate) async fn find_unit(
    read: &mut Read,
    organization_id: OrganizationId,
    space: SpaceId,
    id: UnitId,
) -> Result<Unit, HubError> {
    find_space(read, organization_id, space).await?;
    let unit: Option<Unit> = read.get(organization_id, id.0).await?;
    unit.filter(|unit| unit.space_id == space)
        .ok_or_else(|| HubError::not_found("Unit", id))
}

/// The unit that has this one's slug.
async fn slug_owner(read: &mut Read, unit: &Unit) -> Result<Option<Unit>, HubError> {
    let query = Where::default()
        .and("SpaceID", Literal::Uuid(unit.space_id.0))
        .and("Slug", Literal::Text(unit.slug.clone()));
    let organization_id = unit.organization_id;
    Ok(read.unguarded().find(organization_id, &query).await?)
}

fn taken(unit: &Unit, space: &Space) -> HubError {
    HubError::Invalid(format!(
        "a Unit with the Slug {} already exists in Space {}",
        unit.slug, space.slug
    ))
}

/// Checks the target of a unit, which must be there and take the configuration of the unit, and
/// notes its worker.
async fn set_target(
    read: &mut Read,
    unit: &mut Unit,
    before: Option<&Unit>,
) -> Result<(), HubError> {
    if before.is_some_and(|before| before.target_id == unit.target_id) {
        return Ok(());
    }
    unit.bridge_worker_id = None;
    let Some(id) = unit.target_id else {
        return Ok(());
    };
    let target: Target = referred(read, unit.organization_id, id).await?;
    read.check(Permission::Use, &target)?;
    if target.toolchain_type != unit.toolchain_type {
        return Err(HubError::Invalid(format!(
            "TargetID: the Target {} does not take {}",
            target.slug,
            unit.toolchain()
        )));
    }
    unit.bridge_worker_id = Some(target.bridge_worker_id);
    Ok(())
}

/// Checks what clients wrote.
fn check(unit: &Unit) -> Result<(), HubError> {
    check_slug(&unit.slug)?;
    check_description("DisplayName", &unit.display_name)?;
    check_description("LastChangeDescription", &unit.last_change_description)?;
    check_labels(&unit.labels)?;
    check_annotations(&unit.annotations)?;
    check_gates("DeleteGates", &unit.delete_gates)?;
    check_gates("DestroyGates", &unit.destroy_gates)?;
    Ok(())
}
