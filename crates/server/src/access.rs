//! Tokens, passwords, roles, and the audit: additions to the contract.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{
    AuditRecord, OrganizationId, OrganizationMember, PasswordChange, Role, TokenInfo, TokenRequest,
    UserId,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::answer::json;
use crate::body::Body;
use crate::error::{ApiError, Failures, Unprocessable};
use crate::parameters::{Ids, Parameters};
use crate::sign_in::SignedIn;

/// List the caller's tokens
#[utoipa::path(
    get, path = "/me/token", operation_id = "ListTokens", tag = "Access",
    responses((status = 200, description = "Success.", body = Vec<TokenInfo>), Failures)
)]
pub(crate) async fn tokens(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
) -> Result<Response, ApiError> {
    json(hub.list_tokens(&caller).await?).await
}

/// Make a token for the caller
#[utoipa::path(
    post, path = "/me/token", operation_id = "CreateToken", tag = "Access",
    request_body = TokenRequest,
    responses((status = 200, description = "Success.", body = TokenInfo), Failures)
)]
pub(crate) async fn create_token(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Body(request): Body<TokenRequest>,
) -> Result<Response, ApiError> {
    json(hub.create_token(&caller, &request).await?).await
}

/// Make a token of the caller useless
#[utoipa::path(
    delete, path = "/me/token/{token_id}", operation_id = "DeleteToken", tag = "Access",
    params(("token_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures)
)]
pub(crate) async fn delete_token(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<Uuid>,
) -> Result<Response, ApiError> {
    hub.delete_token(&caller, id).await?;
    json("the token was deleted").await
}

/// Change the caller's password
#[utoipa::path(
    put, path = "/me/password", operation_id = "ChangePassword", tag = "Access",
    request_body = PasswordChange,
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures)
)]
pub(crate) async fn change_password(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Body(change): Body<PasswordChange>,
) -> Result<Response, ApiError> {
    hub.change_password(&caller, &change.old_password, &change.password)
        .await?;
    json("the password was changed").await
}

/// Give a member a password
#[utoipa::path(
    put,
    path = "/organization/{organization_id}/organization_member/{organization_member_id}/password",
    operation_id = "SetMemberPassword", tag = "Access",
    params(
        ("organization_id" = Uuid, Path, description = "Identifier."),
        ("organization_member_id" = Uuid, Path, description = "Identifier."),
    ),
    request_body = PasswordChange,
    responses((status = 200, description = "Success.", body = String, content_type = "application/json"), Failures, Unprocessable)
)]
pub(crate) async fn set_member_password(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((organization, user)): Ids<(OrganizationId, UserId)>,
    Body(change): Body<PasswordChange>,
) -> Result<Response, ApiError> {
    hub.set_member_password(&caller, organization, user, &change.password)
        .await?;
    json("the password was changed").await
}

/// What a member shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MemberPatch {
    /// Admin, Member or Viewer.
    role: Role,
}

/// Change the role of a member
#[utoipa::path(
    patch,
    path = "/organization/{organization_id}/organization_member/{organization_member_id}",
    operation_id = "PatchOrganizationMember", tag = "OrganizationMember",
    params(
        ("organization_id" = Uuid, Path, description = "Identifier."),
        ("organization_member_id" = Uuid, Path, description = "Identifier."),
    ),
    request_body(content = MemberPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Success.", body = OrganizationMember), Failures, Unprocessable)
)]
pub(crate) async fn set_role(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((organization, user)): Ids<(OrganizationId, UserId)>,
    Body(MemberPatch { role }): Body<MemberPatch>,
) -> Result<Response, ApiError> {
    let member = hub.set_member_role(&caller, organization, user, role);
    json(member.await?).await
}

/// Which part of the audit.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Answer entries before the one with this number; the newest when absent.
    before: Option<i64>,
    /// Most entries to answer, up to 1000; 100 when absent.
    limit: Option<i64>,
}

/// What was done and denied in the organization, newest first
#[utoipa::path(
    get, path = "/audit", operation_id = "ListAudit", tag = "Access",
    params(AuditParameters),
    responses((status = 200, description = "Success.", body = Vec<AuditRecord>), Failures)
)]
pub(crate) async fn audit(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<AuditParameters>,
) -> Result<Response, ApiError> {
    let AuditParameters { before, limit } = parameters;
    json(hub.list_audit(&caller, before, limit).await?).await
}
