//! Successful answers.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cubit_hub::{Page, Selected};
use cubit_model::{Entity, Extended, ResponseError};
use serde::Serialize;

use crate::error::ApiError;

/// A JSON answer, written away from the threads that answer requests: lists can be large.
pub(crate) async fn json<T: Serialize + Send + 'static>(value: T) -> Result<Response, ApiError> {
    json_with_status(StatusCode::OK, value).await
}

/// An entity, with its Version as `ETag`.
pub(crate) async fn entity<E: Entity>(entity: E) -> Result<Response, ApiError> {
    let version = entity.version();
    Ok(tagged(json(entity).await?, version))
}

/// An entity in its wrapper, with its Version as `ETag`.
pub(crate) async fn extended<X: Extended>(selected: Selected<X>) -> Result<Response, ApiError> {
    let version = selected.extended.entity().version();
    Ok(tagged(json(selected).await?, version))
}

fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The header with the value of `after` for the next page.
pub(crate) const NEXT_PAGE: HeaderName = HeaderName::from_static("x-next-page");

/// A list, or a page of one. Lists are arrays, so the token of the next page is a header.
pub(crate) async fn page<T: Serialize + Send + 'static>(
    page: Page<T>,
) -> Result<Response, ApiError> {
    let mut response = json(page.rows).await?;
    if let Some(next) = page.next.and_then(|next| HeaderValue::try_from(next).ok()) {
        response.headers_mut().insert(NEXT_PAGE, next);
    }
    Ok(response)
}

/// The answers of a call about many: 200 when all went well, 207 when something failed.
pub(crate) async fn partly<T: Serialize + Send + 'static>(
    failed: bool,
    answers: Vec<T>,
) -> Result<Response, ApiError> {
    let status = match failed {
        true => StatusCode::MULTI_STATUS,
        false => StatusCode::OK,
    };
    json_with_status(status, answers).await
}

/// The answers of a call, and whether something failed.
pub(crate) async fn outcomes<T, A>(
    results: Vec<Result<T, ResponseError>>,
) -> Result<Response, ApiError>
where
    A: From<Result<T, ResponseError>> + Serialize + Send + 'static,
{
    let failed = results.iter().any(Result::is_err);
    let answers: Vec<A> = results.into_iter().map(A::from).collect();
    partly(failed, answers).await
}

/// A JSON answer with a status.
pub(crate) async fn json_with_status<T: Serialize + Send + 'static>(
    status: StatusCode,
    value: T,
) -> Result<Response, ApiError> {
    let internal = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "an answer could not be written");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    };
    let body = tokio::task::spawn_blocking(move || serde_json::to_vec(&value))
        .await
        .map_err(|error| internal(&error))?
        .map_err(|error| internal(&error))?;
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((status, headers, Body::from(body)).into_response())
}

/// Raw bytes.
pub(crate) fn bytes(data: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
    (headers, Body::from(data)).into_response()
}
