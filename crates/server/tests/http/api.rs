//! The API over HTTP, in process: statuses, bodies and headers, with ids and times replaced.

use std::collections::HashMap;

use crate::support::{Api, DEPLOYMENT};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// The last part of a path.
fn uuid_of(path: &str) -> &str {
    path.rsplit('/').next().expect("a part")
}

/// Replaces ids by their order of appearance, and times, so that answers can be compared.
fn stable(mut value: Value) -> Value {
    fn walk(value: &mut Value, seen: &mut HashMap<String, usize>) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|element| walk(element, seen)),
            Value::Object(map) => map.values_mut().for_each(|member| walk(member, seen)),
            Value::String(text) => {
                let is_zero = text.starts_with("00000000-");
                let is_id = text.len() == 36 && text.matches('-').count() == 4 && !is_zero;
                if is_id {
                    let next = seen.len() + 1;
                    *text = format!("id-{}", seen.entry(text.clone()).or_insert(next));
                } else if text.starts_with("20") && text.ends_with('Z') {
                    *text = "time".to_owned();
                }
            }
            _ => {}
        }
    }
    walk(&mut value, &mut HashMap::new());
    value
}

#[tokio::test]
async fn a_unit_from_creation_to_restore() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let (_, created) = api.get(&unit).await;
    insta::assert_json_snapshot!("unit", stable(created));

    let call = json!({
        "FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 3}]}],
        "ChangeDescription": "scale",
    });
    let invoked = api
        .ok(
            Method::POST,
            &format!("{space}/function/invoke?dry_run=false"),
            call,
        )
        .await;
    insta::assert_json_snapshot!("invoked", stable(invoked));

    let (_, mutations) = api.get(&format!("{unit}/mutation")).await;
    insta::assert_json_snapshot!("mutations", stable(mutations));
    let (_, revisions) = api
        .get(&format!(
            "{unit}/revision?select=RevisionNum,Source,Description&include=UserID"
        ))
        .await;
    insta::assert_json_snapshot!("revisions", stable(revisions));

    let request = api
        .request(Method::PATCH, &format!("{unit}?restore=1"))
        .header(header::CONTENT_TYPE, "application/merge-patch+json")
        .body(Body::from("null"))
        .expect("request");
    assert_eq!(api.answer(request).await.status(), StatusCode::OK);
    let request = api
        .request(Method::GET, &format!("{unit}/data"))
        .body(Body::empty())
        .expect("request");
    let answer = api.answer(request).await;
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "application/octet-stream"
    );
    let bytes = answer.into_body().collect().await.expect("body").to_bytes();
    assert_eq!(bytes, DEPLOYMENT.as_bytes());
}

#[tokio::test]
async fn reading_what_was_read_back_changes_nothing() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    for path in [&space, &unit] {
        let (_, extended) = api.get(path).await;
        let name = if path == &space { "Space" } else { "Unit" };
        let read = extended[name].clone();
        let written = api.ok(Method::PUT, path, read.clone()).await;
        assert_eq!(written, read, "{name}");
    }
}

#[tokio::test]
async fn spaces_are_created_patched_and_deleted() {
    let api = Api::start().await;
    let body = json!({"Slug": "dev", "Labels": {"tier": "web"}});
    let space = api.ok(Method::POST, "/space", body.clone()).await;
    let again = api.ok(Method::POST, "/space?allow_exists=true", body).await;
    assert_eq!(again, space);
    let path = format!("/space/{}", space["SpaceID"].as_str().expect("id"));
    let patch = json!({"Labels": {"tier": null, "env": "dev"}, "DisplayName": "Dev"});
    let patched = api.ok(Method::PATCH, &path, patch).await;
    assert_eq!(patched["Labels"], json!({"env": "dev"}));
    let (_, spaces) = api
        .get("/space?summary=true&where=Labels.env%20%3D%20%27dev%27&include=OrganizationID")
        .await;
    insta::assert_json_snapshot!("spaces", stable(spaces));
    let deleted = api.ok(Method::DELETE, &path, Value::Null).await;
    assert_eq!(deleted["Message"], "Space dev was deleted");
    assert_eq!(api.get(&path).await.0, StatusCode::NOT_FOUND);
}

