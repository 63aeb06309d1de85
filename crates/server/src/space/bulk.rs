//! Operations on many spaces.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{BulkCreate, Hub};
use cubit_model::{DeleteResponse, SpaceCreateOrUpdateResponse, SpacePatch};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Recursive;
use crate::answer::{outcomes, partly};
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::{AllowExists, Selection, Strict, count};
use crate::sign_in::SignedIn;

/// Which spaces are copied, and what the copies are called.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Copies {
    /// Conditions on attributes, joined by AND.
    r#where: String,
    /// UUID of a saved Filter.
    filter: String,
    /// Text to look for in all text attributes.
    contains: String,
    /// References to expand, comma-separated.
    include: String,
    /// What the names of the copies begin with, comma-separated: one copy for each.
    name_prefixes: String,
    /// Most copies to make; when there would be more, none is made.
    #[serde(deserialize_with = "count")]
    #[param(value_type = Option<i64>)]
    max_affected: Option<usize>,
}

/// Copy selected spaces
#[utoipa::path(
    post, path = "/_space", operation_id = "BulkCreateSpaces", tag = "Space",
    params(Copies, AllowExists),
    request_body(content = SpacePatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Vec<SpaceCreateOrUpdateResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<SpaceCreateOrUpdateResponse>),
        Failures
    )
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(copies, AllowExists { allow_exists }): Strict<Copies, AllowExists>,
    Body(patch): Body<Option<SpacePatch>>,
) -> Result<Response, ApiError> {
    let selection = Selection {
        r#where: copies.r#where,
        filter: copies.filter,
        contains: copies.contains,
        include: copies.include,
        max_affected: None,
    };
    let request = BulkCreate {
        selection: selection.into(),
        name_prefixes: copies.name_prefixes,
        max_affected: copies.max_affected,
        allow_exists,
        ..BulkCreate::default()
    };
    let patch = patch.unwrap_or_default();
    let results = hub.bulk_create_spaces(&caller, &request, &patch).await?;
    outcomes::<_, SpaceCreateOrUpdateResponse>(results).await
}

/// Merge-patch selected spaces
#[utoipa::path(
    patch, path = "/_space", operation_id = "BulkPatchSpaces", tag = "Space",
    params(Selection),
    request_body(content = SpacePatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Vec<SpaceCreateOrUpdateResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<SpaceCreateOrUpdateResponse>),
        Failures
    )
)]
pub(crate) async fn patch(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<Selection>,
    Body(patch): Body<Option<SpacePatch>>,
) -> Result<Response, ApiError> {
    let patch = patch.unwrap_or_default();
    let query = selection.into();
    let results = hub.bulk_patch_spaces(&caller, &query, &patch).await?;
    outcomes::<_, SpaceCreateOrUpdateResponse>(results).await
}

/// Delete selected spaces
#[utoipa::path(
    delete, path = "/_space", operation_id = "BulkDeleteSpaces", tag = "Space",
    params(Selection, Recursive),
    responses(
        (status = 200, description = "Success.", body = Vec<DeleteResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<DeleteResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, Recursive { recursive }): Strict<Selection, Recursive>,
) -> Result<Response, ApiError> {
    let query = selection.into();
    let answers = hub.bulk_delete_spaces(&caller, &query, recursive).await?;
    let failed = answers.iter().any(|answer| answer.error.is_some());
    partly(failed, answers).await
}
