//! Organizations, their members, and users.

use std::collections::HashMap;

use crate::access::{Read, Write};
use cubit_model::{
    Bare, DeleteResponse, Organization, OrganizationId, OrganizationMember, Role, Space, Time,
    User, UserId, check_annotations, check_description, check_gates, check_labels, check_slug,
};
use cubit_query::Where;
use cubit_store::Identity;
use uuid::Uuid;

use crate::list::Plan;
use crate::space::{check_delete_gates, check_version};
use crate::{Caller, Hub, HubError, ListQuery, Page, Selected};
use cubit_model::Permission;

impl Hub {
    /// `ListOrganizations`: those the caller is a member of.
    ///
    /// # Errors
    /// When the query is not valid.
    pub async fn list_organizations(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Page<Selected<Bare<Organization>>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let plan = Plan::new::<Bare<Organization>>(&mut read, organization_id, None, query).await?;
        let mut organizations = Vec::new();
        let everywhere = read.unguarded();
        for id in everywhere.organizations_of(caller.user_id()).await? {
            organizations.extend(everywhere.get::<Organization>(id, id.0).await?);
        }
        organizations.sort_by_key(|organization| organization.cursor_id);
        let rows = plan
            .select::<Bare<Organization>>(&mut read, organization_id, organizations)
            .await?;
        Ok(plan.answers(rows))
    }

    /// `GetOrganization`
    ///
    /// # Errors
    /// When the caller is not a member of such an organization, or the query is not valid.
    pub async fn get_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Selected<Bare<Organization>>, HubError> {
        let mut read = self.read(caller).await?;
        let organization = own(&mut read, caller, Permission::View, id).await?;
        let (plan, row) = self
            .one::<Bare<Organization>>(&mut read, id, organization, query)
            .await?;
        plan.answers(vec![row])
            .pop()
            .ok_or_else(|| HubError::not_found("Organization", id))
    }

    /// `CreateOrganization`: an organization of its own, of which the caller is the first member.
    ///
    /// # Errors
    /// When the slug is taken and `allow_exists` is not set, or an attribute is not valid.
    pub async fn add_organization(
        &self,
        caller: &Caller,
        body: Organization,
        allow_exists: bool,
    ) -> Result<Organization, HubError> {
        caller.check_administrator()?;
        let organization_id = OrganizationId::new();
        let mut organization = Organization {
            organization_id,
            // By this name clients ask to act in it.
            external_id: organization_id.to_string(),
            slug: body.slug,
            display_name: body.display_name,
            labels: body.labels,
            annotations: body.annotations,
            delete_gates: body.delete_gates,
            ..Organization::default()
        };
        check(&organization)?;
        let mut write = self.write(caller, Permission::Administer).await?;
        if let Some(existing) = Read::unguarded(&mut write)
            .organization_with_slug(&organization.slug)
            .await?
        {
            // What the caller is no member of is only known to be taken.
            let is_own = role(&mut write, caller, existing.organization_id)
                .await?
                .is_some();
            return match allow_exists && is_own {
                true => Ok(existing),
                false => Err(taken(&organization.slug)),
            };
        }
        let now = Time::now();
        let first = Identity {
            organization_id: organization.organization_id,
            user_id: caller.user_id(),
        };
        let all = write.unguarded()?;
        all.insert(&mut organization, now).await?;
        all.insert_member(first, Role::Admin).await?;
        write.note("created", &organization);
        write.commit().await?;
        Ok(organization)
    }

