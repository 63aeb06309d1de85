//! Actions on units, and what is known of them.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{Hub, ListQuery};
use cubit_model::{
    ActionType, ImportRequest, QueuedOperation, QueuedOperationId, SpaceId, UnitAction,
    UnitActionResponse, UnitEvent, UnitEventId, UnitExtended, UnitId,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::bulk::RevisionReference;
use crate::answer::{bytes, json, outcomes, page};
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::{Ids, Parameters, QueryParameters, Strict, count, flag};
use crate::sign_in::SignedIn;

/// Queue an apply
#[utoipa::path(
    post, path = "/space/{space_id}/unit/{unit_id}/apply", operation_id = "ApplyUnit", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier."), RevisionReference),
    responses((status = 200, description = "Success.", body = QueuedOperation), Failures, Unprocessable)
)]
pub(crate) async fn apply(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(RevisionReference { revision }): Parameters<RevisionReference>,
) -> Result<Response, ApiError> {
    let action = ActionType::Apply;
    json(hub.act_on_unit(&caller, path, action, &revision).await?).await
}

/// Queue a destroy
#[utoipa::path(
    post, path = "/space/{space_id}/unit/{unit_id}/destroy", operation_id = "DestroyUnit", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = QueuedOperation), Failures, Unprocessable)
)]
pub(crate) async fn destroy(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    let action = ActionType::Destroy;
    json(hub.act_on_unit(&caller, path, action, "").await?).await
}

/// Queue a refresh
#[utoipa::path(
    post, path = "/space/{space_id}/unit/{unit_id}/refresh", operation_id = "RefreshUnit", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = QueuedOperation), Failures, Unprocessable)
)]
pub(crate) async fn refresh(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    let action = ActionType::Refresh;
    json(hub.act_on_unit(&caller, path, action, "").await?).await
}

/// Queue an import
#[utoipa::path(
    post, path = "/space/{space_id}/unit/{unit_id}/import", operation_id = "ImportUnit", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier.")),
    request_body = ImportRequest,
    responses((status = 200, description = "Success.", body = QueuedOperation), Failures, Unprocessable)
)]
pub(crate) async fn import(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Body(request): Body<ImportRequest>,
) -> Result<Response, ApiError> {
    json(hub.import_unit(&caller, path, &request).await?).await
}

/// Which units an action is for. Conditions are required: nothing is not taken for everything.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActionSelection {
    /// Conditions on attributes, joined by AND.
    #[param(required)]
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes.
    contains: String,
    /// References to expand, comma-separated.
    include: String,
    /// Answer what would be done without doing it.
    #[serde(deserialize_with = "flag")]
    dry_run: bool,
    /// Most units that may be affected; when there are more, nothing is queued.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

impl From<ActionSelection> for ListQuery {
    fn from(selection: ActionSelection) -> Self {
        Self {
            r#where: selection.r#where,
            filter: selection.filter,
            contains: selection.contains,
            include: selection.include,
            max_affected: selection.max_affected,
            ..Self::default()
        }
    }
}

/// Queue applies for selected units
#[utoipa::path(
    post, path = "/unit/apply", operation_id = "BulkApplyUnits", tag = "Unit",
    params(ActionSelection, RevisionReference),
    responses((status = 200, description = "Success.", body = Vec<UnitActionResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitActionResponse>), Failures, Unprocessable)
)]
pub(crate) async fn bulk_apply(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, RevisionReference { revision }): Strict<ActionSelection, RevisionReference>,
) -> Result<Response, ApiError> {
    let (query, action) = (selection.into(), ActionType::Apply);
    let results = hub
        .bulk_act_on_units(&caller, &query, action, &revision)
        .await?;
    outcomes::<_, UnitActionResponse>(results).await
}

/// Queue destroys for selected units
#[utoipa::path(
    post, path = "/unit/destroy", operation_id = "BulkDestroyUnits", tag = "Unit",
    params(ActionSelection),
    responses((status = 200, description = "Success.", body = Vec<UnitActionResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitActionResponse>), Failures, Unprocessable)
)]
pub(crate) async fn bulk_destroy(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<ActionSelection>,
) -> Result<Response, ApiError> {
    let (query, action) = (selection.into(), ActionType::Destroy);
    let results = hub.bulk_act_on_units(&caller, &query, action, "").await?;
    outcomes::<_, UnitActionResponse>(results).await
}

/// Queue refreshes for selected units
#[utoipa::path(
    post, path = "/unit/refresh", operation_id = "BulkRefreshUnits", tag = "Unit",
    params(ActionSelection),
    responses((status = 200, description = "Success.", body = Vec<UnitActionResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitActionResponse>), Failures, Unprocessable)
)]
pub(crate) async fn bulk_refresh(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<ActionSelection>,
) -> Result<Response, ApiError> {
    let (query, action) = (selection.into(), ActionType::Refresh);
    let results = hub.bulk_act_on_units(&caller, &query, action, "").await?;
    outcomes::<_, UnitActionResponse>(results).await
}

/// A unit with links, approvers and status
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/extended", operation_id = "GetUnitExtended", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = UnitExtended), Failures)
)]
pub(crate) async fn extended(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    json(hub.unit_extended(&caller, path).await?).await
}

/// Live state as raw bytes
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/live-state", operation_id = "DownloadUnitLiveState", tag = "Unit",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = Vec<u8>, content_type = "application/octet-stream"), Failures)
)]
pub(crate) async fn live_state(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
) -> Result<Response, ApiError> {
    Ok(bytes(hub.unit_live_state(&caller, path).await?))
}

/// List unit actions
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/unit_action", operation_id = "ListUnitActions", tag = "UnitAction",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier."), QueryParameters),
    responses((status = 200, description = "Success.", body = Vec<UnitAction>), Failures)
)]
pub(crate) async fn list_actions(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(query): Parameters<QueryParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_unit_actions(&caller, path, &query.into()).await?).await
}

/// Read one unit action
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/unit_action/{unit_action_id}", operation_id = "GetUnitAction", tag = "UnitAction",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier."), ("unit_action_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = UnitAction), Failures)
)]
pub(crate) async fn get_action(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, QueuedOperationId)>,
) -> Result<Response, ApiError> {
    json(hub.unit_action(&caller, (space, unit), id).await?).await
}

/// List unit events
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/unit_event", operation_id = "ListUnitEvents", tag = "UnitEvent",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier."), QueryParameters),
    responses((status = 200, description = "Success.", body = Vec<UnitEvent>), Failures)
)]
pub(crate) async fn list_events(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(path): Ids<(SpaceId, UnitId)>,
    Parameters(query): Parameters<QueryParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_unit_events(&caller, path, &query.into()).await?).await
}

/// Read one unit event
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/unit_event/{unit_event_id}", operation_id = "GetUnitEvent", tag = "UnitEvent",
    params(("space_id" = Uuid, Path, description = "Identifier."), ("unit_id" = Uuid, Path, description = "Identifier."), ("unit_event_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = UnitEvent), Failures)
)]
pub(crate) async fn get_event(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, UnitEventId)>,
) -> Result<Response, ApiError> {
    json(hub.unit_event(&caller, (space, unit), id).await?).await
}
