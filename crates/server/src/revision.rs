//! Operations on revisions.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{ExtendedRevision, MergeReportLineSchema, RevisionId, SpaceId, UnitId};

use crate::answer::{bytes, json, page};
use crate::error::{ApiError, Failures};
use crate::parameters::{Ids, ListParameters, Parameters, ReadParameters};
use crate::sign_in::SignedIn;

/// List revisions across spaces, at most one per unit
#[utoipa::path(
    get, path = "/revision", operation_id = "ListAllRevisions", tag = "Revision",
    params(ListParameters),
    responses((status = 200, description = "Success.", body = Vec<ExtendedRevision>), Failures)
)]
pub(crate) async fn list_all(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_all_revisions(&caller, &parameters.into()).await?).await
}

/// List revisions
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/revision",
    operation_id = "ListExtendedRevisions", tag = "Revision",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ListParameters,
    ),
    responses((status = 200, description = "Success.", body = Vec<ExtendedRevision>), Failures)
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit)): Ids<(SpaceId, UnitId)>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Response, ApiError> {
    let query = parameters.into();
    page(hub.list_revisions(&caller, space, unit, &query).await?).await
}

/// Read one revision
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/revision/{revision_id}",
    operation_id = "GetExtendedRevision", tag = "Revision",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ("revision_id" = Uuid, Path, description = "Identifier."),
        ReadParameters,
    ),
    responses((status = 200, description = "Success.", body = ExtendedRevision), Failures)
)]
pub(crate) async fn get(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, RevisionId)>,
    Parameters(parameters): Parameters<ReadParameters>,
) -> Result<Response, ApiError> {
    let query = parameters.into();
    json(hub.get_revision(&caller, (space, unit), id, &query).await?).await
}

/// Configuration data of a revision as raw bytes
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/revision/{revision_id}/data",
    operation_id = "DownloadRevisionData", tag = "Revision",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ("revision_id" = Uuid, Path, description = "Identifier."),
    ),
    responses(
        (status = 200, description = "Success.", body = Vec<u8>, content_type = "application/octet-stream"),
        Failures
    )
)]
pub(crate) async fn data(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, RevisionId)>,
) -> Result<Response, ApiError> {
    Ok(bytes(hub.revision_data(&caller, (space, unit), id).await?))
}

/// What the upgrade or merge that made a revision did at each place
#[utoipa::path(
    get, path = "/space/{space_id}/unit/{unit_id}/revision/{revision_id}/merge_report",
    operation_id = "GetRevisionMergeReport", tag = "Revision",
    params(
        ("space_id" = Uuid, Path, description = "Identifier."),
        ("unit_id" = Uuid, Path, description = "Identifier."),
        ("revision_id" = Uuid, Path, description = "Identifier."),
    ),
    responses((status = 200, description = "Success.", body = Vec<MergeReportLineSchema>), Failures)
)]
pub(crate) async fn merge_report(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((space, unit, id)): Ids<(SpaceId, UnitId, RevisionId)>,
) -> Result<Response, ApiError> {
    json(hub.merge_report(&caller, (space, unit), id).await?).await
}
