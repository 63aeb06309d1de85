//! What change sets did, as a whole.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cubit_hub::Hub;
use cubit_model::{
    ChangeSetId, ChangeSetSummary, ChangeSetUndo, SpaceId, UnitCreateOrUpdateResponse,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{json, json_with_status};
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::{Ids, Strict, count, flag};
use crate::sign_in::SignedIn;

/// How a change set is undone.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Undoing {
    /// Compute the result without storing it.
    #[serde(deserialize_with = "flag")]
    dry_run: bool,
    /// Most units to change; when there would be more, none is changed.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

/// What a change set changed, by whom, and what is left to do
#[utoipa::path(
    get, path = "/space/{space_id}/change_set/{change_set_id}/summary",
    operation_id = "GetChangeSetSummary", tag = "ChangeSet",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("change_set_id" = Uuid, Path, description = "Identifier."),
    ),
    responses((status = 200, description = "Success.", body = ChangeSetSummary), Failures)
)]
pub(crate) async fn summary(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<(SpaceId, ChangeSetId)>,
) -> Result<Response, ApiError> {
    json(hub.change_set_summary(&caller, id).await?).await
}

/// What a change set changed in the text of its units, as a unified diff
#[utoipa::path(
    get, path = "/space/{space_id}/change_set/{change_set_id}/diff",
    operation_id = "GetChangeSetDiff", tag = "ChangeSet",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("change_set_id" = Uuid, Path, description = "Identifier."),
    ),
    responses(
        (status = 200, description = "Success.", body = String, content_type = "text/x-diff"),
        Failures
    )
)]
pub(crate) async fn diff(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<(SpaceId, ChangeSetId)>,
) -> Result<Response, ApiError> {
    let diff = hub.change_set_diff(&caller, id).await?;
    Ok(([(header::CONTENT_TYPE, "text/x-diff")], Body::from(diff)).into_response())
}

/// Take all that a change set changed out again
#[utoipa::path(
    post, path = "/space/{space_id}/change_set/{change_set_id}/undo",
    operation_id = "UndoChangeSet", tag = "ChangeSet",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("change_set_id" = Uuid, Path, description = "Identifier."),
        Undoing,
    ),
    responses(
        (status = 200, description = "Success.", body = ChangeSetUndo),
        (status = 207, description = "Failed for some of the units.", body = ChangeSetUndo),
        Failures, Unprocessable
    )
)]
pub(crate) async fn undo(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<(SpaceId, ChangeSetId)>,
    Strict(undoing, _): Strict<Undoing>,
) -> Result<Response, ApiError> {
    let how = (undoing.dry_run, undoing.max_affected);
    let undone = hub.undo_change_set(&caller, id, how).await?;
    let status = match undone
        .units
        .iter()
        .any(UnitCreateOrUpdateResponse::has_failed)
    {
        true => StatusCode::MULTI_STATUS,
        false => StatusCode::OK,
    };
    json_with_status(status, undone).await
}