/// One row a way to fail: what is sent, the status, and what the message must say.
#[tokio::test]
async fn failures_say_what_is_wrong() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let bad_data = format!(
        r#"{{"Slug": "x", "ToolchainType": "Kubernetes/YAML", "Data": "{}"}}"#,
        STANDARD.encode("a:\n\t- b\n")
    );
    let stale = r#"{"Slug": "app", "ToolchainType": "Kubernetes/YAML", "Version": 7}"#;
    let zero = "00000000-0000-0000-0000-000000000001";
    let (get, post, put, patch) = (Method::GET, Method::POST, Method::PUT, Method::PATCH);
    let rows = [
        (
            &post,
            "/space".to_owned(),
            r#"{"Slug": "dev"}"#,
            400,
            "already exists",
        ),
        (
            &post,
            "/space".to_owned(),
            r#"{"Slug": "-"}"#,
            400,
            "Slug: ",
        ),
        (
            &post,
            "/space".to_owned(),
            r#"{"Slug": "x", "DisplayName": "a\u0000b"}"#,
            400,
            "DisplayName: must not hold the character NUL",
        ),
        (
            &post,
            "/space".to_owned(),
            r#"{"Slug": 5}"#,
            400,
            "body: Slug: invalid type: integer `5`, expected a string at line 1 column 10",
        ),
        (
            &post,
            "/space".to_owned(),
            "{",
            400,
            "EOF while parsing an object at line 1 column 1",
        ),
        (
            &post,
            "/space".to_owned(),
            r#"{"Slug": "x"} x"#,
            400,
            "trailing characters",
        ),
        (&get, "/space/dev".to_owned(), "", 400, "space_id"),
        (
            &get,
            format!("/space/{zero}"),
            "",
            404,
            "Space 00000000-0000-0000-0000-000000000001 not found",
        ),
        (
            &get,
            format!("{space}/unit/{zero}"),
            "",
            404,
            "Unit 00000000-0000-0000-0000-000000000001 not found",
        ),
        (
            &get,
            "/unit?where=Slgu%20%3D%20%27x%27".to_owned(),
            "",
            400,
            "where: character 1: unknown attribute \"Slgu\" of Unit; did you mean Slug?",
        ),
        (
            &get,
            "/unit?include=Nothing".to_owned(),
            "",
            400,
            "include: character 1",
        ),
        (&get, format!("/unit?filter={zero}"), "", 404, "Filter"),
        (&get, "/space?summary=maybe".to_owned(), "", 400, "summary"),
        (&get, "/nowhere".to_owned(), "", 404, "nothing at this path"),
        (&put, "/space".to_owned(), "{}", 405, "method"),
        (
            &post,
            format!("{space}/unit"),
            r#"{"Slug": "app", "ToolchainType": "Kubernetes/YAML"}"#,
            400,
            "already exists in Space dev",
        ),
        (
            &post,
            format!("{space}/unit"),
            r#"{"Slug": "x"}"#,
            400,
            "ToolchainType: is required",
        ),
        (
            &post,
            format!("{space}/unit"),
            r#"{"Slug": "x", "ToolchainType": "Kubernetes"}"#,
            400,
            "expected one of Kubernetes/YAML",
        ),
        (
            &post,
            format!("{space}/unit"),
            r#"{"Slug": "x", "ToolchainType": "Kubernetes/YAML", "Data": "?"}"#,
            400,
            "Data: not base64",
        ),
        (
            &post,
            format!("{space}/unit"),
            &bad_data,
            422,
            "Data is not valid Kubernetes/YAML: line 2, column 2",
        ),
        (
            &post,
            format!("{space}/unit?upstream_unit_id=x"),
            "{}",
            400,
            "upstream_unit_id",
        ),
        (
            &put,
            unit.clone(),
            stale,
            409,
            "has Version 7, the stored one is 1",
        ),
        (
            &patch,
            unit.clone(),
            r#"{"ToolchainType": "ConfigHub/YAML"}"#,
            400,
            "ToolchainType: cannot be changed",
        ),
        (
            &patch,
            unit.clone(),
            r#"{"TargetID": "00000000-0000-0000-0000-000000000001"}"#,
            400,
            "Target",
        ),
        (
            &patch,
            format!("{unit}?restore=LiveRevisionNum"),
            "null",
            400,
            "unit has no live revision",
        ),
        (
            &patch,
            format!("{unit}?restore=1&upgrade=true"),
            "null",
            400,
            "exclude each other",
        ),
        (
            &patch,
            format!("{unit}?upgrade=true"),
            "null",
            400,
            "has no upstream",
        ),
        (
            &patch,
            format!("{unit}?tag={zero}"),
            "null",
            400,
            "TagID: there is no Tag",
        ),
        (
            &post,
            "/function/invoke".to_owned(),
            r#"{"FunctionInvocations": [{"FunctionName": "set-replica"}]}"#,
            400,
            "did you mean set-replicas?",
        ),
        (
            &post,
            "/function/invoke".to_owned(),
            "{}",
            400,
            "name at least one function",
        ),
    ];
    for (method, path, body, status, message) in rows {
        let (found, answer) = api.send(method.clone(), &path, body.to_owned()).await;
        assert_eq!(found.as_u16(), status, "{method} {path} {body}: {answer}");
        assert_eq!(answer["Code"], status.to_string(), "{method} {path}");
        let text = answer["Message"].as_str().unwrap_or_default();
        assert!(text.contains(message), "{method} {path} {body}: {text}");
    }
}

