//! Who is calling, and what they may do. Three steps: a credential becomes a [`Caller`] with its
//! rights; every operation asks [`Caller::check`] whether it is open to the caller at all; and it
//! gets at the store only through a guarded [`Read`] or [`Write`], which decide for each thing.

pub(crate) mod guarded;
mod rights;

use std::sync::Arc;

use cubit_model::{
    Entity, Organization, OrganizationId, OrganizationMember, Permission, PermissionSet,
    Permissions, Role, Time, User, UserId,
};
use cubit_query::Where;
use cubit_store::{Change, Identity, NewAuditEntry};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::organization::member;
use crate::{Hub, HubError};

pub(crate) use guarded::{Read, Write};
pub(crate) use rights::{Rights, check_permissions};

/// Someone who was recognized: a user, acting in one organization.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    origin: Origin,
    rights: Arc<Rights>,
    session: Option<Uuid>,
}

/// Where a request comes from, and on what condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The program, as it calls itself.
    pub user_agent: String,
    /// The address.
    pub address: String,
    /// The operation of the API that is asked for.
    pub operation: String,
    /// The Version that the entity it is about must have.
    pub if_match: Option<i64>,
    /// The key under which the request is carried out once.
    pub request_key: Option<String>,
}

impl From<&str> for Origin {
    fn from(user_agent: &str) -> Self {
        Self {
            user_agent: user_agent.to_owned(),
            ..Self::default()
        }
    }
}

/// Longest User-Agent that is recorded.
const USER_AGENT_LIMIT: usize = 256;

impl Origin {
    /// As much of it as is recorded.
    fn shortened(mut self) -> Self {
        self.user_agent = self.user_agent.chars().take(USER_AGENT_LIMIT).collect();
        self
    }

    /// What the audit keeps of something that somebody did from here.
    pub(crate) fn entry(
        &self,
        by: Identity,
        outcome: &'static str,
        changes: Vec<Change>,
    ) -> NewAuditEntry {
        let origin = self.clone().shortened();
        NewAuditEntry {
            organization_id: by.organization_id,
            at: Time::now(),
            user_id: by.user_id,
            address: origin.address,
            user_agent: origin.user_agent,
            operation: origin.operation,
            outcome,
            changes,
        }
    }
}

impl Caller {
    /// Nobody, who does what follows from what others do: with all rights in one organization.
    pub(crate) fn nobody(organization_id: OrganizationId, operation: &str) -> Self {
        let user_id = UserId::default();
        Self {
            identity: Identity {
                organization_id,
                user_id,
            },
            session: None,
            origin: Origin {
                operation: operation.to_owned(),
                ..Origin::default()
            },
            rights: Arc::new(Rights::new(
                user_id,
                Role::Admin,
                PermissionSet::ALL,
                Vec::new(),
            )),
        }
    }

