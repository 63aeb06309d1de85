//! The audit, as administrators read it.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Time, UserId};

/// One change or denial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AuditRecord {
    /// Its number in the organization, from 1.
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Who.
    #[serde(rename = "UserID")]
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// From where.
    pub address: String,
    /// With which program.
    pub user_agent: String,
    /// The operation.
    pub operation: String,
    /// done or denied.
    pub outcome: String,
    /// What was changed: `created Unit ID in SPACE`, separated by commas.
    pub changes: String,
    /// SHA-256 of this entry and the one before, in hexadecimal.
    pub hash: String,
}

/// What one operation changed in a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SpaceChanges {
    /// Its number in the organization: later changes have larger ones.
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Who.
    #[serde(rename = "UserID")]
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// The operation.
    pub operation: String,
    /// What was changed.
    pub changes: Vec<SpaceChange>,
    /// Whether that is all. When not, there was too much to name: read what you need again.
    pub is_complete: bool,
}

/// One thing that was changed in a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SpaceChange {
    /// created, changed or deleted.
    pub what: String,
    /// The type of the entity.
    pub entity_type: String,
    /// Its id.
    #[serde(rename = "EntityID")]
    pub entity_id: Uuid,
}
