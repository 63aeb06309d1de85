//! Deleting units.

use cubit_model::{DeleteResponse, SpaceId, UnitId};

use crate::access::Permission;
use crate::space::check_delete_gates;
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError};

impl Hub {
    /// `DeleteUnit`: removes the unit and its history; what is live stays live.
    ///
    /// # Errors
    /// When there is no such unit, or it has delete gates.
    pub async fn delete_unit(
        &self,
        caller: &Caller,
        space_id: SpaceId,
        id: UnitId,
    ) -> Result<DeleteResponse, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.store.write().await?;
        let unit = find_unit(&mut write, organization_id, space_id, id).await?;
        check_delete_gates("Unit", &unit.slug, &unit.delete_gates)?;
        write.delete_unit(organization_id, id).await?;
        write.commit().await?;
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
}
