//! Typed identifiers. On the wire they are UUIDs; the zero UUID and null both mean "none".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use cubit_query::{Kind, Value};

use crate::Field;

/// Declares the identifier of an entity.
macro_rules! id {
    ($($(#[$doc:meta])* $Id:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $Id(pub Uuid);

        impl $Id {
            /// A new identifier; later ones sort after earlier ones.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<$Id> for Uuid {
            fn from(id: $Id) -> Self {
                id.0
            }
        }

        impl fmt::Display for $Id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $Id {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl PartialSchema for $Id {
            fn schema() -> RefOr<Schema> {
                crate::field::schema_of(Kind::Uuid, false)
            }
        }

        impl ToSchema for $Id {
            fn name() -> std::borrow::Cow<'static, str> {
                "UUID".into()
            }
        }

        impl Field for $Id {
            const KIND: Kind = Kind::Uuid;

            fn value(&self) -> Value<'_> {
                Value::Uuid(self.0)
            }

            fn from_value(value: Value<'static>) -> Option<Self> {
                match value {
                    Value::Uuid(id) => Some(Self(id)),
                    _ => None,
                }
            }
        }

        impl Field for Option<$Id> {
            const KIND: Kind = Kind::Uuid;
            const NULLABLE: bool = true;

            fn value(&self) -> Value<'_> {
                self.map_or(Value::Null, |id| Value::Uuid(id.0))
            }

            fn from_value(value: Value<'static>) -> Option<Self> {
                match value {
                    Value::Uuid(id) => Some(Some($Id(id))),
                    Value::Null => Some(None),
                    _ => None,
                }
            }

            fn accept(self) -> Self {
                self.filter(|id| !id.0.is_nil())
            }
        }
    )+};
}

id! {
    /// Identifies an organization.
    OrganizationId;
    /// Identifies a user.
    UserId;
    /// Identifies a space.
    SpaceId;
    /// Identifies a unit.
    UnitId;
    /// Identifies a revision.
    RevisionId;
    /// Identifies a mutation.
    MutationId;
    /// Identifies a bridge worker.
    BridgeWorkerId;
    /// Identifies a change set.
    ChangeSetId;
    /// Identifies a filter.
    FilterId;
    /// Identifies a saved invocation.
    InvocationId;
    /// Identifies a link.
    LinkId;
    /// Identifies an operation queued for a worker.
    QueuedOperationId;
    /// Identifies an event of a unit.
    UnitEventId;
    /// Identifies a tag.
    TagId;
    /// Identifies a target.
    TargetId;
    /// Identifies a trigger.
    TriggerId;
    /// Identifies a view.
    ViewId;
}

/// Identifies stored text by its SHA-256. Never shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Field for Option<BlobId> {
    const KIND: Kind = Kind::Opaque;
    const NULLABLE: bool = true;

    fn value(&self) -> Value<'_> {
        self.as_ref()
            .map_or(Value::Null, |id| Value::Bytes(id.0.as_slice().into()))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(Some(BlobId(bytes.as_ref().try_into().ok()?))),
            Value::Null => Some(None),
            _ => None,
        }
    }
}
