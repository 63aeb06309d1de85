//! Operations on organizations, their members, and users.

use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{DeleteResponse, Organization, OrganizationId, OrganizationMember, User, UserId};

use crate::answer::{json, page};
use crate::body::Body;
use crate::error::{ApiError, Conflict, Failures, Unprocessable};
use crate::parameters::{
    AllowExists, Ids, ListParameters, Parameters, QueryParameters, ReadParameters,
};
use crate::sign_in::SignedIn;

/// List organizations
#[utoipa::path(
    get, path = "/organization", operation_id = "ListOrganizations", tag = "Organization",
    params(ListParameters),
    responses((status = 200, description = "Success.", body = Vec<Organization>), Failures)
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(parameters): Parameters<ListParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_organizations(&caller, &parameters.into()).await?).await
}

/// Create an organization
#[utoipa::path(
    post, path = "/organization", operation_id = "CreateOrganization", tag = "Organization",
    params(AllowExists),
    request_body = Organization,
    responses((status = 200, description = "Success.", body = Organization), Failures)
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(AllowExists { allow_exists }): Parameters<AllowExists>,
    Body(body): Body<Organization>,
) -> Result<Response, ApiError> {
    json(hub.add_organization(&caller, body, allow_exists).await?).await
}

/// Read one organization
#[utoipa::path(
    get, path = "/organization/{organization_id}", operation_id = "GetOrganization", tag = "Organization",
    params(("organization_id" = Uuid, Path, description = "Identifier."), ReadParameters),
    responses((status = 200, description = "Success.", body = Organization), Failures)
)]
pub(crate) async fn get(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<OrganizationId>,
    Parameters(parameters): Parameters<ReadParameters>,
) -> Result<Response, ApiError> {
    json(
        hub.get_organization(&caller, id, &parameters.into())
            .await?,
    )
    .await
}

/// Replace an organization
#[utoipa::path(
    put, path = "/organization/{organization_id}", operation_id = "UpdateOrganization", tag = "Organization",
    params(("organization_id" = Uuid, Path, description = "Identifier.")),
    request_body = Organization,
    responses((status = 200, description = "Success.", body = Organization), Failures, Conflict)
)]
pub(crate) async fn update(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<OrganizationId>,
    Body(body): Body<Organization>,
) -> Result<Response, ApiError> {
    json(hub.update_organization(&caller, id, body).await?).await
}

/// Delete an organization
#[utoipa::path(
    delete, path = "/organization/{organization_id}", operation_id = "DeleteOrganization", tag = "Organization",
    params(("organization_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = DeleteResponse), Failures, Unprocessable)
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<OrganizationId>,
) -> Result<Response, ApiError> {
    json(hub.delete_organization(&caller, id).await?).await
}

/// List organization members
#[utoipa::path(
    get, path = "/organization/{organization_id}/organization_member", operation_id = "ListOrganizationMembers", tag = "OrganizationMember",
    params(("organization_id" = Uuid, Path, description = "Identifier."), QueryParameters),
    responses((status = 200, description = "Success.", body = Vec<OrganizationMember>), Failures)
)]
pub(crate) async fn list_members(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<OrganizationId>,
    Parameters(query): Parameters<QueryParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_members(&caller, id, &query.into()).await?).await
}

/// Create an organization member
#[utoipa::path(
    post, path = "/organization/{organization_id}/organization_member", operation_id = "CreateOrganizationMember", tag = "OrganizationMember",
    params(("organization_id" = Uuid, Path, description = "Identifier.")),
    request_body = OrganizationMember,
    responses((status = 200, description = "Success.", body = OrganizationMember), Failures)
)]
pub(crate) async fn create_member(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<OrganizationId>,
    Body(body): Body<OrganizationMember>,
) -> Result<Response, ApiError> {
    json(hub.create_member(&caller, id, body).await?).await
}

/// Read one organization member
#[utoipa::path(
    get, path = "/organization/{organization_id}/organization_member/{organization_member_id}", operation_id = "GetOrganizationMember", tag = "OrganizationMember",
    params(("organization_id" = Uuid, Path, description = "Identifier."), ("organization_member_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = OrganizationMember), Failures)
)]
pub(crate) async fn get_member(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((id, user)): Ids<(OrganizationId, UserId)>,
) -> Result<Response, ApiError> {
    json(hub.get_member(&caller, id, user).await?).await
}

/// Delete an organization member
#[utoipa::path(
    delete, path = "/organization/{organization_id}/organization_member/{organization_member_id}", operation_id = "DeleteOrganizationMember", tag = "OrganizationMember",
    params(("organization_id" = Uuid, Path, description = "Identifier."), ("organization_member_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = DeleteResponse), Failures, Unprocessable)
)]
pub(crate) async fn delete_member(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids((id, user)): Ids<(OrganizationId, UserId)>,
) -> Result<Response, ApiError> {
    json(hub.delete_member(&caller, id, user).await?).await
}

/// List users
#[utoipa::path(
    get, path = "/user", operation_id = "ListUsers", tag = "User",
    params(QueryParameters),
    responses((status = 200, description = "Success.", body = Vec<User>), Failures)
)]
pub(crate) async fn list_users(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Parameters(query): Parameters<QueryParameters>,
) -> Result<Response, ApiError> {
    page(hub.list_users(&caller, &query.into()).await?).await
}

/// Read one user
#[utoipa::path(
    get, path = "/user/{user_id}", operation_id = "GetUser", tag = "User",
    params(("user_id" = Uuid, Path, description = "Identifier.")),
    responses((status = 200, description = "Success.", body = User), Failures)
)]
pub(crate) async fn get_user(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
    Ids(id): Ids<UserId>,
) -> Result<Response, ApiError> {
    json(hub.get_user(&caller, id).await?).await
}
