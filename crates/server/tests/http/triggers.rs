//! Triggers run on changes, and their verdicts are gates.

use std::time::{Duration, Instant};

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, data, text};

/// A space with a unit in it.
struct Guarded {
    api: Api,
    space: String,
    unit: String,
}

impl Guarded {
    async fn new() -> Self {
        let api = Api::start().await;
        let (space, unit) = api.unit().await;
        Self { api, space, unit }
    }

    async fn trigger(&self, slug: &str, function: &str, arguments: &[Value]) -> String {
        let arguments: Vec<Value> = arguments
            .iter()
            .map(|value| json!({"Value": value}))
            .collect();
        let body = json!({
            "Slug": slug, "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
            "FunctionName": function, "Arguments": arguments,
        });
        let path = format!("{}/trigger", self.space);
        let trigger = self.api.ok(Method::POST, &path, body).await;
        format!("{path}/{}", text(&trigger, "TriggerID"))
    }

    async fn change(&self, from: &str, to: &str) -> Value {
        let before = data(&self.read().await);
        assert!(before.contains(from), "{from} in {before}");
        let patch = json!({"Data": STANDARD.encode(before.replace(from, to))});
        self.api.ok(Method::PATCH, &self.unit, patch).await
    }

    async fn read(&self) -> Value {
        self.api.get(&self.unit).await.1["Unit"].take()
    }

