//! Who may act: members of organizations and their tokens.

use cubit_model::{BridgeWorker, Entity, Organization, OrganizationId, Role, Time, User, UserId};
use uuid::Uuid;

use crate::database::{Argument, Row, Statement};
use crate::row::{columns, entity};
use crate::{Read, StoreError, Write};

/// A user acting in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
}

/// A token, of which only the hash is kept.
#[derive(Debug, Clone)]
pub struct Token {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Whom it stands for.
    pub identity: Identity,
    /// What people call it.
    pub name: String,
    /// Names of the permissions it was made for, separated by commas; nothing for all.
    pub scopes: String,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working; never, if none.
    pub expires_at: Option<Time>,
    /// The session it is the access token of; none when somebody made it.
    pub session: Option<Uuid>,
}

impl Token {
    /// What it is called in the API: a part of its hash, of which it cannot be guessed.
    #[must_use]
    pub fn id(&self) -> Uuid {
        let [first, ..] = self.hash.as_chunks::<16>().0 else {
            return Uuid::nil();
        };
        uuid::Builder::from_custom_bytes(*first).into_uuid()
    }
}

fn read_token(row: &Row, hash: [u8; 32]) -> Result<Token, StoreError> {
    let time = |microseconds: i64| {
        let time = jiff::Timestamp::from_microsecond(microseconds);
        time.map(Time)
            .map_err(|error| StoreError::Damaged(error.to_string()))
    };
    Ok(Token {
        hash,
        identity: Identity {
            organization_id: OrganizationId(row.try_get(0)?),
            user_id: UserId(row.try_get(1)?),
        },
        name: row.try_get(2)?,
        scopes: row.try_get(3)?,
        created_at: time(row.try_get(4)?)?,
        expires_at: match row.is_null(5)? {
            true => None,
            false => Some(time(row.try_get(5)?)?),
        },
        session: match row.is_null(6)? {
            true => None,
            false => Some(row.try_get(6)?),
        },
    })
}

impl Read {
    /// What is kept of a token, unless it has expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn token(
        &mut self,
        token_hash: &[u8; 32],
        now: Time,
    ) -> Result<Option<Token>, StoreError> {
        let row = Statement::new(
            "SELECT organization_id, user_id, name, scopes, created_at, expires_at, session_id \
             FROM tokens WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(token_hash.to_vec())
        .bind(now.0.as_microsecond())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| read_token(&row, *token_hash)).transpose()
    }

    /// The tokens of a member, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tokens_of(&mut self, identity: Identity) -> Result<Vec<Token>, StoreError> {
        let rows = Statement::new(
            "SELECT organization_id, user_id, name, scopes, created_at, expires_at, session_id, \
             token_hash FROM tokens WHERE organization_id = $1 AND user_id = $2 ORDER BY created_at",
        )
        .bind(identity.organization_id.0)
        .bind(identity.user_id.0)
        .fetch_all(self.connection())
        .await?;
        let token = |row: &Row| {
            let hash: Vec<u8> = row.try_get(7)?;
            let hash = hash.try_into();
            read_token(
                row,
                hash.map_err(|_| StoreError::Damaged("a token of the wrong length".to_owned()))?,
            )
        };
        rows.iter().map(token).collect()
    }

    /// What a user is in an organization; none when it is not a member.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn role(&mut self, identity: Identity) -> Result<Option<Role>, StoreError> {
        let row =
            Statement::new("SELECT role FROM members WHERE organization_id = $1 AND user_id = $2")
                .bind(identity.organization_id.0)
                .bind(identity.user_id.0)
                .fetch_optional(self.connection())
                .await?;
        row.map(|row| {
            let role: String = row.try_get(0)?;
            Role::named(&role).ok_or_else(|| StoreError::Damaged(format!("the role {role}")))
        })
        .transpose()
    }

    /// What spaces, targets and workers say of who may do what, as far as they say something.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn restrictions(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<(Uuid, String)>, StoreError> {
        let rows = Statement::new(
            "SELECT space_id, permissions FROM spaces \
             WHERE organization_id = $1 AND permissions <> '{}' \
             UNION ALL SELECT target_id, permissions FROM targets \
             WHERE organization_id = $1 AND permissions <> '{}' \
             UNION ALL SELECT bridge_worker_id, permissions FROM bridge_workers \
             WHERE organization_id = $1 AND permissions <> '{}'",
        )
        .bind(organization.0)
        .fetch_all(self.connection())
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect()
    }

    /// The hash of a user's password, if it has one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn password(&mut self, user: UserId) -> Result<Option<String>, StoreError> {
        let row = Statement::new("SELECT hash FROM passwords WHERE user_id = $1")
            .bind(user.0)
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// How often signing in under a name failed in a row, and when last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_failures(&mut self, username: &str) -> Result<(i64, i64), StoreError> {
        let row =
            Statement::new("SELECT failures, last_at FROM sign_in_failures WHERE username = $1")
                .bind(username.to_owned())
                .fetch_optional(self.connection())
                .await?;
        match row {
            Some(row) => Ok((row.try_get(0)?, row.try_get(1)?)),
            None => Ok((0, 0)),
        }
    }

    /// Whether a user is a member of an organization.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_member(&mut self, identity: Identity) -> Result<bool, StoreError> {
        let row =
            Statement::new("SELECT 1 FROM members WHERE organization_id = $1 AND user_id = $2")
                .bind(identity.organization_id.0)
                .bind(identity.user_id.0)
                .fetch_optional(self.connection())
                .await?;
        Ok(row.is_some())
    }

    /// The users who are members of an organization, and what they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<(Uuid, Role)>, StoreError> {
        let rows = Statement::new("SELECT user_id, role FROM members WHERE organization_id = $1")
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| {
                let role: String = row.try_get(1)?;
                let role = Role::named(&role)
                    .ok_or_else(|| StoreError::Damaged(format!("the role {role}")))?;
                Ok((row.try_get(0)?, role))
            })
            .collect()
    }

    /// The organizations that a user is a member of.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organizations_of(
        &mut self,
        user: UserId,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let rows = Statement::new("SELECT organization_id FROM members WHERE user_id = $1")
            .bind(user.0)
            .fetch_all(self.connection())
            .await?;
        rows.iter()
            .map(|row| Ok(OrganizationId(row.try_get(0)?)))
            .collect()
    }

    /// The organization with a slug, of all there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn organization_with_slug(
        &mut self,
        slug: &str,
    ) -> Result<Option<Organization>, StoreError> {
        self.one_of_all("slug", slug.to_owned()).await
    }

    /// The user with a name, of all there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn user_with_name(&mut self, username: &str) -> Result<Option<User>, StoreError> {
        self.one_of_all("username", username.to_owned()).await
    }

    /// The worker whose secret has a hash, of all there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn worker_with_secret(
        &mut self,
        hash: &[u8; 32],
    ) -> Result<Option<BridgeWorker>, StoreError> {
        self.one_of_all("secret_hash", hash.to_vec()).await
    }

    /// The one entity of all organizations whose column has a value.
    async fn one_of_all<E: Entity>(
        &mut self,
        column: &str,
        value: impl Into<Argument>,
    ) -> Result<Option<E>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {} WHERE {column} = $1",
            columns::<E>(""),
            E::TABLE
        );
        let row = Statement::new(sql)
            .bind(value)
            .fetch_optional(self.connection())
            .await?;
        row.map(|row| entity(&row)).transpose()
    }

    /// The first member of the organization with a slug.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn first_member(
        &mut self,
        organization: &str,
    ) -> Result<Option<Identity>, StoreError> {
        let row = Statement::new(
            "SELECT members.organization_id, members.user_id FROM organizations \
             JOIN members ON members.organization_id = organizations.organization_id \
             WHERE organizations.slug = $1 ORDER BY members.user_id LIMIT 1",
        )
        .bind(organization.to_owned())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(Identity {
                organization_id: OrganizationId(row.try_get::<Uuid>(0)?),
                user_id: UserId(row.try_get::<Uuid>(1)?),
            })
        })
        .transpose()
    }
}

