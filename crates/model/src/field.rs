//! How a Rust type behaves as an attribute: its query kind, its value, its merge patch.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cubit_configdata::Toolchain;
use cubit_query::{Kind, Value};
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use uuid::Uuid;

use crate::Base64;

/// A type an attribute can have.
pub trait Field: Sized + Default {
    /// The kind queries see.
    const KIND: Kind;
    /// Whether null is a value of it.
    const NULLABLE: bool = false;

    /// Its value for queries and for storage.
    fn value(&self) -> Value<'_>;

    /// Reads a stored value; none when it has the wrong type.
    fn from_value(value: Value<'static>) -> Option<Self>;

    /// What a client's value means: the zero UUID in a reference, for example, means none.
    #[must_use]
    fn accept(self) -> Self {
        self
    }

    /// Whether it is left out of JSON, as text that was not read is.
    fn is_left_out(&self) -> bool {
        false
    }

    /// Its `OpenAPI` schema, without a description.
    fn schema() -> RefOr<Schema> {
        schema_of(Self::KIND, Self::NULLABLE)
    }
}

/// Reads a member of a request: null stands for the default, and unknown forms of "none" are
/// understood.
pub(crate) fn read<'de, F: Field + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<F, D::Error> {
    Ok(Option::<F>::deserialize(deserializer)?
        .unwrap_or_default()
        .accept())
}

pub(crate) fn is_left_out<F: Field>(field: &F) -> bool {
    field.is_left_out()
}

fn schema_type(kind: Type, nullable: bool) -> SchemaType {
    if nullable {
        SchemaType::from_iter([kind, Type::Null])
    } else {
        SchemaType::Type(kind)
    }
}

pub(crate) fn schema_of(kind: Kind, nullable: bool) -> RefOr<Schema> {
    let typed = |kind| ObjectBuilder::new().schema_type(schema_type(kind, nullable));
    let format = |format| typed(Type::String).format(Some(SchemaFormat::KnownFormat(format)));
    let map = |entry| {
        let entry = ObjectBuilder::new().schema_type(SchemaType::Type(entry));
        typed(Type::Object).additional_properties(Some(AdditionalProperties::RefOr(entry.into())))
    };
    match kind {
        Kind::Text => typed(Type::String).into(),
        Kind::Integer => typed(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .into(),
        Kind::Time => format(KnownFormat::DateTime).into(),
        Kind::Uuid => format(KnownFormat::Uuid).into(),
        Kind::Boolean => typed(Type::Boolean).into(),
        Kind::Uuids => ArrayBuilder::new()
            .schema_type(schema_type(Type::Array, nullable))
            .items(schema_of(Kind::Uuid, false))
            .into(),
        Kind::Texts => map(Type::String).into(),
        Kind::Flags => map(Type::Boolean).into(),
        Kind::Opaque => typed(Type::Object).into(),
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text;

    fn value(&self) -> Value<'_> {
        Value::text(self)
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }
}

impl Field for bool {
    const KIND: Kind = Kind::Boolean;

    fn value(&self) -> Value<'_> {
        Value::Boolean(*self)
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Boolean(flag) => Some(flag),
            _ => None,
        }
    }
}

impl Field for i64 {
    const KIND: Kind = Kind::Integer;

    fn value(&self) -> Value<'_> {
        Value::Integer(*self)
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }
}

/// A time; never is the year 1, as clients expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub Timestamp);

impl Time {
    /// The current time, to the microsecond that is stored.
    #[must_use]
    pub fn now() -> Self {
        let now = Timestamp::now();
        Self(Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now))
    }
}

impl Default for Time {
    /// `0001-01-01T00:00:00Z`: never.
    fn default() -> Self {
        const NEVER: i64 = -62_135_596_800;
        Self(Timestamp::from_second(NEVER).unwrap_or(Timestamp::MIN))
    }
}

impl Field for Time {
    const KIND: Kind = Kind::Time;

    fn value(&self) -> Value<'_> {
        Value::Time(self.0)
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Time(time) => Some(Self(time)),
            _ => None,
        }
    }
}

impl Field for Option<Time> {
    const KIND: Kind = Kind::Time;
    const NULLABLE: bool = true;

