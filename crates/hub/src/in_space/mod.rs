//! Operations on what a space holds besides units: one implementation for every entity that has a
//! slug in a space. What is particular to one of them stands in its [`Rules`].

mod bulk;
mod rules;

use crate::access::{Read, Write};
use cubit_model::{
    DeleteResponse, Described, Entity, InSpace, MergePatch, OrganizationId, SpaceId, Time,
    check_annotations, check_description, check_gates, check_labels, check_slug,
};
use cubit_query::{Literal, Where};

use crate::access::check_permissions;
use crate::expand::Expand;
use crate::list::Plan;
use crate::space::{check_delete_gates, check_version, find_space};
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

pub use rules::Rules;
pub(crate) use rules::outgoing;

impl Hub {
    /// `ListAllX` without a space, `ListX` with one.
    ///
    /// # Errors
    /// When there is no such space, or the query is not valid.
    pub async fn list<X: Expand>(
        &self,
        caller: &Caller,
        space: Option<SpaceId>,
        query: &ListQuery,
    ) -> Result<Page<Selected<X>>, HubError>
    where
        X::Entity: InSpace,
    {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let (plan, mut rows) = select::<X>(&mut read, organization_id, space, query).await?;
        if query.summary {
            X::summarize(&mut read, organization_id, &mut rows).await?;
        }
        Ok(plan.answers(rows))
    }

    /// `GetX`
    ///
    /// # Errors
    /// When there is no such entity, or the query is not valid.
    pub async fn get<X: Expand>(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: <X::Entity as InSpace>::Id,
        query: &ListQuery,
    ) -> Result<Selected<X>, HubError>
    where
        X::Entity: InSpace,
    {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let entity: X::Entity = find(&mut read, organization_id, space, id).await?;
        let (plan, row) = self
            .one::<X>(&mut read, organization_id, entity, query)
            .await?;
        plan.answers(vec![row])
            .pop()
            .ok_or_else(|| HubError::not_found(X::Entity::NAME, id))
    }

    /// `CreateX`
    ///
    /// # Errors
    /// When the slug is taken and `allow_exists` is not set, or an attribute is not valid.
    pub async fn create<E: Rules>(
        &self,
        caller: &Caller,
        space: SpaceId,
        body: E,
        allow_exists: bool,
    ) -> Result<E, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.write(caller, Permission::Edit).await?;
        let slug = body.slug().to_owned();
        let entity = body.placed(organization_id, space, slug);
        let entity = insert(&mut write, organization_id, entity, allow_exists).await?;
        write.commit().await?;
        Ok(entity)
    }

    /// `UpdateX`: replaces what clients may write.
    ///
    /// # Errors
    /// When there is no such entity, the Version is not the stored one, or an attribute is not
    /// valid.
    pub async fn update<E: Rules>(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: E::Id,
        body: E,
    ) -> Result<E, HubError> {
        let version = caller.version_of(body.version());
        self.change(caller, space, id, version, |entity| {
            E::Patch::replace(entity, body);
        })
        .await
    }

    /// `PatchX`
    ///
    /// # Errors
    /// As [`Hub::update`]; the Version is only compared when it is given.
    pub async fn patch<E: Rules>(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: E::Id,
        patch: E::Patch,
    ) -> Result<E, HubError> {
        let version = patch.version();
        self.change(caller, space, id, version, |entity| patch.lay_over(entity))
            .await
    }

    async fn change<E: Rules>(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: E::Id,
        version: Option<i64>,
        change: impl FnOnce(&mut E) + Send,
    ) -> Result<E, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.write(caller, Permission::Edit).await?;
        let stored: E = find(&mut write, organization_id, space, id).await?;
        write.allow(&stored)?;
        caller.check_match(&stored)?;
        check_version(E::NAME, stored.slug(), stored.version(), version)?;
        let entity = store(&mut write, organization_id, stored, change).await?;
        write.commit().await?;
        Ok(entity)
    }

    /// `DeleteX`
    ///
    /// # Errors
    /// When there is no such entity, it has delete gates, or something needs it.
    pub async fn delete<E: Rules>(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: E::Id,
    ) -> Result<DeleteResponse, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut write = self.write(caller, Permission::Edit).await?;
        let entity: E = find(&mut write, organization_id, space, id).await?;
        write.allow(&entity)?;
        caller.check_match(&entity)?;
        let answer = remove(&mut write, organization_id, &entity).await?;
        write.commit().await?;
        Ok(answer)
    }
}

/// The entities that a query selects.
async fn select<X: Expand>(
    read: &mut Read,
    organization_id: OrganizationId,
    space: Option<SpaceId>,
    query: &ListQuery,
) -> Result<(Plan, Page<X>), HubError> {
    if let Some(space) = space {
        find_space(read, organization_id, space).await?;
    }
    let plan = Plan::new::<X>(read, organization_id, space, query).await?;
    let rows = plan.fetch(read, organization_id).await?;
    Ok((plan, rows))
}

