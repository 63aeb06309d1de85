//! What a space holds, when the space is to be deleted.

use crate::access::{Read, Write};
use cubit_model::{
    BridgeWorker, ChangeSet, Filter, Invocation, Link, OrganizationId, Space, Tag, Target, Trigger,
    Unit, View,
};

use super::check_delete_gates;
use crate::HubError;
use crate::in_space::remove;

/// Says what a space may hold, in the order in which it can be deleted.
macro_rules! contents {
    ($($Entity:ident $plural:literal,)+) => {
        /// Refuses to delete a space that holds something.
        pub(super) async fn check_empty(
            write: &mut Write,
            organization_id: OrganizationId,
            space: &Space,
        ) -> Result<(), HubError> {
            let inside = [space.space_id.0];
            let mut held = Vec::new();
            $(
                let found: Vec<$Entity> = Read::unguarded(write)
                    .list_by(organization_id, "SpaceID", &inside)
                    .await?;
                if !found.is_empty() {
                    held.push(format!("{} {}", found.len(), $plural));
                }
            )+
            if held.is_empty() {
                return Ok(());
            }
            Err(HubError::Unprocessable(format!(
                "Space {} is not empty: it holds {}; recursive=true deletes them as well",
                space.slug,
                held.join(", ")
            )))
        }

        /// Deletes what a space holds, all or nothing. What needs something of it goes before it, so
        /// that only what is in other spaces can still be in the way.
        pub(super) async fn empty(
            write: &mut Write,
            organization_id: OrganizationId,
            space: &Space,
        ) -> Result<(), HubError> {
            let inside = [space.space_id.0];
            check_links_into(write, organization_id, space).await?;
            $(
                let found: Vec<$Entity> = Read::unguarded(write)
                    .list_by(organization_id, "SpaceID", &inside)
                    .await?;
                for entity in &found {
                    contents!(@delete $Entity, write, organization_id, entity);
                }
            )+
            Ok(())
        }
    };
    (@delete Unit, $write:ident, $organization:ident, $unit:ident) => {
        check_delete_gates("Unit", &$unit.slug, &$unit.delete_gates)?;
        $write.delete_unit($organization, $unit).await?;
    };
    (@delete $Entity:ident, $write:ident, $organization:ident, $entity:ident) => {
        remove($write, $organization, $entity).await?;
    };
}

contents! {
    Unit "units",
    Link "links",
    Trigger "triggers",
    Invocation "invocations",
    View "views",
    Target "targets",
    BridgeWorker "workers",
    Filter "filters",
    ChangeSet "change sets",
    Tag "tags",
}

/// Refuses when something in another space needs something in this one.
async fn check_links_into(
    write: &mut Write,
    organization_id: OrganizationId,
    space: &Space,
) -> Result<(), HubError> {
    let into: Vec<Link> = Read::unguarded(write)
        .list_by(organization_id, "ToSpaceID", &[space.space_id.0])
        .await?;
    match into.iter().find(|link| link.space_id != space.space_id) {
        Some(link) => Err(HubError::Unprocessable(format!(
            "Space {} could not be deleted: the Link {} of another space leads into it",
            space.slug, link.slug
        ))),
        None => Ok(()),
    }
}