    /// The unit, once all that was to be evaluated is.
    async fn settled(&self, is_settled: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let unit = self.read().await;
            if is_settled(&unit) {
                return unit;
            }
            assert!(Instant::now() < deadline, "{unit}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn what_does_not_pass_is_gated_until_it_is_mended() {
    let guarded = Guarded::new().await;
    let few = "r.spec.replicas <= 5";
    let trigger = guarded.trigger("few", "vet-cel", &[json!(few)]).await;
    let changed = guarded.change("replicas: 2", "replicas: 9").await;
    assert_eq!(
        changed["ApplyGates"],
        json!({"few/vet-cel": true}),
        "{changed}"
    );
    let version = changed["Version"].clone();

    // Why, and by whom.
    let extended = guarded
        .api
        .get(&format!("{}/extended", guarded.unit))
        .await
        .1;
    let said = &extended["Validations"][0];
    assert_eq!(said["Gate"], "few/vet-cel");
    assert_eq!(said["Passed"], false);
    assert!(
        said["Details"]
            .as_array()
            .is_some_and(|lines| !lines.is_empty()),
        "{said}"
    );
    // The revision has the gate, too; an evaluation is no change of the unit.
    let head = format!("{}/revision?where=RevisionNum%20%3D%202", guarded.unit);
    let head = guarded.api.get(&head).await.1;
    assert_eq!(
        head[0]["Revision"]["ApplyGates"],
        json!({"few/vet-cel": true})
    );
    assert_eq!(guarded.read().await["Version"], version);

    let mended = guarded.change("replicas: 9", "replicas: 5").await;
    assert_eq!(mended["ApplyGates"], json!({}));

    // A trigger that changes, is disabled or goes changes the gates of all units.
    let patch = json!({"Arguments": [{"Value": "r.spec.replicas <= 4"}]});
    guarded.api.ok(Method::PATCH, &trigger, patch).await;
    guarded
        .settled(|unit| unit["ApplyGates"] == json!({"few/vet-cel": true}))
        .await;
    guarded
        .api
        .ok(Method::PATCH, &trigger, json!({"Disabled": true}))
        .await;
    guarded
        .settled(|unit| unit["ApplyGates"] == json!({}))
        .await;
    guarded
        .api
        .ok(Method::PATCH, &trigger, json!({"Disabled": false}))
        .await;
    guarded
        .settled(|unit| unit["ApplyGates"] != json!({}))
        .await;
    guarded.api.ok(Method::DELETE, &trigger, json!(null)).await;
    guarded
        .settled(|unit| unit["ApplyGates"] == json!({}))
        .await;
}

#[tokio::test]
async fn functions_that_change_data_make_one_revision_of_nobody() {
    let guarded = Guarded::new().await;
    let two = guarded
        .trigger("b-two", "set-annotation", &[json!("two"), json!("2")])
        .await;
    let one = guarded
        .trigger("a-one", "set-annotation", &[json!("one"), json!("1")])
        .await;
    let changed = guarded.change("replicas: 2", "replicas: 3").await;
    assert_eq!(changed["HeadRevisionNum"], 3, "{changed}");
    let text_now = data(&changed);
    assert!(
        text_now.contains("one: \"1\"") && text_now.contains("two: \"2\""),
        "{text_now}"
    );
    assert!(text_now.contains("replicas: 3"), "{text_now}");
    assert_eq!(changed["ApplyGates"], json!({}));

    let revision = format!("{}/revision?where=RevisionNum%20%3D%203", guarded.unit);
    let revision = &guarded.api.get(&revision).await.1[0]["Revision"];
    assert_eq!(revision["Source"], "Resolve");
    assert_eq!(revision["UserID"], "00000000-0000-0000-0000-000000000000");
    let mutations = format!("{}/mutation?where=RevisionNum%20%3D%203", guarded.unit);
    let mutations = guarded.api.get(&mutations).await.1;
    let causes: Vec<&str> = mutations
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| text(&row["Mutation"], "TriggerID"))
        .collect();
    let ids = [&one, &two].map(|path| path.rsplit('/').next().expect("an id"));
    assert_eq!(causes, ids, "in the order of their names");

    // Again they change nothing, and there is no end of revisions.
    let again = guarded.change("replicas: 3", "replicas: 4").await;
    assert_eq!(again["HeadRevisionNum"], 4, "{again}");
}

#[tokio::test]
async fn approvals_open_the_gate_of_the_text_that_was_approved() {
    let guarded = Guarded::new().await;
    guarded.trigger("ok", "vet-approvedby", &[json!(1)]).await;
    let changed = guarded.change("replicas: 2", "replicas: 3").await;
    let gate = json!({"ok/vet-approvedby": true});
    assert_eq!(changed["ApplyGates"], gate);
    let approve = format!("{}/approve", guarded.unit);
    guarded.api.ok(Method::POST, &approve, json!(null)).await;
    assert_eq!(guarded.read().await["ApplyGates"], json!({}));
    // The next text has not been approved.
    assert_eq!(
        guarded.change("replicas: 3", "replicas: 4").await["ApplyGates"],
        gate
    );

    // An older revision has gates of its own.
    let revision_gates = |number: i64| {
        let path = format!(
            "{}/revision?where=RevisionNum%20%3D%20{number}",
            guarded.unit
        );
        let api = &guarded.api;
        async move { api.get(&path).await.1[0]["Revision"]["ApplyGates"].take() }
    };
    assert_eq!(revision_gates(2).await, json!({}));
    assert_eq!(revision_gates(3).await, gate);
    let older = guarded.change("replicas: 4", "replicas: 5").await;
    assert_eq!(older["HeadRevisionNum"], 4);
    let approve = format!("{}/approve?revision=3", guarded.unit);
    guarded.api.ok(Method::POST, &approve, json!(null)).await;
    assert_eq!(revision_gates(3).await, json!({}));
    assert_eq!(
        guarded.read().await["ApplyGates"],
        gate,
        "the head is as it was"
    );
}

#[tokio::test]
async fn values_are_read_and_errors_and_absent_workers_block() {
    let guarded = Guarded::new().await;
    guarded.trigger("size", "get-replicas", &[]).await;
    let changed = guarded.change("replicas: 2", "replicas: 3").await;
    let values = changed["Values"].as_object().expect("values");
    assert!(
        values
            .iter()
            .any(|(name, value)| name.starts_with("size/") && value == "3"),
        "{values:?}"
    );

    guarded
        .trigger("broken", "vet-cel", &[json!("r.spec.nothing.there == 1")])
        .await;
    let changed = guarded.change("replicas: 3", "replicas: 4").await;
    assert_eq!(changed["ApplyGates"], json!({"broken/vet-cel": true}));

    let worker = guarded
        .api
        .ok(
            Method::POST,
            &format!("{}/bridge_worker", guarded.space),
            json!({"Slug": "w"}),
        )
        .await;
    let elsewhere = json!({
        "Slug": "far", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
        "FunctionName": "vet-far", "BridgeWorkerID": worker["BridgeWorkerID"],
    });
    guarded
        .api
        .ok(
            Method::POST,
            &format!("{}/trigger", guarded.space),
            elsewhere,
        )
        .await;
    guarded
        .settled(|unit| unit["ApplyGates"]["far/vet-far"] == true)
        .await;
}

#[tokio::test]
async fn clones_and_saved_calls_and_many_units_are_evaluated() {
    let guarded = Guarded::new().await;
    let (api, space) = (&guarded.api, &guarded.space);
    let saved = json!({
        "Slug": "few", "ToolchainType": "Kubernetes/YAML", "FunctionName": "vet-cel",
        "Arguments": [{"Value": "r.spec.replicas <= 5"}],
    });
    let saved = api
        .ok(Method::POST, &format!("{space}/invocation"), saved)
        .await;
    let path = format!("{space}/invocation/{}", text(&saved, "InvocationID"));
    let by_saved = json!({
        "Slug": "few", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML",
        "InvocationID": saved["InvocationID"],
    });
    api.ok(Method::POST, &format!("{space}/trigger"), by_saved)
        .await;
    let cloned = json!({
        "Slug": "mark", "Event": "PostClone", "ToolchainType": "Kubernetes/YAML",
        "FunctionName": "set-annotation", "Arguments": [{"Value": "cloned"}, {"Value": "yes"}],
    });
    api.ok(Method::POST, &format!("{space}/trigger"), cloned)
        .await;

    let changed = guarded.change("replicas: 2", "replicas: 3").await;
    assert!(!data(&changed).contains("cloned"));
    let id = guarded.unit.rsplit('/').next().expect("an id");
    let clone = format!("{space}/unit?upstream_unit_id={id}");
    let clone = api.ok(Method::POST, &clone, json!({"Slug": "copy"})).await;
    assert!(data(&clone).contains("cloned: \"yes\""), "{}", data(&clone));
    assert_eq!(clone["HeadRevisionNum"], 2, "{clone}");

    let prefixes: Vec<String> = (0..150).map(|number| format!("p{number}-")).collect();
    let many = format!(
        "/unit?where=Slug%20%3D%20%27app%27&name_prefixes={}",
        prefixes.join(",")
    );
    api.ok(Method::POST, &many, json!({})).await;
    let all_gated = |gated: usize| async move {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let units = api
                .get("/unit?where=Slug%20LIKE%20%27p%25%27&select=ApplyGates")
                .await
                .1;
            let gates: Vec<&Value> = units
                .as_array()
                .expect("a list")
                .iter()
                .map(|row| &row["Unit"]["ApplyGates"])
                .collect();
            let count = |wanted: &Value| gates.iter().filter(|gates| **gates == wanted).count();
            if count(&json!({"few/vet-cel": true})) == gated && count(&json!({})) == 150 - gated {
                return;
            }
            assert!(Instant::now() < deadline, "{gates:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    all_gated(0).await;
    let stricter = json!({"Arguments": [{"Value": "r.spec.replicas <= 2"}]});
    api.ok(Method::PATCH, &path, stricter).await;
    all_gated(150).await;
}

#[tokio::test]
async fn texts_without_triggers_and_of_other_toolchains_are_left_alone() {
    let guarded = Guarded::new().await;
    let changed = guarded.change("replicas: 2", "replicas: 3").await;
    assert_eq!(changed["ApplyGates"], json!({}));
    guarded.trigger("none", "vet-cel", &[json!("false")]).await;
    let env = json!({
        "Slug": "env", "ToolchainType": "AppConfig/Env", "Data": STANDARD.encode("A=1\n"),
    });
    let env = guarded
        .api
        .ok(Method::POST, &format!("{}/unit", guarded.space), env)
        .await;
    assert_eq!(env["ApplyGates"], json!({}));
    let other = guarded
        .api
        .ok(Method::POST, "/space", json!({"Slug": "other"}))
        .await;
    let body = json!({
        "Slug": "app", "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(DEPLOYMENT),
    });
    let path = format!("/space/{}/unit", text(&other, "SpaceID"));
    let unit = guarded.api.ok(Method::POST, &path, body).await;
    assert_eq!(unit["ApplyGates"], json!({}));
}
