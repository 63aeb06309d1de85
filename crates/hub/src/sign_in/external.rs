//! Users of an identity provider: who of them may come in, and who they are here. They are known by
//! the provider and its own name for them, never by a name that somebody here may have too.

use cubit_model::{Organization, Role, Session, Time, User, UserId, check_description, check_slug};
use cubit_store::{Change, ExternalUser, Identity};

use crate::access::token_hash;
use crate::bootstrap::{ABOVE_ORGANIZATIONS, random_token};
use crate::organization::slug_of;
use crate::{Hub, HubError, Origin};

/// What an identity provider says of a user, after it was checked that it says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExternalSignIn {
    /// The provider.
    pub issuer: String,
    /// Its own name for the user, which it never gives to another one.
    pub subject: String,
    /// The name to go by here.
    pub username: String,
    /// What to call the user.
    pub display_name: String,
    /// The address, only if the provider has verified it.
    pub verified_email: Option<String>,
}

/// Who may come in through an identity provider, and what they are when they first do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Newcomers {
    /// Domains, addresses, or `*` for all that the provider lets in.
    pub allowed: Vec<String>,
    /// What they are.
    pub role: Role,
    /// Slug of the organization they come to.
    pub organization: String,
}

impl Newcomers {
    /// Whether somebody may come in. Domains and addresses are compared without regard to case.
    #[must_use]
    pub fn allow(&self, verified_email: Option<&str>) -> bool {
        let is_one = |allowed: &String| match verified_email {
            _ if allowed == "*" => true,
            None => false,
            Some(email) if allowed.contains('@') => allowed.eq_ignore_ascii_case(email),
            Some(email) => email
                .rsplit_once('@')
                .is_some_and(|(_, domain)| allowed.eq_ignore_ascii_case(domain)),
        };
        self.allowed.iter().any(is_one)
    }
}

impl Hub {
    /// Finds the user of an identity provider, and makes one at the first time.
    ///
    /// # Errors
    /// When the user may not come in, is a member of no organization any more, or has the name of
    /// another user.
    pub async fn admit_external(
        &self,
        external: &ExternalSignIn,
        newcomers: &Newcomers,
        origin: &Origin,
    ) -> Result<UserId, HubError> {
        if !newcomers.allow(external.verified_email.as_deref()) {
            return Err(HubError::Forbidden(
                "users with such an address may not sign in here, or the identity provider has not verified it".to_owned(),
            ));
        }
        let key = ExternalUser {
            issuer: external.issuer.clone(),
            subject: external.subject.clone(),
        };
        let mut read = self.store.read().await?;
        let known = read.external_user(&key).await?;
        let organization = read.organization_with_slug(&newcomers.organization).await?;
        drop(read);
        let Some(user_id) = known else {
            let organization = organization.ok_or_else(|| {
                HubError::not_found("Organization", newcomers.organization.as_str())
            })?;
            return self
                .welcome(external, key, (&organization, newcomers.role), origin)
                .await;
        };
        // Whoever was removed is not brought back by signing in.
        let user = self.user(user_id).await?;
        match self.organization_of(&user, "").await {
            Ok(_) => Ok(user_id),
            Err(_) => Err(HubError::Forbidden(
                "the user is not a member of an organization any more".to_owned(),
            )),
        }
    }

