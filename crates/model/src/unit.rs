//! Units.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::engine::{MergeReport, ResourceMutationList};
use crate::{
    Base64, BlobId, BridgeWorkerId, ChangeSetId, LinkCreateOrUpdateResponse, OrganizationId,
    ResponseError, SpaceId, TagId, TargetId, UnitId,
};

entity! {
    /// One configuration document of one toolchain type, with its history pointers and delivery
    /// state.
    Unit in "units", id unit_id, patch UnitPatch;
    writable {
        /// URL-safe name, unique within the space.
        "Slug" slug: String [filter search always];
        /// Human-readable name.
        "DisplayName" display_name: String [filter search];
        /// Kubernetes/YAML, OpenTofu/HCL, AppConfig/Properties or ConfigHub/YAML; fixes which
        /// functions apply.
        "ToolchainType" toolchain_type: Option<Toolchain> [filter search];
        /// Key/value pairs for grouping and filtering.
        "Labels" labels: BTreeMap<String, String> [filter search];
        /// Key/value notes for tools. Not filterable.
        "Annotations" annotations: BTreeMap<String, String> [search];
        /// Named gates; any entry blocks deletion.
        "DeleteGates" delete_gates: BTreeMap<String, bool> [filter search];
        /// Named gates; any entry blocks destroy.
        "DestroyGates" destroy_gates: BTreeMap<String, bool> [filter search];
        /// Target it is applied to.
        "TargetID" target_id: Option<TargetId> [filter];
        /// Open change set the unit is attached to; null when none.
        "ChangeSetID" change_set_id: Option<ChangeSetId> [filter];
        /// Description of the last change; copied to the next revision.
        "LastChangeDescription" last_change_description: String [filter search];
        /// Configuration data, base64; at most 67108864 bytes.
        "Data" data: Option<Base64> [apart];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the unit.
        "UnitID" unit_id: UnitId [filter always];
        /// CRC-32 of Data.
        "ContentHash" content_hash: i64 [];
        /// Number of the newest revision.
        "HeadRevisionNum" head_revision_num: i64 [filter];
        /// Number of the newest mutation.
        "HeadMutationNum" head_mutation_num: i64 [];
        /// Revision of the last apply request; 0 if none.
        "LastAppliedRevisionNum" last_applied_revision_num: i64 [filter];
        /// Revision live after the last completed apply; 0 if none.
        "LiveRevisionNum" live_revision_num: i64 [filter];
        /// Revision that was live before; 0 if none.
        "PreviousLiveRevisionNum" previous_live_revision_num: i64 [filter];
        /// trigger-slug/function-name to true for every validating trigger the head did not
        /// pass; any entry blocks apply.
        "ApplyGates" apply_gates: BTreeMap<String, bool> [filter search];
        /// Users who approved the head revision.
        "ApprovedBy" approved_by: Vec<Uuid> [filter];
        /// trigger-slug/attribute-name to the first value of that attribute that the trigger
        /// function returned.
        "Values" values: BTreeMap<String, String> [filter search];
        /// Worker of the target, for filtering and display.
        "BridgeWorkerID" bridge_worker_id: Option<BridgeWorkerId> [filter];
        /// Links that start at this unit.
        "FromLinkID" from_link_id: Vec<Uuid> [filter];
        /// Organization of the unit it was cloned from.
        "UpstreamOrganizationID" upstream_organization_id: Option<OrganizationId> [filter];
        /// Space of the unit it was cloned from.
        "UpstreamSpaceID" upstream_space_id: Option<SpaceId> [filter];
        /// Unit it was cloned from.
        "UpstreamUnitID" upstream_unit_id: Option<UnitId> [filter];
        /// Upstream revision cloned or last upgraded from; 0 if not a clone.
        "UpstreamRevisionNum" upstream_revision_num: i64 [filter];
        /// Which change last set each path of the head.
        "MutationSources" mutation_sources: Option<ResourceMutationList> [apart];
        /// What an upgrade or a merge did at each place; only in its own answer.
        "MergeReport" merge_report: Option<MergeReport> [apart];
        /// Live state as the worker last reported it.
        "LiveState" live_state: Option<Base64> [apart];
        /// Outputs of the last successful apply.
        "Outputs" outputs: Option<Base64> [apart];
    }
    hidden {
        /// What `Data` says.
        data_blob: Option<BlobId>;
        /// What `MutationSources` says.
        mutation_sources_blob: Option<BlobId>;
    }
    derived {
        /// Time of the newest action; none as long as there are no actions.
        "LastActionAt": Time = |_| cubit_query::Value::Null;
    }
    includes {
        "ApprovedBy" => "ApprovedBy",
        "BridgeWorkerID" => "BridgeWorker",
        "ChangeSetID" => "ChangeSet",
        "FromLinkID" => "FromLink",
        "HeadMutationNum" => "HeadMutation",
        "HeadRevisionNum" => "HeadRevision",
        "LastAppliedRevisionNum" => "LastAppliedRevision",
        "LiveRevisionNum" => "LiveRevision",
        "OrganizationID" => "Organization",
        "PreviousLiveRevisionNum" => "PreviousLiveRevision",
        "SpaceID" => "Space",
        "TargetID" => "Target",
        "UnitEventID" => "LatestUnitEvent",
        "UpstreamSpaceID" => "UpstreamSpace",
        "UpstreamUnitID" => "UpstreamUnit",
    }
    required { "Slug" "ToolchainType" }
}