    /// `UpdateOrganization`: replaces what clients may write.
    ///
    /// # Errors
    /// When the caller is not a member of such an organization, the Version is not the stored one,
    /// or an attribute is not valid.
    pub async fn update_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
        body: Organization,
    ) -> Result<Organization, HubError> {
        let mut write = self.write(caller, Permission::Administer).await?;
        let stored = own(&mut write, caller, Permission::Administer, id).await?;
        check_version(
            "Organization",
            &stored.slug,
            stored.version,
            Some(body.version),
        )?;
        let mut organization = stored.clone();
        organization.slug = body.slug;
        organization.display_name = body.display_name;
        organization.labels = body.labels;
        organization.annotations = body.annotations;
        organization.delete_gates = body.delete_gates;
        if organization == stored {
            return Ok(stored);
        }
        check(&organization)?;
        let slug = &organization.slug;
        if *slug != stored.slug
            && Read::unguarded(&mut write)
                .organization_with_slug(slug)
                .await?
                .is_some()
        {
            return Err(taken(slug));
        }
        let all = write.unguarded()?;
        all.update(id, &mut organization, Time::now()).await?;
        write.note("changed", &organization);
        write.commit().await?;
        Ok(organization)
    }

    /// `DeleteOrganization`: one that holds no spaces, and that the caller is not acting in.
    ///
    /// # Errors
    /// When the caller is not a member of such an organization, or something is in the way.
    pub async fn delete_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<DeleteResponse, HubError> {
        let current = caller.check_administrator()?;
        let mut write = self.write(caller, Permission::Administer).await?;
        let organization = own(&mut write, caller, Permission::Administer, id).await?;
        let slug = &organization.slug;
        check_delete_gates("Organization", slug, &organization.delete_gates)?;
        let refused = |why: &str| {
            Err(HubError::Unprocessable(format!(
                "Organization {slug} could not be deleted: {why}"
            )))
        };
        if id == current {
            return refused("you are signed in to it");
        }
        let spaces: Vec<Space> = Read::unguarded(&mut write)
            .list(id, &Where::default())
            .await?;
        if !spaces.is_empty() {
            return refused(&format!("it holds {} spaces", spaces.len()));
        }
        let all = write.unguarded()?;
        all.delete::<Organization>(id, id.0).await?;
        write.note("deleted", &organization);
        write.commit().await?;
        Ok(DeleteResponse {
            error: None,
            message: format!("Organization {slug} was deleted"),
        })
    }

    /// `ListOrganizationMembers`
    ///
    /// # Errors
    /// When the caller is not a member of such an organization, or the query is not valid.
    pub async fn list_members(
        &self,
        caller: &Caller,
        id: OrganizationId,
        query: &ListQuery,
    ) -> Result<Page<OrganizationMember>, HubError> {
        let mut read = self.read(caller).await?;
        let organization = own(&mut read, caller, Permission::View, id).await?;
        let rows = select_users(&mut read, id, query).await?.1;
        let roles: HashMap<Uuid, Role> = read.unguarded().members(id).await?.into_iter().collect();
        Ok(rows.map(|row| {
            let role = roles.get(&row.0.user_id.0).copied().unwrap_or_default();
            member(&organization, row.0, role)
        }))
    }

    /// `GetOrganizationMember`: the member with the id of a user.
    ///
    /// # Errors
    /// When there is no such member.
    pub async fn get_member(
        &self,
        caller: &Caller,
        id: OrganizationId,
        user: UserId,
    ) -> Result<OrganizationMember, HubError> {
        let mut read = self.read(caller).await?;
        let organization = own(&mut read, caller, Permission::View, id).await?;
        let (user, role) = find_user(&mut read, id, user, "OrganizationMember").await?;
        Ok(member(&organization, user, role))
    }

    /// `CreateOrganizationMember`: makes a user a member, and the user where there is none of that
    /// name.
    ///
    /// # Errors
    /// When the user is a member already, or an attribute is not valid.
    pub async fn create_member(
        &self,
        caller: &Caller,
        id: OrganizationId,
        body: OrganizationMember,
    ) -> Result<OrganizationMember, HubError> {
        let mut write = self.write(caller, Permission::Administer).await?;
        let organization = own(&mut write, caller, Permission::Administer, id).await?;
        let role = body.role.unwrap_or(Role::Member);
        let user = match Read::unguarded(&mut write)
            .user_with_name(&body.username)
            .await?
        {
            Some(user) => user,
            None => insert_user(&mut write, body).await?,
        };
        let identity = Identity {
            organization_id: id,
            user_id: user.user_id,
        };
        let all = write.unguarded()?;
        if all.role(identity).await?.is_some() {
            return Err(HubError::Invalid(format!(
                "Username: {} is a member of Organization {} already",
                user.username, organization.slug
            )));
        }
        all.insert_member(identity, role).await?;
        write.note("changed", &organization);
        write.commit().await?;
        Ok(member(&organization, user, role))
    }

    /// Changes what a member is: an addition to the contract.
    ///
    /// # Errors
    /// When there is no such member, or no administrator would be left.
    pub async fn set_member_role(
        &self,
        caller: &Caller,
        id: OrganizationId,
        user: UserId,
        role: Role,
    ) -> Result<OrganizationMember, HubError> {
        let mut write = self.write(caller, Permission::Administer).await?;
        let organization = own(&mut write, caller, Permission::Administer, id).await?;
        let (user, _) = find_user(&mut write, id, user, "OrganizationMember").await?;
        if role != Role::Admin {
            check_administrators(&mut write, &organization, &user).await?;
        }
        let identity = Identity {
            organization_id: id,
            user_id: user.user_id,
        };
        write.unguarded()?.set_role(identity, role).await?;
        write.note("changed", &organization);
        write.commit().await?;
        Ok(member(&organization, user, role))
    }

    /// `DeleteOrganizationMember`: the user stays, with all it did; its tokens for the organization
    /// go.
    ///
    /// # Errors
    /// When there is no such member, or no administrator would be left.
    pub async fn delete_member(
        &self,
        caller: &Caller,
        id: OrganizationId,
        user: UserId,
    ) -> Result<DeleteResponse, HubError> {
        let mut write = self.write(caller, Permission::Administer).await?;
        let organization = own(&mut write, caller, Permission::Administer, id).await?;
        let (user, _) = find_user(&mut write, id, user, "OrganizationMember").await?;
        check_administrators(&mut write, &organization, &user).await?;
        let identity = Identity {
            organization_id: id,
            user_id: user.user_id,
        };
        write.unguarded()?.delete_member(identity).await?;
        write.note("changed", &organization);
        write.commit().await?;
        Ok(DeleteResponse {
            error: None,
            message: format!(
                "{} is not a member of Organization {} any more",
                user.username, organization.slug
            ),
        })
    }

    /// `ListUsers`: the members of the organization.
    ///
    /// # Errors
    /// When the query is not valid.
    pub async fn list_users(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<Page<Selected<Bare<User>>>, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let (plan, rows) = select_users(&mut read, organization_id, query).await?;
        Ok(plan.answers(rows))
    }

    /// `GetUser`: a member of the organization.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn get_user(&self, caller: &Caller, id: UserId) -> Result<User, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        Ok(find_user(&mut read, organization_id, id, "User").await?.0)
    }
}

