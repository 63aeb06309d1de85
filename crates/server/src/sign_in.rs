//! Who is calling: the bearer of a token.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use cubit_hub::{Caller, Hub, Origin, WorkerCaller};
use cubit_model::BridgeWorkerId;

use crate::error::ApiError;
use crate::openapi::operation_id;
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
        let caller = hub.authenticate(token, origin(parts)).await?;
        if let Some(seen) = parts.extensions.get::<SeenCaller>() {
            // What is refused later is noted under this name.
            let _ = seen.0.set(caller.clone());
        }
        Ok(Self(caller))
    }
}

/// Where a layer around the handlers finds out who called.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenCaller(pub(crate) Arc<OnceLock<Caller>>);

/// Where a request comes from, and what it asks for.
fn origin(parts: &Parts) -> Origin {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = text(&parts.headers, header::USER_AGENT);
    let path = parts.extensions.get::<MatchedPath>();
    let operation = path.and_then(|path| operation_id(&parts.method, path.as_str()));
    Origin {
        user_agent: user_agent.unwrap_or_default().to_owned(),
        address: address.map_or_else(String::new, |info| info.0.ip().to_string()),
        operation: operation.unwrap_or_default(),
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

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}
