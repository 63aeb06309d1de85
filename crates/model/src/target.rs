//! Targets: where units are applied to.

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, Permissions};

entity_of_space! {
    /// A place that units are applied to, by a worker.
    Target in "targets", target: target_id TargetId "TargetID", TargetPatch, TargetCreateOrUpdateResponse;
    writable {
        /// Configuration format, for example Kubernetes/YAML.
        "ToolchainType" toolchain_type: Option<Toolchain> [filter search];
        /// Kind of system behind the worker, for example Kubernetes.
        "ProviderType" provider_type: String [filter search];
        /// Worker that serves it.
        "BridgeWorkerID" bridge_worker_id: BridgeWorkerId [filter];
        /// Provider-specific settings as a JSON text.
        "Parameters" parameters: String [];
        /// Who may do what with the target; while empty, those of its space.
        "Permissions" permissions: Permissions [];
    }
    read_only {}
    hidden {}
    includes { "BridgeWorkerID" => "BridgeWorker", }
    required { "ToolchainType" "ProviderType" "BridgeWorkerID" }
}