    fn value(&self) -> Value<'_> {
        self.map_or(Value::Null, |time| Value::Time(time.0))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Time(time) => Some(Some(Time(time))),
            Value::Null => Some(None),
            _ => None,
        }
    }
}

impl Field for Vec<Uuid> {
    const KIND: Kind = Kind::Uuids;

    fn value(&self) -> Value<'_> {
        Value::Uuids(Cow::Borrowed(self))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Uuids(list) => Some(list.into_owned()),
            _ => None,
        }
    }
}

impl Field for BTreeMap<String, String> {
    const KIND: Kind = Kind::Texts;

    fn value(&self) -> Value<'_> {
        Value::Texts(Cow::Borrowed(self))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Texts(map) => Some(map.into_owned()),
            _ => None,
        }
    }
}

impl Field for BTreeMap<String, bool> {
    const KIND: Kind = Kind::Flags;

    fn value(&self) -> Value<'_> {
        Value::Flags(Cow::Borrowed(self))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Flags(map) => Some(map.into_owned()),
            _ => None,
        }
    }
}

impl Field for Option<Toolchain> {
    const KIND: Kind = Kind::Text;

    fn value(&self) -> Value<'_> {
        self.map_or(Value::Null, |toolchain| Value::text(toolchain.name()))
    }

    fn from_value(value: Value<'static>) -> Option<Self> {
        match value {
            Value::Text(name) => name.parse().ok().map(Some),
            Value::Null => Some(None),
            _ => None,
        }
    }
}

/// Text of an entity that is only read when it is asked for.
impl Field for Option<Base64> {
    const KIND: Kind = Kind::Opaque;

    fn value(&self) -> Value<'_> {
        Value::Null
    }

    fn from_value(_: Value<'static>) -> Option<Self> {
        Some(None)
    }

    fn is_left_out(&self) -> bool {
        self.is_none()
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Byte)))
            .into()
    }
}

/// A reference to a schema of the document.
pub(crate) fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A member of a merge patch (RFC 7386).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Absent: nothing changes.
    #[default]
    Keep,
    /// Null: the value is cleared.
    Clear,
    /// A value: it replaces, or for maps is laid over, what is there.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether nothing changes.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value, if one is set.
    pub const fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            _ => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_set().serialize(serializer)
    }
}

/// A field a merge patch can change.
pub trait Mergeable: Field {
    /// The value of the member in a patch.
    type Change: Serialize + DeserializeOwned + Clone + std::fmt::Debug + PartialEq;

    /// Lays a change over the value.
    fn merge(&mut self, change: Self::Change);

    /// Applies a member of a patch.
    fn patch(&mut self, patch: Patch<Self::Change>) {
        match patch {
            Patch::Keep => {}
            Patch::Clear => *self = Self::default(),
            Patch::Set(change) => self.merge(change),
        }
    }
}

/// Types that a patch replaces whole.
macro_rules! replaced {
    ($($type:ty),+) => {$(
        impl Mergeable for $type {
            type Change = $type;

            fn merge(&mut self, change: Self) {
                *self = change.accept();
            }
        }
    )+};
}

replaced!(
    String,
    bool,
    i64,
    crate::ApprovalRules,
    crate::Permissions,
    crate::WorkerInfo,
    Vec<crate::Column>,
    Vec<crate::FunctionArgument>,
    crate::BridgeWorkerId,
    crate::FilterId,
    crate::SpaceId,
    crate::UnitId,
    Option<Toolchain>,
    Option<Base64>,
    Option<crate::BridgeWorkerId>,
    Option<crate::ChangeSetId>,
    Option<crate::InvocationId>,
    Option<crate::SpaceId>,
    Option<crate::TargetId>
);

/// Maps merge by key, and a key set to null is removed.
impl<V> Mergeable for BTreeMap<String, V>
where
    Self: Field,
    V: Serialize + DeserializeOwned + Clone + std::fmt::Debug + PartialEq,
{
    type Change = BTreeMap<String, Option<V>>;

    fn merge(&mut self, change: Self::Change) {
        for (key, value) in change {
            match value {
                Some(value) => self.insert(key, value),
                None => self.remove(&key),
            };
        }
    }
}