impl Unit {
    /// Its toolchain. Stored units always have one.
    #[must_use]
    pub fn toolchain(&self) -> Toolchain {
        self.toolchain_type.unwrap_or(Toolchain::KubernetesYaml)
    }
}

/// One of many units that were created or changed: the Unit, or why not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct UnitCreateOrUpdateResponse {
    /// Set when this item failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<ResponseError>,
    /// Links copied with the unit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkCreateOrUpdateResponse>,
    /// The unit as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<Unit>,
}

impl From<Result<Unit, ResponseError>> for UnitCreateOrUpdateResponse {
    fn from(result: Result<Unit, ResponseError>) -> Self {
        let (unit, error) = match result {
            Ok(unit) => (Some(unit), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            error,
            links: Vec::new(),
            unit,
        }
    }
}

impl UnitCreateOrUpdateResponse {
    /// Whether the unit, or a link that belongs to it, failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.error.is_some() || self.links.iter().any(|link| link.error.is_some())
    }
}

/// Which tag to put on which revision of the selected units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UnitTagRequest {
    /// `HeadRevisionNum` (when absent), `LiveRevisionNum`, `LastAppliedRevisionNum` or
    /// `PreviousLiveRevisionNum`; `Remove` takes the tag off all revisions of the unit.
    #[serde(rename = "Revision")]
    pub revision: String,
    /// Tag to put on or take off.
    #[serde(rename = "TagID")]
    #[schema(value_type = Uuid)]
    pub tag_id: TagId,
}

/// Declares what is answered for one of many units of which something was done: a text about it,
/// or why not.
macro_rules! unit_message {
    ($(#[doc = $doc:expr])+ $Response:ident) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(default, rename_all = "PascalCase")]
        pub struct $Response {
            /// Set when this item failed.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(nullable = false)]
            pub error: Option<ResponseError>,
            /// What was done.
            #[serde(skip_serializing_if = "String::is_empty")]
            pub message: String,
        }

        impl From<Result<String, ResponseError>> for $Response {
            fn from(result: Result<String, ResponseError>) -> Self {
                let (message, error) = match result {
                    Ok(message) => (message, None),
                    Err(error) => (String::new(), Some(error)),
                };
                Self { error, message }
            }
        }
    };
}

unit_message! {
    /// Result for one unit of an approval of many.
    ApproveResponse
}

unit_message! {
    /// Result for one unit of tagging many.
    UnitTagResponse
}
