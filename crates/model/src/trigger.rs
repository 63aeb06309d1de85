//! Triggers: functions that run on changes of units.

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, FunctionArgument, InvocationId};

entity_of_space! {
    /// A function that runs on every change of the units of its space.
    Trigger in "triggers", trigger: trigger_id TriggerId "TriggerID", TriggerPatch, TriggerCreateOrUpdateResponse;
    writable {
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
    }
    read_only {
        /// True when the function is validating; taken from its signature.
        "Validating" validating: bool [filter];
    }
    hidden {}
    includes { "BridgeWorkerID" => "BridgeWorker", "InvocationID" => "Invocation", }
    required { "Event" "ToolchainType" }
}
