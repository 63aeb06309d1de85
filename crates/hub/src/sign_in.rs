//! Signing in: passwords, tokens of one's own, and workers that act as users.

use std::time::Duration;

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use cubit_model::{
    BridgeWorker, BridgeWorkerId, Organization, OrganizationId, Permission, Role, Session,
    SessionUser, Time, TokenInfo, TokenRequest, User, UserId, check_description,
};
use cubit_store::{Change, Identity, Token};
use uuid::Uuid;

use crate::access::{parse_scopes, token_hash};
use crate::bootstrap::{ABOVE_ORGANIZATIONS, random_token};
use crate::compute::compute;
use crate::organization::own;
use crate::{Caller, Hub, HubError};

/// Failures in a row under one name before it has to wait.
const FREE_FAILURES: i64 = 5;
/// The longest it has to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// How long a session lives.
const SESSION: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);
/// Lengths of passwords.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;
/// What is compared with when there is no such user, so that it takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXRoaW5nIHNhbHR5$WbPFNvvLRGBrIlJXd5WbMrDYPZ3W0iDn2R2lUm4pf5A";

const WRONG: HubError = HubError::Unauthenticated("the user name or the password is wrong");

impl Hub {
    /// Signs a user in by name and password, to the organization with a slug, or to the first that
    /// the user is a member of.
    ///
    /// # Errors
    /// When the name or the password is wrong, the user is not a member, or it failed too often.
    pub async fn sign_in(
        &self,
        username: &str,
        password: &str,
        organization: &str,
    ) -> Result<Session, HubError> {
        let user = self.check_password(username, password).await?;
        let mut read = self.store.read().await?;
        let mut organizations = Vec::new();
        for id in read.organizations_of(user.user_id).await? {
            organizations.extend(read.get::<Organization>(id, id.0).await?);
        }
        drop(read);
        organizations.sort_by_key(|organization| organization.cursor_id);
        let organization = organizations
            .into_iter()
            .find(|found| organization.is_empty() || found.slug == organization)
            .ok_or(HubError::Unauthenticated(
                "the user is not a member of such an organization",
            ))?;
        self.session(&user, &organization).await
    }

    /// A new session of a member.
    async fn session(&self, user: &User, organization: &Organization) -> Result<Session, HubError> {
        let token = self
            .new_token(
                Identity {
                    organization_id: organization.organization_id,
                    user_id: user.user_id,
                },
                "session",
                String::new(),
                Some(Time(Time::now().0 + SESSION)),
            )
            .await?;
        Ok(Session {
            access_token: token,
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
        })
    }

    async fn new_token(
        &self,
        identity: Identity,
        name: &str,
        scopes: String,
        expires_at: Option<Time>,
    ) -> Result<String, HubError> {
        let text = random_token()?;
        let token = Token {
            hash: token_hash(&text),
            identity,
            name: name.to_owned(),
            scopes,
            created_at: Time::now(),
            expires_at,
        };
        let mut write = self.store.write(identity.organization_id).await?;
        write.insert_token(&token).await?;
        write.commit().await?;
        Ok(text)
    }

    /// The user with a name and a password. Failures are counted, also those of names that nobody
    /// has, and after some the name has to wait: longer each time.
    async fn check_password(&self, username: &str, password: &str) -> Result<User, HubError> {
        let mut read = self.store.read().await?;
        let (failures, last_at) = read.sign_in_failures(username).await?;
        let now = Time::now();
        if let Some(wait) = wait_after(failures, last_at, now.0.as_microsecond()) {
            return Err(HubError::TooMany(wait));
        }
        let user = read.user_with_name(username).await?;
        let hash = match &user {
            Some(user) => read.password(user.user_id).await?,
            None => None,
        };
        drop(read);
        let has_password = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let password = password.to_owned();
        let is_right = compute(move || verify(&password, &hash)).await?;
        let user = user.filter(|_| has_password && is_right);
        if user.is_none() || failures > 0 {
            let failures = if user.is_some() { 0 } else { failures + 1 };
            let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
            write.set_sign_in_failures(username, failures, now).await?;
            write.commit().await?;
        }
        user.ok_or(WRONG)
    }

