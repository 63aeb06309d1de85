//! Types of the engine crates, as attributes of entities.

use cubit_query::{Kind, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::{RefOr, Schema};

use crate::Field;
use crate::field::reference;

/// Recorded changes, one entry per resource.
pub type ResourceMutationList = Vec<ResourceMutation>;

/// A document kept in a column as JSON.
fn to_value<T: Serialize>(document: &T) -> Value<'static> {
    serde_json::to_string(document).map_or(Value::Null, |text| Value::Text(text.into()))
}

fn from_value<T: DeserializeOwned>(value: &Value<'static>) -> Option<T> {
    match value {
        Value::Text(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Declares how a type of an engine crate is kept and shown.
macro_rules! document {
    ($($type:ty => $schema:literal;)+) => {$(
        impl Field for $type {
            const KIND: Kind = Kind::Opaque;

            fn value(&self) -> Value<'_> {
                to_value(self)
            }

            fn from_value(value: Value<'static>) -> Option<Self> {
                from_value(&value)
            }

            fn schema() -> RefOr<Schema> {
                reference($schema)
            }
        }
    )+};
}

document! {
    FunctionInvocation => "FunctionInvocation";
    ResourceInfo => "ResourceInfo";
}

/// Provenance is only read when it is asked for.
impl Field for Option<ResourceMutationList> {
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
        reference("ResourceMutationList")
    }
}

// --- until the engine crates have them ---

/// One resource's recorded changes.
pub type ResourceMutation = serde_json::Value;

/// Identity of one configuration element inside the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceInfo {
    /// Full name.
    pub resource_name: String,
    /// Name without its scope.
    pub resource_name_without_scope: String,
    /// Type.
    pub resource_type: String,
    /// Category.
    pub resource_category: String,
}

/// A function name with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FunctionInvocation {
    /// Function to call.
    pub function_name: String,
    /// Function arguments, in order.
    pub arguments: Vec<serde_json::Value>,
}
