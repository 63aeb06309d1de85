//! Operations of workers, and what is known of them. Workers sign in with their own secret.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{
    ActionResult, BridgeWorker, BridgeWorkerId, BridgeWorkerStatus, EventMessage,
    FunctionSignatureSchema, SpaceId, WorkerInfo,
};
use uuid::Uuid;

use crate::answer::json;
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::Ids;
use crate::sign_in::{SignedIn, SignedInWorker};

/// The worker itself
#[utoipa::path(
    get, path = "/bridge_worker/{bridge_worker_id}/me", operation_id = "GetSelf", tag = "BridgeWorker",
    params(("bridge_worker_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = BridgeWorker), Failures)
)]
pub(crate) async fn me(
    SignedInWorker(caller): SignedInWorker,
    State(hub): State<Hub>,
) -> Result<Response, ApiError> {
    json(hub.worker_self(&caller)).await
}

/// What the worker is to do, as it comes up
#[utoipa::path(
    post, path = "/bridge_worker/{bridge_worker_id}/stream", operation_id = "StreamBridgeWorker", tag = "BridgeWorker",
    params(("bridge_worker_id" = Uuid, Path, description = "Identifier.")),
    request_body = WorkerInfo,
    responses((status = 200, description = "Success.", body = EventMessage, content_type = "text/event-stream"), Failures, Unprocessable)
)]
pub(crate) async fn stream(
    SignedInWorker(caller): SignedInWorker,
    State(hub): State<Hub>,
    Body(_): Body<WorkerInfo>,
) -> Result<Response, ApiError> {
    json(hub.stream_to_worker(&caller)?).await
}

/// What the worker did
#[utoipa::path(
    post, path = "/bridge_worker/{bridge_worker_id}/action_result", operation_id = "CreateActionResult", tag = "BridgeWorker",
    params(("bridge_worker_id" = Uuid, Path, description = "Identifier.")),
    request_body = ActionResult,
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures, Unprocessable)
)]
pub(crate) async fn action_result(
    SignedInWorker(caller): SignedInWorker,
    State(hub): State<Hub>,
    Body(result): Body<ActionResult>,
) -> Result<Response, ApiError> {
    json(hub.take_action_result(&caller, &result)?).await
}

/// List the functions of a worker
#[utoipa::path(
    get, path = "/space/{space_id}/bridge_worker/{bridge_worker_id}/function", operation_id = "ListBridgeWorkerFunctions", tag = "BridgeWorker",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("bridge_worker_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = BTreeMap<String, BTreeMap<String, FunctionSignatureSchema>>), Failures)
)]
pub(crate) async fn functions(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, BridgeWorkerId)>,
) -> Result<Response, ApiError> {
    json(hub.worker_functions(&caller, path).await?).await
}

/// List the connection history of a worker
#[utoipa::path(
    get, path = "/space/{space_id}/bridge_worker/{bridge_worker_id}/status", operation_id = "ListBridgeWorkerStatuses", tag = "BridgeWorkerStatus",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("bridge_worker_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = Vec<BridgeWorkerStatus>), Failures)
)]
pub(crate) async fn statuses(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, BridgeWorkerId)>,
) -> Result<Response, ApiError> {
    json(hub.worker_statuses(&caller, path).await?).await
}

/// Read one entry of the connection history
#[utoipa::path(
    get, path = "/space/{space_id}/bridge_worker/{bridge_worker_id}/status/{status_id}", operation_id = "GetBridgeWorkerStatus", tag = "BridgeWorkerStatus",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("bridge_worker_id" = Uuid, Path, description = "Identifier."), ("status_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = BridgeWorkerStatus), Failures)
)]
pub(crate) async fn status(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, worker, id)): Ids<(SpaceId, BridgeWorkerId, Uuid)>,
) -> Result<Response, ApiError> {
    json(hub.worker_status(&caller, (space, worker), id).await?).await
}
