//! Invocations: saved calls of a function.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, FunctionArgument, InvocationId, OrganizationId, SpaceId};

entity! {
    /// A saved call of a function.
    Invocation in "invocations", id invocation_id, patch InvocationPatch;
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
        /// Function to call.
        "FunctionName" function_name: String [filter search];
        /// Function arguments, in order.
        "Arguments" arguments: Vec<FunctionArgument> [];
        /// Worker that runs it; empty means built in.
        "BridgeWorkerID" bridge_worker_id: Option<BridgeWorkerId> [filter];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the invocation.
        "InvocationID" invocation_id: InvocationId [filter always];
        /// SHA-256 of the defining fields, hex.
        "Hash" hash: String [];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "BridgeWorkerID" => "BridgeWorker", }
    required { "Slug" "ToolchainType" }
}

in_space! { Invocation, invocation: invocation_id InvocationId, InvocationPatch, InvocationCreateOrUpdateResponse }