#[tokio::test]
async fn a_function_that_fails_for_a_unit_is_a_partial_answer() {
    let api = Api::start().await;
    api.unit().await;
    let call = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": [{"Value": "many"}]}
    ]});
    let (status, answer) = api
        .send(Method::POST, "/function/invoke", call.to_string())
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    assert_eq!(answer[0]["Error"]["Status"], 422);
}

#[tokio::test]
async fn a_misspelt_selection_selects_nothing() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let call = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": 9}]}]});
    for path in [
        format!("{space}/function/invoke?wher=Slug='other'"),
        format!("/function/invoke?unit_id={}", uuid_of(&unit)),
    ] {
        let (status, body) = api.send(Method::POST, &path, call.to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            body["Message"]
                .as_str()
                .is_some_and(|message| message.contains("there is no parameter")),
            "{body}"
        );
    }
    let (_, answer) = api
        .get(&format!("{unit}?select=Unit.HeadRevisionNum"))
        .await;
    assert_eq!(answer["Unit"]["HeadRevisionNum"], 1);
}

#[tokio::test]
async fn only_health_and_facts_are_public() {
    let api = Api::start().await;
    let paths = [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/api/info", 200),
        ("/api/openapi.json", 200),
        ("/api/me", 401),
        ("/api/space", 401),
        ("/api/space/not-an-id", 401),
        ("/api/unit", 401),
        ("/api/revision", 401),
        ("/api/function", 401),
    ];
    for (path, status) in paths {
        for authorization in ["", "Bearer cubit_wrong", "Basic YWRtaW46"] {
            let request = Request::get(path)
                .header(header::AUTHORIZATION, authorization)
                .body(Body::empty())
                .expect("request");
            let answer = api.answer(request).await;
            assert_eq!(answer.status().as_u16(), status, "{path} {authorization:?}");
        }
    }
    let (status, me) = api.get("/me").await;
    assert_eq!(
        (status, me["Username"].as_str()),
        (StatusCode::OK, Some("admin"))
    );
}
