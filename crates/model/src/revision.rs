//! Revisions.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::engine::ResourceMutationList;
use crate::{
    Approval, Base64, BlobId, ChangeSetId, OrganizationId, RevisionId, SpaceId, Time, UnitId,
    UserId,
};

entity! {
    /// A stored historical version of a unit.
    Revision in "revisions", id revision_id;
    writable {}
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// The unit.
        "UnitID" unit_id: UnitId [filter always];
        /// Identifier of the revision.
        "RevisionID" revision_id: RevisionId [filter always];
        /// Sequence number within the unit, from 1.
        "RevisionNum" revision_num: i64 [filter always];
        /// Change description copied from the unit.
        "Description" description: String [filter search];
        /// Operation that made it.
        "Source" source: String [filter search];
        /// Author; the zero UUID for automatic changes.
        "UserID" user_id: UserId [filter];
        /// User-Agent of the request that made it.
        "UserAgent" user_agent: String [filter search];
        /// CRC-32 of Data.
        "ContentHash" content_hash: i64 [];
        /// Gates set on this revision: trigger-slug/function-name to true.
        "ApplyGates" apply_gates: BTreeMap<String, bool> [filter search];
        /// Users who approved this revision.
        "ApprovedBy" approved_by: Vec<Uuid> [filter];
        /// When and why they did, and who withdrew an approval.
        "Approvals" approvals: Vec<Approval> [];
        /// Change set the revision belongs to.
        "ChangeSetID" change_set_id: Option<ChangeSetId> [filter];
        /// When it became live; 0001-01-01T00:00:00Z if never.
        "LiveAt" live_at: Time [filter];
        /// Map keyed by tag id; values have no meaning.
        "Tags" tags: BTreeMap<String, String> [filter];
        /// Configuration data at this revision.
        "Data" data: Option<Base64> [apart];
        /// Which change set each path, at this revision.
        "MutationSources" mutation_sources: Option<ResourceMutationList> [apart];
        /// Change counter.
        "Version" version: i64 [];
    }
    hidden {
        /// What `Data` says.
        data_blob: Option<BlobId>;
        /// What `MutationSources` says.
        mutation_sources_blob: Option<BlobId>;
    }
    derived {}
    includes {
        "ChangeSetID" => "ChangeSet",
        "OrganizationID" => "Organization",
        "SpaceID" => "Space",
        "Tags" => "Tags",
        "UnitID" => "Unit",
        "UserID" => "User",
    }
    required {}
}
