//! What a server tells about itself at `/metrics`.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;

use crate::support::Api;

async fn metrics(api: &Api) -> String {
    let request = Request::get("/metrics").body(Body::empty());
    let answer = api.answer(request.expect("request")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let kind = &answer.headers()[header::CONTENT_TYPE];
    assert_eq!(kind, "text/plain; version=0.0.4");
    let bytes = answer.into_body().collect().await.expect("body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn the_names_are_as_documented() {
    let api = Api::start().await;
    let text = metrics(&api).await;
    let about: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    insta::assert_snapshot!(about.join("\n"));
    let documented = include_str!("../../../../docs/operations.md");
    for line in about.iter().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).expect("a name");
        let quoted = format!("`{name}`");
        assert!(documented.contains(&quoted), "{name} is not documented");
    }
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_nothing_that_users_write() {
    let api = Api::start().await;
    let space = api
        .ok(Method::POST, "/space", json!({"Slug": "very-private"}))
        .await;
    let id = space["SpaceID"].as_str().expect("an id").to_owned();
    api.ok(Method::GET, &format!("/space/{id}"), json!({}))
        .await;
    api.get(&format!("/space/{id}?select=s3cr3t")).await;
    let (status, _) = api.get("/nowhere/s3cr3t").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let anonymous = Request::get("/api/me").header(header::AUTHORIZATION, "Bearer s3cr3t");
    let answer = api.answer(anonymous.body(Body::empty()).expect("request"));
    assert_eq!(answer.await.status(), StatusCode::UNAUTHORIZED);

    let text = metrics(&api).await;
    for line in [
        "cubit_http_requests_total{operation=\"CreateSpace\",status=\"2xx\"} 1",
        "cubit_http_requests_total{operation=\"GetSpace\",status=\"2xx\"} 1",
        "cubit_http_requests_total{operation=\"GetSpace\",status=\"4xx\"} 1",
        "cubit_http_requests_total{operation=\"none\",status=\"4xx\"} 1",
        "cubit_http_requests_total{operation=\"GetMe\",status=\"4xx\"} 1",
        "cubit_http_request_duration_seconds_count{operation=\"GetSpace\"} 2",
        "cubit_sign_in_failures_total 1",
        "cubit_denials_total 0",
        // This one.
        "cubit_http_requests_in_flight 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    for secret in ["s3cr3t", "very-private", &id] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
