//! Links: values and order between units.

use std::collections::BTreeMap;

use crate::{LinkId, OrganizationId, SpaceId, UnitId};

entity! {
    /// A connection from a unit to another that it takes values from.
    Link in "links", id link_id, patch LinkPatch;
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
        /// Consumer unit; must be in the space of the link.
        "FromUnitID" from_unit_id: UnitId [filter];
        /// Producer unit.
        "ToUnitID" to_unit_id: UnitId [filter];
        /// Space of the producer unit.
        "ToSpaceID" to_space_id: SpaceId [filter];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the link.
        "LinkID" link_id: LinkId [filter always];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "FromUnitID" => "FromUnit", "ToUnitID" => "ToUnit", "ToSpaceID" => "ToSpace", }
    required { "Slug" "FromUnitID" "ToUnitID" }
}

in_space! { Link, link: link_id LinkId, LinkPatch, LinkCreateOrUpdateResponse }
