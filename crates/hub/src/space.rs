//! Operations on spaces.

use std::collections::BTreeMap;

use cubit_model::{
    DeleteResponse, ExtendedSpace, OrganizationId, Space, SpaceId, SpacePatch, Time, Unit,
    check_annotations, check_description, check_gates, check_labels, check_slug,
};
use cubit_query::{Literal, Where};
use cubit_store::Read;

use crate::access::Permission;
use crate::list::Plan;
use crate::{Caller, Hub, HubError, ListQuery, Selected};

impl Hub {
    /// `ListSpaces`
    ///
    /// # Errors
    /// When the query is not valid.
    pub async fn list_spaces(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Vec<Selected<ExtendedSpace>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let plan = Plan::new::<ExtendedSpace>(query)?;
        let mut read = self.store.read().await?;
        let spaces = read.list(organization_id, &plan.condition).await?;
        let mut rows = plan
            .select::<ExtendedSpace>(&mut read, organization_id, spaces)
            .await?;
        if query.summary {
            summarize(&mut read, organization_id, &mut rows).await?;
        }
        Ok(plan.answers(rows))
    }

    /// `GetSpace`
    ///
    /// # Errors
    /// When there is no such space, or the query is not valid.
    pub async fn get_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        query: &ListQuery,
    ) -> Result<Selected<ExtendedSpace>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.store.read().await?;
        let space = find_space(&mut read, organization_id, id).await?;
        let (plan, row) = self
            .one::<ExtendedSpace>(&mut read, organization_id, space, query)
            .await?;
        let mut rows = vec![row];
        if query.summary {
            summarize(&mut read, organization_id, &mut rows).await?;
        }
        plan.answers(rows)
            .pop()
            .ok_or_else(|| HubError::not_found("Space", id))
    }

    /// `CreateSpace`
    ///
    /// # Errors
    /// When the slug is taken and `allow_exists` is not set, or an attribute is not valid.
    pub async fn create_space(
        &self,
        caller: &Caller,
        body: Space,
        allow_exists: bool,
    ) -> Result<Space, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut space = Space {
            organization_id,
            space_id: SpaceId::new(),
            ..body
        };
        check(&space)?;
        let mut write = self.store.write().await?;
        if let Some(existing) = slug_owner(&mut write, &space).await? {
            return if allow_exists {
                Ok(existing)
            } else {
                Err(taken(&space.slug))
            };
        }
        write.insert(&mut space, Time::now()).await?;
        write.commit().await?;
        Ok(space)
    }

    /// `UpdateSpace`: replaces what clients may write.
    ///
    /// # Errors
    /// When there is no such space, the Version is not the stored one, or an attribute is not
    /// valid.
    pub async fn update_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        body: Space,
    ) -> Result<Space, HubError> {
        self.change_space(caller, id, Some(body.version), |space| {
            space.slug = body.slug;
            space.display_name = body.display_name;
            space.labels = body.labels;
            space.annotations = body.annotations;
            space.delete_gates = body.delete_gates;
            space.where_trigger = body.where_trigger;
        })
        .await
    }

    /// `PatchSpace`
    ///
    /// # Errors
    /// As [`Hub::update_space`]; the Version is only compared when it is given.
    pub async fn patch_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        mut patch: SpacePatch,
    ) -> Result<Space, HubError> {
        let version = patch.version.as_set().copied();
        patch.version = cubit_model::Patch::Keep;
        self.change_space(caller, id, version, |space| patch.apply(space))
            .await
    }

    async fn change_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        version: Option<i64>,
        change: impl FnOnce(&mut Space),
    ) -> Result<Space, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.store.write().await?;
        let stored = find_space(&mut write, organization_id, id).await?;
        check_version("Space", &stored.slug, stored.version, version)?;
        let mut space = stored.clone();
        change(&mut space);
        if space == stored {
            return Ok(stored);
        }
        check(&space)?;
        if space.slug != stored.slug && slug_owner(&mut write, &space).await?.is_some() {
            return Err(taken(&space.slug));
        }
        write
            .update(organization_id, &mut space, Time::now())
            .await?;
        write.commit().await?;
        Ok(space)
    }

    /// `DeleteSpace`
    ///
    /// # Errors
    /// When there is no such space, it has delete gates, or it is not empty.
    pub async fn delete_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        recursive: bool,
    ) -> Result<DeleteResponse, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.store.write().await?;
        let space = find_space(&mut write, organization_id, id).await?;
        check_delete_gates("Space", &space.slug, &space.delete_gates)?;
        let inside = Where::default().and("SpaceID", Literal::Uuid(id.0));
        let units: Vec<Unit> = write.list(organization_id, &inside).await?;
        if !units.is_empty() {
            let hint = if recursive {
                "; recursive deletion is not available in this version, delete them first"
            } else {
                ""
            };
            return Err(HubError::Unprocessable(format!(
                "Space {} is not empty: it holds {} units{hint}",
                space.slug,
                units.len()
            )));
        }
        write.delete::<Space>(organization_id, id.0).await?;
        write.commit().await?;
        Ok(DeleteResponse {
            error: None,
            message: format!("Space {} was deleted", space.slug),
        })
    }
}

