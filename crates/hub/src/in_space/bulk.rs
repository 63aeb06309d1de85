//! The same for many entities: each by itself, with its own answer.

use cubit_model::{
    DeleteResponse, Entity, ExtendedSpace, InSpace, MergePatch, OrganizationId, ResponseError,
    Space, SpaceId,
};
use uuid::Uuid;

use super::{Rules, insert, remove, select, store};
use crate::access::Permission;
use crate::error::ErrorKind;
use crate::expand::Expand;
use crate::list::{Plan, parse_filter};
use crate::space::check_version;
use crate::{Caller, Hub, HubError, ListQuery};

/// Entities written in one transaction: enough to share the cost of making it durable, few enough
/// not to keep others waiting.
const BATCH: usize = 64;
/// Most copies that one call makes.
const MOST_COPIES: usize = 100_000;

/// Where copies go, and what they are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkCreate {
    /// What is copied.
    pub selection: ListQuery,
    /// What stands in front of the slugs, separated by commas.
    pub name_prefixes: String,
    /// Conditions on the spaces that copies go to.
    pub where_space: String,
    /// Id of a saved filter of those spaces.
    pub filter_space: String,
    /// Answer what is there already instead of failing when a slug is taken.
    pub allow_exists: bool,
}

impl Hub {
    /// `BulkPatchX`: one answer for each entity selected, in the order of the list.
    ///
    /// # Errors
    /// When the query is not valid. What fails for one entity is in its answer.
    pub async fn bulk_patch<X: Expand>(
        &self,
        caller: &Caller,
        query: &ListQuery,
        patch: &<X::Entity as InSpace>::Patch,
    ) -> Result<Vec<Result<X::Entity, ResponseError>>, HubError>
    where
        X::Entity: Rules,
    {
        let organization_id = caller.check(Permission::Edit)?;
        let ids = self.selected::<X>(organization_id, query).await?;
        let mut answers = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let mut write = self.store.write(organization_id).await?;
            let mut found = write.get_many(organization_id, batch).await?;
            for id in batch {
                // What was deleted since it was selected is not selected.
                let Some(stored): Option<X::Entity> = found.remove(id) else {
                    continue;
                };
                let version = check_version(
                    X::Entity::NAME,
                    stored.slug(),
                    stored.version(),
                    patch.version(),
                );
                let patch = patch.clone();
                let change = |entity: &mut X::Entity| patch.lay_over(entity);
                let changed = match version {
                    Ok(()) => store(&mut write, organization_id, stored, change).await,
                    Err(error) => Err(error),
                };
                answers.push(answer::<X::Entity, _>(changed, *id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// `BulkDeleteX`: one answer for each entity selected, in the order of the list.
    ///
    /// # Errors
    /// When the query is not valid. What fails for one entity is in its answer.
    pub async fn bulk_delete<X: Expand>(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Vec<DeleteResponse>, HubError>
    where
        X::Entity: Rules,
    {
        let organization_id = caller.check(Permission::Edit)?;
        let ids = self.selected::<X>(organization_id, query).await?;
        let mut answers = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let mut write = self.store.write(organization_id).await?;
            let mut found = write.get_many(organization_id, batch).await?;
            for id in batch {
                let Some(stored): Option<X::Entity> = found.remove(id) else {
                    continue;
                };
                let removed = remove(&mut write, organization_id, &stored).await;
                let removed = answer::<X::Entity, _>(removed, *id)?;
                answers.push(removed.unwrap_or_else(|error| DeleteResponse {
                    error: Some(error),
                    message: String::new(),
                }));
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// `BulkCreateX`: copies of the entities selected, in the spaces and under the prefixes given;
    /// one answer for each copy.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one copy is in its answer.
    pub async fn bulk_create<X: Expand>(
        &self,
        caller: &Caller,
        request: &BulkCreate,
        patch: &<X::Entity as InSpace>::Patch,
    ) -> Result<Vec<Result<X::Entity, ResponseError>>, HubError>
    where
        X::Entity: Rules,
    {
        let organization_id = caller.check(Permission::Edit)?;
        let copies = self.copies::<X>(organization_id, request).await?;
        let mut answers = Vec::with_capacity(copies.len());
        for batch in copies.chunks(BATCH) {
            let mut write = self.store.write(organization_id).await?;
            for (entity, space, slug) in batch {
                let mut copy = entity.clone();
                patch.clone().lay_over(&mut copy);
                let copy = copy.placed(organization_id, *space, slug.clone());
                let id = entity.uuid();
                let created = insert(&mut write, organization_id, copy, request.allow_exists).await;
                answers.push(answer::<X::Entity, _>(created, id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// What is copied, to where, under which slug.
    async fn copies<X: Expand>(
        &self,
        organization_id: OrganizationId,
        request: &BulkCreate,
    ) -> Result<Vec<(X::Entity, SpaceId, String)>, HubError>
    where
        X::Entity: InSpace,
    {
        let mut read = self.store.read().await?;
        let to_spaces = !(request.where_space.is_empty() && request.filter_space.is_empty());
        let prefixes: Vec<&str> = match request.name_prefixes.trim() {
            "" if !to_spaces => {
                return Err(HubError::Invalid(
                    "name where the copies go: name_prefixes, where_space or filter_space"
                        .to_owned(),
                ));
            }
            "" => vec![""],
            prefixes => prefixes.split(',').map(str::trim).collect(),
        };
        let spaces = match to_spaces {
            true => Some(
                self.destinations(&mut read, organization_id, request)
                    .await?,
            ),
            false => None,
        };
        let (_, rows) = select::<X>(&mut read, organization_id, None, &request.selection).await?;
        let places = spaces.as_ref().map_or(1, Vec::len);
        let count = rows
            .len()
            .saturating_mul(places)
            .saturating_mul(prefixes.len());
        if count > MOST_COPIES {
            return Err(HubError::Invalid(format!(
                "{count} copies are more than the {MOST_COPIES} that one call makes"
            )));
        }
        let mut copies = Vec::with_capacity(count);
        for row in rows {
            let entity = row.entity();
            let own = [entity.space_id()];
            for space in spaces.as_deref().unwrap_or(&own) {
                for prefix in &prefixes {
                    let slug = format!("{prefix}{}", entity.slug());
                    copies.push((entity.clone(), *space, slug));
                }
            }
        }
        Ok(copies)
    }

    /// The spaces that copies go to.
    async fn destinations(
        &self,
        read: &mut cubit_store::Read,
        organization_id: OrganizationId,
        request: &BulkCreate,
    ) -> Result<Vec<SpaceId>, HubError> {
        let query = ListQuery {
            r#where: request.where_space.clone(),
            filter: request.filter_space.clone(),
            ..ListQuery::default()
        };
        parse_filter("filter_space", &request.filter_space)?;
        let plan = Plan::new::<ExtendedSpace>(read, organization_id, None, &query).await?;
        let spaces: Vec<Space> = read.list(organization_id, &plan.condition).await?;
        let rows = plan
            .select::<ExtendedSpace>(read, organization_id, spaces)
            .await?;
        Ok(rows.into_iter().map(|row| row.space.space_id).collect())
    }

    /// The ids of what a query selects.
    async fn selected<X: Expand>(
        &self,
        organization_id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Vec<Uuid>, HubError> {
        let mut read = self.store.read().await?;
        let (_, rows) = select::<X>(&mut read, organization_id, None, query).await?;
        Ok(rows.iter().map(|row| row.entity().uuid()).collect())
    }
}

/// The answer of one item. A failure of the hub itself ends the whole call.
fn answer<E: InSpace, T>(
    result: Result<T, HubError>,
    id: Uuid,
) -> Result<Result<T, ResponseError>, HubError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable) => {
            Err(error)
        }
        Err(error) => Ok(Err(error.for_item(E::NAME, id))),
    }
}
