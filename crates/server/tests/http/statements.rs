//! What a list costs the database does not depend on how many rows it has.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cubit_model::{
    BridgeWorker, ChangeSet, Entity, Filter, Invocation, Link, Mutation, Revision, Space, Tag,
    Target, Trigger, Unit, View,
};
use serde_json::json;

use crate::support::{Api, DEPLOYMENT};

/// What `include` accepts for an entity, all of it.
fn everything<E: Entity>() -> String {
    let names: Vec<&str> = E::INCLUDES.iter().map(|(name, _)| *name).collect();
    names.join(",")
}

/// Lists of all kinds, in which everything is expanded.
fn lists(space: &str, unit: &str) -> Vec<String> {
    let units = everything::<Unit>();
    let inside = [
        ("tag", everything::<Tag>()),
        ("filter", everything::<Filter>()),
        ("view", everything::<View>()),
        ("invocation", everything::<Invocation>()),
        ("trigger", everything::<Trigger>()),
        ("link", everything::<Link>()),
        ("change_set", everything::<ChangeSet>()),
        ("bridge_worker", everything::<BridgeWorker>()),
        ("target", everything::<Target>()),
        ("unit", units.clone()),
    ];
    let mut lists = vec![
        format!("/space?include={}&summary=true", everything::<Space>()),
        format!("/revision?include={}", everything::<Revision>()),
        format!("{unit}/revision?include={}", everything::<Revision>()),
        format!("{unit}/mutation?include={}", everything::<Mutation>()),
        format!("/unit?include={units}&limit=100"),
        format!("/unit?include={units}&contains=e&where=Space.Slug%20%3D%20%27dev%27"),
        "/unit?where_data=spec.replicas%20%3D%202&resource_type=apps/v1/Deployment".to_owned(),
    ];
    for (path, include) in inside {
        lists.push(format!("/{path}?include={include}"));
        lists.push(format!("{space}/{path}?include={include}"));
    }
    lists
}

async fn add_some(api: &Api, space: &str, unit: &str, from: usize) {
    let worker = json!({"ProvidedInfo": {"BridgeWorkerInfo": {"SupportedConfigTypes": [
        {"ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes"},
    ]}}});
    for number in from..from + 8 {
        let add = |path: &'static str, mut body: serde_json::Value| {
            body["Slug"] = json!(format!("{path}{number}"));
            async move { api.ok(Method::POST, &format!("{space}/{path}"), body).await }
        };
        let worker = add("bridge_worker", worker.clone()).await;
        let target = json!({
            "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes",
            "BridgeWorkerID": worker["BridgeWorkerID"],
        });
        let target = add("target", target).await;
        let body = json!({
            "ToolchainType": "Kubernetes/YAML", "TargetID": target["TargetID"],
            "Data": STANDARD.encode(DEPLOYMENT.replace("web", &format!("web{number}"))),
        });
        let made = add("unit", body).await;
        let to = unit.rsplit('/').next();
        let link =
            json!({"FromUnitID": made["UnitID"], "ToUnitID": to, "ToSpaceID": made["SpaceID"]});
        add("link", link).await;
        add("tag", json!({})).await;
        let filter = add("filter", json!({"From": "Unit"})).await;
        let view = json!({"FilterID": filter["FilterID"], "Columns": [{"Name": "Slug"}]});
        add("view", view).await;
        let function = json!({"ToolchainType": "Kubernetes/YAML", "FunctionName": "get-replicas"});
        add("invocation", function).await;
        let function = json!({
            "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
            "FunctionName": "vet-placeholders",
        });
        add("trigger", function).await;
        add("change_set", json!({})).await;
        let clone = format!("{space}/unit?upstream_unit_id={}", to.expect("an id"));
        api.ok(
            Method::POST,
            &clone,
            json!({"Slug": format!("clone{number}")}),
        )
        .await;
        let data = DEPLOYMENT.replace("replicas: 2", &format!("replicas: {}", number + 3));
        api.ok(Method::PATCH, unit, json!({"Data": STANDARD.encode(data)}))
            .await;
        api.ok(
            Method::POST,
            "/space",
            json!({"Slug": format!("space{number}")}),
        )
        .await;
    }
}

#[tokio::test]
async fn a_list_takes_as_many_statements_whatever_its_length() {
    let mut api = Api::start().await;
    // Only what requests need is counted.
    api.be_still().await;
    let (space, unit) = api.unit().await;
    let count = |path: String| {
        let api = &api;
        async move {
            let before = api.hub.statements();
            let (status, answer) = api.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {answer}");
            let rows = answer.as_array().expect("a list").len();
            (rows, api.hub.statements() - before)
        }
    };
    add_some(&api, &space, &unit, 0).await;
    let mut few = Vec::new();
    for path in lists(&space, &unit) {
        // The first one fills in what only has to be done once.
        count(path.clone()).await;
        few.push((path.clone(), count(path).await));
    }
    add_some(&api, &space, &unit, 8).await;
    for (path, (rows, statements)) in few {
        let (more_rows, more_statements) = count(path.clone()).await;
        assert!(
            more_rows > rows || path.contains("where_data"),
            "{path}: {more_rows} rows"
        );
        assert_eq!(
            more_statements, statements,
            "{path}: {rows}, then {more_rows} rows"
        );
        assert!(statements < 40, "{path}: {statements} statements");
    }
}
