//! What happens around every request: its id, its line in the log, what is counted of it, the
//! limits, what is left of a refused body, and panics.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use cubit_hub::Hub;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::sync::Mutex;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use tracing::field::Empty;
use uuid::Uuid;

use crate::answer::NEXT_PAGE;
use crate::error::ApiError;
use crate::limits::{self, Guard, Limits};
use crate::metrics::Metrics;
use crate::openapi::operation_id;
use crate::request_key;
use crate::sign_in::SeenCaller;
use crate::traces::Traces;

/// Most of a refused body that is read to let the refusal through.
const REST_LIMIT: usize = 16 << 20;
/// How long that may take.
const REST_PATIENCE: Duration = Duration::from_secs(5);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around a router; the last one is the outermost.
pub(crate) fn around(
    router: Router,
    hub: Hub,
    limits: Limits,
    (metrics, traces): (Metrics, Option<Traces>),
) -> Router {
    router
        .layer(from_fn_with_state(hub.clone(), request_key::once))
        .layer(from_fn_with_state(hub, note_denials))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(link_next))
        .layer(from_fn(read_to_the_end))
        .layer(from_fn(limit_size))
        .layer(from_fn_with_state(
            Guard::new(limits, metrics.clone()),
            limits::keep,
        ))
        .layer(from_fn_with_state((metrics, traces), observe))
}

/// Notes in the audit what was refused to somebody who signed in.
async fn note_denials(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let seen = request.extensions().get::<SeenCaller>().cloned();
    let response = next.run(request).await;
    if response.status() == StatusCode::FORBIDDEN
        && let Some(caller) = seen.as_ref().and_then(|seen| seen.0.get())
        && let Err(error) = hub.note_denial(caller).await
    {
        tracing::error!(%error, "a denial could not be noted");
    }
    response
}

/// Gives every request an id, in the log and in the answer; counts it, logs one line about it, and makes
/// a span of it where spans are exported. The query of its URL, its headers and its body are in none.
async fn observe(
    State((metrics, traces)): State<(Metrics, Option<Traces>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let _in_flight = metrics.begin();
    let start = Instant::now();
    let id = Uuid::now_v7().to_string();
    let operation = operation(&request);
    let seen = SeenCaller::default();
    request.extensions_mut().insert(seen.clone());
    // Failures name the request, whatever is logged.
    let span = tracing::error_span!("request", %id, trace = Empty);
    let traced = traces.filter(|_| !limits::WATCHERS.contains(&&*operation));
    let traced = traced
        .map(|traces| traces.begin(&operation, request.method(), request.headers(), &id))
        .inspect(|traced| {
            span.record("trace", traced.trace_id());
        });
    let mut response = next.run(request).instrument(span.clone()).await;
    let duration = start.elapsed();
    let status = response.status();
    metrics.answered(&operation, status, duration);
    if let Some(traced) = traced {
        traced.answered(status);
    }
    let user = seen.0.get().map(|caller| caller.user_id().to_string());
    span.in_scope(|| {
        tracing::info!(
            %operation,
            status = status.as_u16(),
            milliseconds = duration.as_secs_f64() * 1000.0,
            user = user.as_deref().unwrap_or_default(),
            "answered"
        );
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The name of the operation that is asked for; routes that are not of the API are named by their
/// path, and what has no route by `none`.
fn operation(request: &Request) -> String {
    let Some(path) = request.extensions().get::<MatchedPath>() else {
        return "none".to_owned();
    };
    let path = path.as_str();
    operation_id(request.method(), path).unwrap_or_else(|| path.to_owned())
}

/// Links a page to the next one: the same request, after the end of this one.
async fn link_next(request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let mut response = next.run(request).await;
    let token = response.headers().get(NEXT_PAGE);
    if let Some(token) = token.and_then(|token| token.to_str().ok()) {
        let pairs = uri.query().unwrap_or_default().split('&');
        let mut query: Vec<&str> = pairs
            .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("after"))
            .collect();
        let after = format!("after={token}");
        query.push(&after);
        let link = format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"));
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

/// Refuses a body by its announced length, before any of it is read.
async fn limit_size(request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    match announced {
        Some(length) if length > crate::BODY_LIMIT as u64 => ApiError::too_large().into_response(),
        _ => next.run(request).await,
    }
}

/// Reads, and throws away, what is left of the body of a refused request. A client that is still
/// sending would otherwise find the connection closed and never see why.
async fn read_to_the_end(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let lent = unfold(body.clone(), |body| async move {
        let chunk = body.lock().await.next().await?;
        Some((chunk, body))
    });
    let request = Request::from_parts(parts, Body::from_stream(lent));
    let response = next.run(request).await;
    if response.status().is_client_error() {
        let rest = async {
            let mut body = body.lock().await;
            let mut length = 0;
            while let Some(Ok(chunk)) = body.next().await {
                length += chunk.len();
                if length > REST_LIMIT {
                    break;
                }
            }
        };
        // A client that stops sending has waited long enough.
        let _ = tokio::time::timeout(REST_PATIENCE, rest).await;
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(message, "a handler panicked");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    /// A hub that no request gets to.
    async fn hub() -> (Hub, tempfile::TempDir) {
        let directory = tempfile::tempdir().expect("directory");
        let data_dir = directory.path().to_owned();
        let hub = Hub::open(cubit_hub::HubOptions { data_dir }).await;
        (hub.expect("opens"), directory)
    }

    async fn crash() -> &'static str {
        panic!("on purpose")
    }

    async fn around_crash() -> Router {
        let router = Router::new().route("/", get(crash));
        around(
            router,
            hub().await.0,
            Limits::default(),
            (Metrics::default(), None),
        )
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_with_an_id() {
        let router = around_crash().await;
        let request = Request::get("/").body(Body::empty()).expect("request");
        let response = router.oneshot(request).await.expect("answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key(REQUEST_ID));
    }

    #[tokio::test]
    async fn an_announced_giant_is_refused_unread() {
        let router = around_crash().await;
        let request = Request::get("/")
            .header(header::CONTENT_LENGTH, crate::BODY_LIMIT + 1)
            .body(Body::empty())
            .expect("request");
        let response = router.oneshot(request).await.expect("answer");
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
