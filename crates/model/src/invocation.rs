//! Invocations: saved calls of a function.

use cubit_configdata::Toolchain;

use crate::{BridgeWorkerId, FunctionArgument};

entity_of_space! {
    /// A saved call of a function.
    Invocation in "invocations", invocation: invocation_id InvocationId "InvocationID", InvocationPatch, InvocationCreateOrUpdateResponse;
    writable {
        /// Configuration format, for example Kubernetes/YAML.
        "ToolchainType" toolchain_type: Option<Toolchain> [filter search];
        /// Function to call.
        "FunctionName" function_name: String [filter search];
        /// Function arguments, in order.
        "Arguments" arguments: Vec<FunctionArgument> [];
        /// Worker that runs it; empty means built in.
        "BridgeWorkerID" bridge_worker_id: Option<BridgeWorkerId> [filter];
    }
    read_only {
        /// SHA-256 of the defining fields, hex.
        "Hash" hash: String [];
    }
    hidden {}
    includes { "BridgeWorkerID" => "BridgeWorker", }
    required { "ToolchainType" }
}
