//! Sessions: an access token, and a refresh token that gets another one, here or in another
//! organization of the user. Both are withdrawn together.

use cubit_model::{Organization, Session, SessionUser, Time, User};
use cubit_store::{FoundSession, Identity, StoredSession, Token, Write};
use uuid::Uuid;

use crate::access::token_hash;
use crate::bootstrap::{ABOVE_ORGANIZATIONS, random_token};
use crate::sign_in::SIGNED_IN;
use crate::{Hub, HubError, Origin};

/// How long an access token lives. The clients of the contract cannot get another one by
/// themselves, so it is long.
const ACCESS: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// How long a refresh token lives.
const REFRESH: jiff::SignedDuration = jiff::SignedDuration::from_hours(60 * 24);

const NO_REFRESH_TOKEN: HubError =
    HubError::Unauthenticated("the refresh token is not valid or has expired");

/// What shows that a session is one's own.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// The refresh token of the session.
    Refresh(&'a str),
    /// The access token of the session.
    Access(&'a str),
}

impl Hub {
    /// A new session of a member. When it was the password that proved who it is, its hash must
    /// still be the one that was compared with.
    pub(super) async fn begin_session(
        &self,
        user: &User,
        organization: &Organization,
        proof: Option<&str>,
        origin: &Origin,
    ) -> Result<Session, HubError> {
        let identity = Identity {
            organization_id: organization.organization_id,
            user_id: user.user_id,
        };
        // Before the session: none is without its entry.
        self.note(identity, identity.user_id, origin, SIGNED_IN)
            .await?;
        // Passwords are changed under the same turn, and end the sessions that are there.
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        if proof.is_some() && write.password(user.user_id).await?.as_deref() != proof {
            return Err(HubError::Unauthenticated("the password was just changed"));
        }
        let tokens = insert_session(&mut write, identity).await?;
        write.commit().await?;
        Ok(answer(user, organization, tokens))
    }

    /// Another access token and another refresh token for a session; those before are useless. A
    /// refresh token that comes a second time was stolen, now or then: it ends the session.
    ///
    /// # Errors
    /// When the refresh token is not valid.
    pub async fn refresh_session(&self, refresh_token: &str) -> Result<Session, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let session = find_present(&mut write, refresh_token).await?;
        let Some(session) = session else {
            // What was found out must stay.
            write.commit().await?;
            return Err(NO_REFRESH_TOKEN);
        };
        let FoundSession { id, identity, .. } = session;
        let refresh = random_token()?;
        let now = Time::now();
        write
            .renew_session(id, token_hash(&refresh), Time(now.0 + REFRESH))
            .await?;
        let access = insert_access_token(&mut write, identity, id, now).await?;
        let (user, organization) = of(&mut write, identity).await?;
        write.commit().await?;
        Ok(answer(&user, &organization, Tokens { access, refresh }))
    }

    /// Ends a session and begins another one of the same user in another organization, which is
    /// named by its external id or its id.
    ///
    /// # Errors
    /// When the credential is not that of a session, or the user is not a member there.
    pub async fn switch_organization(
        &self,
        credential: Credential<'_>,
        organization: &str,
        origin: &Origin,
    ) -> Result<Session, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let (id, identity) = match credential {
            Credential::Refresh(token) => match find_present(&mut write, token).await? {
                Some(session) => (session.id, session.identity),
                None => {
                    write.commit().await?;
                    return Err(NO_REFRESH_TOKEN);
                }
            },
            Credential::Access(token) => {
                let token = write.token(&token_hash(token), Time::now()).await?;
                let token = token.ok_or(HubError::Unauthenticated(
                    "the token is not valid or has expired",
                ))?;
                // A token that was made for one organization opens no other.
                let session = token.session.ok_or_else(|| {
                    HubError::Forbidden(
                        "only a session can change its organization: sign in".to_owned(),
                    )
                })?;
                (session, token.identity)
            }
        };
        let target = named(&mut write, identity, organization).await?;
        let identity = Identity {
            organization_id: target.organization_id,
            ..identity
        };
        write.delete_session(id).await?;
        let tokens = insert_session(&mut write, identity).await?;
        let (user, target) = of(&mut write, identity).await?;
        write.commit().await?;
        self.note(identity, identity.user_id, origin, SIGNED_IN)
            .await?;
        Ok(answer(&user, &target, tokens))
    }

    /// Makes the token that was sent useless, at once; of a session the refresh token too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, token: &str) -> Result<(), HubError> {
        let hash = token_hash(token);
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let session = write.token(&hash, Time::now()).await?;
        if let Some(session) = session.and_then(|token| token.session) {
            write.delete_session(session).await?;
        }
        write.delete_token(hash).await?;
        Ok(write.commit().await?)
    }
}

