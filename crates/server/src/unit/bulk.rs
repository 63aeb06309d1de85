//! Operations on many units.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::{ApprovalRequest, Hub, Verdict};
use cubit_model::{
    ApproveResponse, DeleteResponse, UnitCreateOrUpdateResponse, UnitPatch, UnitTagRequest,
    UnitTagResponse,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ChangeParameters;
use crate::answer::{outcomes, partly};
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::in_space::Copies;
use crate::parameters::{Selection, Strict};
use crate::sign_in::SignedIn;

/// Clone selected units
#[utoipa::path(
    post, path = "/unit", operation_id = "BulkCreateUnits", tag = "Unit",
    params(Copies),
    request_body(content = UnitPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Vec<UnitCreateOrUpdateResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitCreateOrUpdateResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(copies, _): Strict<Copies>,
    Body(patch): Body<Option<UnitPatch>>,
) -> Result<Response, ApiError> {
    let patch = patch.unwrap_or_default();
    let request = copies.into();
    let answers = hub.bulk_create_units(&caller, &request, patch).await?;
    let failed = answers.iter().any(UnitCreateOrUpdateResponse::has_failed);
    partly(failed, answers).await
}

/// Merge-patch selected units
#[utoipa::path(
    patch, path = "/unit", operation_id = "BulkPatchUnits", tag = "Unit",
    params(Selection, ChangeParameters),
    request_body(content = UnitPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "Success.", body = Vec<UnitCreateOrUpdateResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitCreateOrUpdateResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn patch(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, change): Strict<Selection, ChangeParameters>,
    Body(patch): Body<Option<UnitPatch>>,
) -> Result<Response, ApiError> {
    let patch = patch.unwrap_or_default();
    let (query, change) = (selection.into(), change.into());
    let results = hub
        .bulk_patch_units(&caller, &query, patch, &change)
        .await?;
    outcomes::<_, UnitCreateOrUpdateResponse>(results).await
}

/// Delete selected units
#[utoipa::path(
    delete, path = "/unit", operation_id = "BulkDeleteUnits", tag = "Unit",
    params(Selection),
    responses(
        (status = 200, description = "Success.", body = Vec<DeleteResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<DeleteResponse>),
        Failures, Unprocessable
    )
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<Selection>,
) -> Result<Response, ApiError> {
    let query = selection.into();
    let answers = hub.bulk_delete_units(&caller, &query).await?;
    let failed = answers.iter().any(|answer| answer.error.is_some());
    partly(failed, answers).await
}

/// Which revision of a unit is meant.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevisionReference {
    /// Revision reference; `HeadRevisionNum` when absent.
    pub(crate) revision: String,
}

/// What approvals and their withdrawal can say
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Approving {
    /// Revision reference; `HeadRevisionNum` when absent.
    revision: String,
    /// Why; it is kept with the revision.
    reason: String,
    /// What the `ContentHash` of the revision must be.
    expected_content_hash: Option<i64>,
}

impl Approving {
    pub(crate) fn request(self, verdict: Verdict) -> ApprovalRequest {
        ApprovalRequest {
            verdict,
            revision: self.revision,
            reason: self.reason,
            expected_content_hash: self.expected_content_hash,
        }
    }
}

/// Approve a revision of each selected unit
#[utoipa::path(
    post, path = "/unit/approve", operation_id = "BulkApproveUnits", tag = "Unit",
    params(Selection, Approving),
    responses(
        (status = 200, description = "Success.", body = Vec<ApproveResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<ApproveResponse>),
        Failures
    )
)]
pub(crate) async fn approve(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, approving): Strict<Selection, Approving>,
) -> Result<Response, ApiError> {
    let (query, request) = (selection.into(), approving.request(Verdict::Approve));
    let results = hub.bulk_approve_units(&caller, &query, &request).await?;
    outcomes::<_, ApproveResponse>(results).await
}

/// Withdraw the approval of the calling user from a revision of each selected unit
#[utoipa::path(
    delete, path = "/unit/approve", operation_id = "BulkWithdrawApprovals", tag = "Unit",
    params(Selection, Approving),
    responses(
        (status = 200, description = "Success.", body = Vec<ApproveResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<ApproveResponse>),
        Failures
    )
)]
pub(crate) async fn withdraw_approval(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, approving): Strict<Selection, Approving>,
) -> Result<Response, ApiError> {
    let (query, request) = (selection.into(), approving.request(Verdict::Withdraw));
    let results = hub.bulk_approve_units(&caller, &query, &request).await?;
    outcomes::<_, ApproveResponse>(results).await
}

/// Put a tag on, or take it off, a revision of each selected unit
#[utoipa::path(
    post, path = "/unit/tag", operation_id = "BulkTagUnits", tag = "Unit",
    params(Selection), request_body = UnitTagRequest,
    responses(
        (status = 200, description = "Success.", body = Vec<UnitTagResponse>),
        (status = 207, description = "Failed for some of them.", body = Vec<UnitTagResponse>),
        Failures
    )
)]
pub(crate) async fn tag(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Strict(selection, _): Strict<Selection>,
    Body(request): Body<UnitTagRequest>,
) -> Result<Response, ApiError> {
    let query = selection.into();
    let results = hub.bulk_tag_units(&caller, &query, &request).await?;
    outcomes::<_, UnitTagResponse>(results).await
}
