//! Operations on spaces.

mod bulk;
mod contents;

use std::collections::{BTreeMap, HashMap};

use crate::access::{Read, Write};
use cubit_model::{
    ApprovalRules, BridgeWorker, ChangeSet, DeleteResponse, ExtendedSpace, Filter, Invocation,
    Link, MergePatch, OrganizationId, Space, SpaceId, SpacePatch, Tag, Time, View,
    check_annotations, check_description, check_gates, check_labels, check_slug,
};
use cubit_query::{Literal, Where};

use crate::access::check_permissions;
use crate::evaluation;
use crate::list::Plan;
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

impl Hub {
    /// `ListSpaces`
    ///
    /// # Errors
    /// When the query is not valid.
    pub async fn list_spaces(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Page<Selected<ExtendedSpace>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let (plan, mut rows) = select_spaces(&mut read, organization_id, query).await?;
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
        let mut read = self.read(caller).await?;
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
        let mut write = self.write(caller, Permission::Edit).await?;
        let space = insert(&mut write, organization_id, body, allow_exists).await?;
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
        let version = caller.version_of(body.version);
        self.change_space(caller, id, version, |space| {
            let rules = std::mem::take(&mut space.approval_rules);
            SpacePatch::replace(space, body);
            // A client that does not know of rules does not lift them.
            if space.approval_rules == ApprovalRules::default() {
                space.approval_rules = rules;
            }
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
        patch: SpacePatch,
    ) -> Result<Space, HubError> {
        let version = MergePatch::version(&patch);
        self.change_space(caller, id, version, |space| patch.lay_over(space))
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
        let mut write = self.write(caller, Permission::Edit).await?;
        let stored = find_space(&mut write, organization_id, id).await?;
        write.allow(&stored)?;
        caller.check_match(&stored)?;
        let space = store(&mut write, organization_id, stored, version, change).await?;
        write.commit().await?;
        Ok(space)
    }

    /// `DeleteSpace`
    ///
    /// # Errors
    /// When there is no such space, it or something in it has delete gates, it is not empty and the
    /// deletion is not recursive, or a link of another space leads into it.
    pub async fn delete_space(
        &self,
        caller: &Caller,
        id: SpaceId,
        recursive: bool,
    ) -> Result<DeleteResponse, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.write(caller, Permission::Edit).await?;
        let space = find_space(&mut write, organization_id, id).await?;
        write.allow(&space)?;
        caller.check_match(&space)?;
        let answer = remove(&mut write, organization_id, &space, recursive).await?;
        write.commit().await?;
        Ok(answer)
    }
}

/// Adds a space.
async fn insert(
    write: &mut Write,
    organization_id: OrganizationId,
    body: Space,
    allow_exists: bool,
) -> Result<Space, HubError> {
    let mut space = Space {
        organization_id,
        space_id: SpaceId::new(),
        ..body
    };
    write.allow(&space)?;
    check(&space)?;
    match slug_owner(write, &space).await? {
        Some(existing) if allow_exists && write.sees(&existing) => return Ok(existing),
        Some(_) => return Err(taken(&space.slug)),
        None => {}
    }
    check_permissions(write, None, &space)?;
    write.insert(&mut space, Time::now()).await?;
    Ok(space)
}

/// Changes a stored space.
async fn store(
    write: &mut Write,
    organization_id: OrganizationId,
    stored: Space,
    version: Option<i64>,
    change: impl FnOnce(&mut Space),
) -> Result<Space, HubError> {
    write.allow(&stored)?;
    check_version("Space", &stored.slug, stored.version, version)?;
    let mut space = stored.clone();
    change(&mut space);
    if space == stored {
        return Ok(stored);
    }
    check(&space)?;
    check_permissions(write, Some(&stored), &space)?;
    if space.slug != stored.slug && slug_owner(write, &space).await?.is_some() {
        return Err(taken(&space.slug));
    }
    write
        .update(organization_id, &mut space, Time::now())
        .await?;
    if space.approval_rules != stored.approval_rules {
        evaluation::request_for_rules(write, &space).await?;
    }
    Ok(space)
}

/// Removes a space, and what it holds where that is wanted. When it is refused, some of what the
/// space held may be gone from the transaction.
async fn remove(
    write: &mut Write,
    organization_id: OrganizationId,
    space: &Space,
    recursive: bool,
) -> Result<DeleteResponse, HubError> {
    write.allow(space)?;
    check_delete_gates("Space", &space.slug, &space.delete_gates)?;
    match recursive {
        true => contents::empty(write, organization_id, space).await?,
        false => contents::check_empty(write, organization_id, space).await?,
    }
    write.delete(organization_id, space).await?;
    Ok(DeleteResponse {
        error: None,
        message: format!("Space {} was deleted", space.slug),
    })
}

/// The spaces that a query selects.
pub(crate) async fn select_spaces(
    read: &mut Read,
    organization_id: OrganizationId,
    query: &ListQuery,
) -> Result<(Plan, Page<ExtendedSpace>), HubError> {
    let plan = Plan::new::<ExtendedSpace>(read, organization_id, None, query).await?;
    let rows = plan.fetch(read, organization_id).await?;
    Ok((plan, rows))
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
    // A slug is taken whoever can see by what.
    let organization_id = space.organization_id;
    Ok(read.unguarded().find(organization_id, &query).await?)
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
    let change_sets = read.count_by_space::<ChangeSet>(organization_id).await?;
    let filters = read.count_by_space::<Filter>(organization_id).await?;
    let invocations = read.count_by_space::<Invocation>(organization_id).await?;
    let links = read.count_by_space::<Link>(organization_id).await?;
    let tags = read.count_by_space::<Tag>(organization_id).await?;
    let views = read.count_by_space::<View>(organization_id).await?;
    let workers = read.count_by_space::<BridgeWorker>(organization_id).await?;
    let triggers = read.trigger_counts(organization_id).await?;
    let targets = read.target_counts(organization_id).await?;
    for row in rows {
        let id = row.space.space_id;
        let units = counts.get(&id).copied().unwrap_or_default();
        let count = |of: &HashMap<SpaceId, i64>| Some(of.get(&id).copied().unwrap_or_default());
        *row = ExtendedSpace {
            space: std::mem::take(&mut row.space),
            organization: row.organization.take(),
            total_unit_count: Some(units.total),
            gated_unit_count: Some(units.gated),
            unapproved_unit_count: Some(units.unapproved),
            unapplied_unit_count: Some(units.unapplied),
            incomplete_apply_unit_count: Some(units.incomplete),
            upgradable_unit_count: Some(units.upgradable),
            total_bridge_worker_count: count(&workers),
            total_change_set_count: count(&change_sets),
            total_filter_count: count(&filters),
            total_invocation_count: count(&invocations),
            total_link_count: count(&links),
            total_tag_count: count(&tags),
            total_view_count: count(&views),
            unlinked_unit_count: Some(units.unlinked),
            target_count_by_toolchain_type: Some(targets.get(&id).cloned().unwrap_or_default()),
            trigger_count_by_event_type: Some(triggers.get(&id).cloned().unwrap_or_default()),
            error: None,
        };
    }
    Ok(())
}
