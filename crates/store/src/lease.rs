//! Leases: work that one server at a time does. A lease ends by itself when its holder does not
//! renew it, and what an earlier holder still tries to write is refused.

use cubit_model::Time;
use uuid::Uuid;

use crate::database::Statement;
use crate::{StoreError, Write};

/// The right to do a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The name of the work.
    pub name: String,
    /// Larger than that of every earlier holder.
    pub fence: i64,
}

impl Write {
    /// Takes or renews the lease of some work until a time; none when somebody else has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        (now, until): (Time, Time),
    ) -> Result<Option<Lease>, StoreError> {
        // The fence stays when it is renewed.
        let row = Statement::new(
            "INSERT INTO leases (name, holder, fence, expires_at) VALUES ($1, $2, 1, $4) \
             ON CONFLICT (name) DO UPDATE SET \
             fence = leases.fence + CASE WHEN leases.holder = excluded.holder THEN 0 ELSE 1 END, \
             holder = excluded.holder, expires_at = excluded.expires_at \
             WHERE leases.holder = excluded.holder OR leases.expires_at < $3 \
             RETURNING fence",
        )
        .bind(name.to_owned())
        .bind(holder)
        .bind(now.0.as_microsecond())
        .bind(until.0.as_microsecond())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(Lease {
                name: name.to_owned(),
                fence: row.try_get(0)?,
            })
        })
        .transpose()
    }

    /// Refuses to go on when somebody else has taken the lease since.
    ///
    /// # Errors
    /// When somebody else has it, or the database does not answer.
    pub async fn check_lease(&mut self, lease: &Lease) -> Result<(), StoreError> {
        let row = Statement::new("SELECT fence FROM leases WHERE name = $1")
            .bind(lease.name.clone())
            .fetch_optional(self.connection())
            .await?;
        match row {
            Some(row) if row.try_get::<i64>(0)? == lease.fence => Ok(()),
            _ => Err(StoreError::LeaseLost),
        }
    }

    /// Gives a lease back, so that the next one need not wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn release_lease(&mut self, lease: &Lease) -> Result<(), StoreError> {
        Statement::new("UPDATE leases SET expires_at = 0 WHERE name = $1 AND fence = $2")
            .bind(lease.name.clone())
            .bind(lease.fence)
            .execute(self.connection())
            .await
    }
}
