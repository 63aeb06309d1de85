//! The index of what the heads of units have in them: which texts may satisfy conditions on data.
//!
//! What a fact is, and which facts a condition demands, is not known here: a fact is a path and a
//! value. Two facts may have the same key, so texts may be found that do not have the fact.

use std::collections::{BTreeSet, HashSet};

use cubit_model::{BlobId, OrganizationId, Unit};
use cubit_query::Where;
use cubit_query::where_data::{Fact, Search};
use sha2::{Digest, Sha256};

use crate::column::{bind_literal, placeholders};
use crate::database::{NewRow, Statement};
use crate::narrow::narrow;
use crate::row::{columns, entity};
use crate::{Read, StoreError, Write};

/// Bytes of a key.
const KEY: usize = 4;
/// Most keys that the database looks for in each text.
const FEW: usize = 8;
/// Most facts or texts in one statement.
const BATCH: usize = 2000;

/// Stands for a fact.
type Key = [u8; KEY];

fn key(fact: &Fact) -> Key {
    let mut hash = Sha256::new();
    hash.update(&fact.path);
    hash.update([0]);
    hash.update(&fact.value);
    let hash: [u8; 32] = hash.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

fn blob_id(bytes: Vec<u8>) -> Result<BlobId, StoreError> {
    let id = bytes.try_into().map(BlobId);
    id.map_err(|_| StoreError::Damaged("a blob id of the wrong length".to_owned()))
}

impl Read {
    /// The texts that may satisfy all searches, among the heads of an organization. None when not
    /// all heads are in the index.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn search(
        &mut self,
        organization: OrganizationId,
        searches: &[Search],
    ) -> Result<Option<HashSet<BlobId>>, StoreError> {
        if !self.is_search_complete(organization).await? {
            return Ok(None);
        }
        // What few keys stand for is left to the database.
        let mut few: Vec<Vec<Key>> = Vec::new();
        let mut many: Vec<HashSet<Key>> = Vec::new();
        for search in searches {
            let keys = self.keys(organization, search).await?;
            match keys.len() {
                0..=FEW => few.push(keys.into_iter().collect()),
                _ => many.push(keys.into_iter().collect()),
            }
        }
        let mut next = 2;
        let mut conditions = String::new();
        for keys in &few {
            let any: Vec<String> = keys
                .iter()
                .map(|_| {
                    next += 1;
                    self.connection.has_bytes("facts", next - 1)
                })
                .collect();
            conditions.push_str(" AND ");
            match any.is_empty() {
                true => conditions.push_str("1 = 0"),
                false => conditions.push_str(&format!("({})", any.join(" OR "))),
            }
        }
        let shown = if many.is_empty() { "NULL" } else { "facts" };
        let sql = format!(
            "SELECT blob_id, {shown} FROM search_texts \
             WHERE organization_id = $1 AND (facts IS NULL OR (1 = 1{conditions}))"
        );
        let statement = Statement::new(sql).bind(organization.0);
        let keys = few.iter().flatten();
        let statement = keys.fold(statement, |s, key| s.bind(key.to_vec()));
        let mut found = HashSet::new();
        for row in statement.fetch_all(self.connection()).await? {
            let facts: Option<Vec<u8>> = match many.is_empty() {
                true => None,
                false => row.try_get(1)?,
            };
            let has = |keys: &HashSet<Key>, facts: &[u8]| {
                facts
                    .as_chunks::<KEY>()
                    .0
                    .iter()
                    .any(|key| keys.contains(key))
            };
            if facts.is_none_or(|facts| many.iter().all(|keys| has(keys, &facts))) {
                found.insert(blob_id(row.try_get(0)?)?);
            }
        }
        Ok(Some(found))
    }

    /// Whether every head of an organization is in the index.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_search_complete(
        &mut self,
        organization: OrganizationId,
    ) -> Result<bool, StoreError> {
        let row = Statement::new("SELECT 1 FROM search_complete WHERE organization_id = $1")
            .bind(organization.0)
            .fetch_optional(self.connection())
            .await?;
        Ok(row.is_some())
    }

    /// The keys of what a search finds.
    async fn keys(
        &mut self,
        organization: OrganizationId,
        search: &Search,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let (first, behind) = &search.paths;
        let mut sql = "SELECT path, value FROM search_values WHERE organization_id = $1".to_owned();
        sql.push_str(match behind {
            None => " AND path = $2",
            Some(_) => " AND path >= $2 AND path < $3",
        });
        let next = if behind.is_some() { 4 } else { 3 };
        if let Some(values) = &search.values {
            sql.push_str(&format!(
                " AND value IN ({})",
                placeholders(next, values.len())
            ));
        }
        let mut statement = Statement::new(sql).bind(organization.0).bind(first.clone());
        if let Some(behind) = behind {
            statement = statement.bind(behind.clone());
        }
        for value in search.values.iter().flatten() {
            statement = statement.bind(value.clone());
        }
        let mut keys = BTreeSet::new();
        for row in statement.fetch_all(self.connection()).await? {
            let fact = Fact {
                path: row.try_get(0)?,
                value: row.try_get(1)?,
            };
            if search.may_hold(&fact) {
                keys.insert(key(&fact));
            }
        }
        Ok(keys)
    }

    /// The units of an organization that may satisfy a query and that have one of these texts, in
    /// the order they were created.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn units_with(
        &mut self,
        organization: OrganizationId,
        query: &Where,
        texts: &HashSet<BlobId>,
    ) -> Result<Vec<Unit>, StoreError> {
        let mut found: Vec<Unit> = Vec::new();
        let texts: Vec<&BlobId> = texts.iter().collect();
        for batch in texts.chunks(BATCH) {
            let narrowing = narrow::<Unit>(query, 2 + batch.len());
            let sql = format!(
                "SELECT {} FROM units WHERE organization_id = $1 AND data_blob IN ({}){}",
                columns::<Unit>(""),
                placeholders(2, batch.len()),
                narrowing.sql,
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, id| s.bind(id.0.to_vec()));
            let statement = narrowing
                .literals
                .iter()
                .fold(statement, |s, literal| bind_literal(s, literal));
            found.extend(statement.fetch_map(self.connection(), entity).await?);
        }
        found.sort_by_key(|unit| (unit.cursor_id, unit.unit_id));
        Ok(found)
    }

    /// Some units of which the head is not in the index.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unsearchable_units(
        &mut self,
        organization: OrganizationId,
        limit: i64,
    ) -> Result<Vec<Unit>, StoreError> {
        let sql = format!(
            "SELECT {} FROM units WHERE organization_id = $1 AND data_blob IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM search_texts s WHERE s.organization_id = $1 \
                 AND s.blob_id = units.data_blob AND s.toolchain_type = units.toolchain_type) \
             LIMIT $2",
            columns::<Unit>(""),
        );
        let statement = Statement::new(sql).bind(organization.0).bind(limit);
        let rows = statement.fetch_all(self.connection()).await?;
        rows.iter().map(entity).collect()
    }
}

