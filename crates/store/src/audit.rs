//! The audit: who did what, one entry a change or a denial, each with the hash of the one before.

use cubit_model::{OrganizationId, SpaceId, Time, UserId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::database::{Row, Statement};
use crate::{Read, StoreError, Write};

/// Most changed things that an entry names; of the others only the number is kept.
const NAMED: usize = 100;

/// Something that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// created, changed or deleted.
    pub what: &'static str,
    /// The type of the entity.
    pub entity: &'static str,
    /// Its id.
    pub id: Uuid,
    /// The space it is in, when it is in one.
    pub space: Option<SpaceId>,
}

impl Change {
    fn describe(&self) -> String {
        let Self {
            what, entity, id, ..
        } = self;
        match self.space {
            Some(space) => format!("{what} {entity} {id} in {space}"),
            None => format!("{what} {entity} {id}"),
        }
    }
}

/// What is to be kept of one change or denial.
#[derive(Debug, Clone)]
pub struct NewAuditEntry {
    /// The organization it happened in.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Time,
    /// Who.
    pub user_id: UserId,
    /// From where.
    pub address: String,
    /// With which program.
    pub user_agent: String,
    /// The operation of the API.
    pub operation: String,
    /// done or denied.
    pub outcome: &'static str,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number in the organization, from 1.
    pub number: i64,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Who.
    pub user_id: UserId,
    /// From where.
    pub address: String,
    /// With which program.
    pub user_agent: String,
    /// The operation of the API.
    pub operation: String,
    /// done or denied.
    pub outcome: String,
    /// What was changed: `created Unit ID in SPACE`, separated by commas.
    pub changes: String,
    /// SHA-256 of the entry before; zeros before the first.
    pub previous: Vec<u8>,
    /// SHA-256 of this entry, the hash of the one before included.
    pub hash: Vec<u8>,
}

impl AuditEntry {
    /// What was changed, and whether that is all.
    #[must_use]
    pub fn named_changes(&self) -> (Vec<NamedChange<'_>>, bool) {
        let parts = self.changes.split(", ").filter(|part| !part.is_empty());
        let mut is_complete = true;
        let named = parts.filter_map(|part| {
            let change = NamedChange::parse(part);
            is_complete &= change.is_some();
            change
        });
        (named.collect(), is_complete)
    }

    /// The hash that the entry must have.
    #[must_use]
    pub fn expected_hash(&self, organization: OrganizationId) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(&self.previous);
        hash.update(organization.0);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        hash.update(self.user_id.0);
        let texts = [
            &self.address,
            &self.user_agent,
            &self.operation,
            &self.outcome,
            &self.changes,
        ];
        for text in texts {
            // The length tells where one text ends and the next one begins.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().to_vec()
    }
}

/// A change, as an entry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedChange<'a> {
    /// created, changed or deleted.
    pub what: &'a str,
    /// The type of the entity.
    pub entity: &'a str,
    /// Its id.
    pub id: Uuid,
    /// The space it is in, when it is in one.
    pub space: Option<SpaceId>,
}

impl<'a> NamedChange<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (change, space) = match text.split_once(" in ") {
            Some((change, space)) => (change, Some(space.parse().ok()?)),
            None => (text, None),
        };
        let (what, rest) = change.split_once(' ')?;
        let (entity, id) = rest.split_once(' ')?;
        Some(Self {
            what,
            entity,
            id: id.parse().ok()?,
            space,
        })
    }
}

/// What is kept of changed things.
fn describe(changes: &[Change]) -> String {
    let named = changes.iter().take(NAMED);
    let mut described: Vec<String> = named.map(Change::describe).collect();
    if changes.len() > NAMED {
        described.push(format!("and {} more", changes.len() - NAMED));
    }
    described.join(", ")
}

impl Write {
    /// Adds an entry to the audit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn append_audit(&mut self, entry: NewAuditEntry) -> Result<(), StoreError> {
        let organization = entry.organization_id;
        self.is_audited = true;
        let last = Statement::new(
            "SELECT number, hash FROM audit WHERE organization_id = $1 \
             ORDER BY number DESC LIMIT 1",
        )
        .bind(organization.0)
        .fetch_optional(self.connection())
        .await?;
        let (number, previous) = match last {
            Some(row) => (row.try_get::<i64>(0)? + 1, row.try_get(1)?),
            None => (1, vec![0; 32]),
        };
        let mut entry = AuditEntry {
            number,
            at: entry.at.0.as_microsecond(),
            user_id: entry.user_id,
            address: entry.address,
            user_agent: entry.user_agent,
            operation: entry.operation,
            outcome: entry.outcome.to_owned(),
            changes: describe(&entry.changes),
            previous,
            hash: Vec::new(),
        };
        entry.hash = entry.expected_hash(organization);
        Statement::new(
            "INSERT INTO audit (organization_id, number, at, user_id, address, user_agent, \
             operation, outcome, changes, previous, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(organization.0)
        .bind(entry.number)
        .bind(entry.at)
        .bind(entry.user_id.0)
        .bind(entry.address)
        .bind(entry.user_agent)
        .bind(entry.operation)
        .bind(entry.outcome)
        .bind(entry.changes)
        .bind(entry.previous)
        .bind(entry.hash)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}

impl Read {
    /// The newest entries of an organization before a number, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit(
        &mut self,
        organization: OrganizationId,
        before: i64,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = Statement::new(format!(
            "SELECT {COLUMNS} FROM audit WHERE organization_id = $1 AND number < $2 \
             ORDER BY number DESC LIMIT $3"
        ))
        .bind(organization.0)
        .bind(before)
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(entry).collect()
    }

    /// The entries of an organization after a number, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit_after(
        &mut self,
        organization: OrganizationId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = Statement::new(format!(
            "SELECT {COLUMNS} FROM audit WHERE organization_id = $1 AND number > $2 \
             ORDER BY number LIMIT $3"
        ))
        .bind(organization.0)
        .bind(after)
        .bind(limit)
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(entry).collect()
    }
}

/// The columns that [`entry`] reads.
const COLUMNS: &str = "number, at, user_id, address, user_agent, operation, outcome, changes, \
                       previous, hash";

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        number: row.try_get(0)?,
        at: row.try_get(1)?,
        user_id: UserId(row.try_get(2)?),
        address: row.try_get(3)?,
        user_agent: row.try_get(4)?,
        operation: row.try_get(5)?,
        outcome: row.try_get(6)?,
        changes: row.try_get(7)?,
        previous: row.try_get(8)?,
        hash: row.try_get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_is_read_back() {
        let changes = [None, Some(SpaceId(Uuid::from_u128(2)))].map(|space| Change {
            what: "created",
            entity: "Unit",
            id: Uuid::from_u128(1),
            space,
        });
        for change in changes {
            let text = change.describe();
            let read = NamedChange::parse(&text).expect("reads");
            assert_eq!((read.what, read.entity), (change.what, change.entity));
            assert_eq!((read.id, read.space), (change.id, change.space));
        }
        assert_eq!(NamedChange::parse("and 7 more"), None);
    }
}
