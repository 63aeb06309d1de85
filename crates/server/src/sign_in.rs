//! Who is calling: the bearer of a token, or, where that is allowed, the sender of a name and a
//! password.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cubit_hub::{Caller, Hub, Origin, WorkerCaller};
use cubit_model::BridgeWorkerId;

use crate::error::ApiError;
use crate::openapi::operation_id;
use crate::openid::OpenId;
use crate::parameters::Ids;
use crate::request_key::RequestKey;

/// A caller with a valid token. The first argument of every handler that needs one, so that
/// nothing else about a request is looked at before.
#[derive(Debug)]
pub(crate) struct SignedIn(pub(crate) Caller);

impl FromRequestParts<Hub> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hub: &Hub) -> Result<Self, ApiError> {
        let origin = conditional(parts)?;
        let caller = Credential::of(parts)?.caller(hub, origin).await?;
        if let Some(seen) = parts.extensions.get::<SeenCaller>() {
            // What is refused later is noted under this name.
            let _ = seen.0.set(caller.clone());
        }
        Ok(Self(caller))
    }
}

/// What a request brings to show who calls.
enum Credential {
    Token(String),
    Password(String, String),
}

impl Credential {
    fn of(parts: &Parts) -> Result<Self, ApiError> {
        match (bearer(&parts.headers), basic(&parts.headers)) {
            (Some(token), _) => Ok(Self::Token(token.to_owned())),
            (None, Some(_)) if !SignIn::of(parts).basic => Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "this server takes no user name and password with a request: sign in with POST /auth/login, and send the header Authorization: Bearer TOKEN",
            )),
            (None, Some(credential)) => {
                let (username, password) = credential?;
                Ok(Self::Password(username, password))
            }
            (None, None) => Err(ApiError::no_token()),
        }
    }

    async fn caller(&self, hub: &Hub, origin: Origin) -> Result<Caller, ApiError> {
        let caller = match self {
            Self::Token(token) => hub.authenticate(token, origin).await,
            Self::Password(username, password) => {
                hub.authenticate_password(username, password, origin).await
            }
        };
        Ok(caller?)
    }
}

/// A credential that is looked at again, by what goes on for longer than a request.
pub(crate) struct Renewal {
    credential: Credential,
    origin: Origin,
}

impl Renewal {
    /// The caller, as it is now.
    pub(crate) async fn caller(&self, hub: &Hub) -> Result<Caller, ApiError> {
        self.credential.caller(hub, self.origin.clone()).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Renewal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self {
            credential: Credential::of(parts)?,
            origin: origin(parts),
        })
    }
}

/// Where a layer around the handlers finds out who called.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenCaller(pub(crate) Arc<OnceLock<Caller>>);

/// How people may sign in.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// Whether a name and a password may come with each request (HTTP Basic).
    pub basic: bool,
    /// Whether people reach the server over TLS: then cookies are sent over TLS only.
    pub encrypted: bool,
    /// The identity provider that people sign in through.
    pub openid: Option<Arc<OpenId>>,
}

impl SignIn {
    /// How people may sign in here. What is not said is not allowed.
    fn of(parts: &Parts) -> Self {
        let known = parts.extensions.get::<Self>();
        known.cloned().unwrap_or_default()
    }

    /// Gives a browser a cookie that no script sees, with what else it is to know of it.
    pub(crate) fn set_cookie(
        &self,
        response: &mut Response,
        (name, value): (&str, &str),
        attributes: &str,
    ) {
        let secure = if self.encrypted { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; HttpOnly{secure}; {attributes}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Where a request comes from, of somebody who is not signed in.
#[derive(Debug)]
pub(crate) struct Asked(pub(crate) Origin);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(origin(parts)))
    }
}

/// Where a request comes from, and what it asks for.
fn origin(parts: &Parts) -> Origin {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = text(&parts.headers, header::USER_AGENT);
    let path = parts.extensions.get::<MatchedPath>();
    // What is beside the API has no name but its path.
    let operation = path.map(|path| {
        operation_id(&parts.method, path.as_str()).unwrap_or_else(|| path.as_str().to_owned())
    });
    Origin {
        user_agent: user_agent.unwrap_or_default().to_owned(),
        address: address.map_or_else(String::new, |info| info.0.ip().to_string()),
        operation: operation.unwrap_or_default(),
        ..Origin::default()
    }
}

/// The same, and on what condition it is to be carried out.
fn conditional(parts: &Parts) -> Result<Origin, ApiError> {
    let request_key = parts.extensions.get::<RequestKey>();
    Ok(Origin {
        if_match: match parts.headers.get(header::IF_MATCH) {
            Some(value) => version(value)?,
            None => None,
        },
        request_key: request_key.map(|key| key.0.clone()),
        ..origin(parts)
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

/// The name and the password of HTTP Basic; none when there is no such header.
fn basic(headers: &HeaderMap) -> Option<Result<(String, String), ApiError>> {
    let (scheme, encoded) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Basic").then(|| {
        let bytes = STANDARD.decode(encoded.trim()).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = text.as_deref().and_then(|text| text.split_once(':'));
        pair.map(|(username, password)| (username.to_owned(), password.to_owned()))
            .ok_or_else(|| {
                ApiError::new(
                    StatusCode::UNAUTHORIZED,
                    "Authorization: expected Basic and USER:PASSWORD in base64",
                )
            })
    })
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}
