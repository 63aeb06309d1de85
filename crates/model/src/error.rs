//! Bodies of error answers and of deletes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of every error response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct StandardErrorResponse {
    /// HTTP status as a string.
    pub code: String,
    /// What went wrong.
    pub message: String,
}

/// Failure of one item in a bulk response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ResponseError {
    /// More lines of context.
    pub details: Vec<String>,
    /// Kind of error, such as validation or not-found.
    pub error_category: String,
    /// What the error is about.
    pub error_metadata: ErrorMetadata,
    /// Main text.
    pub message: String,
    /// HTTP status this item would have had alone.
    pub status: i64,
    /// Same as `ErrorCategory` (older name).
    #[serde(rename = "Type")]
    pub kind: String,
}

/// What an error is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ErrorMetadata {
    /// Entity concerned.
    #[serde(rename = "EntityID")]
    pub entity_id: String,
    /// Its type.
    #[serde(rename = "EntityType")]
    pub entity_type: String,
    /// Details.
    #[serde(rename = "Items")]
    pub items: Vec<ErrorItem>,
}

/// One detail of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ErrorItem {
    /// What went wrong.
    pub description: String,
    /// Field, resource or entity concerned.
    pub item: String,
}

/// Result of a delete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct DeleteResponse {
    /// Set when this item failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<ResponseError>,
    /// Text about the deleted entity.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