impl Write {
    /// Makes the text of a head searchable by its facts; none for one that has too many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_facts(
        &mut self,
        organization: OrganizationId,
        text: BlobId,
        toolchain: &str,
        facts: Option<&[Fact]>,
    ) -> Result<(), StoreError> {
        let keys: Option<Vec<u8>> = facts.map(|facts| {
            let keys: BTreeSet<Key> = facts.iter().map(key).collect();
            keys.into_iter().flatten().collect()
        });
        let row = NewRow {
            head: "INSERT INTO search_texts (organization_id, blob_id, toolchain_type, facts)"
                .into(),
            tail: "ON CONFLICT DO NOTHING".into(),
            values: vec![
                organization.0.into(),
                text.0.to_vec().into(),
                toolchain.to_owned().into(),
                keys.into(),
            ],
            key: None,
            is_referred_to: false,
        };
        self.connection().insert(row).await?;
        for fact in facts.unwrap_or_default() {
            if !self.moved.is_new_fact(organization, fact) {
                continue;
            }
            let row = NewRow {
                head: "INSERT INTO search_values (organization_id, path, value)".into(),
                tail: "ON CONFLICT DO NOTHING".into(),
                values: vec![
                    organization.0.into(),
                    fact.path.clone().into(),
                    fact.value.clone().into(),
                ],
                key: None,
                is_referred_to: false,
            };
            self.connection().insert(row).await?;
        }
        Ok(())
    }

    /// Notes that every head of an organization is in the index.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_search_complete(
        &mut self,
        organization: OrganizationId,
    ) -> Result<(), StoreError> {
        Statement::new("INSERT INTO search_complete VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(organization.0)
            .execute(self.connection())
            .await
    }
}
