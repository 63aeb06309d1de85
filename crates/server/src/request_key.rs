//! `Idempotency-Key`: a POST with one is carried out once, however often it is sent.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cubit_hub::{Begun, Caller, Hub};
use sha2::{Digest, Sha256};

use crate::error::ApiError;
use crate::sign_in::SignedIn;

pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of the request, where the handlers find it.
#[derive(Debug, Clone)]
pub(crate) struct RequestKey(pub(crate) String);

/// Carries out requests without a key, and those with a new one; answers the others as before.
pub(crate) async fn once(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let is_keyed = request.method() == Method::POST && request.headers().contains_key(KEY);
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
    let request = Request::from_parts(parts, Body::from(body));
    match keep(&hub, &caller, &key, next.run(request).await).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// Keeps an answer on its way to the client.
async fn keep(
    hub: &Hub,
    caller: &Caller,
    key: &str,
    response: Response,
) -> Result<Response, ApiError> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })?;
    let answer = (parts.status.as_u16(), body.as_ref());
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
