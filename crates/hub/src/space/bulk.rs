//! Copying, changing and deleting many spaces.

use std::collections::HashMap;

use cubit_model::{
    DeleteResponse, MergePatch, OrganizationId, ResponseError, Space, SpaceId, SpacePatch,
};
use uuid::Uuid;

use super::{insert, remove, select_spaces, store};
use crate::bulk::{BATCH, BulkCreate, answer, check_count, check_restricted, split_prefixes};
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

impl Hub {
    /// `BulkCreateSpaces`: copies of the spaces selected, without what they hold, one under each
    /// prefix; one answer for each copy.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one copy is in its answer.
    pub async fn bulk_create_spaces(
        &self,
        caller: &Caller,
        request: &BulkCreate,
        patch: &SpacePatch,
    ) -> Result<Vec<Result<Space, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(&request.selection)?;
        if request.name_prefixes.trim().is_empty() {
            return Err(HubError::Invalid(
                "name_prefixes: say what the names of the copies begin with".to_owned(),
            ));
        }
        let prefixes = split_prefixes(&request.name_prefixes);
        let selected = self
            .selected_spaces(caller, organization_id, &request.selection)
            .await?;
        check_count(
            selected.len().saturating_mul(prefixes.len()),
            request.max_affected,
        )?;
        let copies: Vec<(&Space, &String)> = selected
            .iter()
            .flat_map(|space| prefixes.iter().map(move |prefix| (space, prefix)))
            .collect();
        let mut answers = Vec::with_capacity(copies.len());
        for batch in copies.chunks(BATCH) {
            let mut write = self.write(caller, Permission::Edit).await?;
            for (space, prefix) in batch {
                let mut copy = Space::default();
                SpacePatch::replace(&mut copy, Space::clone(space));
                patch.clone().lay_over(&mut copy);
                copy.slug = format!("{prefix}{}", space.slug);
                let copied = insert(&mut write, organization_id, copy, request.allow_exists).await;
                answers.push(answer(copied, "Space", space.space_id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// `BulkPatchSpaces`: one answer for each space selected, in the order of the list.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one space is in its answer.
    pub async fn bulk_patch_spaces(
        &self,
        caller: &Caller,
        query: &ListQuery,
        patch: &SpacePatch,
    ) -> Result<Vec<Result<Space, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(query)?;
        let selected = self.selected_spaces(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            let ids: Vec<Uuid> = batch.iter().map(|space| space.space_id.0).collect();
            let mut write = self.write(caller, Permission::Edit).await?;
            let mut found: HashMap<Uuid, Space> = write.get_many(organization_id, &ids).await?;
            for id in ids {
                // What was deleted since it was selected is not selected.
                let Some(stored) = found.remove(&id) else {
                    continue;
                };
                let version = MergePatch::version(patch);
                let patch = patch.clone();
                let change = |space: &mut Space| patch.lay_over(space);
                let changed = store(&mut write, organization_id, stored, version, change).await;
                answers.push(answer(changed, "Space", id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    /// `BulkDeleteSpaces`: one answer for each space selected, in the order of the list. Each space
    /// goes with all it holds or not at all.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one space is in its answer.
    pub async fn bulk_delete_spaces(
        &self,
        caller: &Caller,
        query: &ListQuery,
        recursive: bool,
    ) -> Result<Vec<DeleteResponse>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(query)?;
        let selected = self.selected_spaces(caller, organization_id, query).await?;
        let ids: Vec<SpaceId> = selected.iter().map(|space| space.space_id).collect();
        let mut answers: HashMap<SpaceId, DeleteResponse> = HashMap::new();
        let mut left = ids.clone();
        // Spaces can need one another: as long as some go, others may follow.
        while !left.is_empty() {
            let count = left.len();
            let mut refused = Vec::new();
            for id in left {
                let mut write = self.write(caller, Permission::Edit).await?;
                let Some(space) = write.get(organization_id, id.0).await? else {
                    continue;
                };
                let removed = remove(&mut write, organization_id, &space, recursive).await;
                let removed = answer(removed, "Space", id)?;
                match &removed {
                    Ok(_) => write.commit().await?,
                    Err(_) => refused.push(id),
                }
                let removed = removed.unwrap_or_else(|error| DeleteResponse {
                    error: Some(error),
                    message: String::new(),
                });
                answers.insert(id, removed);
            }
            if refused.len() == count {
                break;
            }
            left = refused;
        }
        Ok(ids.iter().filter_map(|id| answers.remove(id)).collect())
    }

    /// The spaces that a query selects.
    async fn selected_spaces(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Vec<Space>, HubError> {
        let mut read = self.read(caller).await?;
        let (_, rows) = select_spaces(&mut read, organization_id, query).await?;
        Ok(rows.into_iter().map(|row| row.space).collect())
    }
}
