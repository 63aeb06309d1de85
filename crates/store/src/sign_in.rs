//! Signing in through an identity provider: who its users are here, and sign-ins that have begun.

use cubit_model::{Time, UserId};

use crate::database::Statement;
use crate::{Read, StoreError, Write};

/// A user of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUser {
    /// The provider.
    pub issuer: String,
    /// Its name for the user, which is never given to another one.
    pub subject: String,
}

impl Read {
    /// Who a user of an identity provider is here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn external_user(
        &mut self,
        external: &ExternalUser,
    ) -> Result<Option<UserId>, StoreError> {
        let row =
            Statement::new("SELECT user_id FROM external_users WHERE issuer = $1 AND subject = $2")
                .bind(external.issuer.clone())
                .bind(external.subject.clone())
                .fetch_optional(self.connection())
                .await?;
        row.map(|row| Ok(UserId(row.try_get(0)?))).transpose()
    }
}

impl Write {
    /// Remembers who a user of an identity provider is here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_external_user(
        &mut self,
        external: &ExternalUser,
        user: UserId,
    ) -> Result<(), StoreError> {
        Statement::new("INSERT INTO external_users (issuer, subject, user_id) VALUES ($1, $2, $3)")
            .bind(external.issuer.clone())
            .bind(external.subject.clone())
            .bind(user.0)
            .execute(self.connection())
            .await
    }

    /// Remembers a sign-in that has begun, and forgets those that were not finished in time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_sign_in(
        &mut self,
        key_hash: [u8; 32],
        step: &'static str,
        content: String,
        (now, expires_at): (Time, Time),
    ) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sign_ins WHERE expires_at <= $1")
            .bind(now.0.as_microsecond())
            .execute(self.connection())
            .await?;
        Statement::new(
            "INSERT INTO sign_ins (key_hash, step, content, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(key_hash.to_vec())
        .bind(step.to_owned())
        .bind(content)
        .bind(expires_at.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Takes what was remembered of a sign-in: nobody gets it again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_sign_in(
        &mut self,
        key_hash: [u8; 32],
        step: &'static str,
        now: Time,
    ) -> Result<Option<String>, StoreError> {
        let row = Statement::new(
            "DELETE FROM sign_ins WHERE key_hash = $1 AND step = $2 AND expires_at > $3 \
             RETURNING content",
        )
        .bind(key_hash.to_vec())
        .bind(step.to_owned())
        .bind(now.0.as_microsecond())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| row.try_get(0)).transpose()
    }
}