/// An entity of a space.
pub(crate) async fn find<E: InSpace>(
    read: &mut Read,
    organization_id: OrganizationId,
    space: SpaceId,
    id: E::Id,
) -> Result<E, HubError> {
    find_space(read, organization_id, space).await?;
    let entity: Option<E> = read.get(organization_id, id.into()).await?;
    entity
        .filter(|entity| entity.space_id() == space)
        .ok_or_else(|| HubError::not_found(E::NAME, id))
}

/// An entity of any space of the organization, that an attribute refers to.
pub(crate) async fn referred<E: InSpace>(
    read: &mut Read,
    organization_id: OrganizationId,
    id: E::Id,
) -> Result<E, HubError> {
    let entity: Option<E> = read.get(organization_id, id.into()).await?;
    entity.ok_or_else(|| HubError::Invalid(format!("{}: there is no {} {id}", E::ID, E::NAME)))
}

/// The entity that has a slug in a space.
async fn slug_owner<E: InSpace>(
    read: &mut Read,
    organization_id: OrganizationId,
    space: SpaceId,
    slug: &str,
) -> Result<Option<E>, HubError> {
    let query = Where::default()
        .and("SpaceID", Literal::Uuid(space.0))
        .and("Slug", Literal::Text(slug.to_owned()));
    // A slug is taken whoever can see by what.
    Ok(read.unguarded().find(organization_id, &query).await?)
}

fn taken<E: InSpace>(slug: &str) -> HubError {
    HubError::Invalid(format!(
        "a{} {} with the Slug {slug} already exists in the space",
        if E::NAME.starts_with(['A', 'E', 'I', 'O', 'U']) {
            "n"
        } else {
            ""
        },
        E::NAME
    ))
}

fn check<E: InSpace>(entity: &E) -> Result<(), HubError> {
    let Described {
        display_name,
        labels,
        annotations,
        delete_gates,
    } = entity.described();
    check_slug(entity.slug())?;
    check_description("DisplayName", display_name)?;
    check_labels(labels)?;
    check_annotations(annotations)?;
    check_gates("DeleteGates", delete_gates)?;
    Ok(())
}

/// Adds an entity that is in its place.
pub(crate) async fn insert<E: Rules>(
    write: &mut Write,
    organization_id: OrganizationId,
    mut entity: E,
    allow_exists: bool,
) -> Result<E, HubError> {
    let space = entity.space_id();
    find_space(write, organization_id, space).await?;
    write.allow(&entity)?;
    check(&entity)?;
    let owner = slug_owner::<E>(write, organization_id, space, entity.slug()).await?;
    match owner {
        Some(existing) if allow_exists && write.sees(&existing) => return Ok(existing),
        Some(existing) => return Err(taken::<E>(existing.slug())),
        None => {}
    }
    check_permissions(write, None, &entity)?;
    entity.complete(write, organization_id, None).await?;
    let now = Time::now();
    entity.on_create(write, now).await?;
    write.insert(&mut entity, now).await?;
    entity.on_stored(write, None).await?;
    Ok(entity)
}

/// Changes a stored entity.
async fn store<E: Rules>(
    write: &mut Write,
    organization_id: OrganizationId,
    stored: E,
    change: impl FnOnce(&mut E),
) -> Result<E, HubError> {
    write.allow(&stored)?;
    let mut entity = stored.clone();
    change(&mut entity);
    check(&entity)?;
    check_permissions(write, Some(&stored), &entity)?;
    entity
        .complete(write, organization_id, Some(&stored))
        .await?;
    if entity == stored {
        return Ok(stored);
    }
    stored.guard(write, organization_id, Some(&entity)).await?;
    let space = entity.space_id();
    let renamed = entity.slug() != stored.slug();
    if renamed
        && slug_owner::<E>(write, organization_id, space, entity.slug())
            .await?
            .is_some()
    {
        return Err(taken::<E>(entity.slug()));
    }
    write
        .update(organization_id, &mut entity, Time::now())
        .await?;
    entity.on_stored(write, Some(&stored)).await?;
    Ok(entity)
}

/// Removes an entity, when nothing is in the way.
pub(crate) async fn remove<E: Rules>(
    write: &mut Write,
    organization_id: OrganizationId,
    entity: &E,
) -> Result<DeleteResponse, HubError> {
    write.allow(entity)?;
    check_delete_gates(E::NAME, entity.slug(), entity.described().delete_gates)?;
    if let Some(reason) = entity.needed_by(write, organization_id).await? {
        return Err(HubError::Unprocessable(format!(
            "{} {} could not be deleted: {reason}",
            E::NAME,
            entity.slug()
        )));
    }
    entity.guard(write, organization_id, None).await?;
    entity.on_delete(write, organization_id).await?;
    write.delete(organization_id, entity).await?;
    Ok(DeleteResponse {
        error: None,
        message: format!("{} {} was deleted", E::NAME, entity.slug()),
    })
}
