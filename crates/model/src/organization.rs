//! Organizations and their members.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{OrganizationId, Role, UserId};

entity! {
    /// The top container: everything belongs to exactly one organization.
    Organization in "organizations", id organization_id;
    writable {
        /// URL-safe name.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Key/value pairs for grouping and filtering.
        "Labels" labels: BTreeMap<String, String> [filter search];
        /// Key/value notes for tools. Not filterable.
        "Annotations" annotations: BTreeMap<String, String> [search];
        /// Named gates; any entry blocks deletion.
        "DeleteGates" delete_gates: BTreeMap<String, bool> [filter search];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Identifier of the organization.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Identifier at the identity provider.
        "ExternalID" external_id: String [filter search];
        /// Billing account.
        "BillingAccountID" billing_account_id: Option<OrganizationId> [filter];
    }
    hidden {}
    derived {}
    includes {}
    required { "Slug" }
}

/// A user as a member of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct OrganizationMember {
    /// Organization that the user is a member of.
    #[serde(rename = "OrganizationID")]
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    /// The user.
    #[serde(rename = "UserID")]
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    /// URL-safe name of the user.
    pub slug: String,
    /// Human-readable name.
    pub display_name: String,
    /// Globally unique user name.
    pub username: String,
    /// User id at the identity provider.
    #[serde(rename = "ExternalID")]
    pub external_id: String,
    /// Organization id at the identity provider.
    #[serde(rename = "ExternalOrganizationID")]
    pub external_organization_id: String,
    /// Avatar URL.
    #[serde(rename = "ProfilePictureURL")]
    pub profile_picture_url: String,
    /// What the user is in the organization: Admin, Member or Viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub role: Option<Role>,
}
