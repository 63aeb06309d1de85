//! Changing and deleting many units.

use std::collections::HashMap;

use cubit_model::{DeleteResponse, Link, OrganizationId, ResponseError, Unit, UnitId, UnitPatch};
use uuid::Uuid;

use super::change::{DataSource, NewData, change_stored, take_apart};
use super::delete::remove_unit;
use super::order::producers_first;
use super::select_units;
use crate::bulk::{BATCH, answer, check_restricted};
use crate::commit::parse;
use crate::{Caller, Hub, HubError, ListQuery, UnitChange};
use cubit_model::Permission;

impl Hub {
    /// `BulkPatchUnits`: one answer for each unit selected, in the order of the list.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn bulk_patch_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
        patch: UnitPatch,
        options: &UnitChange,
    ) -> Result<Vec<Result<Unit, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(query)?;
        options.source()?;
        let selected = self.selected_units(caller, organization_id, query).await?;
        let changed = self.change_units(caller, &selected, patch, options).await?;
        let (_, answers): (Vec<UnitId>, Vec<_>) = changed.into_iter().unzip();
        Ok(answers)
    }

    /// Changes units as they are now: an answer for each that is still there, in their order.
    pub(crate) async fn change_units(
        &self,
        caller: &Caller,
        selected: &[Unit],
        mut patch: UnitPatch,
        options: &UnitChange,
    ) -> Result<Vec<(UnitId, Result<Unit, ResponseError>)>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let source = options.source()?;
        let (version, text) = take_apart(&mut patch);
        let mut answers = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            // Text is read and merged before anybody has to wait for it.
            let mut data = Vec::with_capacity(batch.len());
            let mut merged = match &source {
                DataSource::Merge(merging) => {
                    let mut read = self.read(caller).await?;
                    merging.prepare(&mut read, organization_id, batch).await?
                }
                _ => Vec::new(),
            }
            .into_iter();
            for unit in batch {
                data.push(match (&source, &text) {
                    (DataSource::Merge(merging), _) => {
                        let failed = || Err(HubError::not_found("Unit", unit.unit_id));
                        NewData::Merged(merged.next().unwrap_or_else(failed), merging)
                    }
                    (DataSource::Body, None) => NewData::Kept,
                    (DataSource::Body, Some(text)) => {
                        NewData::Text(parse(unit.toolchain(), text.clone()).await, "PatchUnit")
                    }
                    (DataSource::Restore(reference), _) => NewData::Restored(*reference),
                });
            }
            let ids: Vec<Uuid> = batch.iter().map(|unit| unit.unit_id.0).collect();
            let mut write = self.write(caller, Permission::Edit).await?;
            let mut found: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
            write.keep_texts_of(organization_id, found.values()).await?;
            for (id, data) in ids.iter().zip(data) {
                // What was deleted since it was selected is not selected.
                let Some(stored) = found.remove(id) else {
                    continue;
                };
                let patch = patch.clone();
                let edit = |unit: &mut Unit| patch.apply(unit);
                let asked = options.asked(version);
                let changed = change_stored(&mut write, caller, stored, asked, data, edit).await;
                answers.push((UnitId(*id), answer(changed, "Unit", id)?));
            }
            if !options.dry_run {
                write.commit().await?;
            }
        }
        Ok(answers)
    }

    /// `BulkDeleteUnits`: one answer for each unit selected, in the order of the list. Links between
    /// units that are deleted are in nobody's way.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn bulk_delete_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Vec<DeleteResponse>, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        check_restricted(query)?;
        let selected = self.selected_units(caller, organization_id, query).await?;
        let ids: Vec<UnitId> = selected.iter().map(|unit| unit.unit_id).collect();
        let mut order = self.producers_first(caller, organization_id, &ids).await?;
        order.reverse();
        let mut answers: HashMap<UnitId, DeleteResponse> = HashMap::new();
        for batch in order.chunks(BATCH) {
            let uuids: Vec<Uuid> = batch.iter().map(|id| id.0).collect();
            let mut write = self.write(caller, Permission::Edit).await?;
            let mut found: HashMap<Uuid, Unit> = write.get_many(organization_id, &uuids).await?;
            for id in batch {
                let Some(unit) = found.remove(&id.0) else {
                    continue;
                };
                let removed = remove_unit(&mut write, organization_id, &unit).await;
                let removed = answer(removed, "Unit", id)?;
                let removed = removed.unwrap_or_else(|error| DeleteResponse {
                    error: Some(error),
                    message: String::new(),
                });
                answers.insert(*id, removed);
            }
            write.commit().await?;
        }
        Ok(ids.iter().filter_map(|id| answers.remove(id)).collect())
    }

    /// The units that a query selects, without their text.
    pub(super) async fn selected_units(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Vec<Unit>, HubError> {
        let mut read = self.read(caller).await?;
        let (_, rows) = select_units(&mut read, organization_id, None, query).await?;
        Ok(rows.into_iter().map(|row| row.unit).collect())
    }

    /// Units in the order in which links between them want them.
    pub(super) async fn producers_first(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        units: &[UnitId],
    ) -> Result<Vec<UnitId>, HubError> {
        let uuids: Vec<Uuid> = units.iter().map(|id| id.0).collect();
        let mut read = self.read(caller).await?;
        let links: Vec<Link> = read.list_by(organization_id, "FromUnitID", &uuids).await?;
        Ok(producers_first(units, &links))
    }
}
