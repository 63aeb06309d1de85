//! Change sets: changes of many units that belong together.

use std::collections::BTreeMap;

use crate::{ChangeSetId, OrganizationId, SpaceId, TagId};

entity! {
    /// Changes of many units that belong together.
    ChangeSet in "change_sets", id change_set_id, patch ChangeSetPatch;
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
        /// What the change is about.
        "Description" description: String [filter search];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the change set.
        "ChangeSetID" change_set_id: ChangeSetId [filter always];
        /// Tag on the revisions that begin the change set; made by the server.
        "StartTagID" start_tag_id: Option<TagId> [filter];
        /// Tag on the revisions that end the change set; made by the server.
        "EndTagID" end_tag_id: Option<TagId> [filter];
        /// State of the change set, set by the server.
        "State" state: String [filter search];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "StartTagID" => "StartTag", "EndTagID" => "EndTag", }
    required { "Slug" }
}

in_space! { ChangeSet, change_set: change_set_id ChangeSetId, ChangeSetPatch, ChangeSetCreateOrUpdateResponse }
