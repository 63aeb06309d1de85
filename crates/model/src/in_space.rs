//! What entities that live in a space have in common, so that one implementation of each operation
//! serves them all.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Entity, OrganizationId, ResponseError, SpaceId};

/// A merge patch of an entity.
pub trait MergePatch<E>:
    DeserializeOwned + Default + Clone + Debug + Send + Sync + 'static
{
    /// The version that the patch was made for, if it says one.
    fn version(&self) -> Option<i64>;

    /// Lays the patch over an entity, whose version stays.
    fn lay_over(self, entity: &mut E);

    /// Takes over from a request all that a patch may carry. The version stays.
    fn replace(entity: &mut E, body: E);
}

/// An entity that lives in a space under a slug, which no other of its type has there.
pub trait InSpace: Entity {
    /// Its identifier.
    type Id: Copy + Display + Debug + DeserializeOwned + Into<Uuid> + Send + Sync + 'static;
    /// What a merge patch of it may carry.
    type Patch: MergePatch<Self>;
    /// What is answered for one of many that were created or changed.
    type Outcome: Serialize + From<Result<Self, ResponseError>> + Send + 'static;

    /// The space.
    fn space_id(&self) -> SpaceId;

    /// The slug.
    fn slug(&self) -> &str;

    /// What must pass the same checks for every entity: display name, labels, annotations and
    /// delete gates.
    fn described(&self) -> Described<'_>;

    /// Gives it a new identifier, a slug and a place. What only the server sets is as in a new one.
    #[must_use]
    fn placed(self, organization: OrganizationId, space: SpaceId, slug: String) -> Self;
}

/// What every entity in a space is described by.
#[derive(Debug, Clone, Copy)]
pub struct Described<'a> {
    /// Human-readable name.
    pub display_name: &'a str,
    /// Labels.
    pub labels: &'a BTreeMap<String, String>,
    /// Annotations.
    pub annotations: &'a BTreeMap<String, String>,
    /// Delete gates.
    pub delete_gates: &'a BTreeMap<String, bool>,
}

/// Declares an entity that lives in a space: what all of them have, and what is its own.
macro_rules! entity_of_space {
    (
        $(#[doc = $about:expr])+
        $Entity:ident in $table:literal, $entity:ident: $id:ident $Id:ident $id_name:literal,
        $Patch:ident, $Outcome:ident;
        writable { $($writable:tt)* }
        read_only { $($read_only:tt)* }
        hidden { $($hidden:tt)* }
        includes { $($includes:tt)* }
        required { $($required:literal)* }
    ) => {
        entity! {
            $(#[doc = $about])+
            $Entity in $table, id $id, patch $Patch;
            writable {
                /// URL-safe name, unique within the space.
                "Slug" slug: String [filter search always];
                /// Human-readable name.
                "DisplayName" display_name: String [filter search];
                /// Key/value pairs for grouping and filtering.
                "Labels" labels: std::collections::BTreeMap<String, String> [filter search];
                /// Key/value notes for tools. Not filterable.
                "Annotations" annotations: std::collections::BTreeMap<String, String> [search];
                /// Named gates; any entry blocks deletion.
                "DeleteGates" delete_gates: std::collections::BTreeMap<String, bool> [filter search];
                $($writable)*
                /// Change counter for optimistic concurrency; a PUT must carry the value that was
                /// read.
                "Version" version: i64 [];
            }
            read_only {
                /// Organization that owns it.
                "OrganizationID" organization_id: crate::OrganizationId [filter always];
                /// Space that owns it.
                "SpaceID" space_id: crate::SpaceId [filter always];
                /// Its identifier.
                $id_name $id: crate::$Id [filter always];
                $($read_only)*
            }
            hidden { $($hidden)* }
            derived {}
            includes {
                "OrganizationID" => "Organization",
                "SpaceID" => "Space",
                $($includes)*
            }
            required { "Slug" $($required)* }
        }

        in_space! { $Entity, $entity: $id $Id, $Patch, $Outcome }
    };
}

/// Makes an entity one that lives in a space.
macro_rules! in_space {
    ($Entity:ident, $entity:ident: $id:ident $Id:ident, $Patch:ident, $Outcome:ident) => {
        impl crate::InSpace for $Entity {
            type Id = crate::$Id;
            type Patch = $Patch;
            type Outcome = $Outcome;

            fn space_id(&self) -> crate::SpaceId {
                self.space_id
            }

            fn slug(&self) -> &str {
                &self.slug
            }

            fn described(&self) -> crate::Described<'_> {
                crate::Described {
                    display_name: &self.display_name,
                    labels: &self.labels,
                    annotations: &self.annotations,
                    delete_gates: &self.delete_gates,
                }
            }

            fn placed(
                self,
                organization: crate::OrganizationId,
                space: crate::SpaceId,
                slug: String,
            ) -> Self {
                let mut new = Self::default();
                <$Patch as crate::MergePatch<Self>>::replace(&mut new, self);
                new.organization_id = organization;
                new.space_id = space;
                new.slug = slug;
                new.$id = crate::$Id::new();
                new
            }
        }

        outcome! { $Entity, $entity, $Outcome }
    };
}

/// Declares what is answered for one of many entities that were created or changed.
macro_rules! outcome {
    ($Entity:ident, $entity:ident, $Outcome:ident) => {
        #[doc = concat!("One of many that were created or changed: the ", stringify!($Entity), ", or why not.")]
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(default, rename_all = "PascalCase")]
        pub struct $Outcome {
            /// Set when this item failed.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub error: Option<crate::ResponseError>,
            /// The entity as it is now.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub $entity: Option<$Entity>,
        }

        impl From<Result<$Entity, crate::ResponseError>> for $Outcome {
            fn from(result: Result<$Entity, crate::ResponseError>) -> Self {
                let (entity, error) = match result {
                    Ok(entity) => (Some(entity), None),
                    Err(error) => (None, Some(error)),
                };
                Self { error, $entity: entity }
            }
        }
    };
}
