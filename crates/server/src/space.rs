//! Operations on spaces.

pub(crate) mod bulk;

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{Hub, ListQuery};
use cubit_model::{DeleteResponse, ExtendedSpace, Space, SpaceId, SpacePatch};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answer::{entity, extended, json, page};
use crate::body::Body;
use crate::error::{ApiError, Conflict, Failures, Unprocessable};
use crate::parameters::{
    AllowExists, Ids, ListParameters, Parameters, ReadParameters, Summary, flag,
};
use crate::sign_in::SignedIn;

/// List spaces
#[utoipa::path(
    get, path = "/space", operation_id = "ListSpaces", tag = "Space",
    params(ListParameters, Summary),
    responses((status = 200, description = "Success.", body = Vec<ExtendedSpace>), Failures)
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<ListParameters>,
    Parameters(Summary { summary }): Parameters<Summary>,
) -> Result<Response, ApiError> {
    let query = ListQuery {
        summary,
        ..parameters.into()
    };
    page(hub.list_spaces(&caller, &query).await?).await
}

/// Create a space
#[utoipa::path(
    post, path = "/space", operation_id = "CreateSpace", tag = "Space",
    params(AllowExists), request_body = Space,
    responses((status = 200, description = "Success.", body = Space), Failures)
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(AllowExists { allow_exists }): Parameters<AllowExists>,
    Body(space): Body<Space>,
) -> Result<Response, ApiError> {
    entity(hub.create_space(&caller, space, allow_exists).await?).await
}

/// Read one space
#[utoipa::path(
    get, path = "/space/{space_id}", operation_id = "GetSpace", tag = "Space",
    params(("space_id" = Uuid, Path, description = "Identifier."), ReadParameters, Summary),
    responses((status = 200, description = "Success.", body = ExtendedSpace), Failures)
)]
pub(crate) async fn get(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<SpaceId>,
    Parameters(parameters): Parameters<ReadParameters>,
    Parameters(Summary { summary }): Parameters<Summary>,
) -> Result<Response, ApiError> {
    let query = ListQuery {
        summary,
        ..parameters.into()
    };
    extended(hub.get_space(&caller, id, &query).await?).await
}

/// Replace a space
#[utoipa::path(
    put, path = "/space/{space_id}", operation_id = "UpdateSpace", tag = "Space",
    params(("space_id" = Uuid, Path, description = "Identifier.")), request_body = Space,
    responses((status = 200, description = "Success.", body = Space), Failures, Conflict)
)]
pub(crate) async fn update(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<SpaceId>,
    Body(space): Body<Space>,
) -> Result<Response, ApiError> {
    entity(hub.update_space(&caller, id, space).await?).await
}

/// Merge-patch a space
#[utoipa::path(
    patch, path = "/space/{space_id}", operation_id = "PatchSpace", tag = "Space",
    params(("space_id" = Uuid, Path, description = "Identifier.")),
    request_body(content = SpacePatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Success.", body = Space), Failures, Conflict)
)]
pub(crate) async fn patch(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<SpaceId>,
    Body(patch): Body<Option<SpacePatch>>,
) -> Result<Response, ApiError> {
    let patch = patch.unwrap_or_default();
    entity(hub.patch_space(&caller, id, patch).await?).await
}

/// Whether to delete what is inside.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Recursive {
    /// Delete what the space holds as well.
    #[serde(deserialize_with = "flag")]
    recursive: bool,
}

/// Delete a space
#[utoipa::path(
    delete, path = "/space/{space_id}", operation_id = "DeleteSpace", tag = "Space",
    params(("space_id" = Uuid, Path, description = "Identifier."), Recursive),
    responses((status = 200, description = "Success.", body = DeleteResponse), Failures, Unprocessable)
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<SpaceId>,
    Parameters(Recursive { recursive }): Parameters<Recursive>,
) -> Result<Response, ApiError> {
    json(hub.delete_space(&caller, id, recursive).await?).await
}