    /// The user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.identity.user_id
    }

    pub(crate) const fn identity(&self) -> Identity {
        self.identity
    }

    /// The session it acts in; none when its token is none of a session.
    pub(crate) const fn session(&self) -> Option<Uuid> {
        self.session
    }

    /// Where its request comes from.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The program the user acts through.
    pub(crate) fn user_agent(&self) -> &str {
        &self.origin.user_agent
    }

    /// Whether the caller can have a permission at all, and in which organization it acts: that is
    /// the only source of the organization that reads and writes are bound to.
    pub(crate) fn check(&self, permission: Permission) -> Result<OrganizationId, HubError> {
        match self.rights.has_anywhere(permission) {
            true => Ok(self.identity.organization_id),
            false => Err(HubError::Forbidden(format!(
                "this needs the permission {}, which you do not have",
                permission.name()
            ))),
        }
    }

    /// Refuses what the token was not made for.
    pub(crate) fn check_scope(&self, permission: Permission) -> Result<(), HubError> {
        match self.rights.is_in_scope(permission) {
            true => Ok(()),
            false => Err(HubError::Forbidden(format!(
                "the token was not made for the permission {}",
                permission.name()
            ))),
        }
    }

    /// Refuses everybody but administrators of the organization.
    pub(crate) fn check_administrator(&self) -> Result<OrganizationId, HubError> {
        match self.rights.is_administrator() {
            true => Ok(self.identity.organization_id),
            false => Err(HubError::Forbidden(
                "only an administrator of the organization may do this".to_owned(),
            )),
        }
    }

    /// The key under which the request is carried out once.
    pub(crate) fn request_key(&self) -> Option<&str> {
        self.origin.request_key.as_deref()
    }

    /// Refuses to touch the entity that a request is about when it is not the one that the caller
    /// has seen, for callers that say which one that is.
    pub(crate) fn check_match<E: Entity>(&self, stored: &E) -> Result<(), HubError> {
        match self.origin.if_match {
            Some(version) if version != stored.version() => Err(HubError::Mismatch {
                entity: E::NAME,
                expected: version,
                stored: stored.version(),
            }),
            _ => Ok(()),
        }
    }

    /// The Version that a replacement must be of: that of its body, if it has one or no other
    /// condition was given.
    pub(crate) const fn version_of(&self, body: i64) -> Option<i64> {
        match self.origin.if_match {
            Some(_) if body == 0 => None,
            _ => Some(body),
        }
    }

    /// What the audit keeps of something the caller did.
    pub(crate) fn audit_entry(&self, outcome: &'static str, changes: Vec<Change>) -> NewAuditEntry {
        self.origin.entry(self.identity, outcome, changes)
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
    pub async fn authenticate(
        &self,
        token: &str,
        origin: impl Into<Origin>,
    ) -> Result<Caller, HubError> {
        const INVALID: HubError =
            HubError::Unauthenticated("the token is not valid or has expired");
        let mut read = self.store.read().await?;
        let token = read.token(&token_hash(token), Time::now()).await?;
        let token = token.ok_or(INVALID)?;
        let scope = parse_scopes(&token.scopes);
        let caller = recognize(&mut read, token.identity, scope, origin.into()).await?;
        let session = token.session;
        caller
            .map(|caller| Caller { session, ..caller })
            .ok_or(INVALID)
    }

    /// `GetMe`: the caller, as a member of the organization.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn me(&self, caller: &Caller) -> Result<OrganizationMember, HubError> {
        let organization_id = caller.identity.organization_id;
        let user_id = caller.user_id();
        let mut read = self.read(caller).await?;
        let user: User = read
            .get(organization_id, user_id.0)
            .await?
            .ok_or_else(|| HubError::not_found("User", user_id))?;
        let organization: Organization = read
            .find(organization_id, &Where::default())
            .await?
            .ok_or_else(|| HubError::not_found("Organization", organization_id))?;
        let role = read.unguarded().role(caller.identity).await?;
        Ok(member(&organization, user, role.unwrap_or_default()))
    }

    /// Keeps in the audit that a caller was refused something.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_denial(&self, caller: &Caller) -> Result<(), HubError> {
        let mut write = self.store.write(caller.identity.organization_id).await?;
        let entry = caller.audit_entry("denied", Vec::new());
        write.append_audit(entry).await?;
        Ok(write.commit().await?)
    }
}

/// The member with its rights; none when it is no member any more.
pub(crate) async fn recognize(
    read: &mut cubit_store::Read,
    identity: Identity,
    scope: PermissionSet,
    origin: Origin,
) -> Result<Option<Caller>, HubError> {
    let Some(role) = read.role(identity).await? else {
        return Ok(None);
    };
    let restricted = match role {
        Role::Admin => Vec::new(),
        _ => restricted(read, identity.organization_id).await?,
    };
    Ok(Some(Caller {
        identity,
        origin: origin.shortened(),
        session: None,
        rights: Arc::new(Rights::new(identity.user_id, role, scope, restricted)),
    }))
}

/// The spaces, targets and workers that say who may do what.
async fn restricted(
    read: &mut cubit_store::Read,
    organization_id: OrganizationId,
) -> Result<Vec<(Uuid, Permissions)>, HubError> {
    let rows = read.restrictions(organization_id).await?;
    rows.into_iter()
        .map(|(thing, permissions)| {
            // Who may is not guessed: what cannot be read is open to nobody.
            let permissions = serde_json::from_str(&permissions)
                .map_err(|error| HubError::Internal(format!("permissions of {thing}: {error}")))?;
            Ok((thing, permissions))
        })
        .collect()
}

/// The permissions a token was made for; nothing stands for all its user has.
pub(crate) fn parse_scopes(scopes: &str) -> PermissionSet {
    if scopes.is_empty() {
        return PermissionSet::ALL;
    }
    scopes
        .split(',')
        .filter_map(Permission::named)
        .fold(PermissionSet::NONE, |all, permission| {
            all.and(permission.with_all())
        })
}
