//! JSON bodies, with errors that name the place.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        check_content_type(&request)?;
        check_content_encoding(&request)?;
        let bytes = Bytes::from_request(request, state).await.map_err(|error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::too_large()
            } else {
                ApiError::invalid(format!("the body cannot be read: {error}"))
            }
        })?;
        read(&bytes).map(Self)
    }
}

/// Reads JSON; errors name the member, line and column.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Every body is an object, or null for a patch without fields. Lists would be taken for
    // objects, member by member.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err(ApiError::invalid(
            "body: line 1 column 1: expected an object, found a list",
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            String::new()
        } else {
            format!("{path}: ")
        };
        ApiError::invalid(format!("body: {place}{}", error.inner()))
    })?;
    json.end()
        .map_err(|error| ApiError::invalid(format!("body: {error}")))?;
    Ok(value)
}

fn check_content_type(request: &Request) -> Result<(), ApiError> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json") {
        Ok(())
    } else {
        Err(ApiError::invalid(format!(
            "Content-Type: {text:?} is not JSON; send application/json or application/merge-patch+json"
        )))
    }
}

/// Bodies are taken as they are: what is small and unpacks to something large never is unpacked.
fn check_content_encoding(request: &Request) -> Result<(), ApiError> {
    let values = request.headers().get_all(header::CONTENT_ENCODING);
    let encoding = values
        .iter()
        .find(|value| !value.is_empty() && *value != "identity");
    encoding.map_or(Ok(()), |encoding| {
        let message =
            format!("Content-Encoding: {encoding:?} is not taken; send the body as it is");
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
    })
}
