//! `Idempotency-Key`: a POST with one is carried out once, however often it is sent.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cubit_hub::{Begun, Caller, Hub};
use sha2::{Digest, Sha256};

use crate::error::ApiError;
use crate::openapi::operation_id;
use crate::sign_in::SignedIn;

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Operations whose answers hold a secret, which is shown once and kept nowhere.
const SECRET: [&str; 2] = ["CreateToken", "CreateBridgeWorker"];

/// The key of the request, where the handlers find it.
#[derive(Debug, Clone)]
pub(crate) struct RequestKey(pub(crate) String);

/// Carries out requests without a key, and those with a new one; answers the others as before.
pub(crate) async fn once(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    // What signs in answers secrets, and changes nothing that must not be done twice.
    let is_of_api = request.uri().path().starts_with("/api/");
    let is_post = is_of_api && request.method() == Method::POST;
    let is_keyed = is_post && request.headers().contains_key(KEY);
    if !is_keyed {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Who may not come in, or is no user, is told so by the operation.
    let Ok(SignedIn(caller)) = SignedIn::from_request_parts(&mut parts, &hub).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let key = parts.headers.get(KEY).and_then(|key| key.to_str().ok());
    let key = key.unwrap_or_default().to_owned();
    let Ok(body) = to_bytes(body, crate::BODY_LIMIT).await else {
        return ApiError::too_large().into_response();
    };
    let mut asked = Sha256::new();
    asked.update(parts.uri.to_string());
    asked.update([0]);
    asked.update(&body);
    match hub
        .begin_keyed(&caller, &key, asked.finalize().into())
        .await
    {
        Ok(Begun::New) => {}
        Ok(Begun::Answered(status, body)) => return again(status, body),
        Err(error) => return ApiError::from(error).into_response(),
    }
    parts.extensions.insert(RequestKey(key.clone()));
    let path = parts.extensions.get::<MatchedPath>();
    let operation = path.and_then(|path| operation_id(&parts.method, path.as_str()));
    let is_secret = operation.is_some_and(|name| SECRET.contains(&name.as_str()));
    let request = Request::from_parts(parts, Body::from(body));
    let response = next.run(request).await;
    match keep((&hub, &caller), &key, response, is_secret).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// Keeps an answer on its way to the client; of a secret one only that it was given.
async fn keep(
    (hub, caller): (&Hub, &Caller),
    key: &str,
    response: Response,
    is_secret: bool,
) -> Result<Response, ApiError> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })?;
    let kept: &[u8] = match is_secret && parts.status.is_success() {
        true => &[],
        false => &body,
    };
    let answer = (parts.status.as_u16(), kept);
    hub.end_keyed(caller, key, answer).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn again(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (REPLAYED, HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}
