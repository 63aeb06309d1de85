//! What a server does at most: requests at once, time, requests of a client.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use cubit_server::Limits;

use crate::support::Api;

/// A request that is not answered, because its body never comes.
fn endless(api: &Api) -> Request<Body> {
    let body = futures_util::stream::pending::<Result<Bytes, Infallible>>();
    api.request(Method::POST, "/space")
        .body(Body::from_stream(body))
        .expect("request")
}

fn me(api: &Api) -> Request<Body> {
    let request = api.request(Method::GET, "/me").body(Body::empty());
    request.expect("request")
}

fn retry_after(answer: &Response<Body>) -> Option<&str> {
    let value = answer.headers().get(header::RETRY_AFTER)?;
    value.to_str().ok()
}

#[tokio::test]
async fn more_requests_at_once_than_there_may_be_are_turned_away() {
    let limits = Limits {
        requests_in_flight: 1,
        ..Limits::default()
    };
    let api = Api::with_limits(limits).await;
    {
        let mut first = std::pin::pin!(api.answer(endless(&api)));
        // It takes the only place when it is polled first, and is never done.
        let polled = poll_fn(|context| Poll::Ready(first.as_mut().poll(context)));
        assert!(polled.await.is_pending());
        let second = api.answer(me(&api)).await;
        assert_eq!(second.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(retry_after(&second), Some("1"));
        assert!(second.headers().contains_key("x-request-id"));
        for path in ["/healthz", "/readyz", "/metrics"] {
            let watch = Request::get(path).body(Body::empty()).expect("request");
            assert_eq!(api.answer(watch).await.status(), StatusCode::OK, "{path}");
        }
    }
    // The first one was given up.
    assert_eq!(api.answer(me(&api)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let limits = Limits {
        request_time: Duration::from_millis(1),
        ..Limits::default()
    };
    let api = Api::with_limits(limits).await;
    let answer = api.answer(endless(&api)).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_client_that_asks_too_often_has_to_wait() {
    let limits = Limits {
        requests_per_minute: Some(1),
        ..Limits::default()
    };
    let api = Api::with_limits(limits).await;
    assert_eq!(api.answer(me(&api)).await.status(), StatusCode::OK);
    let second = api.answer(me(&api)).await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = retry_after(&second)
        .expect("a wait")
        .parse()
        .expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
}
