//! Sessions: `/auth/...`, beside the API. Signing in, another access token, another organization,
//! signing out.

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cubit_hub::{Credential, Hub};
use cubit_model::{BridgeWorkerId, RefreshRequest, Session, SignInRequest, WorkerSignInRequest};
use serde::Deserialize;

use crate::answer::json;
use crate::body::Body;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::sign_in::{Asked, SignIn, SignedIn, bearer};

/// The cookie with the access token of a session.
const SESSION_COOKIE: &str = "confighub_session";
/// The cookie with its refresh token.
const REFRESH_COOKIE: &str = "confighub_refresh_token";

/// The routes beside the API.
pub(crate) fn routes() -> Router<Hub> {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/worker", post(worker))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route(
            "/auth/switch-organization",
            get(switch_by_cookie).post(switch),
        )
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
}

/// `POST /auth/login`: a session for a name and a password.
pub(crate) async fn login(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    Body(request): Body<SignInRequest>,
) -> Result<Response, ApiError> {
    let credential = (request.username.as_str(), request.password.as_str());
    let session = hub.sign_in(credential, &request.organization, &origin);
    json(session.await?).await
}

/// `POST /auth/worker`: a session for the id and the secret of a worker.
pub(crate) async fn worker(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    Body(request): Body<WorkerSignInRequest>,
) -> Result<Response, ApiError> {
    let id: BridgeWorkerId = request
        .worker_id
        .parse()
        .map_err(|_| ApiError::invalid("worker_id: expected a UUID"))?;
    let session = hub.sign_in_worker(id, &request.worker_secret, &origin);
    json(session.await?).await
}

/// `POST /auth/refresh`: other tokens for a session; those before are good for nothing any more.
pub(crate) async fn refresh(
    State(hub): State<Hub>,
    Body(request): Body<RefreshRequest>,
) -> Result<Response, ApiError> {
    json(hub.refresh_session(&request.refresh_token).await?).await
}

/// `POST /auth/logout`: the token that is sent is good for nothing any more; of a session neither of
/// its tokens.
pub(crate) async fn logout(
    SignedIn(_): SignedIn,
    State(hub): State<Hub>,
    parts: Parts,
) -> Result<Response, ApiError> {
    if let Some(token) = bearer(&parts.headers) {
        hub.sign_out(token).await?;
    }
    json("signed out").await
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Switch {
    /// The external id of the organization, or its id.
    organization_id: String,
}

/// `GET /auth/switch-organization`: the session of a refresh token that comes as a cookie goes on in
/// another organization, and goes back as cookies.
pub(crate) async fn switch_by_cookie(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    sign_in: SignIn,
    Parameters(Switch { organization_id }): Parameters<Switch>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = cookie(&headers, REFRESH_COOKIE).ok_or_else(|| {
        let message = format!("sign in: send the cookie {REFRESH_COOKIE}");
        ApiError::new(StatusCode::UNAUTHORIZED, message)
    })?;
    let credential = Credential::Refresh(token);
    let switched = hub.switch_organization(credential, &organization_id, &origin);
    let Session {
        access_token,
        refresh_token,
        ..
    } = switched.await?;
    let headers = [
        (header::LOCATION, "/".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut response = (StatusCode::FOUND, headers).into_response();
    for (name, token) in [
        (SESSION_COOKIE, access_token),
        (REFRESH_COOKIE, refresh_token),
    ] {
        // No other site may have somebody's organization changed.
        sign_in.set_cookie(&mut response, (name, &token), "SameSite=Strict");
    }
    Ok(response)
}

/// `POST /auth/switch-organization`: the same for the access token of a session, answered as JSON.
pub(crate) async fn switch(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    Parameters(Switch { organization_id }): Parameters<Switch>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let token = bearer(&headers).ok_or_else(ApiError::no_token)?;
    let credential = Credential::Access(token);
    let switched = hub.switch_organization(credential, &organization_id, &origin);
    json(switched.await?).await
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}
