//! Reading the audit.

use cubit_model::{AuditRecord, Time};

use crate::{Caller, Hub, HubError};

/// Most entries in one answer.
const MOST: i64 = 1000;

impl Hub {
    /// The newest entries of the audit before a number, newest first: for administrators.
    ///
    /// # Errors
    /// When the caller is no administrator of the organization.
    pub async fn list_audit(
        &self,
        caller: &Caller,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<AuditRecord>, HubError> {
        let organization_id = caller.check_administrator()?;
        let limit = limit.unwrap_or(100);
        if !(1..=MOST).contains(&limit) {
            return Err(HubError::Invalid(format!(
                "limit: expected 1 to {MOST}, got {limit}"
            )));
        }
        let mut read = self.store.read().await?;
        let before = before.unwrap_or(i64::MAX);
        let entries = read.audit(organization_id, before, limit).await?;
        let records = entries.into_iter().map(|entry| AuditRecord {
            number: entry.number,
            at: jiff::Timestamp::from_microsecond(entry.at)
                .map(Time)
                .unwrap_or_default(),
            user_id: entry.user_id,
            address: entry.address,
            user_agent: entry.user_agent,
            operation: entry.operation,
            outcome: entry.outcome,
            changes: entry.changes,
            hash: hexadecimal(&entry.hash),
        });
        Ok(records.collect())
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
