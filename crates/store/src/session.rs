//! Sessions: what is withdrawn together. An access token is a [`Token`](crate::Token) that names
//! its session; refresh tokens stand in the rows of sessions only.

use cubit_model::{OrganizationId, Time, UserId};
use uuid::Uuid;

use crate::database::Statement;
use crate::{Identity, Read, StoreError, Write};

/// A session with a refresh token, of which only the hash is kept.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Its id.
    pub id: Uuid,
    /// Whom it stands for.
    pub identity: Identity,
    /// SHA-256 of the refresh token.
    pub refresh_hash: [u8; 32],
    /// When it began.
    pub created_at: Time,
    /// When the refresh token stops working.
    pub expires_at: Time,
}

/// A session that was found by a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundSession {
    /// Its id.
    pub id: Uuid,
    /// Whom it stands for.
    pub identity: Identity,
    /// Whether the token is the present one; otherwise it is the one before, which was used.
    pub is_present: bool,
}

impl Read {
    /// The session that a refresh token is or was of, unless it has expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_with_refresh_token(
        &mut self,
        hash: &[u8; 32],
        now: Time,
    ) -> Result<Option<FoundSession>, StoreError> {
        let row = Statement::new(
            "SELECT session_id, organization_id, user_id, refresh_hash FROM sessions \
             WHERE (refresh_hash = $1 OR previous_hash = $1) AND expires_at > $2",
        )
        .bind(hash.to_vec())
        .bind(now.0.as_microsecond())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            let present: Vec<u8> = row.try_get(3)?;
            Ok(FoundSession {
                id: row.try_get(0)?,
                identity: Identity {
                    organization_id: OrganizationId(row.try_get(1)?),
                    user_id: UserId(row.try_get(2)?),
                },
                is_present: present == hash,
            })
        })
        .transpose()
    }
}

impl Write {
    /// Stores a session, and forgets those that have expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_session(&mut self, session: &StoredSession) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(session.created_at.0.as_microsecond())
            .execute(self.connection())
            .await?;
        Statement::new(
            "INSERT INTO sessions (session_id, organization_id, user_id, refresh_hash, \
             created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(session.id)
        .bind(session.identity.organization_id.0)
        .bind(session.identity.user_id.0)
        .bind(session.refresh_hash.to_vec())
        .bind(session.created_at.0.as_microsecond())
        .bind(session.expires_at.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Gives a session another refresh token, and makes its access tokens useless.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew_session(
        &mut self,
        id: Uuid,
        refresh_hash: [u8; 32],
        expires_at: Time,
    ) -> Result<(), StoreError> {
        Statement::new(
            "UPDATE sessions SET previous_hash = refresh_hash, refresh_hash = $2, expires_at = $3 \
             WHERE session_id = $1",
        )
        .bind(id)
        .bind(refresh_hash.to_vec())
        .bind(expires_at.0.as_microsecond())
        .execute(self.connection())
        .await?;
        Statement::new("DELETE FROM tokens WHERE session_id = $1")
            .bind(id)
            .execute(self.connection())
            .await
    }

    /// Ends a session: its tokens are useless.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_session(&mut self, id: Uuid) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sessions WHERE session_id = $1")
            .bind(id)
            .execute(self.connection())
            .await
    }

    /// Ends all sessions of a user, in all organizations, but one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_sessions_of(
        &mut self,
        user: UserId,
        but: Option<Uuid>,
    ) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sessions WHERE user_id = $1 AND session_id <> $2")
            .bind(user.0)
            .bind(but.unwrap_or_default())
            .execute(self.connection())
            .await
    }
}
