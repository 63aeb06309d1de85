//! Who is calling, and what they may do.

use cubit_model::{Organization, OrganizationId, OrganizationMember, Time, User, UserId};
use cubit_query::Where;
use cubit_store::Identity;
use sha2::{Digest, Sha256};

use crate::organization::member;
use crate::{Hub, HubError};

/// Someone who was recognized: a user, acting in one organization.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    user_agent: String,
}

/// Longest User-Agent that is recorded.
const USER_AGENT_LIMIT: usize = 256;

/// What an operation does, for the access check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Reads.
    View,
    /// Changes.
    Edit,
    /// Changes who may do what.
    Administer,
}

impl Caller {
    /// The user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.identity.user_id
    }

    /// The program the user acts through.
    pub(crate) fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// The access check that every operation passes. It is the only source of the organization
    /// that reads and writes are bound to. Members may do everything for now.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "roles will refuse; every operation is written for it"
    )]
    pub(crate) const fn check(&self, permission: Permission) -> Result<OrganizationId, HubError> {
        match permission {
            Permission::View | Permission::Edit | Permission::Administer => {
                Ok(self.identity.organization_id)
            }
        }
    }
}

/// What is kept of a token.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Hub {
    /// Recognizes the bearer of a token.
    ///
    /// # Errors
    /// When the token is unknown or has expired.
    pub async fn authenticate(&self, token: &str, user_agent: &str) -> Result<Caller, HubError> {
        let mut read = self.store.read().await?;
        let identity = read.identity(&token_hash(token), Time::now()).await?;
        let user_agent = user_agent.chars().take(USER_AGENT_LIMIT).collect();
        identity
            .map(|identity| Caller {
                identity,
                user_agent,
            })
            .ok_or(HubError::Unauthenticated(
                "the token is not valid or has expired",
            ))
    }

    /// `GetMe`: the caller, as a member of the organization.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn me(&self, caller: &Caller) -> Result<OrganizationMember, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let user_id = caller.user_id();
        let mut read = self.store.read().await?;
        let user: User = read
            .get(organization_id, user_id.0)
            .await?
            .ok_or_else(|| HubError::not_found("User", user_id))?;
        let organization: Organization = read
            .find(organization_id, &Where::default())
            .await?
            .ok_or_else(|| HubError::not_found("Organization", organization_id))?;
        Ok(member(&organization, user))
    }
}
