//! What a caller may do.

use std::collections::HashMap;

use cubit_model::{Entity, Permission, PermissionSet, Permissions, Role, UserId};
use cubit_query::Value;
use uuid::Uuid;

use crate::HubError;

/// What a caller may do in its organization. Read when the caller is recognized, for each request
/// anew.
#[derive(Debug)]
pub(crate) struct Rights {
    role: Role,
    /// What the token was made for.
    scope: PermissionSet,
    /// What the caller was granted of the spaces, targets and workers that say who may.
    granted: HashMap<Uuid, PermissionSet>,
}

impl Rights {
    pub(crate) fn new(
        user: UserId,
        role: Role,
        scope: PermissionSet,
        restricted: Vec<(Uuid, Permissions)>,
    ) -> Self {
        let granted = restricted
            .into_iter()
            .map(|(thing, permissions)| (thing, permissions.of(user.0)))
            .collect();
        Self {
            role,
            scope,
            granted,
        }
    }

    /// Whether the caller can have the permission anywhere: the first thing every operation asks.
    pub(crate) fn has_anywhere(&self, permission: Permission) -> bool {
        let granted = || self.granted.values().any(|set| set.has(permission));
        self.scope.has(permission) && (self.role.permissions().has(permission) || granted())
    }

    /// Whether the token was made for a permission.
    pub(crate) const fn is_in_scope(&self, permission: Permission) -> bool {
        self.scope.has(permission)
    }

    /// Whether the caller is an administrator of the organization.
    pub(crate) fn is_administrator(&self) -> bool {
        self.scope.has(Permission::Administer) && self.role == Role::Admin
    }

    /// Whether nothing is kept from the caller, so that rows need not be looked at.
    pub(crate) fn sees_everything(&self) -> bool {
        self.role == Role::Admin || self.granted.is_empty()
    }

    /// The rule: administrators of the organization may do everything. What says itself who may do
    /// what, a space or a target or a worker, is open to those it names only. Everything else is
    /// open to members as their role says.
    pub(crate) fn may<E: Entity>(&self, permission: Permission, entity: &E) -> bool {
        if !self.scope.has(permission) {
            return false;
        }
        if self.role == Role::Admin {
            return true;
        }
        let role = self.role.permissions();
        let space = match entity.query_value("SpaceID") {
            Value::Uuid(space) => Some(space),
            _ => None,
        };
        let of_space = space.and_then(|space| self.granted.get(&space).copied());
        let of_space = of_space.unwrap_or(role);
        // Who may read a space may not yet read a target in it that names its users.
        let own = self.granted.get(&entity.uuid()).copied();
        let own = own.unwrap_or(of_space);
        of_space.has(Permission::View) && own.has(permission)
    }

    /// Refuses what the caller may not do. What it may not even see looks missing.
    pub(crate) fn check<E: Entity>(
        &self,
        permission: Permission,
        entity: &E,
    ) -> Result<(), HubError> {
        if self.may(permission, entity) {
            Ok(())
        } else if self.may(Permission::View, entity) {
            Err(HubError::Forbidden(format!(
                "this needs the permission {} of {} {}",
                permission.name(),
                E::NAME,
                entity.uuid()
            )))
        } else {
            Err(HubError::not_found(E::NAME, entity.uuid()))
        }
    }
}

/// Refuses to change who may do what, or the rules about approvals, unless the caller may say so.
/// Spaces say both, targets and workers the one.
pub(crate) fn check_permissions<E: Entity>(
    read: &super::Read,
    before: Option<&E>,
    after: &E,
) -> Result<(), HubError> {
    let said = |entity: &E, attribute: &str| match entity.query_value(attribute) {
        Value::Text(text) if text != "{}" => text.into_owned(),
        _ => String::new(),
    };
    let changed = |attribute| {
        let old = before.map(|before| said(before, attribute));
        old.unwrap_or_default() != said(after, attribute)
    };
    if !changed("Permissions") && !changed("ApprovalRules") {
        return Ok(());
    }
    let new = said(after, "Permissions");
    let permissions: Permissions = serde_json::from_str(&new).unwrap_or_default();
    if let Some(name) = permissions
        .0
        .keys()
        .find(|name| Permission::named(name).is_none())
    {
        let known: Vec<&str> = Permission::ALL.into_iter().map(Permission::name).collect();
        return Err(HubError::Invalid(format!(
            "Permissions: {name:?} is not one of {}",
            known.join(", ")
        )));
    }
    read.check(Permission::Administer, before.unwrap_or(after))
}
