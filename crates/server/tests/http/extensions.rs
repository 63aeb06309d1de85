//! What goes beyond the contract and is off unless it is used.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::Api;

/// Sends JSON with a header; answers the status, the `ETag` and the body.
async fn send(
    api: &Api,
    (method, path): (Method, &str),
    (name, value): (&str, &str),
    body: &Value,
) -> (StatusCode, Option<String>, Value) {
    let request = api
        .request(method, path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(name, value)
        .body(Body::from(body.to_string()))
        .expect("request");
    let answer = api.answer(request).await;
    let status = answer.status();
    let tag = answer.headers().get(header::ETAG);
    let tag = tag.map(|tag| tag.to_str().expect("text").to_owned());
    let bytes = answer.into_body().collect().await.expect("body").to_bytes();
    (status, tag, serde_json::from_slice(&bytes).expect("JSON"))
}

#[tokio::test]
async fn a_change_can_be_for_one_version_only() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let tag = api
        .ok(Method::POST, &format!("{space}/tag"), json!({"Slug": "v1"}))
        .await;
    let tag = format!("{space}/tag/{}", tag["TagID"].as_str().expect("id"));
    for path in [&unit, &tag, &space] {
        let (_, etag, _) = send(&api, (Method::GET, path), ("accept", "*/*"), &json!({})).await;
        let etag = etag.expect("an ETag");
        let patch = json!({"DisplayName": "Shop"});
        let with = |value| ("if-match", value);
        let (status, _, answer) = send(&api, (Method::PATCH, path), with("\"99\""), &patch).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{answer}");
        let (status, _, answer) = send(&api, (Method::PATCH, path), with("99"), &patch).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        let (status, next, answer) = send(&api, (Method::PATCH, path), with(&etag), &patch).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let next = next.expect("an ETag");
        assert_ne!(next, etag);

        // A replacement needs no Version in its body then; a wrong one is still wrong.
        let mut body = answer.clone();
        body["DisplayName"] = json!("Store");
        body.as_object_mut().expect("object").remove("Version");
        let (status, last, answer) = send(&api, (Method::PUT, path), with(&next), &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        body["Version"] = json!(1);
        let last = last.expect("an ETag");
        let (status, ..) = send(&api, (Method::PUT, path), with(&last), &body).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let (status, ..) = send(&api, (Method::DELETE, path), with(&next), &json!({})).await;
        assert_eq!(status, StatusCode::PRECONDITION_FAILED);
    }
    let (_, etag, _) = send(&api, (Method::GET, &tag), ("accept", "*/*"), &json!({})).await;
    let etag = etag.expect("an ETag");
    let (status, ..) = send(
        &api,
        (Method::DELETE, &tag),
        ("if-match", &etag),
        &json!({}),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_post_with_a_key_is_carried_out_once() {
    let api = Api::start().await;
    let body = json!({"Slug": "dev"});
    let post = |key: &'static str, path: &'static str, body: Value| {
        let api = &api;
        async move { send(api, (Method::POST, path), ("idempotency-key", key), &body).await }
    };
    let (status, _, first) = post("a", "/space", body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    let (status, _, again) = post("a", "/space", body.clone()).await;
    assert_eq!((status, &again), (StatusCode::OK, &first));
    // Without the key, or with another one, it is a request of its own.
    let (status, _, answer) = post("b", "/space", body.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    // That answer is repeated as well.
    let (status, _, refused) = post("b", "/space", body.clone()).await;
    assert_eq!((status, refused), (StatusCode::BAD_REQUEST, answer));
    // One key stands for one request.
    let (status, _, answer) = post("a", "/space", json!({"Slug": "prod"})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let (status, _, answer) = post("a", "/space?allow_exists=true", body.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let (status, _, answer) = post("no spaces", "/space", body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let (_, list) = api.get("/space").await;
    assert_eq!(list.as_array().expect("a list").len(), 1, "{list}");
}

/// What is shown once is not kept to be shown again.
#[tokio::test]
async fn a_secret_is_not_repeated() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let workers = format!("{space}/bridge_worker");
    for (path, body) in [
        ("/me/token", json!({"Name": "ci"})),
        (workers.as_str(), json!({"Slug": "worker"})),
    ] {
        let key = format!("k{}", path.len());
        let post = || send(&api, (Method::POST, path), ("idempotency-key", &key), &body);
        let (status, _, answer) = post().await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (status, _, again) = post().await;
        assert_eq!(status, StatusCode::CONFLICT, "{again}");
    }
}

#[tokio::test]
async fn two_posts_with_a_key_at_once_are_carried_out_once() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let path = format!("{space}/tag");
    let post = |number: usize| {
        let (api, path) = (&api, &path);
        async move {
            let body = json!({"Slug": "v1", "DisplayName": "Version 1"});
            let answer = send(api, (Method::POST, path), ("idempotency-key", "k"), &body).await;
            (number, answer.0)
        }
    };
    let answers = futures_util::future::join_all((0..8).map(post)).await;
    let (done, waiting): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|(_, status)| *status == StatusCode::OK);
    assert!(!done.is_empty(), "{answers:?}");
    let is_conflict = |(_, status): &&(usize, StatusCode)| *status == StatusCode::CONFLICT;
    assert!(waiting.iter().all(is_conflict), "{answers:?}");
    let (_, list) = api.get(&path).await;
    assert_eq!(list.as_array().expect("a list").len(), 1, "{list}");
}

#[tokio::test]
async fn a_change_of_many_can_be_bounded() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let more = json!({"Slug": "more", "ToolchainType": "Kubernetes/YAML"});
    api.ok(Method::POST, &format!("{space}/unit"), more).await;
    for slug in ["a", "b"] {
        api.ok(Method::POST, &format!("{space}/tag"), json!({"Slug": slug}))
            .await;
    }
    let all = "where=Slug%20IS%20NOT%20NULL";
    let patch = json!({"DisplayName": "changed"});
    let functions = json!({"FunctionInvocations": [{"FunctionName": "get-resources"}]});
    let invoke = format!("{space}/function/invoke");
    let cases = [
        (Method::PATCH, "/unit".to_owned(), &patch),
        (Method::DELETE, "/unit".to_owned(), &patch),
        (Method::POST, "/unit/approve".to_owned(), &patch),
        (Method::PATCH, "/tag".to_owned(), &patch),
        (Method::DELETE, "/tag".to_owned(), &patch),
        (Method::POST, invoke, &functions),
        (Method::POST, "/unit/apply".to_owned(), &patch),
    ];
    for (method, path, body) in cases {
        let path = format!("{path}?{all}&max_affected=1");
        let (status, answer) = api.send(method.clone(), &path, body.to_string()).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{method} {path}: {answer}"
        );
        let message = answer["Message"].as_str().expect("a message");
        assert!(message.contains("2 entities"), "{message}");
    }
    let copies = format!("/tag?{all}&name_prefixes=x-,y-&max_affected=3");
    let (status, answer) = api.send(Method::POST, &copies, "{}").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let (status, answer) = api
        .send(
            Method::PATCH,
            &format!("/unit?{all}&max_affected=2"),
            patch.to_string(),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (_, tags) = api.get("/tag").await;
    assert_eq!(tags.as_array().expect("a list").len(), 2);
}

/// The next event of a stream, without what only keeps it open.
async fn next_event(body: &mut Body, text: &mut String) -> Value {
    let deadline = std::time::Duration::from_secs(30);
    loop {
        if let Some((event, rest)) = text.clone().split_once("\n\n") {
            *text = rest.to_owned();
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            if let Some(data) = data {
                return serde_json::from_str(data).expect("JSON");
            }
            continue;
        }
        let frame = tokio::time::timeout(deadline, body.frame()).await;
        let frame = frame.expect("in time").expect("goes on").expect("a frame");
        if let Ok(data) = frame.into_data() {
            text.push_str(std::str::from_utf8(&data).expect("text"));
        }
    }
}

#[tokio::test]
async fn a_space_tells_what_changes() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let other = api
        .ok(Method::POST, "/space", json!({"Slug": "prod"}))
        .await;
    let other = format!("/space/{}", other["SpaceID"].as_str().expect("id"));
    let watch = |path: String| {
        let request = api.request(Method::GET, &path).body(Body::empty());
        async { api.answer(request.expect("request")).await }
    };
    let answer = watch(format!("{space}/changes")).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = answer.into_body();
    let mut text = String::new();
    // Of another space nothing is told.
    api.ok(Method::POST, &format!("{other}/tag"), json!({"Slug": "a"}))
        .await;
    api.ok(Method::PATCH, &unit, json!({"DisplayName": "Shop"}))
        .await;
    let event = next_event(&mut body, &mut text).await;
    let unit_id = unit.rsplit('/').next().expect("id");
    assert_eq!(event["Operation"], "PatchUnit", "{event}");
    let change = json!({"What": "changed", "EntityType": "Unit", "EntityID": unit_id});
    assert_eq!(event["Changes"], json!([change]));
    assert_eq!(event["IsComplete"], true);
    api.ok(Method::DELETE, &unit, json!({})).await;
    let event = next_event(&mut body, &mut text).await;
    assert_eq!(event["Operation"], "DeleteUnit", "{event}");

    // From a number on, what was missed is told.
    let before = event["Number"].as_i64().expect("number") - 1;
    let mut again = watch(format!("{space}/changes?after={before}"))
        .await
        .into_body();
    let missed = next_event(&mut again, &mut String::new()).await;
    assert_eq!(missed, event);
}

#[tokio::test]
async fn a_stream_ends_with_what_it_was_allowed_by() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let request = json!({"Name": "watcher"});
    let token = api.ok(Method::POST, "/me/token", request).await;
    let request = axum::http::Request::get(format!("/api{space}/changes"))
        .header(
            header::AUTHORIZATION,
            format!("Bearer {}", token["Token"].as_str().expect("token")),
        )
        .body(Body::empty())
        .expect("request");
    let answer = api.answer(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let id = token["TokenID"].as_str().expect("id");
    api.ok(Method::DELETE, &format!("/me/token/{id}"), json!({}))
        .await;
    let rest = tokio::time::timeout(
        std::time::Duration::from_secs(30),
        answer.into_body().collect(),
    );
    let rest = rest.await.expect("ends").expect("body").to_bytes();
    assert!(!String::from_utf8_lossy(&rest).contains("data:"));
}
