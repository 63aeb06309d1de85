//! Failures as HTTP answers: one table from kinds to statuses.

use std::time::Duration;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cubit_hub::{ErrorKind, HubError};
use cubit_model::StandardErrorResponse;
use utoipa::IntoResponses;

/// A failed request.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    /// Seconds after which it may be tried again.
    retry_after: Option<u64>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    /// What to tell the caller.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Whether the server failed, or what it needs.
    pub(crate) fn is_of_server(&self) -> bool {
        self.status.is_server_error()
    }

    /// Says when it may be tried again.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            ..self
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "sign in: send the header Authorization: Bearer TOKEN",
        )
    }

    pub(crate) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this path")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path does not take this method",
        )
    }

    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {} bytes", crate::BODY_LIMIT),
        )
    }
}

impl From<HubError> for ApiError {
    fn from(error: HubError) -> Self {
        let status = StatusCode::from_u16(error.kind().status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(%error, "an operation failed");
        }
        let retry_after = match &error {
            HubError::TooMany(wait) => Some(wait.as_secs() + 1),
            error if error.kind() == ErrorKind::Unavailable => Some(1),
            _ => None,
        };
        Self {
            retry_after,
            ..Self::new(status, error.message())
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = StandardErrorResponse {
            code: self.status.as_str().to_owned(),
            message: self.message,
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The failures every operation documents.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "documentation")]
pub(crate) enum Failures {
    /// The request is not valid.
    #[response(status = 400)]
    Invalid(StandardErrorResponse),
    /// No valid credentials.
    #[response(status = 401)]
    Unauthenticated(StandardErrorResponse),
    /// Not allowed.
    #[response(status = 403)]
    Forbidden(StandardErrorResponse),
    /// Not found.
    #[response(status = 404)]
    NotFound(StandardErrorResponse),
    /// Internal error.
    #[response(status = 500)]
    Internal(StandardErrorResponse),
}

/// The failure of a replacement of something that has changed.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "documentation")]
pub(crate) enum Conflict {
    /// The stored entity has changed since it was read.
    #[response(status = 409)]
    Conflict(StandardErrorResponse),
}

/// The failure of what is understood and cannot be done.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "documentation")]
pub(crate) enum Unprocessable {
    /// The request was understood but cannot be done in the current state.
    #[response(status = 422)]
    Unprocessable(StandardErrorResponse),
}