    /// Makes the user of somebody who comes for the first time.
    async fn welcome(
        &self,
        external: &ExternalSignIn,
        key: ExternalUser,
        (organization, role): (&Organization, Role),
        origin: &Origin,
    ) -> Result<UserId, HubError> {
        check_description("Username", &external.username)?;
        check_description("DisplayName", &external.display_name)?;
        let organization_id = organization.organization_id;
        let mut write = self.store.write(organization_id).await?;
        if let Some(user) = write.external_user(&key).await? {
            return Ok(user);
        }
        let name = &external.username;
        if name.is_empty() {
            return Err(HubError::Forbidden(
                "the identity provider does not say a name for the user".to_owned(),
            ));
        }
        if write.user_with_name(name).await?.is_some() {
            return Err(HubError::Forbidden(format!(
                "there is another user with the name {name:?}, who does not sign in through this identity provider"
            )));
        }
        let mut user = User {
            user_id: UserId::new(),
            slug: Some(slug_of(name))
                .filter(|slug| check_slug(slug).is_ok())
                .unwrap_or_else(|| "user".to_owned()),
            display_name: match external.display_name.is_empty() {
                true => name.clone(),
                false => external.display_name.clone(),
            },
            username: name.clone(),
            external_id: external.subject.clone(),
            ..User::default()
        };
        let identity = Identity {
            organization_id,
            user_id: user.user_id,
        };
        write.insert(&mut user, Time::now()).await?;
        write.insert_member(identity, role).await?;
        write.insert_external_user(&key, user.user_id).await?;
        let change = Change {
            what: "created",
            entity: "User",
            id: user.user_id.0,
            space: None,
        };
        write
            .append_audit(origin.entry(identity, "done", vec![change]))
            .await?;
        write.commit().await?;
        Ok(user.user_id)
    }

    /// A session of a user who was admitted.
    ///
    /// # Errors
    /// When the user is a member of no organization any more.
    pub async fn sign_in_admitted(
        &self,
        user: UserId,
        origin: &Origin,
    ) -> Result<Session, HubError> {
        let user = self.user(user).await?;
        let organization = self.organization_of(&user, "").await?;
        self.begin_session(&user, &organization, None, origin).await
    }

    async fn user(&self, id: UserId) -> Result<User, HubError> {
        let mut read = self.store.read().await?;
        // Users are of no organization.
        let user: Option<User> = read.get(ABOVE_ORGANIZATIONS, id.0).await?;
        user.ok_or_else(|| HubError::not_found("User", id))
    }

    /// Remembers what is known of a sign-in until its next step, which another server may take.
    /// Answers the text that it is found by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remember_sign_in(
        &self,
        step: &'static str,
        content: String,
        life: std::time::Duration,
    ) -> Result<String, HubError> {
        let key = random_token()?;
        self.remember_sign_in_as(&key, step, content, life).await?;
        Ok(key)
    }

    /// The same, found by a text that was made before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remember_sign_in_as(
        &self,
        key: &str,
        step: &'static str,
        content: String,
        life: std::time::Duration,
    ) -> Result<(), HubError> {
        let now = Time::now();
        let ends = now.0.checked_add(life);
        let ends = ends.map_err(|error| HubError::Internal(error.to_string()))?;
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        write
            .insert_sign_in(token_hash(key), step, content, (now, Time(ends)))
            .await?;
        Ok(write.commit().await?)
    }

    /// What was remembered of a sign-in. Nobody gets it a second time, nor when its time is over.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_sign_in(
        &self,
        key: &str,
        step: &'static str,
    ) -> Result<Option<String>, HubError> {
        let mut write = self.store.write(ABOVE_ORGANIZATIONS).await?;
        let content = write
            .take_sign_in(token_hash(key), step, Time::now())
            .await?;
        write.commit().await?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_come_in() {
        let email = Some("Ann@Example.org");
        for (allowed, email, expected) in [
            (&["*"][..], None, true),
            (&["*"], email, true),
            (&[], email, false),
            (&["example.org"], email, true),
            (&["example.org"], None, false),
            (&["example.com", "EXAMPLE.ORG"], email, true),
            (&["ample.org"], email, false),
            (&["org"], email, false),
            (&["example.org"], Some("ann@example.org.evil.net"), false),
            (&["example.org"], Some("ann@example.org@evil.net"), false),
            (&["example.org"], Some("example.org"), false),
            (&["ann@example.org"], email, true),
            (&["bob@example.org"], email, false),
            (&["@example.org"], email, false),
        ] {
            let newcomers = Newcomers {
                allowed: allowed.iter().map(|&text| text.to_owned()).collect(),
                ..Newcomers::default()
            };
            assert_eq!(newcomers.allow(email), expected, "{allowed:?} {email:?}");
        }
    }
}