/// The texts of the tokens of a session.
struct Tokens {
    access: String,
    refresh: String,
}

async fn insert_session(write: &mut Write, identity: Identity) -> Result<Tokens, HubError> {
    let refresh = random_token()?;
    let now = Time::now();
    let id = Uuid::new_v4();
    write
        .insert_session(&StoredSession {
            id,
            identity,
            refresh_hash: token_hash(&refresh),
            created_at: now,
            expires_at: Time(now.0 + REFRESH),
        })
        .await?;
    let access = insert_access_token(write, identity, id, now).await?;
    Ok(Tokens { access, refresh })
}

async fn insert_access_token(
    write: &mut Write,
    identity: Identity,
    session: Uuid,
    now: Time,
) -> Result<String, HubError> {
    let text = random_token()?;
    write
        .insert_token(&Token {
            hash: token_hash(&text),
            identity,
            name: "session".to_owned(),
            scopes: String::new(),
            created_at: now,
            expires_at: Some(Time(now.0 + ACCESS)),
            session: Some(session),
        })
        .await?;
    Ok(text)
}

/// The session of a refresh token. One of a token that was used before is ended.
async fn find_present(
    write: &mut Write,
    refresh_token: &str,
) -> Result<Option<FoundSession>, HubError> {
    let hash = token_hash(refresh_token);
    let found = write.session_with_refresh_token(&hash, Time::now()).await?;
    if let Some(found) = found.filter(|found| !found.is_present) {
        write.delete_session(found.id).await?;
        return Ok(None);
    }
    Ok(found)
}

async fn of(write: &mut Write, identity: Identity) -> Result<(User, Organization), HubError> {
    let organization_id = identity.organization_id;
    let user: Option<User> = write.get(organization_id, identity.user_id.0).await?;
    let organization: Option<Organization> = write.get(organization_id, organization_id.0).await?;
    user.zip(organization).ok_or(NO_REFRESH_TOKEN)
}

/// The organization of a user with an external id, or an id.
async fn named(
    write: &mut Write,
    identity: Identity,
    name: &str,
) -> Result<Organization, HubError> {
    if !name.is_empty() {
        for id in write.organizations_of(identity.user_id).await? {
            if let Some(found) = write.get::<Organization>(id, id.0).await?
                && (found.external_id == name || found.organization_id.to_string() == name)
            {
                return Ok(found);
            }
        }
    }
    Err(HubError::not_found("Organization", name))
}

fn answer(user: &User, organization: &Organization, tokens: Tokens) -> Session {
    Session {
        access_token: tokens.access,
        refresh_token: tokens.refresh,
        // The identity provider's name for it is the only one the client compares with.
        organization_id: match organization.external_id.is_empty() {
            true => organization.organization_id.to_string(),
            false => organization.external_id.clone(),
        },
        auth_type: "JWT".to_owned(),
        user: SessionUser {
            id: user.user_id.to_string(),
            email: user.username.clone(),
            first_name: user.display_name.clone(),
            external_id: user.external_id.clone(),
            profile_picture_url: user.profile_picture_url.clone(),
        },
    }
}