/// An organization that the caller is a member of, and may do this in. Any other looks missing. What
/// the caller is there counts, not what it is where it is signed in.
pub(crate) async fn own(
    read: &mut Read,
    caller: &Caller,
    permission: Permission,
    id: OrganizationId,
) -> Result<Organization, HubError> {
    let missing = || HubError::not_found("Organization", id);
    let role = role(read, caller, id).await?.ok_or_else(missing)?;
    caller.check_scope(permission)?;
    if !role.permissions().has(permission) {
        return Err(HubError::Forbidden(
            "only an administrator of the organization may do this".to_owned(),
        ));
    }
    read.unguarded().get(id, id.0).await?.ok_or_else(missing)
}

async fn role(
    read: &mut Read,
    caller: &Caller,
    organization_id: OrganizationId,
) -> Result<Option<Role>, HubError> {
    let user_id = caller.user_id();
    let identity = Identity {
        organization_id,
        user_id,
    };
    Ok(read.unguarded().role(identity).await?)
}

/// Refuses to leave an organization without an administrator but this one.
async fn check_administrators(
    read: &mut Read,
    organization: &Organization,
    but: &User,
) -> Result<(), HubError> {
    let members = read
        .unguarded()
        .members(organization.organization_id)
        .await?;
    let mut others = members.iter().filter(|(user, _)| *user != but.user_id.0);
    if others.any(|(_, role)| *role == Role::Admin) {
        return Ok(());
    }
    Err(HubError::Unprocessable(format!(
        "{} is the last administrator of Organization {}",
        but.username, organization.slug
    )))
}