/// The space with an id.
pub(crate) async fn find_space(
    read: &mut Read,
    organization_id: OrganizationId,
    id: SpaceId,
) -> Result<Space, HubError> {
    read.get(organization_id, id.0)
        .await?
        .ok_or_else(|| HubError::not_found("Space", id))
}

/// The space that has this one's slug.
async fn slug_owner(read: &mut Read, space: &Space) -> Result<Option<Space>, HubError> {
    let query = Where::default().and("Slug", Literal::Text(space.slug.clone()));
    Ok(read.find(space.organization_id, &query).await?)
}

fn taken(slug: &str) -> HubError {
    HubError::Invalid(format!("a Space with the Slug {slug} already exists"))
}

fn check(space: &Space) -> Result<(), HubError> {
    check_slug(&space.slug)?;
    check_description("DisplayName", &space.display_name)?;
    check_labels(&space.labels)?;
    check_annotations(&space.annotations)?;
    check_gates("DeleteGates", &space.delete_gates)?;
    check_description("WhereTrigger", &space.where_trigger)?;
    Ok(())
}

/// Compares the version in a request with the stored one.
pub(crate) fn check_version(
    entity: &'static str,
    slug: &str,
    stored: i64,
    sent: Option<i64>,
) -> Result<(), HubError> {
    match sent {
        Some(sent) if sent != stored => Err(HubError::Conflict {
            entity,
            slug: slug.to_owned(),
            sent,
            stored,
        }),
        _ => Ok(()),
    }
}

/// Refuses to delete what has gates.
pub(crate) fn check_delete_gates(
    entity: &str,
    slug: &str,
    gates: &BTreeMap<String, bool>,
) -> Result<(), HubError> {
    if gates.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = gates.keys().map(String::as_str).collect();
    Err(HubError::Unprocessable(format!(
        "{entity} {slug} could not be deleted: it has the delete gates {}",
        names.join(", ")
    )))
}

/// Adds the counts that can be known; what does not exist yet counts as 0.
async fn summarize(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedSpace],
) -> Result<(), HubError> {
    let counts = read.unit_counts(organization_id).await?;
    for row in rows {
        let units = counts.get(&row.space.space_id).copied().unwrap_or_default();
        *row = ExtendedSpace {
            space: std::mem::take(&mut row.space),
            organization: row.organization.take(),
            total_unit_count: Some(units.total),
            gated_unit_count: Some(units.gated),
            unapproved_unit_count: Some(units.unapproved),
            unapplied_unit_count: Some(units.unapplied),
            incomplete_apply_unit_count: Some(units.incomplete),
            upgradable_unit_count: Some(units.upgradable),
            total_bridge_worker_count: Some(0),
            total_change_set_count: Some(0),
            total_filter_count: Some(0),
            total_invocation_count: Some(0),
            total_link_count: Some(0),
            total_tag_count: Some(0),
            total_view_count: Some(0),
            unlinked_unit_count: Some(0),
            target_count_by_toolchain_type: Some(BTreeMap::new()),
            trigger_count_by_event_type: Some(BTreeMap::new()),
            error: None,
        };
    }
    Ok(())
}
