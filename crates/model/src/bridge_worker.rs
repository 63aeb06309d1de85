//! Bridge workers: programs that act for the server elsewhere.

use std::collections::BTreeMap;

use cubit_functions::FunctionSignature;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{BlobId, FunctionSignatureSchema, Permissions, Time, UserId};

entity_of_space! {
    /// A program that applies units and runs functions elsewhere.
    BridgeWorker in "bridge_workers", bridge_worker: bridge_worker_id BridgeWorkerId "BridgeWorkerID", BridgeWorkerPatch, BridgeWorkerCreateOrUpdateResponse;
    writable {
        /// Readiness: Ready, `NotReady`, Unresponsive or Disconnected.
        "Condition" condition: String [];
        /// What it can do: announced when it connects, or said by who creates it.
        "ProvidedInfo" provided_info: WorkerInfo [];
        /// Who may do what with the worker; while empty, those of its space.
        "Permissions" permissions: Permissions [];
    }
    read_only {
        /// Address of the last connection.
        "IPAddress" ip_address: String [];
        /// Last heartbeat or status text.
        "LastMessage" last_message: String [];
        /// Last sign of life.
        "LastSeenAt" last_seen_at: Time [];
        /// Bearer secret the worker authenticates with: answered when it is created, then never.
        "Secret" secret: String [apart];
        /// Bot user that acts for this worker.
        "UserID" user_id: Option<UserId> [filter];
    }
    hidden {
        /// SHA-256 of the secret.
        secret_hash: Option<BlobId>;
    }
    includes {}
    required {}
}

/// What a worker can do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct WorkerInfo {
    /// Bridge capabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bridge_worker_info: Option<BridgeWorkerInfo>,
    /// Function capabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub function_worker_info: Option<FunctionWorkerInfo>,
}

/// What a worker can apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct BridgeWorkerInfo {
    /// The kinds of configuration and of systems.
    pub supported_config_types: Vec<ConfigType>,
}

/// A kind of configuration that a worker can apply to a kind of system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ConfigType {
    /// Configuration format, for example Kubernetes/YAML.
    pub toolchain_type: String,
    /// Kind of system, for example Kubernetes.
    pub provider_type: String,
    /// Places it knows.
    pub available_targets: Vec<AvailableTarget>,
}

/// A place that a worker knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
#[schema(as = TargetType2)]
pub struct AvailableTarget {
    /// Its name.
    pub name: String,
    /// Settings.
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
}

/// The functions that a worker can run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct FunctionWorkerInfo {
    /// By configuration format and name.
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, FunctionSignatureSchema>>>)]
    pub supported_functions: Option<BTreeMap<String, BTreeMap<String, FunctionSignature>>>,
}
