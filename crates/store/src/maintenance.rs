//! What is read and removed to look after a database: copies of the file, what texts there are, who
//! needs them.

use std::collections::HashSet;
use std::path::Path;

use cubit_model::{BlobId, OrganizationId, UnitId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row as _};
use uuid::Uuid;

use crate::database::{Row, Statement};
use crate::{Read, StoreError, Write};

/// A revision, as far as the texts it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptRevision {
    /// Its unit.
    pub unit_id: UnitId,
    /// Its number.
    pub number: i64,
    /// The text.
    pub data: Option<BlobId>,
    /// Where the text comes from.
    pub mutation_sources: Option<BlobId>,
    /// The checksum of the text, as clients compute it.
    pub content_hash: i64,
}

/// What no key of the schema keeps from happening: how the sentence about it begins and ends, and how
/// to find the ids that stand between.
const LOOSE_ENDS: [(&str, &str, &str); 6] = [
    (
        "revision",
        "its unit is missing",
        "SELECT revision_id FROM revisions WHERE organization_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM units WHERE units.organization_id = revisions.organization_id \
          AND units.unit_id = revisions.unit_id)",
    ),
    (
        "mutation",
        "its revision is missing",
        "SELECT mutation_id FROM mutations WHERE organization_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM revisions WHERE revisions.organization_id = mutations.organization_id \
          AND revisions.revision_id = mutations.revision_id \
          AND revisions.unit_id = mutations.unit_id)",
    ),
    (
        "unit",
        "its mutations are not numbered from 1 to the newest",
        "SELECT unit_id FROM units WHERE organization_id = $1 AND head_mutation_num <> \
         (SELECT COUNT(*) FROM mutations WHERE mutations.organization_id = units.organization_id \
          AND mutations.unit_id = units.unit_id \
          AND mutations.mutation_num BETWEEN 1 AND units.head_mutation_num)",
    ),
    (
        "link",
        "the unit it starts at is missing",
        "SELECT link_id FROM links WHERE organization_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM units WHERE units.organization_id = links.organization_id \
          AND units.unit_id = links.from_unit_id)",
    ),
    (
        "link",
        "the unit it leads to is missing",
        "SELECT link_id FROM links WHERE organization_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM units WHERE units.organization_id = links.organization_id \
          AND units.unit_id = links.to_unit_id)",
    ),
    (
        "unit",
        "searches do not find its text",
        "SELECT unit_id FROM units WHERE organization_id = $1 AND data_blob IS NOT NULL \
         AND EXISTS (SELECT 1 FROM search_complete \
          WHERE search_complete.organization_id = units.organization_id) \
         AND NOT EXISTS (SELECT 1 FROM search_texts \
          WHERE search_texts.organization_id = units.organization_id \
          AND search_texts.blob_id = units.data_blob \
          AND search_texts.toolchain_type = units.toolchain_type)",
    ),
];

fn blob_id(row: &Row, column: usize) -> Result<Option<BlobId>, StoreError> {
    let id: Option<Vec<u8>> = row.try_get(column)?;
    id.map(|id| {
        let id = id.try_into().map(BlobId);
        id.map_err(|_| StoreError::Damaged("a blob id of the wrong length".to_owned()))
    })
    .transpose()
}

