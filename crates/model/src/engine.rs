//! Types of the engine crates, as attributes of entities.

use cubit_query::{Kind, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{RefOr, Schema};

pub use cubit_configdata::ResourceInfo;
pub use cubit_configdata::mutation::ResourceMutation;
pub use cubit_functions::{FunctionArgument, FunctionInvocation};

use crate::field::reference;
use crate::{Approval, ApprovalRules, Column, Field, WorkerInfo};

/// What became of each change of a merge.
pub type MergeReport = Vec<cubit_configdata::merge::ReportLine>;

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
    ApprovalRules => "ApprovalRules";
    FunctionInvocation => "FunctionInvocation";
    ResourceInfo => "ResourceInfo";
    WorkerInfo => "WorkerInfo";
}

/// Lists of documents.
macro_rules! documents {
    ($($type:ty => $schema:literal;)+) => {$(
        impl Field for Vec<$type> {
            const KIND: Kind = Kind::Opaque;

            fn value(&self) -> Value<'_> {
                to_value(self)
            }

            fn from_value(value: Value<'static>) -> Option<Self> {
                from_value(&value)
            }

            fn schema() -> RefOr<Schema> {
                ArrayBuilder::new().items(reference($schema)).into()
            }
        }
    )+};
}

documents! {
    Approval => "Approval";
    Column => "Column";
    FunctionArgument => "FunctionArgument";
}

/// What is no column, and only answered when it is asked for or has just come to be.
macro_rules! apart {
    ($($type:ty => $schema:expr;)+) => {$(
        impl Field for Option<$type> {
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
                $schema
            }
        }
    )+};
}

apart! {
    ResourceMutationList => reference("ResourceMutationList");
    MergeReport => ArrayBuilder::new().items(reference("MergeReportLine")).into();
}
