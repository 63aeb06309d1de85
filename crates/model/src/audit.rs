//! The audit, as administrators read it.

use serde::Serialize;
use utoipa::ToSchema;

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
    /// What was changed: `created Unit ID`, separated by commas.
    pub changes: String,
    /// SHA-256 of this entry and the one before, in hexadecimal.
    pub hash: String,
}
