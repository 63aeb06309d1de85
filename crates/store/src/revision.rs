//! Reads and writes that concern the history of units.

use std::collections::{HashMap, HashSet};

use cubit_model::{BlobId, Entity, Mutation, OrganizationId, Revision, UnitId};

use crate::database::Statement;
use crate::row::{columns, entity};
use crate::{Read, StoreError, Write};

/// Most pairs in one statement.
const BATCH: usize = 2000;

impl Read {
    /// The newest revision of every unit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head_revisions(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<Revision>, StoreError> {
        let sql = format!(
            "SELECT {} FROM units JOIN revisions \
             ON revisions.organization_id = units.organization_id \
             AND revisions.unit_id = units.unit_id \
             AND revisions.revision_num = units.head_revision_num \
             WHERE units.organization_id = $1 ORDER BY revisions.cursor_id",
            columns::<Revision>("revisions"),
        );
        let statement = Statement::new(sql).bind(organization.0);
        let rows = statement.fetch_all(self.connection()).await?;
        rows.iter().map(entity).collect()
    }

    /// Revisions by unit and number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revisions(
        &mut self,
        organization: OrganizationId,
        numbers: &[(UnitId, i64)],
    ) -> Result<HashMap<(UnitId, i64), Revision>, StoreError> {
        let found = self
            .numbered::<Revision>(organization, numbers, "revision_num")
            .await?;
        Ok(found
            .into_iter()
            .map(|revision| ((revision.unit_id, revision.revision_num), revision))
            .collect())
    }

    /// Mutations by unit and number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn mutations(
        &mut self,
        organization: OrganizationId,
        numbers: &[(UnitId, i64)],
    ) -> Result<HashMap<(UnitId, i64), Mutation>, StoreError> {
        let found = self
            .numbered::<Mutation>(organization, numbers, "mutation_num")
            .await?;
        Ok(found
            .into_iter()
            .map(|mutation| ((mutation.unit_id, mutation.mutation_num), mutation))
            .collect())
    }

    async fn numbered<E: Entity>(
        &mut self,
        organization: OrganizationId,
        numbers: &[(UnitId, i64)],
        column: &str,
    ) -> Result<Vec<E>, StoreError> {
        let mut found = Vec::with_capacity(numbers.len());
        for batch in numbers.chunks(BATCH) {
            let pairs = (0..batch.len())
                .map(|index| format!("(${}, ${})", 2 * index + 2, 2 * index + 3))
                .collect::<Vec<_>>()
                .join(", ");
            let sql = format!(
                "SELECT {} FROM {} WHERE organization_id = $1 AND (unit_id, {column}) IN (VALUES {pairs})",
                columns::<E>(""),
                E::TABLE,
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch
                .iter()
                .fold(statement, |s, (unit, number)| s.bind(unit.0).bind(*number));
            for row in statement.fetch_all(self.connection()).await? {
                found.push(entity(&row)?);
            }
        }
        Ok(found)
    }
}

impl Write {
    /// Removes a unit with its history, and the text nothing else refers to. Clones of it keep
    /// working and forget where they came from.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_unit(
        &mut self,
        organization: OrganizationId,
        unit: UnitId,
    ) -> Result<(), StoreError> {
        let blobs = self.blobs_of(organization, unit).await?;
        Statement::new(
            "UPDATE units SET upstream_organization_id = NULL, upstream_space_id = NULL, \
             upstream_unit_id = NULL WHERE organization_id = $1 AND upstream_unit_id = $2",
        )
        .bind(organization.0)
        .bind(unit.0)
        .execute(self.connection())
        .await?;
        Statement::new("DELETE FROM units WHERE organization_id = $1 AND unit_id = $2")
            .bind(organization.0)
            .bind(unit.0)
            .execute(self.connection())
            .await?;
        self.delete_unused_blobs(organization, blobs).await
    }

    async fn blobs_of(
        &mut self,
        organization: OrganizationId,
        unit: UnitId,
    ) -> Result<HashSet<BlobId>, StoreError> {
        let rows = Statement::new(
            "SELECT data_blob FROM revisions WHERE organization_id = $1 AND unit_id = $2 \
             UNION SELECT mutation_sources_blob FROM revisions \
             WHERE organization_id = $1 AND unit_id = $2",
        )
        .bind(organization.0)
        .bind(unit.0)
        .fetch_all(self.connection())
        .await?;
        let mut blobs = HashSet::new();
        for row in rows {
            let id: Option<Vec<u8>> = row.try_get(0)?;
            blobs.extend(id.and_then(|id| id.try_into().ok()).map(BlobId));
        }
        Ok(blobs)
    }
}
