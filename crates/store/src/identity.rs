//! Who may act: members of organizations and their tokens.

use cubit_model::{BridgeWorker, Entity, Organization, OrganizationId, Time, User, UserId};
use uuid::Uuid;

use crate::database::{Argument, Statement};
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
    /// When it stops working; never, if none.
    pub expires_at: Option<Time>,
}

impl Read {
    /// Whom a token stands for, unless it has expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn identity(
        &mut self,
        token_hash: &[u8; 32],
        now: Time,
    ) -> Result<Option<Identity>, StoreError> {
        let row = Statement::new(
            "SELECT organization_id, user_id FROM tokens \
             WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(token_hash.to_vec())
        .bind(now.0.as_microsecond())
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| {
            Ok(Identity {
                organization_id: OrganizationId(row.try_get(0)?),
                user_id: UserId(row.try_get(1)?),
            })
        })
        .transpose()
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

    /// The users who are members of an organization.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members(&mut self, organization: OrganizationId) -> Result<Vec<Uuid>, StoreError> {
        let rows = Statement::new("SELECT user_id FROM members WHERE organization_id = $1")
            .bind(organization.0)
            .fetch_all(self.connection())
            .await?;
        rows.iter().map(|row| row.try_get(0)).collect()
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
                organization_id: OrganizationId(row.try_get(0)?),
                user_id: UserId(row.try_get(1)?),
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
    pub async fn insert_member(&mut self, identity: Identity) -> Result<(), StoreError> {
        Statement::new("INSERT INTO members (organization_id, user_id) VALUES ($1, $2)")
            .bind(identity.organization_id.0)
            .bind(identity.user_id.0)
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
    pub async fn insert_token(&mut self, token: &Token, now: Time) -> Result<(), StoreError> {
        Statement::new(
            "INSERT INTO tokens (token_hash, organization_id, user_id, name, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(token.hash.to_vec())
        .bind(token.identity.organization_id.0)
        .bind(token.identity.user_id.0)
        .bind(token.name.clone())
        .bind(now.0.as_microsecond())
        .bind(token.expires_at.map(|time| time.0.as_microsecond()))
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
