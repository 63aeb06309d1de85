//! Passwords: comparing them, slowly and not too often, and changing them.

use std::time::Duration;

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use cubit_model::{OrganizationId, Permission, PermissionSet, Time, User, UserId};
use cubit_store::Identity;
use uuid::Uuid;

use crate::access::recognize;
use crate::bootstrap::ABOVE_ORGANIZATIONS;
use crate::compute::compute;
use crate::organization::own;
use crate::sign_in::{NOT_SIGNED_IN, PASSWORD_SET, SIGNED_IN};
use crate::{Caller, Hub, HubError, Origin};

/// Failures in a row under one name before it has to wait.
const FREE_FAILURES: i64 = 5;
/// The longest it has to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After so long without another one, failures are forgotten.
const FAILURES_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Lengths of passwords.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;
/// Longest name that is looked for, in bytes: failures are kept under it.
const LONGEST_NAME: usize = 1024;
/// What is compared with when there is no such user, so that it takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXRoaW5nIHNhbHR5$WbPFNvvLRGBrIlJXd5WbMrDYPZ3W0iDn2R2lUm4pf5A";

const WRONG: HubError = HubError::Unauthenticated("the user name or the password is wrong");

impl Hub {
    /// Recognizes the sender of a name and a password with each request, in the first organization
    /// that the user is a member of. A password that was right is remembered for a minute, unless
    /// it changes.
    ///
    /// # Errors
    /// When the name or the password is wrong, the user is not a member, or it failed too often.
    pub async fn authenticate_password(
        &self,
        username: &str,
        password: &str,
        origin: Origin,
    ) -> Result<Caller, HubError> {
        let (user, stored) = self.user_and_hash(username).await?;
        let known = match (user, stored) {
            (Some(user), Some(stored)) => {
                let key = self.credentials.key(password, &stored)?;
                self.credentials.knows(&key).then_some(user)
            }
            _ => None,
        };
        let user = match known {
            Some(user) => user,
            None => {
                let (user, stored) = self.check_password(username, password, &origin).await?;
                let key = self.credentials.key(password, &stored)?;
                self.credentials.remember(key);
                self.note_everywhere(user.user_id, &origin, SIGNED_IN)
                    .await?;
                user
            }
        };
        let organization = self.organization_of(&user, "").await?;
        let identity = Identity {
            organization_id: organization.organization_id,
            user_id: user.user_id,
        };
        let mut read = self.store.read().await?;
        let caller = recognize(&mut read, identity, PermissionSet::ALL, origin).await?;
        caller.ok_or(WRONG)
    }

    /// The user with a name, and the hash of its password.
    async fn user_and_hash(
        &self,
        username: &str,
    ) -> Result<(Option<User>, Option<String>), HubError> {
        if !may_be_a_name(username) {
            return Ok((None, None));
        }
        let mut read = self.store.read().await?;
        let user = read.user_with_name(username).await?;
        let hash = match &user {
            Some(user) => read.password(user.user_id).await?,
            None => None,
        };
        Ok((user, hash))
    }

    /// The user with a name and a password, and the hash the password was compared with. Failures
    /// are counted, also those of names that nobody has, and after some the name has to wait:
    /// longer each time.
    pub(super) async fn check_password(
        &self,
        username: &str,
        password: &str,
        origin: &Origin,
    ) -> Result<(User, String), HubError> {
        if !may_be_a_name(username) {
            return Err(WRONG);
        }
        let turn = self.credentials.turns.acquire().await;
        let turn = turn.map_err(|error| HubError::Internal(error.to_string()))?;
        let mut read = self.store.read().await?;
        let (failures, last_at) = read.sign_in_failures(username).await?;
        drop(read);
        let now = Time::now();
        if let Some(wait) = wait_after(failures, last_at, now.0.as_microsecond()) {
            return Err(HubError::TooMany(wait));
        }
        let (user, hash) = self.user_and_hash(username).await?;
        let has_password = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let (password, stored) = (password.to_owned(), hash.clone());
        let is_right = compute(move || verify(&password, &stored)).await?;
        if has_password
            && is_right
            && let Some(user) = user
        {
            if failures > 0 {
                let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
                write.forget_sign_in_failures(username).await?;
                write.commit().await?;
            }
            return Ok((user, hash));
        }
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let forgotten = Time(now.0 - FAILURES_KEPT);
        write
            .count_sign_in_failure(username, (forgotten, now))
            .await?;
        write.commit().await?;
        drop(turn);
        // A name that nobody has may be a password in the wrong field: it is kept nowhere else.
        if let Some(user) = user {
            self.note_everywhere(user.user_id, origin, NOT_SIGNED_IN)
                .await?;
        }
        Err(WRONG)
    }

    /// Gives the caller another password; with the old one, where there is one. Every other session
    /// of the user ends.
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
            self.check_password(&user.username, old, caller.origin())
                .await?;
        }
        self.replace_password(user.user_id, new, caller.session())
            .await?;
        self.note_everywhere(user.user_id, caller.origin(), PASSWORD_SET)
            .await
    }

    /// Gives a member a password: what an administrator does for a new member, and for one who
    /// forgot it. A member of other organizations keeps its own. Every session of the member ends,
    /// but the one this is asked for with.
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
        self.replace_password(user, password, caller.session())
            .await?;
        // It says who did it, and whose password it was.
        let identity = Identity {
            organization_id,
            user_id: caller.user_id(),
        };
        self.note(identity, user, caller.origin(), PASSWORD_SET)
            .await
    }

    /// Gives a user a password, whoever asks: for the command line, beside the database. Every
    /// session of the user ends.
    ///
    /// # Errors
    /// When the password is too short.
    pub async fn store_password(&self, user: UserId, password: &str) -> Result<(), HubError> {
        self.replace_password(user, password, None).await?;
        let origin = Origin::from("cubit admin set-password");
        self.note_everywhere(user, &origin, PASSWORD_SET).await
    }

    async fn replace_password(
        &self,
        user: UserId,
        password: &str,
        but: Option<Uuid>,
    ) -> Result<(), HubError> {
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
        write.delete_sessions_of(user, but).await?;
        Ok(write.commit().await?)
    }
}

/// Whether a user could have this name: not every database can be asked for another one.
fn may_be_a_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME && !text.contains('\0')
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
