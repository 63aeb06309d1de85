//! Filters: saved queries.

use std::collections::BTreeMap;

use crate::{FilterId, OrganizationId, SpaceId};

entity! {
    /// A saved query over entities of one type.
    Filter in "filters", id filter_id, patch FilterPatch;
    writable {
        /// URL-safe name, unique within the space.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Key/value pairs for grouping and filtering.
        "Labels" labels: BTreeMap<String, String> [filter search];
        /// Key/value notes for tools. Not filterable.
        "Annotations" annotations: BTreeMap<String, String> [search];
        /// Named gates; any entry blocks deletion.
        "DeleteGates" delete_gates: BTreeMap<String, bool> [filter search];
        /// Entity type it selects from, `PascalCase` (Unit, Space, ...).
        "From" from_type: String [filter search];
        /// Restrict to one space; only for entities that live in spaces.
        "FromSpaceID" from_space_id: Option<SpaceId> [filter];
        /// Expression over attributes, same language as the where parameter.
        "Where" where_attributes: String [filter search];
        /// Expression over configuration data; units only.
        "WhereData" where_data: String [filter search];
        /// Resource type the data must contain; units only.
        "ResourceType" resource_type: String [filter search];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the filter.
        "FilterID" filter_id: FilterId [filter always];
        /// SHA-256 of the defining fields, hex.
        "Hash" hash: String [];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "FromSpaceID" => "FromSpace", }
    required { "Slug" "From" }
}

in_space! { Filter, filter: filter_id FilterId, FilterPatch, FilterCreateOrUpdateResponse }
