//! Deleting units.

use crate::access::{Read, Write};
use cubit_model::{DeleteResponse, Link, OrganizationId, SpaceId, Unit, UnitId};
use cubit_query::{Literal, Where};

use crate::in_space::outgoing;
use crate::space::check_delete_gates;
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError};
use cubit_model::Permission;

impl Hub {
    /// `DeleteUnit`: removes the unit and its history; what is live stays live.
    ///
    /// # Errors
    /// When there is no such unit, it has delete gates, or a link leads to it.
    pub async fn delete_unit(
        &self,
        caller: &Caller,
        space_id: SpaceId,
        id: UnitId,
    ) -> Result<DeleteResponse, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.write(caller, Permission::Edit).await?;
        let unit = find_unit(&mut write, organization_id, space_id, id).await?;
        write.allow(&unit)?;
        caller.check_match(&unit)?;
        let answer = remove_unit(&mut write, organization_id, &unit).await?;
        write.commit().await?;
        Ok(answer)
    }
}

/// Removes a unit with its history and the links that start at it, when nothing is in the way.
pub(super) async fn remove_unit(
    write: &mut Write,
    organization_id: OrganizationId,
    unit: &Unit,
) -> Result<DeleteResponse, HubError> {
    write.allow(unit)?;
    check_delete_gates("Unit", &unit.slug, &unit.delete_gates)?;
    let incoming = Where::default().and("ToUnitID", Literal::Uuid(unit.unit_id.0));
    // Whoever can see it, what leads here would lead nowhere.
    let everywhere = Read::unguarded(write);
    let incoming: Option<Link> = everywhere.find(organization_id, &incoming).await?;
    if let Some(link) = incoming {
        return Err(HubError::Unprocessable(format!(
            "Unit {} could not be deleted: the Link {} leads to it",
            unit.slug, link.slug
        )));
    }
    for link in outgoing(write, organization_id, unit.unit_id).await? {
        write.delete(organization_id, &link).await?;
    }
    write.delete_unit(organization_id, unit).await?;
    let live = if unit.live_revision_num > 0 {
        "; what was applied is still live"
    } else {
        ""
    };
    Ok(DeleteResponse {
        error: None,
        message: format!("Unit {} was deleted{live}", unit.slug),
    })
}
