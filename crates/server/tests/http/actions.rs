//! Actions, workers and links in pairs.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, text};

async fn worker(api: &Api, space: &str) -> Value {
    let body = json!({
        "Slug": "worker",
        "ProvidedInfo": {
            "BridgeWorkerInfo": {"SupportedConfigTypes": [
                {"ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes"},
            ]},
        },
    });
    let path = format!("{space}/bridge_worker");
    api.ok(Method::POST, &path, body).await
}

async fn target(api: &Api, space: &str, slug: &str, worker: &Value) -> Value {
    let body = json!({
        "Slug": slug,
        "ToolchainType": "Kubernetes/YAML",
        "ProviderType": "Kubernetes",
        "BridgeWorkerID": worker["BridgeWorkerID"],
    });
    api.ok(Method::POST, &format!("{space}/target"), body).await
}

#[tokio::test]
async fn an_action_says_why_it_is_not_possible() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let refused = async |path: String, body: Value| {
        let (status, answer) = api.send(Method::POST, &path, body.to_string()).await;
        (status.as_u16(), text(&answer, "Message").to_owned())
    };
    let apply = format!("{unit}/apply");
    let (status, message) = refused(apply.clone(), json!(null)).await;
    assert_eq!(status, 400);
    assert_eq!(message, "Unit app has no target: set its TargetID first");

    let worker = worker(&api, &space).await;
    let target = target(&api, &space, "cluster", &worker).await;
    let patch = json!({"TargetID": target["TargetID"], "DestroyGates": {"keep": true}});
    let patched = api.ok(Method::PATCH, &unit, patch).await;
    assert_eq!(patched["BridgeWorkerID"], worker["BridgeWorkerID"]);
    let nobody = "Unit app is applied to the Target cluster: no worker serves this target";
    let gated = "Unit app could not be destroyed: it has the destroy gates keep";
    for (action, body, expected) in [
        ("apply", json!(null), (422, nobody)),
        ("apply?revision=1", json!(null), (422, nobody)),
        (
            "apply?revision=7",
            json!(null),
            (400, "Unit app has no 7: the newest revision is 1"),
        ),
        ("refresh", json!(null), (422, nobody)),
        ("destroy", json!(null), (422, gated)),
        ("import", json!({"Where": "a = 'b'"}), (422, nobody)),
        (
            "import",
            json!({"Where": "a = 'b'", "Filters": [{"Type": "namespace"}]}),
            (400, "Where and Filters exclude each other: send one"),
        ),
    ] {
        let (status, message) = refused(format!("{unit}/{action}"), body).await;
        assert_eq!((status, message.as_str()), expected, "{action}");
    }

    // Nothing was queued, and nothing is said to have happened.
    for path in ["unit_action", "unit_event"] {
        let (status, answer) = api.get(&format!("{unit}/{path}")).await;
        assert_eq!((status, answer), (StatusCode::OK, json!([])));
        let path = format!("{unit}/{path}/00000000-0000-0000-0000-000000000001");
        let (status, _) = api.get(&path).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let (status, _) = api
        .get(&format!(
            "{unit}/unit_event?where=Action%20%3D%20%27Apply%27"
        ))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = api
        .get(&format!("{unit}/unit_event?where=Nothing%20%3D%201"))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    let (status, extended) = api.get(&format!("{unit}/extended")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(extended["Status"], "NotLive");
    assert_eq!(extended["Action"], "N/A");
    assert_eq!(extended["ActionStartedAt"], json!(null));
    assert_eq!(extended["Unit"]["Data"], STANDARD.encode(DEPLOYMENT));
    let (_, shown) = api.get(&format!("{unit}?include=UnitEventID")).await;
    assert_eq!(shown["UnitStatus"]["Status"], "NotLive");
    assert_eq!(shown.get("LatestUnitEvent"), None);

    let request = api.request(Method::GET, &format!("{unit}/live-state"));
    let answer = api
        .answer(request.body(Body::empty()).expect("request"))
        .await;
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "application/octet-stream"
    );
    let body = answer.into_body().collect().await.expect("body").to_bytes();
    assert!(body.is_empty());
}

#[tokio::test]
async fn actions_on_many_answer_for_each() {
    let api = Api::start().await;
    api.unit().await;
    for action in ["apply", "destroy", "refresh"] {
        let path = format!("/unit/{action}?where=Slug%20%3D%20%27app%27&dry_run=true");
        let (status, answers) = api.send(Method::POST, &path, "null").await;
        assert_eq!(status, StatusCode::MULTI_STATUS, "{action}");
        assert_eq!(answers[0]["Error"]["Status"], 400, "{answers}");
        let path = format!("/unit/{action}?contains=app");
        let (status, answer) = api.send(Method::POST, &path, "null").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        let path = format!("/unit/{action}?where=Slug%20%3D%20%27none%27");
        let (status, answers) = api.send(Method::POST, &path, "null").await;
        assert_eq!((status, answers), (StatusCode::OK, json!([])));
    }
}

#[tokio::test]
async fn units_follow_the_worker_of_their_target() {
    let api = Api::start().await;
    let (space, unit) = api.unit().await;
    let first = worker(&api, &space).await;
    let target = target(&api, &space, "cluster", &first).await;
    let patch = json!({"TargetID": target["TargetID"]});
    let before = api.ok(Method::PATCH, &unit, patch).await;
    let mut second = first.clone();
    second["Slug"] = json!("second");
    let path = format!("{space}/bridge_worker");
    let second = api.ok(Method::POST, &path, second).await;
    let path = format!("{space}/target/{}", text(&target, "TargetID"));
    let patch = json!({"BridgeWorkerID": second["BridgeWorkerID"]});
    api.ok(Method::PATCH, &path, patch).await;
    let (_, after) = api.get(&unit).await;
    assert_eq!(after["Unit"]["BridgeWorkerID"], second["BridgeWorkerID"]);
    assert_eq!(
        after["Unit"]["Version"], before["Version"],
        "not a change of the unit"
    );
    let patched = api
        .ok(Method::PATCH, &unit, json!({"TargetID": null}))
        .await;
    assert_eq!(patched["BridgeWorkerID"], json!(null));
}

