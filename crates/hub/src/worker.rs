//! Workers: what they are told, and what is known of them.

use std::collections::BTreeMap;

use cubit_functions::FunctionSignature;
use cubit_model::{ActionResult, BridgeWorker, BridgeWorkerId, BridgeWorkerStatus, SpaceId};
use uuid::Uuid;

use crate::access::{Permission, token_hash};
use crate::in_space::find;
use crate::{Caller, Hub, HubError};

/// A worker that was recognized by its secret.
#[derive(Debug, Clone)]
pub struct WorkerCaller {
    worker: BridgeWorker,
}

impl Hub {
    /// Recognizes a worker by its id and its secret.
    ///
    /// # Errors
    /// When there is no such worker, or the secret is not its secret.
    pub async fn authenticate_worker(
        &self,
        id: BridgeWorkerId,
        secret: &str,
    ) -> Result<WorkerCaller, HubError> {
        let mut read = self.store.read().await?;
        let worker = read.worker_with_secret(&token_hash(secret)).await?;
        worker
            .filter(|worker| worker.bridge_worker_id == id)
            .map(|worker| WorkerCaller { worker })
            .ok_or(HubError::Unauthenticated(
                "the secret is not the one of this worker",
            ))
    }

    /// `GetSelf`: the worker, as it is stored.
    #[must_use]
    pub fn worker_self(&self, caller: &WorkerCaller) -> BridgeWorker {
        caller.worker.clone()
    }

    /// `StreamBridgeWorker`: nothing is sent to workers yet.
    ///
    /// # Errors
    /// Always.
    pub fn stream_to_worker(&self, caller: &WorkerCaller) -> Result<(), HubError> {
        Err(HubError::Unprocessable(format!(
            "BridgeWorker {} cannot be served: this version sends nothing to workers",
            caller.worker.slug
        )))
    }

    /// `CreateActionResult`: no operation is ever sent, so there is none to report on.
    ///
    /// # Errors
    /// Always.
    pub fn take_action_result(
        &self,
        caller: &WorkerCaller,
        result: &ActionResult,
    ) -> Result<String, HubError> {
        Err(HubError::Unprocessable(format!(
            "BridgeWorker {} was never sent the operation {}",
            caller.worker.slug, result.queued_operation_id
        )))
    }

    /// `ListBridgeWorkerFunctions`: by configuration format and name.
    ///
    /// # Errors
    /// When there is no such worker.
    pub async fn worker_functions(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, BridgeWorkerId),
    ) -> Result<BTreeMap<String, BTreeMap<String, FunctionSignature>>, HubError> {
        let worker = self.find_worker(caller, space, id).await?;
        let functions = worker.provided_info.function_worker_info;
        let functions = functions.and_then(|info| info.supported_functions);
        Ok(functions.unwrap_or_default())
    }

    /// `ListBridgeWorkerStatuses`: none, as long as workers cannot connect.
    ///
    /// # Errors
    /// When there is no such worker.
    pub async fn worker_statuses(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, BridgeWorkerId),
    ) -> Result<Vec<BridgeWorkerStatus>, HubError> {
        self.find_worker(caller, space, id).await?;
        Ok(Vec::new())
    }

    /// `GetBridgeWorkerStatus`
    ///
    /// # Errors
    /// When the worker has no such status.
    pub async fn worker_status(
        &self,
        caller: &Caller,
        path: (SpaceId, BridgeWorkerId),
        id: Uuid,
    ) -> Result<BridgeWorkerStatus, HubError> {
        let statuses = self.worker_statuses(caller, path).await?;
        let mut statuses = statuses.into_iter();
        statuses
            .find(|status| status.bridge_worker_status_id == id)
            .ok_or_else(|| HubError::not_found("BridgeWorkerStatus", id))
    }

    async fn find_worker(
        &self,
        caller: &Caller,
        space: SpaceId,
        id: BridgeWorkerId,
    ) -> Result<BridgeWorker, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.store.read().await?;
        find(&mut read, organization_id, space, id).await
    }
}
