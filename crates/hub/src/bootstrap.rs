//! The first start: an organization with a local administrator, and tokens.

use std::fmt::Write as _;

use cubit_model::{Organization, OrganizationId, Role, Time, User, UserId};
use cubit_store::{Identity, Token};
use uuid::Uuid;

use crate::access::token_hash;
use crate::{Hub, HubError};

/// Slug of the organization made at the first start.
const ORGANIZATION: &str = "local";
/// User name of its administrator.
const ADMINISTRATOR: &str = "admin";
/// Under this id is written what is not inside an organization; such writes wait for one another only.
pub(crate) const ABOVE_ORGANIZATIONS: OrganizationId = OrganizationId(Uuid::nil());
/// Start of every token, so that people and scanners recognize one.
const TOKEN_PREFIX: &str = "cubit_";

/// The administrator of a hub that signs nobody in through an identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalAdministrator {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// Whether they were made just now.
    pub first_start: bool,
}

impl Hub {
    /// Finds the local administrator, and makes one at the first start.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bootstrap(&self) -> Result<LocalAdministrator, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        if let Some(identity) = write.first_member(ORGANIZATION).await? {
            return Ok(LocalAdministrator {
                organization_id: identity.organization_id,
                user_id: identity.user_id,
                first_start: false,
            });
        }
        let identity = self
            .create_organization(write, ORGANIZATION, ADMINISTRATOR)
            .await?;
        Ok(LocalAdministrator {
            organization_id: identity.organization_id,
            user_id: identity.user_id,
            first_start: true,
        })
    }

    /// Makes an organization with one member.
    pub(crate) async fn create_organization(
        &self,
        mut write: cubit_store::Write,
        slug: &str,
        username: &str,
    ) -> Result<Identity, HubError> {
        let now = Time::now();
        let organization_id = OrganizationId::new();
        let mut organization = Organization {
            organization_id,
            external_id: organization_id.to_string(),
            slug: slug.to_owned(),
            display_name: slug.to_owned(),
            ..Organization::default()
        };
        let mut user = User {
            user_id: UserId::new(),
            slug: username.to_owned(),
            display_name: username.to_owned(),
            username: username.to_owned(),
            ..User::default()
        };
        let identity = Identity {
            organization_id: organization.organization_id,
            user_id: user.user_id,
        };
        write.insert(&mut organization, now).await?;
        write.insert(&mut user, now).await?;
        write.insert_member(identity, Role::Admin).await?;
        write.commit().await?;
        Ok(identity)
    }

    /// Makes a token for a member. It is returned once; only its hash is kept.
    ///
    /// # Errors
    /// When the user is not a member of the organization.
    pub async fn issue_token(
        &self,
        user_id: UserId,
        organization_id: OrganizationId,
        name: &str,
    ) -> Result<String, HubError> {
        let identity = Identity {
            organization_id,
            user_id,
        };
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        if !write.is_member(identity).await? {
            return Err(HubError::not_found("User", user_id));
        }
        let text = random_token()?;
        let token = Token {
            hash: token_hash(&text),
            identity,
            name: name.to_owned(),
            scopes: String::new(),
            created_at: Time::now(),
            expires_at: None,
            session: None,
        };
        write.insert_token(&token).await?;
        write.commit().await?;
        Ok(text)
    }
}

/// 32 bytes from the system's generator, in hexadecimal.
pub(crate) fn random_token() -> Result<String, HubError> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|error| HubError::Internal(error.to_string()))?;
    let mut token = TOKEN_PREFIX.to_owned();
    for byte in random {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}