#[tokio::test]
async fn a_worker_signs_in_with_its_own_secret_only() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let worker = worker(&api, &space).await;
    let id = text(&worker, "BridgeWorkerID").to_owned();
    let secret = text(&worker, "Secret").to_owned();
    let mut other = worker.clone();
    other["Slug"] = json!("other");
    let path = format!("{space}/bridge_worker");
    let other = api.ok(Method::POST, &path, other).await;
    let call = async |method: Method, path: String, secret: &str, body: &'static str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("request");
        let answer = api.answer(request).await;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("body").to_bytes();
        (
            status,
            serde_json::from_slice::<Value>(&body).expect("JSON"),
        )
    };
    let me = format!("/bridge_worker/{id}/me");
    let (status, answer) = call(Method::GET, me.clone(), &secret, "").await;
    assert_eq!(status, 200);
    assert_eq!(answer["Slug"], "worker");
    assert_eq!(answer["Secret"], "", "it is shown once");
    let other_secret = text(&other, "Secret").to_owned();
    for wrong in [other_secret.as_str(), "", "cubit_00"] {
        let (status, _) = call(Method::GET, me.clone(), wrong, "").await;
        assert_eq!(status, 401, "{wrong}");
    }
    // A worker is no user, and a user no worker.
    let (status, _) = call(Method::GET, "/space".to_owned(), &secret, "").await;
    assert_eq!(status, 401);
    let (status, _) = api.get(&me).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let stream = format!("/bridge_worker/{id}/stream");
    let (status, _) = call(Method::POST, stream, &secret, "{}").await;
    assert_eq!(status, 422);
    let result = format!("/bridge_worker/{id}/action_result");
    let (status, _) = call(Method::POST, result, &secret, r#"{"Action": "Apply"}"#).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn what_a_worker_can_do_is_listed() {
    let api = Api::start().await;
    let (space, _) = api.unit().await;
    let body = json!({"Slug": "w", "ProvidedInfo": {"FunctionWorkerInfo": {"SupportedFunctions": {
        "Kubernetes/YAML": {"count": {"FunctionName": "count"}},
    }}}});
    let path = format!("{space}/bridge_worker");
    let worker = api.ok(Method::POST, &path, body).await;
    let path = format!("{path}/{}", text(&worker, "BridgeWorkerID"));
    let (_, functions) = api.get(&format!("{path}/function")).await;
    let count = &functions["Kubernetes/YAML"]["count"];
    assert_eq!(count["FunctionName"], "count", "{functions}");
    let (_, statuses) = api.get(&format!("{path}/status")).await;
    assert_eq!(statuses, json!([]));
    let missing = format!("{path}/status/00000000-0000-0000-0000-000000000001");
    let (status, _) = api.get(&missing).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn links_are_made_in_pairs() {
    let api = Api::start().await;
    let space = api.ok(Method::POST, "/space", json!({"Slug": "dev"})).await;
    let space = format!("/space/{}", text(&space, "SpaceID"));
    for slug in ["web", "shop", "db", "cache"] {
        let kind = if slug.len() == 2 || slug == "cache" {
            "store"
        } else {
            "app"
        };
        let body = json!({
            "Slug": slug, "ToolchainType": "Kubernetes/YAML", "Labels": {"kind": kind},
        });
        api.ok(Method::POST, &format!("{space}/unit"), body).await;
    }
    let pairs =
        "/link?where_from=Labels.kind%20%3D%20%27app%27&where_to=Labels.kind%20%3D%20%27store%27";
    let (status, answers) = api
        .send(Method::POST, pairs, r#"{"Labels": {"made": "together"}}"#)
        .await;
    assert_eq!(status, StatusCode::OK, "{answers}");
    let slugs: Vec<&str> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|answer| text(&answer["Link"], "Slug"))
        .collect();
    assert_eq!(slugs, ["web-db", "web-cache", "shop-db", "shop-cache"]);
    assert_eq!(answers[0]["Link"]["Labels"]["made"], "together");

    // Units know their links, and forget them.
    let (_, units) = api
        .get("/unit?where=Slug%20%3D%20%27web%27&include=FromLinkID")
        .await;
    let unit = &units[0];
    assert_eq!(unit["Unit"]["FromLinkID"].as_array().map(Vec::len), Some(2));
    assert_eq!(unit["FromLink"][1]["Slug"], "web-cache");
    let link = format!("{space}/link/{}", text(&answers[0]["Link"], "LinkID"));
    api.ok(Method::DELETE, &link, json!(null)).await;
    let (_, units) = api.get("/unit?where=LEN%28FromLinkID%29%20%3D%201").await;
    assert_eq!(units[0]["Unit"]["Slug"], "web");

    let (status, answers) = api.send(Method::POST, pairs, "null").await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let failed = answers.as_array().expect("a list").iter();
    let failed: Vec<bool> = failed.map(|answer| answer.get("Error").is_some()).collect();
    assert_eq!(failed, [false, true, true, true], "one was gone: {answers}");
    for path in [
        "/link",
        "/link?where_from=Slug%20%3D%20%27web%27",
        "/link?where_form=x",
    ] {
        let (status, answer) = api.send(Method::POST, path, "null").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
    }
}