async fn select_users(
    read: &mut Read,
    organization_id: OrganizationId,
    query: &ListQuery,
) -> Result<(Plan, Page<Bare<User>>), HubError> {
    let plan = Plan::new::<Bare<User>>(read, organization_id, None, query).await?;
    let members = read.unguarded().members(organization_id).await?;
    let ids: Vec<Uuid> = members.into_iter().map(|(user, _)| user).collect();
    let users: HashMap<Uuid, User> = read.get_many(organization_id, &ids).await?;
    let mut users: Vec<User> = users.into_values().collect();
    users.sort_by_key(|user| user.cursor_id);
    let rows = plan
        .select::<Bare<User>>(read, organization_id, users)
        .await?;
    Ok((plan, rows))
}

/// A user who is a member of an organization, and what it is there.
async fn find_user(
    read: &mut Read,
    organization_id: OrganizationId,
    user_id: UserId,
    entity: &'static str,
) -> Result<(User, Role), HubError> {
    let missing = || HubError::not_found(entity, user_id);
    let identity = Identity {
        organization_id,
        user_id,
    };
    let all = read.unguarded();
    let role = all.role(identity).await?.ok_or_else(missing)?;
    let user: Option<User> = all.get(organization_id, user_id.0).await?;
    Ok((user.ok_or_else(missing)?, role))
}

async fn insert_user(write: &mut Write, body: OrganizationMember) -> Result<User, HubError> {
    if body.username.is_empty() {
        return Err(HubError::Invalid("Username: is required".to_owned()));
    }
    check_description("Username", &body.username)?;
    check_description("DisplayName", &body.display_name)?;
    check_description("ExternalID", &body.external_id)?;
    check_description("ProfilePictureURL", &body.profile_picture_url)?;
    let mut user = User {
        user_id: UserId::new(),
        slug: match body.slug.is_empty() {
            true => slug_of(&body.username),
            false => body.slug,
        },
        display_name: body.display_name,
        username: body.username,
        external_id: body.external_id,
        profile_picture_url: body.profile_picture_url,
        ..User::default()
    };
    check_slug(&user.slug)?;
    write.unguarded()?.insert(&mut user, Time::now()).await?;
    write.note("created", &user);
    Ok(user)
}

/// What of a user name, which may be an address, can stand in a slug.
pub(crate) fn slug_of(username: &str) -> String {
    let name = username.split('@').next().unwrap_or_default();
    let name: String = name
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() || "-_.".contains(c) {
            true => c,
            false => '-',
        })
        .collect();
    name.trim_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned()
}

/// A user as a member of an organization.
pub(crate) fn member(organization: &Organization, user: User, role: Role) -> OrganizationMember {
    OrganizationMember {
        organization_id: organization.organization_id,
        user_id: user.user_id,
        slug: user.slug,
        display_name: user.display_name,
        username: user.username,
        external_id: user.external_id,
        external_organization_id: organization.external_id.clone(),
        profile_picture_url: user.profile_picture_url,
        role: Some(role),
    }
}

fn check(organization: &Organization) -> Result<(), HubError> {
    check_slug(&organization.slug)?;
    check_description("DisplayName", &organization.display_name)?;
    check_labels(&organization.labels)?;
    check_annotations(&organization.annotations)?;
    check_gates("DeleteGates", &organization.delete_gates)?;
    Ok(())
}

fn taken(slug: &str) -> HubError {
    HubError::Invalid(format!(
        "an Organization with the Slug {slug} already exists"
    ))
}