impl Read {
    /// The organizations there are, with their slugs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_organizations(&mut self) -> Result<Vec<(OrganizationId, String)>, StoreError> {
        let sql = "SELECT organization_id, slug FROM organizations ORDER BY slug";
        let rows = Statement::new(sql).fetch_all(self.connection()).await?;
        rows.iter()
            .map(|row| Ok((OrganizationId(row.try_get(0)?), row.try_get(1)?)))
            .collect()
    }

    /// All revisions, by unit and then by number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_revisions(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<KeptRevision>, StoreError> {
        let rows = Statement::new(
            "SELECT unit_id, revision_num, data_blob, mutation_sources_blob, content_hash \
             FROM revisions WHERE organization_id = $1 ORDER BY unit_id, revision_num",
        )
        .bind(organization.0)
        .fetch_all(self.connection())
        .await?;
        let revision = |row: &Row| {
            Ok(KeptRevision {
                unit_id: UnitId(row.try_get::<Uuid>(0)?),
                number: row.try_get(1)?,
                data: blob_id(row, 2)?,
                mutation_sources: blob_id(row, 3)?,
                content_hash: row.try_get(4)?,
            })
        };
        rows.iter().map(revision).collect()
    }

    /// All units, with the number of the newest revision and the texts they need themselves.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_heads(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<KeptRevision>, StoreError> {
        let rows = Statement::new(
            "SELECT unit_id, head_revision_num, data_blob, mutation_sources_blob, content_hash \
             FROM units WHERE organization_id = $1",
        )
        .bind(organization.0)
        .fetch_all(self.connection())
        .await?;
        let head = |row: &Row| {
            Ok(KeptRevision {
                unit_id: UnitId(row.try_get::<Uuid>(0)?),
                number: row.try_get(1)?,
                data: blob_id(row, 2)?,
                mutation_sources: blob_id(row, 3)?,
                content_hash: row.try_get(4)?,
            })
        };
        rows.iter().map(head).collect()
    }

    /// A sentence for each row that refers to one that is not there, or that does not agree with
    /// those that refer to it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn loose_ends(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for (entity, fault, sql) in LOOSE_ENDS {
            let statement = Statement::new(sql).bind(organization.0);
            for row in statement.fetch_all(self.connection()).await? {
                let id: Uuid = row.try_get(0)?;
                found.push(format!("{entity} {id}: {fault}"));
            }
        }
        Ok(found)
    }

    /// The ids of all texts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn all_blobs(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashSet<BlobId>, StoreError> {
        let rows = Statement::new("SELECT blob_id FROM blobs WHERE organization_id = $1")
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        let mut blobs = HashSet::with_capacity(rows.len());
        for row in &rows {
            blobs.extend(blob_id(row, 0)?);
        }
        Ok(blobs)
    }
}

impl Write {
    /// Removes the texts that no revision needs, and answers how many there were. Nobody else
    /// writes in the organization meanwhile, so none of them is about to be needed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn collect_garbage(&mut self) -> Result<usize, StoreError> {
        let organization = self.organization;
        let before = self.all_blobs(organization).await?;
        let mut unused = before.clone();
        for revision in self.all_revisions(organization).await? {
            for needed in [revision.data, revision.mutation_sources].iter().flatten() {
                unused.remove(needed);
            }
        }
        self.delete_unused_blobs(organization, unused).await?;
        Ok(before.len() - self.all_blobs(organization).await?.len())
    }
}

/// Writes a copy of the `SQLite` database in a file to another file, as it is in one moment. Others
/// may go on writing to it. The schema stays as it is. Answers whether there are texts that the copy
/// names and does not hold.
///
/// # Errors
/// When the database cannot be read, or the copy not be written.
pub async fn copy_database(file: &Path, copy: &Path) -> Result<bool, StoreError> {
    let mut connection = open(file).await?;
    sqlx::query("VACUUM INTO $1")
        .bind(copy.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await?;
    // An older version knew no objects.
    let sql = "SELECT 1 FROM pragma_table_info('blobs') WHERE name = 'object'";
    let may_name = sqlx::query(sql).fetch_optional(&mut connection).await?;
    let sql = "SELECT 1 FROM blobs WHERE object IS NOT NULL LIMIT 1";
    let names_objects = match may_name {
        Some(_) => sqlx::query(sql).fetch_optional(&mut connection).await?,
        None => None,
    };
    connection.close().await?;
    Ok(names_objects.is_some())
}

/// Checks that a file is a whole database of Cubit, and that no server uses it.
///
/// # Errors
/// When it is not, or one does: [`StoreError::Unavailable`].
pub async fn check_unused_database(file: &Path) -> Result<(), StoreError> {
    let mut connection = open(file).await?;
    // This needs the file for itself, and says `database is locked` when somebody has it open.
    sqlx::query("PRAGMA journal_mode = DELETE")
        .execute(&mut connection)
        .await?;
    sqlx::query("SELECT 1 FROM meta")
        .execute(&mut connection)
        .await?;
    let row = sqlx::query("PRAGMA integrity_check(1)")
        .fetch_one(&mut connection)
        .await?;
    let found: String = row.try_get(0)?;
    connection.close().await?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged(found)),
    }
}

async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    Ok(SqliteConnectOptions::new().filename(file).connect().await?)
}