impl Write {
    /// Makes a user a member of an organization.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_member(
        &mut self,
        identity: Identity,
        role: Role,
    ) -> Result<(), StoreError> {
        Statement::new("INSERT INTO members (organization_id, user_id, role) VALUES ($1, $2, $3)")
            .bind(identity.organization_id.0)
            .bind(identity.user_id.0)
            .bind(role.word().to_owned())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Changes what a member is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_role(&mut self, identity: Identity, role: Role) -> Result<(), StoreError> {
        Statement::new("UPDATE members SET role = $3 WHERE organization_id = $1 AND user_id = $2")
            .bind(identity.organization_id.0)
            .bind(identity.user_id.0)
            .bind(role.word().to_owned())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Gives a user a password, of which the hash is kept.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_password(&mut self, user: UserId, hash: String) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO passwords (user_id, hash) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash",
        )
        .bind(user.0)
        .bind(hash)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Counts that signing in under a name failed once more, and forgets failures that were before
    /// a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_sign_in_failure(
        &mut self,
        username: &str,
        (before, now): (Time, Time),
    ) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sign_in_failures WHERE last_at < $1")
            .bind(before.0.as_microsecond())
            .execute(self.connection())
            .await?;
        Statement::new(
            "INSERT INTO sign_in_failures (username, failures, last_at) VALUES ($1, 1, $2) \
             ON CONFLICT (username) DO UPDATE SET failures = sign_in_failures.failures + 1, \
             last_at = excluded.last_at",
        )
        .bind(username.to_owned())
        .bind(now.0.as_microsecond())
        .execute(self.connection())
        .await
    }

    /// Forgets that signing in under a name failed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_sign_in_failures(&mut self, username: &str) -> Result<(), StoreError> {
        Statement::new("DELETE FROM sign_in_failures WHERE username = $1")
            .bind(username.to_owned())
            .execute(self.connection())
            .await
    }

    /// Forgets tokens that were of no use any more at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_tokens_expired_before(&mut self, time: Time) -> Result<(), StoreError> {
        Statement::new("DELETE FROM tokens WHERE expires_at < $1")
            .bind(time.0.as_microsecond())
            .execute(self.connection())
            .await
    }

    /// Makes a token useless.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_token(&mut self, hash: [u8; 32]) -> Result<(), StoreError> {
        Statement::new("DELETE FROM tokens WHERE token_hash = $1")
            .bind(hash.to_vec())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a membership, and the tokens that belong to it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_member(&mut self, identity: Identity) -> Result<(), StoreError> {
        Statement::new("DELETE FROM members WHERE organization_id = $1 AND user_id = $2")
            .bind(identity.organization_id.0)
            .bind(identity.user_id.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Stores a token.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO tokens (token_hash, organization_id, user_id, name, created_at, \
             expires_at, scopes, session_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token.hash.to_vec())
        .bind(token.identity.organization_id.0)
        .bind(token.identity.user_id.0)
        .bind(token.name.clone())
        .bind(token.created_at.0.as_microsecond())
        .bind(token.expires_at.map(|time| time.0.as_microsecond()))
        .bind(token.scopes.clone())
        .bind(token.session)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
