//! Who may do what: permissions, roles, and the grants that spaces, targets and workers can hold.

use std::collections::BTreeMap;

use cubit_query::{Kind, Value};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

use crate::Field;

/// What somebody may do; each but the last with what it needs to be of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read.
    View,
    /// Refer to it: apply units to a target, run functions in a worker. With View.
    Use,
    /// Change and delete. With Use.
    Edit,
    /// Apply, destroy, refresh and import. With View.
    Apply,
    /// Approve revisions. With View.
    Approve,
    /// Say who may do what. With everything.
    Administer,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::View,
        Self::Use,
        Self::Edit,
        Self::Apply,
        Self::Approve,
        Self::Administer,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Use => "Use",
            Self::Edit => "Edit",
            Self::Apply => "Apply",
            Self::Approve => "Approve",
            Self::Administer => "Administer",
        }
    }

    /// The permission with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.name() == name)
    }

    /// What comes with it, itself included.
    #[must_use]
    pub const fn with_all(self) -> PermissionSet {
        PermissionSet(match self {
            Self::View => 0b00_0001,
            Self::Use => 0b00_0011,
            Self::Edit => 0b00_0111,
            Self::Apply => 0b00_1001,
            Self::Approve => 0b01_0001,
            Self::Administer => 0b11_1111,
        })
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u8);

impl PermissionSet {
    /// None.
    pub const NONE: Self = Self(0);
    /// All.
    pub const ALL: Self = Self(0b11_1111);

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a permission, with what comes with it, is among them.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        let wanted = permission.with_all().0;
        self.0 & wanted == wanted
    }
}

words! {
    /// What a member of an organization is.
    Role {
        /// Sees what no space keeps from it, and changes nothing.
        Viewer = "Viewer",
        /// Works in all spaces that do not say who may.
        Member = "Member",
        /// May do everything.
        Admin = "Admin",
    }
}

impl Role {
    /// What the role may do where nothing else is said.
    #[must_use]
    pub const fn permissions(self) -> PermissionSet {
        match self {
            Self::Viewer => Permission::View.with_all(),
            Self::Member => Permission::Edit
                .with_all()
                .and(Permission::Apply.with_all())
                .and(Permission::Approve.with_all()),
            Self::Admin => PermissionSet::ALL,
        }
    }

    /// The role with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Admin]
            .into_iter()
            .find(|role| role.word() == name)
    }
}

/// Who has a permission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PermissionGrant)]
pub struct Grant {
    /// Set of the ids of users; values have no meaning unless they are false, which grants nothing.
    #[serde(rename = "UserIDs")]
    #[schema(value_type = BTreeMap<String, bool>)]
    pub user_ids: BTreeMap<Uuid, bool>,
}

/// Who may do what with a space, a target or a worker: by the name of the permission. As long as it
/// is empty, the roles of members decide; otherwise only those named may.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeMap<String, Grant>);

impl Permissions {
    /// What a user is granted.
    #[must_use]
    pub fn of(&self, user: Uuid) -> PermissionSet {
        self.0
            .iter()
            .filter(|(_, grant)| grant.user_ids.get(&user) == Some(&true))
            .filter_map(|(name, _)| Permission::named(name))
            .fold(PermissionSet::NONE, |all, permission| {
                all.and(permission.with_all())
            })
    }
}

impl Field for Permissions {
    const KIND: Kind = Kind::Opaque;

    fn value(&self) -> Value<'_> {
        Value::Text(serde_json::to_string(&self.0).unwrap_or_default().into())
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }

    fn schema() -> RefOr<Schema> {
        crate::field::reference("Permissions")
    }
}

impl utoipa::PartialSchema for Permissions {
    fn schema() -> RefOr<Schema> {
        <BTreeMap<String, Grant> as utoipa::PartialSchema>::schema()
    }
}

impl ToSchema for Permissions {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            Grant::name().into_owned(),
            <Grant as utoipa::PartialSchema>::schema(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_come_with_what_they_need() {
        let has = |set: PermissionSet| -> Vec<&str> {
            Permission::ALL
                .into_iter()
                .filter(|permission| set.has(*permission))
                .map(Permission::name)
                .collect()
        };
        assert_eq!(has(Permission::Edit.with_all()), ["View", "Use", "Edit"]);
        assert_eq!(has(Permission::Apply.with_all()), ["View", "Apply"]);
        assert_eq!(has(Role::Viewer.permissions()), ["View"]);
        assert_eq!(
            has(Role::Member.permissions()),
            ["View", "Use", "Edit", "Apply", "Approve"]
        );
        assert_eq!(has(PermissionSet::ALL).len(), 6);
        assert!(has(PermissionSet::NONE).is_empty());
    }

    #[test]
    fn grants_are_read_by_user() {
        let ann = Uuid::now_v7();
        let json = format!(
            r#"{{"Edit": {{"UserIDs": {{"{ann}": true}}}}, "Approve": {{"UserIDs": {{"{ann}": false}}}}}}"#
        );
        let permissions: Permissions = serde_json::from_str(&json).expect("permissions");
        assert!(permissions.of(ann).has(Permission::View));
        assert!(permissions.of(ann).has(Permission::Edit));
        assert!(!permissions.of(ann).has(Permission::Approve));
        assert_eq!(permissions.of(Uuid::now_v7()), PermissionSet::NONE);
    }
}
