//! Deleting units.

use cubit_model::{DeleteResponse, Link, SpaceId, UnitId};
use cubit_query::{Literal, Where};

use crate::access::Permission;
use crate::in_space::outgoing;
use crate::space::check_delete_gates;
use crate::unit::find_unit;
use crate::{Caller, Hub, HubError};

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
        let mut write = self.store.write(organization_id).await?;
        let unit = find_unit(&mut write, organization_id, space_id, id).await?;
        check_delete_gates("Unit", &unit.slug, &unit.delete_gates)?;
        let incoming = Where::default().and("ToUnitID", Literal::Uuid(id.0));
        let incoming: Option<Link> = write.find(organization_id, &incoming).await?;
        if let Some(link) = incoming {
            return Err(HubError::Unprocessable(format!(
                "Unit {} could not be deleted: the Link {} leads to it",
                unit.slug, link.slug
            )));
        }
        for link in outgoing(&mut write, organization_id, id).await? {
            write
                .delete::<Link>(organization_id, link.link_id.0)
                .await?;
        }
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
