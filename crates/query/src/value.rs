//! The types attributes have and the values rows answer with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

/// The type of an attribute, which decides the operators it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A 64-bit integer.
    Integer,
    /// A point in time.
    Time,
    /// An identifier.
    Uuid,
    /// True or false.
    Boolean,
    /// A list of identifiers.
    Uuids,
    /// A map from names to text.
    Texts,
    /// A map from names to true or false.
    Flags,
    /// Something queries cannot look into.
    Opaque,
}

impl Kind {
    /// The kind of the entries of a map, if it is one.
    #[must_use]
    pub const fn entry(self) -> Option<Self> {
        match self {
            Self::Texts => Some(Self::Text),
            Self::Flags => Some(Self::Boolean),
            _ => None,
        }
    }

    /// Whether `LEN(...)` and `?` apply.
    #[must_use]
    pub const fn is_collection(self) -> bool {
        matches!(self, Self::Uuids | Self::Texts | Self::Flags)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Time => "a time",
            Self::Uuid => "a UUID",
            Self::Boolean => "true or false",
            Self::Uuids => "a list of UUIDs",
            Self::Texts | Self::Flags => "a map",
            Self::Opaque => "a document",
        })
    }
}

/// The value of an attribute of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(i64),
    /// A point in time.
    Time(Timestamp),
    /// An identifier.
    Uuid(Uuid),
    /// True or false.
    Boolean(bool),
    /// A list of identifiers.
    Uuids(Cow<'a, [Uuid]>),
    /// A map from names to text.
    Texts(Cow<'a, BTreeMap<String, String>>),
    /// A map from names to true or false.
    Flags(Cow<'a, BTreeMap<String, bool>>),
    /// Bytes queries cannot look into.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    /// Borrowed text.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// The same value, owning what it borrowed.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Integer(number) => Value::Integer(number),
            Self::Time(time) => Value::Time(time),
            Self::Uuid(id) => Value::Uuid(id),
            Self::Boolean(flag) => Value::Boolean(flag),
            Self::Uuids(list) => Value::Uuids(Cow::Owned(list.into_owned())),
            Self::Texts(map) => Value::Texts(Cow::Owned(map.into_owned())),
            Self::Flags(map) => Value::Flags(Cow::Owned(map.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }

    /// The entry of a map, or nothing.
    #[must_use]
    pub fn entry(&self, key: &str) -> Value<'_> {
        match self {
            Self::Texts(map) => map.get(key).map_or(Value::Null, |v| Value::text(v)),
            Self::Flags(map) => map.get(key).map_or(Value::Null, |v| Value::Boolean(*v)),
            _ => Value::Null,
        }
    }

    /// How many elements a list or map has; no value counts as empty.
    #[must_use]
    pub fn length(&self) -> i64 {
        let length = match self {
            Self::Uuids(list) => list.len(),
            Self::Texts(map) => map.len(),
            Self::Flags(map) => map.len(),
            _ => 0,
        };
        i64::try_from(length).unwrap_or(i64::MAX)
    }
}
