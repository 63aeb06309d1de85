//! Reads and writes that concern the history of units.

use std::collections::{HashMap, HashSet};

use cubit_model::{
    BlobId, ChangeSetId, Entity, Mutation, OrganizationId, Revision, TagId, UnitId, UserId,
};

use crate::column::placeholders;
use crate::database::Statement;
use crate::row::{columns, entity};
use crate::{Read, StoreError, Write};

/// Most pairs in one statement.
const BATCH: usize = 2000;

/// What revisions of many units can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A tag.
    Tag(TagId),
    /// A change set.
    ChangeSet(ChangeSetId),
}

/// What the column of tags contains when a tag is among them.
fn tag_pattern(tag: TagId) -> String {
    format!("%\"{tag}\"%")
}

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

    /// Whether a user made one of the revisions of a unit after the last earlier one that somebody
    /// approved, up to a number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_changed_since_approval(
        &mut self,
        organization: OrganizationId,
        (unit, number): (UnitId, i64),
        user: UserId,
    ) -> Result<bool, StoreError> {
        let row = Statement::new(
            "SELECT 1 FROM revisions \
             WHERE organization_id = $1 AND unit_id = $2 AND revision_num <= $3 AND user_id = $4 \
             AND revision_num > (SELECT COALESCE(MAX(revision_num), 0) FROM revisions \
                 WHERE organization_id = $1 AND unit_id = $2 AND revision_num < $3 \
                 AND approved_by <> '[]') LIMIT 1",
        )
        .bind(organization.0)
        .bind(unit.0)
        .bind(number)
        .bind(user.0)
        .fetch_optional(self.connection())
        .await?;
        Ok(row.is_some())
    }

    /// The numbers of the first and the last revision with a mark, of those units that have one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn marked_revisions(
        &mut self,
        organization: OrganizationId,
        mark: Mark,
        units: &[UnitId],
    ) -> Result<HashMap<UnitId, (i64, i64)>, StoreError> {
        let condition = match mark {
            Mark::Tag(_) => "tags LIKE $2",
            Mark::ChangeSet(_) => "change_set_id = $2",
        };
        let mut found = HashMap::new();
        for batch in units.chunks(BATCH) {
            let sql = format!(
                "SELECT unit_id, MIN(revision_num), MAX(revision_num) FROM revisions \
                 WHERE organization_id = $1 AND {condition} AND unit_id IN ({}) GROUP BY unit_id",
                placeholders(3, batch.len()),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = match mark {
                Mark::Tag(tag) => statement.bind(tag_pattern(tag)),
                Mark::ChangeSet(id) => statement.bind(id.0),
            };
            let statement = batch.iter().fold(statement, |s, unit| s.bind(unit.0));
            for row in statement.fetch_all(self.connection()).await? {
                let numbers = (row.try_get(1)?, row.try_get(2)?);
                found.insert(UnitId(row.try_get(0)?), numbers);
            }
        }
        Ok(found)
    }

    /// The revisions that have a tag, of these units or of all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tagged_revisions(
        &mut self,
        organization: OrganizationId,
        tag: TagId,
        units: Option<&[UnitId]>,
    ) -> Result<Vec<Revision>, StoreError> {
        let select = format!(
            "SELECT {} FROM revisions WHERE organization_id = $1 AND tags LIKE $2",
            columns::<Revision>(""),
        );
        let batches: Vec<&[UnitId]> = match units {
            Some(units) => units.chunks(BATCH).collect(),
            None => vec![&[]],
        };
        let mut found = Vec::new();
        for batch in batches {
            let sql = match batch.len() {
                0 => select.clone(),
                count => format!("{select} AND unit_id IN ({})", placeholders(3, count)),
            };
            let statement = Statement::new(sql)
                .bind(organization.0)
                .bind(tag_pattern(tag));
            let statement = batch.iter().fold(statement, |s, unit| s.bind(unit.0));
            for row in statement.fetch_all(self.connection()).await? {
                found.push(entity(&row)?);
            }
        }
        Ok(found)
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