    /// Signs a worker in as the user that acts for it, who is made when it is not there yet.
    ///
    /// # Errors
    /// When there is no such worker, or the secret is not its secret.
    pub async fn sign_in_worker(
        &self,
        id: BridgeWorkerId,
        secret: &str,
    ) -> Result<Session, HubError> {
        let worker = self.authenticate_worker(id, secret).await?.worker;
        let organization_id = worker.organization_id;
        let mut write = self.store.write(organization_id).await?;
        let missing = || HubError::not_found("BridgeWorker", id);
        let worker: Option<BridgeWorker> = write.get(organization_id, id.0).await?;
        let mut worker = worker.ok_or_else(missing)?;
        let now = Time::now();
        let user_id = match worker.user_id {
            Some(user) => user,
            None => {
                let mut user = User {
                    user_id: UserId::new(),
                    slug: format!("worker-{id}"),
                    display_name: worker.slug.clone(),
                    username: format!("worker-{id}"),
                    ..User::default()
                };
                write.insert(&mut user, now).await?;
                worker.user_id = Some(user.user_id);
                write.update(organization_id, &mut worker, now).await?;
                user.user_id
            }
        };
        let identity = Identity {
            organization_id,
            user_id,
        };
        if write.role(identity).await?.is_none() {
            // Whoever may edit one space can make a worker in it: its user begins with as little as a
            // member can have, and an administrator may give it more.
            write.insert_member(identity, Role::Viewer).await?;
        }
        let user: Option<User> = write.get(organization_id, user_id.0).await?;
        let organization: Option<Organization> =
            write.get(organization_id, organization_id.0).await?;
        write.commit().await?;
        match (user, organization) {
            (Some(user), Some(organization)) => self.session(&user, &organization).await,
            _ => Err(missing()),
        }
    }

    /// Gives the caller another password; with the old one, where there is one.
    ///
    /// # Errors
    /// When the old one is wrong, or the new one is too short.
    pub async fn change_password(
        &self,
        caller: &Caller,
        old: &str,
        new: &str,
    ) -> Result<(), HubError> {
        caller.check_scope(Permission::Administer)?;
        let mut read = self.store.read().await?;
        let user: Option<User> = read
            .get(caller.check(Permission::View)?, caller.user_id().0)
            .await?;
        let user = user.ok_or_else(|| HubError::not_found("User", caller.user_id()))?;
        let has_password = read.password(user.user_id).await?.is_some();
        drop(read);
        if has_password {
            self.check_password(&user.username, old).await?;
        }
        self.store_password(user.user_id, new).await
    }

    /// Gives a member a password: what an administrator does for a new member, and for one who
    /// forgot it. A member of other organizations keeps its own.
    ///
    /// # Errors
    /// When there is no such member, or the password is too short.
    pub async fn set_member_password(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        user: UserId,
        password: &str,
    ) -> Result<(), HubError> {
        let mut read = self.read(caller).await?;
        let organization = own(&mut read, caller, Permission::Administer, organization_id).await?;
        let identity = Identity {
            organization_id,
            user_id: user,
        };
        let all = read.unguarded();
        if all.role(identity).await?.is_none() {
            return Err(HubError::not_found("OrganizationMember", user));
        }
        if all.organizations_of(user).await?.len() > 1 {
            return Err(HubError::Unprocessable(format!(
                "the user is a member of other organizations than {}: only the user may change the password",
                organization.slug
            )));
        }
        drop(read);
        self.store_password(user, password).await
    }

