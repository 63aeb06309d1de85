//! Facts about the server and the caller.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use cubit_hub::Hub;
use cubit_model::{ApiInfo, OrganizationMember};

use crate::answer::json;
use crate::error::{ApiError, Failures};
use crate::sign_in::{SignIn, SignedIn};

/// Facts about this server; needs no credentials
#[utoipa::path(
    get, path = "/info", operation_id = "apiInfo", tag = "Meta", security(()),
    responses((status = 200, description = "Success.", body = ApiInfo))
)]
pub(crate) async fn info(sign_in: SignIn) -> Json<ApiInfo> {
    let openid = sign_in.openid.as_ref();
    Json(ApiInfo {
        build: env!("CARGO_PKG_VERSION").to_owned(),
        revision: env!("CARGO_PKG_VERSION").to_owned(),
        ..openid.map(|openid| openid.info()).unwrap_or_default()
    })
}

/// The calling user, as a member of the current organization
#[utoipa::path(
    get, path = "/me", operation_id = "GetMe", tag = "Meta",
    responses((status = 200, description = "Success.", body = OrganizationMember), Failures)
)]
pub(crate) async fn me(
    SignedIn(caller): SignedIn,
    State(hub): State<Hub>,
) -> Result<Response, ApiError> {
    json(hub.me(&caller).await?).await
}

/// Whether the process runs.
pub(crate) async fn alive() -> Json<&'static str> {
    Json("alive")
}

/// Whether requests can be answered.
pub(crate) async fn ready(State(hub): State<Hub>) -> Result<Json<&'static str>, ApiError> {
    hub.ready().await?;
    Ok(Json("ready"))
}
