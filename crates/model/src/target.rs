//! Targets: where units are applied to.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, OrganizationId, SpaceId, TargetId};

entity! {
    /// A place that units are applied to, by a worker.
    Target in "targets", id target_id, patch TargetPatch;
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
        /// Configuration format, for example Kubernetes/YAML.
        "ToolchainType" toolchain_type: Option<Toolchain> [filter search];
        /// Kind of system behind the worker, for example Kubernetes.
        "ProviderType" provider_type: String [filter search];
        /// Worker that serves it.
        "BridgeWorkerID" bridge_worker_id: BridgeWorkerId [filter];
        /// Provider-specific settings as a JSON text.
        "Parameters" parameters: String [];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the target.
        "TargetID" target_id: TargetId [filter always];
    }
    hidden {}
    derived {}
    includes {
        "OrganizationID" => "Organization", "SpaceID" => "Space",
        "BridgeWorkerID" => "BridgeWorker",
    }
    required { "Slug" "ToolchainType" "ProviderType" "BridgeWorkerID" }
}

in_space! { Target, target: target_id TargetId, TargetPatch, TargetCreateOrUpdateResponse }
