//! Signing in: by password, as a worker, and through an identity provider. What comes of it is a
//! session; what people make for programs are tokens.

mod external;
mod password;
mod remembered;
mod session;
mod token;

use cubit_model::{BridgeWorker, BridgeWorkerId, Organization, Role, Session, Time, User, UserId};
use cubit_store::{Change, Identity};

use crate::{Hub, HubError, Origin};

pub use external::{ExternalSignIn, Newcomers};
pub(crate) use remembered::Credentials;
pub use session::Credential;

/// What the audit says: done or denied, what was done, and with what.
type Note = (&'static str, &'static str, &'static str);

const SIGNED_IN: Note = ("done", "signed-in", "User");
const NOT_SIGNED_IN: Note = ("denied", "not-signed-in", "User");
const PASSWORD_SET: Note = ("done", "changed", "Password");

impl Hub {
    /// Signs a user in by name and password, to the organization with a slug, or to the first that
    /// the user is a member of.
    ///
    /// # Errors
    /// When the name or the password is wrong, the user is not a member, or it failed too often.
    pub async fn sign_in(
        &self,
        (username, password): (&str, &str),
        organization: &str,
        origin: &Origin,
    ) -> Result<Session, HubError> {
        let (user, proof) = self.check_password(username, password, origin).await?;
        let organization = self.organization_of(&user, organization).await?;
        self.begin_session(&user, &organization, Some(&proof), origin)
            .await
    }

    /// The organization with a slug that a user is a member of; the first, if none is named.
    async fn organization_of(&self, user: &User, slug: &str) -> Result<Organization, HubError> {
        let mut read = self.store.read().await?;
        let mut organizations = Vec::new();
        for id in read.organizations_of(user.user_id).await? {
            organizations.extend(read.get::<Organization>(id, id.0).await?);
        }
        organizations.sort_by_key(|organization| organization.cursor_id);
        let mut found = organizations.into_iter();
        found
            .find(|found| slug.is_empty() || found.slug == slug)
            .ok_or(HubError::Unauthenticated(
                "the user is not a member of such an organization",
            ))
    }

    /// Signs a worker in as the user that acts for it, who is made when it is not there yet.
    ///
    /// # Errors
    /// When there is no such worker, or the secret is not its secret.
    pub async fn sign_in_worker(
        &self,
        id: BridgeWorkerId,
        secret: &str,
        origin: &Origin,
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
            (Some(user), Some(organization)) => {
                self.begin_session(&user, &organization, None, origin).await
            }
            _ => Err(missing()),
        }
    }

    /// Keeps in the audit of an organization what somebody did about a user.
    async fn note(
        &self,
        by: Identity,
        about: UserId,
        origin: &Origin,
        (outcome, what, entity): Note,
    ) -> Result<(), HubError> {
        let change = Change {
            what,
            entity,
            id: about.0,
            space: None,
        };
        let mut write = self.store.write(by.organization_id).await?;
        let entry = origin.entry(by, outcome, vec![change]);
        write.append_audit(entry).await?;
        Ok(write.commit().await?)
    }

    /// Keeps what a user did about itself in the audits of all organizations it is a member of.
    async fn note_everywhere(
        &self,
        user_id: UserId,
        origin: &Origin,
        note: Note,
    ) -> Result<(), HubError> {
        let mut read = self.store.read().await?;
        let organizations = read.organizations_of(user_id).await?;
        drop(read);
        for organization_id in organizations {
            let identity = Identity {
                organization_id,
                user_id,
            };
            self.note(identity, user_id, origin, note).await?;
        }
        Ok(())
    }
}
