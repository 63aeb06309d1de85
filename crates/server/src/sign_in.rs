//! Who is calling: the bearer of a token.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use cubit_hub::{Caller, Hub, Origin, WorkerCaller};
use cubit_model::BridgeWorkerId;

use crate::error::ApiError;
use crate::openapi::operation_id;
use crate::parameters::Ids;
use crate::request_key::RequestKey;

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
        let caller = hub.authenticate(token, origin(parts)?).await?;
        if let Some(seen) = parts.extensions.get::<SeenCaller>() {
            // What is refused later is noted under this name.
            let _ = seen.0.set(caller.clone());
        }
        Ok(Self(caller))
    }
}

/// A credential that is looked at again, by what goes on for longer than a request.
#[derive(Debug)]
pub(crate) struct Renewal {
    token: String,
    origin: Origin,
}

impl Renewal {
    /// The caller, as it is now.
    pub(crate) async fn caller(&self, hub: &Hub) -> Result<Caller, ApiError> {
        Ok(hub.authenticate(&self.token, self.origin.clone()).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Renewal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self {
            token: bearer(&parts.headers).unwrap_or_default().to_owned(),
            origin: origin(parts)?,
        })
    }
}

/// Where a layer around the handlers finds out who called.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenCaller(pub(crate) Arc<OnceLock<Caller>>);

/// Where a request comes from, what it asks for, and on what condition.
fn origin(parts: &Parts) -> Result<Origin, ApiError> {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = text(&parts.headers, header::USER_AGENT);
    let path = parts.extensions.get::<MatchedPath>();
    let operation = path.and_then(|path| operation_id(&parts.method, path.as_str()));
    Ok(Origin {
        user_agent: user_agent.unwrap_or_default().to_owned(),
        address: address.map_or_else(String::new, |info| info.0.ip().to_string()),
        operation: operation.unwrap_or_default(),
        if_match: match parts.headers.get(header::IF_MATCH) {
            Some(value) => version(value)?,
            None => None,
        },
        request_key: parts
            .extensions
            .get::<RequestKey>()
            .map(|key| key.0.clone()),
    })
}

/// The Version in an `If-Match`, as `ETag` has it: `"7"`. What exists matches `*`.
fn version(value: &HeaderValue) -> Result<Option<i64>, ApiError> {
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let version = quoted.and_then(|version| version.parse().ok());
    version.map(Some).ok_or_else(|| {
        ApiError::invalid(format!(
            "If-Match: {text:?} is not one ETag of this server, such as \"7\""
        ))
    })
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
