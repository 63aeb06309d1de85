//! Spaces.

use std::collections::BTreeMap;

use crate::{ApprovalRules, OrganizationId, Permissions, SpaceId};

entity! {
    /// A named container for most entities of an organization.
    Space in "spaces", id space_id, patch SpacePatch;
    writable {
        /// URL-safe name, unique within the organization.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Key/value pairs for grouping and filtering.
        "Labels" labels: BTreeMap<String, String> [filter search];
        /// Key/value notes for tools. Not filterable.
        "Annotations" annotations: BTreeMap<String, String> [search];
        /// Named gates; any entry blocks deletion.
        "DeleteGates" delete_gates: BTreeMap<String, bool> [filter search];
        /// Expression over triggers: which triggers run on the units of this space.
        "WhereTrigger" where_trigger: String [];
        /// Who may do what in the space; while empty, the roles of members decide.
        "Permissions" permissions: Permissions [];
        /// Rules about approvals; only who may say who may do what can change them.
        "ApprovalRules" approval_rules: ApprovalRules [];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Identifier of the space.
        "SpaceID" space_id: SpaceId [filter always];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", }
    required { "Slug" }
}

outcome! { Space, space, SpaceCreateOrUpdateResponse }
