//! The same for many entities: each by itself, with its own answer.

use cubit_model::{
    DeleteResponse, Entity, InSpace, MergePatch, OrganizationId, ResponseError, SpaceId,
};
use uuid::Uuid;

use super::{Rules, insert, remove, select, store};
use crate::bulk::{BATCH, BulkCreate, Places, answer, check_restricted};
use crate::expand::Expand;
use crate::space::check_version;
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

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
        check_restricted(query)?;
        let ids = self.selected::<X>(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
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
                answers.push(answer(changed, X::Entity::NAME, id)?);
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
        check_restricted(query)?;
        let ids = self.selected::<X>(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            let mut found = write.get_many(organization_id, batch).await?;
            for id in batch {
                let Some(stored): Option<X::Entity> = found.remove(id) else {
                    continue;
                };
                let removed = remove(&mut write, organization_id, &stored).await;
                let removed = answer(removed, X::Entity::NAME, id)?;
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
        let copies = self.copies::<X>(caller, organization_id, request).await?;
        let mut answers = Vec::with_capacity(copies.len());
        for batch in copies.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            for (entity, space, slug) in batch {
                let mut copy = entity.clone();
                patch.clone().lay_over(&mut copy);
                let copy = copy.placed(organization_id, *space, slug.clone());
                let id = entity.uuid();
                let created = insert(&mut write, organization_id, copy, request.allow_exists).await;
                answers.push(answer(created, X::Entity::NAME, id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// What is copied, to where, under which slug.
    async fn copies<X: Expand>(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        request: &BulkCreate,
    ) -> Result<Vec<(X::Entity, SpaceId, String)>, HubError>
    where
        X::Entity: InSpace,
    {
        let mut read = self.read(caller).await?;
        let places = Places::of(&mut read, organization_id, request).await?;
        let (_, rows) = select::<X>(&mut read, organization_id, None, &request.selection).await?;
        places.check_count(rows.len(), request.max_affected)?;
        let mut copies = Vec::new();
        for row in rows {
            let entity = row.entity();
            for (space, prefix) in places.of_one(entity.space_id()) {
                let slug = format!("{prefix}{}", entity.slug());
                copies.push((entity.clone(), space, slug));
            }
        }
        Ok(copies)
    }

    /// The ids of what a query selects.
    async fn selected<X: Expand>(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Vec<Uuid>, HubError> {
        let mut read = self.read(caller).await?;
        let (_, rows) = select::<X>(&mut read, organization_id, None, query).await?;
        Ok(rows.iter().map(|row| row.entity().uuid()).collect())
    }
}