    /// Gives a user a password, whoever asks: for the command line, beside the database.
    ///
    /// # Errors
    /// When the password is too short.
    pub async fn store_password(&self, user: UserId, password: &str) -> Result<(), HubError> {
        if !PASSWORD_LENGTH.contains(&password.len()) {
            return Err(HubError::Invalid(format!(
                "a password has {} to {} bytes",
                PASSWORD_LENGTH.start(),
                PASSWORD_LENGTH.end()
            )));
        }
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(|error| HubError::Internal(error.to_string()))?;
        let password = password.to_owned();
        let hash = compute(move || {
            let salt = SaltString::encode_b64(&salt)?;
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await?
        .map_err(|error: argon2::password_hash::Error| HubError::Internal(error.to_string()))?;
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        write.set_password(user, hash).await?;
        Ok(write.commit().await?)
    }

    /// The tokens of the caller.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<TokenInfo>, HubError> {
        let identity = caller.identity();
        let mut read = self.store.read().await?;
        let tokens = read.tokens_of(identity).await?.into_iter();
        Ok(tokens.map(|token| info(&token, None)).collect())
    }

    /// Makes a token for the caller. Its text is answered once; only the hash is kept. It can do no
    /// more than the token it is made with.
    ///
    /// # Errors
    /// When a scope is not the name of a permission, or the caller's token does not have it.
    pub async fn create_token(
        &self,
        caller: &Caller,
        request: &TokenRequest,
    ) -> Result<TokenInfo, HubError> {
        check_description("Name", &request.name)?;
        for scope in &request.scopes {
            let Some(permission) = Permission::named(scope) else {
                let known: Vec<&str> = Permission::ALL.into_iter().map(Permission::name).collect();
                return Err(HubError::Invalid(format!(
                    "Scopes: {scope:?} is not one of {}",
                    known.join(", ")
                )));
            };
            caller.check_scope(permission)?;
        }
        if request.scopes.is_empty() {
            caller.check_scope(Permission::Administer)?;
        }
        if request.expires_at.is_some_and(|at| at.0 <= Time::now().0) {
            return Err(HubError::Invalid("ExpiresAt: is in the past".to_owned()));
        }
        let text = random_token()?;
        let token = Token {
            hash: token_hash(&text),
            identity: caller.identity(),
            name: request.name.clone(),
            scopes: request.scopes.join(","),
            created_at: Time::now(),
            expires_at: request.expires_at,
        };
        let mut write = self.store.write(token.identity.organization_id).await?;
        write.insert_token(&token).await?;
        let made = caller.audit_entry("done", vec![of_token("created", &token)]);
        write.append_audit(made).await?;
        write.commit().await?;
        Ok(info(&token, Some(text)))
    }

    /// Makes a token of the caller useless, at once.
    ///
    /// # Errors
    /// When the caller has no such token.
    pub async fn delete_token(&self, caller: &Caller, id: Uuid) -> Result<(), HubError> {
        let mut write = self.store.write(caller.identity().organization_id).await?;
        let tokens = write.tokens_of(caller.identity()).await?;
        let token = tokens.iter().find(|token| token.id() == id);
        let token = token.ok_or_else(|| HubError::not_found("Token", id))?;
        write.delete_token(token.hash).await?;
        let withdrawn = caller.audit_entry("done", vec![of_token("deleted", token)]);
        write.append_audit(withdrawn).await?;
        Ok(write.commit().await?)
    }

    /// Makes the token that was sent useless, at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, token: &str) -> Result<(), HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        write.delete_token(token_hash(token)).await?;
        Ok(write.commit().await?)
    }
}

/// What the audit says of a token.
fn of_token(what: &'static str, token: &Token) -> Change {
    Change {
        what,
        entity: "Token",
        id: token.id(),
        space: None,
    }
}

fn info(token: &Token, text: Option<String>) -> TokenInfo {
    let scopes = parse_scopes(&token.scopes);
    let has = |permission: &Permission| scopes.has(*permission);
    TokenInfo {
        token_id: token.id(),
        name: token.name.clone(),
        scopes: Permission::ALL
            .into_iter()
            .filter(has)
            .map(|permission| permission.name().to_owned())
            .collect(),
        created_at: token.created_at,
        expires_at: token.expires_at,
        token: text,
    }
}

/// Whether a password is the one that a hash was made of. A hash that cannot be read is of none.
fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// How long a name with so many failures in a row still has to wait; times in microseconds.
fn wait_after(failures: i64, last_at: i64, now: i64) -> Option<Duration> {
    let over = failures
        .checked_sub(FREE_FAILURES)
        .filter(|over| *over >= 0)?;
    let wait = Duration::from_secs(1 << over.min(20)).min(LONGEST_WAIT);
    let passed = Duration::from_micros(u64::try_from(now.saturating_sub(last_at)).unwrap_or(0));
    wait.checked_sub(passed).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_often_waits_longer_each_time() {
        let second = 1_000_000;
        for (failures, passed, expected) in [
            (0, 0, None),
            (4, 0, None),
            (5, 0, Some(1)),
            (5, second, None),
            (8, 0, Some(8)),
            (8, 3 * second, Some(5)),
            (100, 0, Some(900)),
            (i64::MAX, 0, Some(900)),
        ] {
            let waits = wait_after(failures, 0, passed);
            let expected = expected.map(Duration::from_secs);
            assert_eq!(waits, expected, "{failures} failures, {passed} ago");
        }
    }

    #[test]
    fn the_hash_of_nobody_is_a_hash() {
        // Otherwise unknown users would be told from known ones by the time it takes.
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!verify("", NOBODY));
    }
}
