//! What changes in a space, as it changes: the entries of the audit that are about it.

use cubit_model::{Permission, SpaceChange, SpaceChanges, SpaceId, Time};
use cubit_store::AuditEntry;
use tokio::sync::broadcast;

use crate::space::find_space;
use crate::{Caller, Hub, HubError};

/// Most entries that are read at once.
const BATCH: i64 = 500;

impl Hub {
    /// Wakes whenever something may have changed in an organization.
    #[must_use]
    pub fn wakes(&self) -> broadcast::Receiver<cubit_model::OrganizationId> {
        self.store.changes()
    }

    /// Where the changes of the organization of a caller are now.
    ///
    /// # Errors
    /// When there is no such space.
    pub async fn changes_until_now(
        &self,
        caller: &Caller,
        space: SpaceId,
    ) -> Result<i64, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_space(&mut read, organization_id, space).await?;
        let last = read.unguarded().audit(organization_id, i64::MAX, 1).await?;
        Ok(last.first().map_or(0, |entry| entry.number))
    }

    /// Some of the changes of a space after a number, oldest first, and the number up to which was
    /// looked. The same number means there are no more.
    ///
    /// # Errors
    /// When there is no such space, or the caller does not see it any more.
    pub async fn changes_of_space(
        &self,
        caller: &Caller,
        space: SpaceId,
        after: i64,
    ) -> Result<(Vec<SpaceChanges>, i64), HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        find_space(&mut read, organization_id, space).await?;
        let entries = read
            .unguarded()
            .audit_after(organization_id, after, BATCH)
            .await?;
        let until = entries.last().map_or(after, |entry| entry.number);
        let changes = entries.iter().filter_map(|entry| of_space(entry, space));
        Ok((changes.collect(), until))
    }
}

/// What an entry says of a space; nothing, if it is about others.
fn of_space(entry: &AuditEntry, space: SpaceId) -> Option<SpaceChanges> {
    if entry.outcome != "done" {
        return None;
    }
    let (named, is_complete) = entry.named_changes();
    let changes: Vec<SpaceChange> = named
        .into_iter()
        .filter(|change| change.space == Some(space))
        .map(|change| SpaceChange {
            what: change.what.to_owned(),
            entity_type: change.entity.to_owned(),
            entity_id: change.id,
        })
        .collect();
    if changes.is_empty() && is_complete {
        return None;
    }
    Some(SpaceChanges {
        number: entry.number,
        at: jiff::Timestamp::from_microsecond(entry.at)
            .map(Time)
            .unwrap_or_default(),
        user_id: entry.user_id,
        operation: entry.operation.clone(),
        changes,
        is_complete,
    })
}
