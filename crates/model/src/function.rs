//! Function invocation: request and answer.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::engine::{FunctionInvocation, ResourceMutationList};
use crate::schema::{FunctionInvocationSchema, ResourceMutationSchema};
use crate::{
    Base64, BridgeWorkerId, InvocationId, OrganizationId, ResponseError, RevisionId, SpaceId,
    TriggerId, UnitId,
};

/// Functions to run on every selected unit, or on one revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct FunctionInvocationsRequest {
    /// Functions to run first, in order.
    #[serde(deserialize_with = "or_default")]
    #[schema(value_type = Option<Vec<FunctionInvocationSchema>>)]
    pub function_invocations: Vec<FunctionInvocation>,
    /// Saved invocations to run after `FunctionInvocations`.
    #[serde(deserialize_with = "or_default")]
    #[schema(value_type = Vec<Uuid>)]
    pub invocations: Vec<InvocationId>,
    /// Triggers to run after `FunctionInvocations`.
    #[serde(deserialize_with = "or_default")]
    #[schema(value_type = Vec<Uuid>)]
    pub triggers: Vec<TriggerId>,
    /// How many of the leading validating functions act as filters: when one fails, the rest is
    /// skipped for that unit without an error.
    #[serde(deserialize_with = "or_default")]
    #[schema(value_type = i64)]
    pub num_filters: usize,
    /// Stop at the first error of a unit instead of running all and collecting errors; per unit.
    #[serde(deserialize_with = "or_default")]
    pub stop_on_error: bool,
    /// Text stored as the change description of revisions this makes.
    #[serde(deserialize_with = "or_default")]
    pub change_description: String,
    /// Toolchain type the functions are for; units of another type are skipped.
    #[serde(deserialize_with = "toolchain")]
    #[schema(value_type = String)]
    pub toolchain_type: Option<Toolchain>,
    /// Run on this worker; empty means the built-in functions.
    #[serde(rename = "BridgeWorkerID")]
    #[schema(value_type = Option<Uuid>)]
    pub bridge_worker_id: Option<BridgeWorkerId>,
}

/// Null stands for the default.
fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Clients that do not care send empty text.
fn toolchain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Toolchain>, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if name.is_empty() {
        return Ok(None);
    }
    name.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Outcome for one unit or revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct FunctionInvocationsResponse {
    /// Organization of the unit.
    #[serde(rename = "OrganizationID")]
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    /// Space of the unit.
    #[serde(rename = "SpaceID")]
    #[schema(value_type = Uuid)]
    pub space_id: SpaceId,
    /// Unit the data belongs to.
    #[serde(rename = "UnitID")]
    #[schema(value_type = Uuid)]
    pub unit_id: UnitId,
    /// Revision the data belongs to.
    #[serde(rename = "RevisionID")]
    #[schema(value_type = Uuid)]
    pub revision_id: RevisionId,
    /// True when every function succeeded.
    pub success: bool,
    /// Resulting configuration data.
    #[schema(value_type = String, format = Byte)]
    pub config_data: Base64,
    /// Changes made, per resource and path.
    #[schema(value_type = Vec<ResourceMutationSchema>)]
    pub mutations: ResourceMutationList,
    /// Indices of the function calls that changed something.
    #[schema(value_type = Option<Vec<i64>>)]
    pub mutators: Vec<usize>,
    /// Output type name to base64-encoded JSON.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub outputs: BTreeMap<String, Base64>,
    /// Set when this item failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<ResponseError>,
}
