//! Triggers: functions that run on changes of units.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, FunctionArgument, InvocationId, OrganizationId, SpaceId, TriggerId};

entity! {
    /// A function that runs on every change of the units of its space.
    Trigger in "triggers", id trigger_id, patch TriggerPatch;
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
        /// Mutation or `PostClone`.
        "Event" event: String [filter search];
        /// Configuration format, for example Kubernetes/YAML.
        "ToolchainType" toolchain_type: Option<Toolchain> [filter search];
        /// Function to call.
        "FunctionName" function_name: String [filter search];
        /// Function arguments, in order.
        "Arguments" arguments: Vec<FunctionArgument> [];
        /// Worker that runs the function; empty means built in.
        "BridgeWorkerID" bridge_worker_id: Option<BridgeWorkerId> [filter];
        /// Saved invocation to run instead of `FunctionName` and Arguments.
        "InvocationID" invocation_id: Option<InvocationId> [filter];
        /// When true it never runs.
        "Disabled" disabled: bool [filter];
        /// When true it cannot be overridden.
        "Enforced" enforced: bool [filter];
        /// Change counter for optimistic concurrency; a PUT must carry the value that was read.
        "Version" version: i64 [];
    }
    read_only {
        /// Organization that owns it.
        "OrganizationID" organization_id: OrganizationId [filter always];
        /// Space that owns it.
        "SpaceID" space_id: SpaceId [filter always];
        /// Identifier of the trigger.
        "TriggerID" trigger_id: TriggerId [filter always];
        /// True when the function is validating; taken from its signature.
        "Validating" validating: bool [filter];
    }
    hidden {}
    derived {}
    includes { "OrganizationID" => "Organization", "SpaceID" => "Space", "BridgeWorkerID" => "BridgeWorker", "InvocationID" => "Invocation", }
    required { "Slug" "Event" "ToolchainType" }
}

in_space! { Trigger, trigger: trigger_id TriggerId, TriggerPatch, TriggerCreateOrUpdateResponse }
