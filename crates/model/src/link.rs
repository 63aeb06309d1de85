//! Links: values and order between units.

use crate::{SpaceId, UnitId};

entity_of_space! {
    /// A connection from a unit to another that it takes values from.
    Link in "links", link: link_id LinkId "LinkID", LinkPatch, LinkCreateOrUpdateResponse;
    writable {
        /// Consumer unit; must be in the space of the link.
        "FromUnitID" from_unit_id: UnitId [filter];
        /// Producer unit.
        "ToUnitID" to_unit_id: UnitId [filter];
        /// Space of the producer unit.
        "ToSpaceID" to_space_id: SpaceId [filter];
    }
    read_only {}
    hidden {}
    includes { "FromUnitID" => "FromUnit", "ToUnitID" => "ToUnit", "ToSpaceID" => "ToSpace", }
    required { "FromUnitID" "ToUnitID" }
}
