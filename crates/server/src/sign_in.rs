//! Who is calling: the bearer of a token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use cubit_hub::{Caller, Hub, WorkerCaller};
use cubit_model::BridgeWorkerId;

use crate::error::ApiError;
use crate::parameters::Ids;

/// A caller with a valid token. The first argument of every handler that needs one, so that
/// nothing else about a request is looked at before.
#[derive(Debug)]
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequestParts<Hub> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "sign in: send the header Authorization: Bearer TOKEN",
            )
        })?;
        let user_agent = text(&parts.headers, header::USER_AGENT).unwrap_or_default();
        Ok(Self(hub.authenticate(token, user_agent).await?))
    }
}

/// A worker whose secret is the one of the worker in the path.
#[derive(Debug)]
pub(crate) struct SignedInWorker(pub(crate) WorkerCaller);

impl FromRequestParts<Hub> for SignedInWorker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, ApiError> {
        let Ids(id) = Ids::<BridgeWorkerId>::from_request_parts(parts, hub).await?;
        let secret = bearer(&parts.headers).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "sign in: send the header Authorization: Bearer SECRET, with the worker's secret",
            )
        })?;
        Ok(Self(hub.authenticate_worker(id, secret).await?))
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}
