//! Filters: saved queries.

use crate::SpaceId;

entity_of_space! {
    /// A saved query over entities of one type.
    Filter in "filters", filter: filter_id FilterId "FilterID", FilterPatch, FilterCreateOrUpdateResponse;
    writable {
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
    }
    read_only {
        /// SHA-256 of the defining fields, hex.
        "Hash" hash: String [];
    }
    hidden {}
    includes { "FromSpaceID" => "FromSpace", }
    required { "From" }
}
