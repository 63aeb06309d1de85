//! Tags: names for sets of revisions, one of each unit.

use std::collections::BTreeMap;

use crate::{ChangeSetId, OrganizationId, SpaceId, TagId};

entity! {
    /// A name for a set of revisions, one of each unit.
    Tag in "tags", id tag_id, patch TagPatch;
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
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the tag.
        "TagID" tag_id: TagId [filter always];
        /// Change set this tag delimits, if any.
        "ChangeSetID" change_set_id: Option<ChangeSetId> [filter];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "ChangeSetID" => "ChangeSet", }
    required { "Slug" }
}

in_space! { Tag, tag: tag_id TagId, TagPatch, TagCreateOrUpdateResponse }
