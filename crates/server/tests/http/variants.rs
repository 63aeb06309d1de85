//! Variants: clones that are upgraded and keep what is their own; merges; change sets.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, data, text};

const BASE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: web:1
";

/// A base unit, and clones of it in a space of their own.
struct Variants {
    api: Api,
    base: String,
    base_id: String,
    space: String,
}

impl Variants {
    async fn new() -> Self {
        let api = Api::start().await;
        let dev = api.ok(Method::POST, "/space", json!({"Slug": "dev"})).await;
        let prod = api
            .ok(Method::POST, "/space", json!({"Slug": "prod"}))
            .await;
        let dev = format!("/space/{}", text(&dev, "SpaceID"));
        let body = json!({
            "Slug": "web", "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(BASE),
        });
        let base = api.ok(Method::POST, &format!("{dev}/unit"), body).await;
        let base_id = text(&base, "UnitID").to_owned();
        Self {
            base: format!("{dev}/unit/{base_id}"),
            base_id,
            space: format!("/space/{}", text(&prod, "SpaceID")),
            api,
        }
    }

    /// A clone of the base; answers its path.
    async fn clone(&self, slug: &str) -> String {
        let (_, base) = self.api.get(&self.base).await;
        let path = format!(
            "{}/unit?upstream_unit_id={}&upstream_space_id={}",
            self.space,
            self.base_id,
            text(&base["Unit"], "SpaceID"),
        );
        let clone = self
            .api
            .ok(Method::POST, &path, json!({"Slug": slug}))
            .await;
        format!("{}/unit/{}", self.space, text(&clone, "UnitID"))
    }

    /// Puts one text in the place of another in the data of a unit.
    async fn replace(&self, unit: &str, from: &str, to: &str) -> Value {
        let (_, stored) = self.api.get(unit).await;
        let before = data(&stored["Unit"]);
        assert!(before.contains(from), "{from} in {before}");
        let patch = json!({"Data": STANDARD.encode(before.replace(from, to))});
        self.api.ok(Method::PATCH, unit, patch).await
    }

    async fn upgrade(&self, unit: &str) -> Value {
        let path = format!("{unit}?upgrade=true");
        self.api.ok(Method::PATCH, &path, json!(null)).await
    }

    async fn data(&self, unit: &str) -> String {
        data(&self.api.get(unit).await.1["Unit"])
    }
}

#[tokio::test]
async fn an_upgrade_brings_what_is_new_and_keeps_what_is_local() {
    let variants = Variants::new().await;
    let clone = variants.clone("web").await;
    variants.replace(&clone, "replicas: 2", "replicas: 9").await;
    let new = "image: web:2 # since May";
    variants.replace(&variants.base, "image: web:1", new).await;
    variants
        .replace(&variants.base, "replicas: 2", "replicas: 3")
        .await;

    let dry = format!("{clone}?upgrade=true&dry_run=true");
    let dry = variants.api.ok(Method::PATCH, &dry, json!(null)).await;
    let expected = BASE
        .replace("image: web:1", new)
        .replace("replicas: 2", "replicas: 9");
    assert_eq!(data(&dry), expected);
    let stored = variants.api.get(&clone).await.1;
    assert_eq!(
        stored["Unit"]["HeadRevisionNum"], 2,
        "a dry run stores nothing"
    );

    let upgraded = variants.upgrade(&clone).await;
    assert_eq!(data(&upgraded), expected);
    assert_eq!(upgraded["MergeReport"], dry["MergeReport"]);
    assert_eq!(upgraded["UpstreamRevisionNum"], 3);
    assert_eq!(upgraded["HeadRevisionNum"], 3);
    let report = upgraded["MergeReport"].as_array().expect("a report");
    let outcome = |path: &str| {
        let line = report
            .iter()
            .find(|line| text(line, "Path") == path && line["Subject"] == "Value");
        line.map(|line| text(line, "Outcome").to_owned())
    };
    assert_eq!(
        outcome("spec.replicas").as_deref(),
        Some("KeptLocal"),
        "{report:?}"
    );
    let image = "spec.template.spec.containers.?name=web.image";
    assert_eq!(outcome(image).as_deref(), Some("Applied"), "{report:?}");

    // The report stays with the revision; the mutation says where the change came from.
    let revisions = variants
        .api
        .get(&format!("{clone}/revision?where=RevisionNum%20%3D%203"))
        .await
        .1;
    let revision = &revisions[0]["Revision"];
    assert_eq!(revision["Source"], "UpgradeUnit");
    let kept = format!(
        "{clone}/revision/{}/merge_report",
        text(revision, "RevisionID")
    );
    assert_eq!(variants.api.get(&kept).await.1, upgraded["MergeReport"]);
    let mutations = variants
        .api
        .get(&format!("{clone}/mutation?where=MutationNum%20%3D%203"))
        .await
        .1;
    let mutation = &mutations[0]["Mutation"];
    assert_eq!(mutation["UpgradedFromUpstreamRevisionNum"], 3);
    assert_eq!(mutation["MergeSourceID"], variants.base_id.as_str());
    assert_eq!(
        (
            &mutation["MergeBaseRevisionNum"],
            &mutation["MergeEndRevisionNum"]
        ),
        (&json!(1), &json!(3))
    );

    // Again there is nothing to do.
    let again = variants.upgrade(&clone).await;
    assert_eq!(again["HeadRevisionNum"], 3);
    assert_eq!(again["Version"], upgraded["Version"]);
    assert_eq!(again["MergeReport"], json!([]));

    // What an upgrade brought is not local: the next one may change it again.
    variants.replace(&variants.base, "web:2", "web:3").await;
    assert!(data(&variants.upgrade(&clone).await).contains("image: web:3 # since May"));
}

#[tokio::test]
async fn what_an_upgrade_may_overwrite_can_be_said() {
    let variants = Variants::new().await;
    let clone = variants.clone("web").await;
    let function = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": [{"Value": 9}]},
    ]});
    let invoke = format!(
        "{}/function/invoke?where=Slug%20%3D%20%27web%27",
        variants.space
    );
    variants.api.ok(Method::POST, &invoke, function).await;
    variants
        .replace(&variants.base, "replicas: 2", "replicas: 3")
        .await;
    let path =
        format!("{clone}?upgrade=true&where_mutation=FunctionName%20%3D%20%27set-replicas%27");
    let upgraded = variants.api.ok(Method::PATCH, &path, json!(null)).await;
    assert!(
        data(&upgraded).contains("replicas: 3"),
        "{}",
        data(&upgraded)
    );

    let path = format!("{clone}?where_mutation=MutationNum%20%3D%201");
    let (status, answer) = variants.api.send(Method::PATCH, &path, "null").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
}

#[tokio::test]
async fn many_are_upgraded_in_one_call_with_an_answer_for_each() {
    let variants = Variants::new().await;
    for slug in ["a", "b", "c"] {
        variants.clone(slug).await;
    }
    let b = format!("{}/unit?where=Slug%20%3D%20%27b%27", variants.space);
    let b = &variants.api.get(&b).await.1[0]["Unit"];
    let b = format!("{}/unit/{}", variants.space, text(b, "UnitID"));
    variants.replace(&b, "image: web:1", "image: mine:1").await;
    variants
        .replace(&variants.base, "image: web:1", "image: web:2")
        .await;
    let behind = format!(
        "UpstreamUnitID = '{}' AND UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum",
        variants.base_id
    );
    let path = |more: &str| {
        let condition = behind
            .replace(' ', "%20")
            .replace('\'', "%27")
            .replace('<', "%3C");
        format!(
            "/unit?where={}&upgrade=true{more}",
            condition.replace('=', "%3D")
        )
    };
    let dry = variants
        .api
        .ok(Method::PATCH, &path("&dry_run=true"), json!(null))
        .await;
    let done = variants.api.ok(Method::PATCH, &path(""), json!(null)).await;
    let images = |answers: &Value| -> Vec<bool> {
        let answers = answers.as_array().expect("a list").iter();
        answers
            .map(|answer| data(&answer["Unit"]).contains("web:2"))
            .collect()
    };
    assert_eq!(images(&dry), [true, false, true]);
    assert_eq!(images(&done), [true, false, true]);
    assert_eq!(done[1]["Unit"]["MergeReport"][0]["Outcome"], "KeptLocal");
    assert_eq!(
        variants.api.ok(Method::PATCH, &path(""), json!(null)).await,
        json!([])
    );

    // What has no upstream has an answer of its own.
    let all = "/unit?where=Slug%20IS%20NOT%20NULL&upgrade=true";
    let (status, answers) = variants.api.send(Method::PATCH, all, "null").await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let errors: Vec<&Value> = answers
        .as_array()
        .expect("a list")
        .iter()
        .filter(|a| a.get("Error").is_some())
        .collect();
    assert_eq!(errors.len(), 1);
    assert!(text(&errors[0]["Error"], "Message").contains("no upstream"));
}

#[tokio::test]
async fn the_changes_of_one_unit_are_merged_into_another() {
    let variants = Variants::new().await;
    let clone = variants.clone("web").await;
    variants
        .replace(&clone, "image: web:1", "image: web:hotfix")
        .await;
    variants.replace(&clone, "replicas: 2", "replicas: 5").await;
    let clone_id = clone.rsplit('/').next().expect("an id");
    // The hotfix goes back to where it belongs, the number of replicas does not.
    let path = format!(
        "{}?merge_source={clone_id}&merge_base=1&merge_end=2",
        variants.base
    );
    let merged = variants.api.ok(Method::PATCH, &path, json!(null)).await;
    assert_eq!(data(&merged), BASE.replace("web:1", "web:hotfix"));
    let revisions = variants
        .api
        .get(&format!(
            "{}/revision?where=RevisionNum%20%3D%202",
            variants.base
        ))
        .await
        .1;
    assert_eq!(revisions[0]["Revision"]["Source"], "MergeUnits");

    // Self: what was taken back is brought in again.
    let restore = format!("{clone}?restore=1");
    variants.api.ok(Method::PATCH, &restore, json!(null)).await;
    let path = format!("{clone}?merge_source=Self&merge_base=2&merge_end=3");
    let again = variants.api.ok(Method::PATCH, &path, json!(null)).await;
    assert_eq!(data(&again), BASE.replace("replicas: 2", "replicas: 5"));

    for (query, message) in [
        ("merge_source=Self&merge_base=1", "merge_end: is required"),
        ("merge_base=1&merge_end=2", "merge_source: is required"),
        (
            "merge_source=web&merge_base=1&merge_end=2",
            "neither a UUID nor Self",
        ),
        ("merge_source=Self&merge_base=1&merge_end=99", "has no 99"),
        ("upgrade=true&restore=1", "name one"),
        (
            "merge_source=00000000-0000-0000-0000-000000000001&merge_base=1&merge_end=2",
            "there is no Unit",
        ),
    ] {
        let (status, answer) = variants
            .api
            .send(Method::PATCH, &format!("{clone}?{query}"), "null")
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {answer}");
        assert!(
            text(&answer, "Message").contains(message),
            "{query}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_change_set_locks_names_and_brings_back() {
    let variants = Variants::new().await;
    let (api, unit) = (&variants.api, &variants.base);
    let space = unit.split("/unit").next().expect("a space");
    let set = api
        .ok(
            Method::POST,
            &format!("{space}/change_set"),
            json!({"Slug": "may"}),
        )
        .await;
    let id = text(&set, "ChangeSetID");
    let set_path = format!("{space}/change_set/{id}");
    let state = || async { text(&api.get(&set_path).await.1["ChangeSet"], "State").to_owned() };
    assert_eq!(state().await, "New");
    let send = |query: String, body: Value| async move {
        let (status, answer) = api
            .send(Method::PATCH, &format!("{unit}?{query}"), body.to_string())
            .await;
        (status.as_u16(), answer)
    };
    let image = |tag: &str| json!({"Data": STANDARD.encode(BASE.replace("web:1", tag))});

    // Nobody names a change set that the unit is not in.
    assert_eq!(
        send(format!("change_set_id={id}"), image("web:2")).await.0,
        422
    );
    let (status, opened) = send(format!("change_set_id={id}"), json!({"ChangeSetID": id})).await;
    assert_eq!(status, 200, "{opened}");
    assert_eq!(opened["HeadRevisionNum"], 2, "a revision begins it");
    assert_eq!(state().await, "Open");
    // While it is open, only its own changes are let in; others may be tried.
    let (status, refused) = send(String::new(), image("web:2")).await;
    assert_eq!(status, 422, "{refused}");
    assert_eq!(send("dry_run=true".to_owned(), image("web:2")).await.0, 200);
    assert_eq!(
        send(String::new(), json!({"DisplayName": "Shop"})).await.0,
        200
    );
    let function = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": [{"Value": 9}]},
    ]});
    let invoke =
        |query: &str| format!("{space}/function/invoke?where=Slug%20%3D%20%27web%27{query}");
    let (status, _) = api
        .send(Method::POST, &invoke(""), function.to_string())
        .await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    api.ok(
        Method::POST,
        &invoke(&format!("&change_set_id={id}")),
        function,
    )
    .await;
    assert_eq!(
        send(format!("change_set_id={id}"), image("web:2")).await.0,
        200
    );
    // It cannot go as long as it is open, nor can the unit be in two.
    assert_eq!(
        api.send(Method::DELETE, &set_path, "").await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let other = api
        .ok(
            Method::POST,
            &format!("{space}/change_set"),
            json!({"Slug": "june"}),
        )
        .await;
    assert_eq!(
        send(String::new(), json!({"ChangeSetID": other["ChangeSetID"]}))
            .await
            .0,
        422
    );

    let (status, closed) = send(String::new(), json!({"ChangeSetID": null})).await;
    assert_eq!(status, 200, "{closed}");
    assert_eq!(closed["HeadRevisionNum"], 4, "closing makes no revision");
    assert_eq!(state().await, "Closed");
    assert_eq!(send(String::new(), image("web:3")).await.0, 200);

    // Its revisions are known by it, and its state before and after can be had again.
    let of_set = format!("{unit}/revision?where=ChangeSetID%20%3D%20%27{id}%27");
    let numbers: Vec<i64> = api
        .get(&of_set)
        .await
        .1
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|row| row["Revision"]["RevisionNum"].as_i64())
        .collect();
    assert_eq!(numbers, [2, 3, 4]);
    for (reference, tag) in [("ChangeSet", "web:2"), ("Before:ChangeSet", "web:1")] {
        let (status, restored) = send(format!("restore={reference}:{id}"), json!(null)).await;
        assert_eq!(status, 200, "{restored}");
        assert!(
            data(&restored).contains(tag),
            "{reference}: {}",
            data(&restored)
        );
    }
    for (end, number) in [("StartTagID", 2), ("EndTagID", 4)] {
        let tag = text(&set, end);
        let (_, restored) = send(format!("dry_run=true&restore=Tag:{tag}"), json!(null)).await;
        let (_, tagged) = api.get(&format!("{unit}/revision")).await;
        let tagged: Vec<i64> = tagged
            .as_array()
            .expect("a list")
            .iter()
            .filter(|row| row["Revision"]["Tags"].get(tag).is_some())
            .filter_map(|row| row["Revision"]["RevisionNum"].as_i64())
            .collect();
        assert_eq!(tagged, [number], "{end}: {restored}");
    }
    assert_eq!(
        api.send(Method::DELETE, &set_path, "").await.0,
        StatusCode::OK
    );
}

/// What is refused for one of many leaves nothing of it behind.
#[tokio::test]
async fn of_many_only_those_change_that_may() {
    let variants = Variants::new().await;
    let api = &variants.api;
    let (locked, free) = (variants.clone("locked").await, variants.clone("free").await);
    let set = api
        .ok(
            Method::POST,
            &format!("{}/change_set", variants.space),
            json!({"Slug": "may"}),
        )
        .await;
    let open = json!({"ChangeSetID": set["ChangeSetID"]});
    api.ok(Method::PATCH, &locked, open).await;
    variants.replace(&variants.base, "web:1", "web:2").await;
    let history = |unit: &str| {
        let paths = ["revision", "mutation"].map(|what| format!("{unit}/{what}?select=CreatedAt"));
        async move {
            let mut counts = Vec::new();
            for path in paths {
                counts.push(api.get(&path).await.1.as_array().expect("a list").len());
            }
            counts
        }
    };
    let (before, before_free) = (history(&locked).await, history(&free).await);
    let path = "/unit?where=UpstreamRevisionNum%20%3E%200&upgrade=true";
    let (status, answers) = api.send(Method::PATCH, path, "null").await;
    assert_eq!(status, StatusCode::MULTI_STATUS, "{answers}");
    assert_eq!(answers[0]["Error"]["Status"], 422, "{answers}");
    assert!(answers[1].get("Error").is_none(), "{answers}");
    assert_eq!(history(&locked).await, before);
    assert!(variants.data(&locked).await.contains("web:1"));
    assert_ne!(history(&free).await, before_free);
    let problems = api.hub.inspect().await.expect("inspects").problems;
    assert!(problems.is_empty(), "{problems:?}");
}

#[tokio::test]
async fn a_chain_is_promoted_one_hop_at_a_time() {
    let variants = Variants::new().await;
    let staging = variants.clone("staging").await;
    let staging_id = staging.rsplit('/').next().expect("an id").to_owned();
    let path = format!("{}/unit?upstream_unit_id={staging_id}", variants.space);
    let prod = variants
        .api
        .ok(Method::POST, &path, json!({"Slug": "prod"}))
        .await;
    let prod = format!("{}/unit/{}", variants.space, text(&prod, "UnitID"));
    variants.replace(&prod, "replicas: 2", "replicas: 20").await;
    variants.replace(&variants.base, "web:1", "web:2").await;
    assert!(
        data(&variants.upgrade(&prod).await).contains("web:1"),
        "staging has it not yet"
    );
    variants.upgrade(&staging).await;
    let expected = BASE
        .replace("web:1", "web:2")
        .replace("replicas: 2", "replicas: 20");
    assert_eq!(data(&variants.upgrade(&prod).await), expected);
    assert_eq!(
        variants.data(&staging).await,
        BASE.replace("web:1", "web:2")
    );

    // Restoring is a change of one's own: the next upgrade keeps what was restored.
    variants
        .api
        .ok(Method::PATCH, &format!("{prod}?restore=2"), json!(null))
        .await;
    assert!(variants.data(&prod).await.contains("web:1"));
}

#[tokio::test]
async fn one_change_is_taken_out_and_what_came_after_it_stays() {
    let variants = Variants::new().await;
    let (api, unit) = (&variants.api, &variants.base);
    let undo = |what: String| {
        let path = format!("{unit}?undo={what}");
        async move { api.ok(Method::PATCH, &path, json!(null)).await }
    };
    variants.replace(unit, "replicas: 2", "replicas: 3").await;
    variants.replace(unit, "web:1", "web:2").await;
    let undone = undo("2".to_owned()).await;
    assert_eq!(data(&undone), BASE.replace("web:1", "web:2"));
    let revisions = format!("{unit}/revision?where=RevisionNum%20%3D%204");
    let revisions = api.get(&revisions).await.1;
    assert_eq!(revisions[0]["Revision"]["Source"], "UndoChange");
    // The undoing is a change, too.
    let redone = undo("4".to_owned()).await;
    assert!(data(&redone).contains("replicas: 3"), "{}", data(&redone));

    // What was changed again since then stays, and the report says so.
    variants.replace(unit, "web:2", "web:3").await;
    let kept = undo("3".to_owned()).await;
    assert!(data(&kept).contains("web:3"), "{}", data(&kept));
    assert_eq!(kept["MergeReport"][0]["Outcome"], "KeptLocal", "{kept}");

    for (what, status, message) in [
        ("1", StatusCode::BAD_REQUEST, "before the first"),
        ("Before:2", StatusCode::BAD_REQUEST, "leave Before: out"),
        ("Mutation:7", StatusCode::BAD_REQUEST, "not the UUID"),
        ("99", StatusCode::BAD_REQUEST, "has no 99"),
        (
            "Mutation:00000000-0000-0000-0000-000000000001",
            StatusCode::NOT_FOUND,
            "not found",
        ),
        ("2&upgrade=true", StatusCode::BAD_REQUEST, "name one"),
    ] {
        let path = format!("{unit}?undo={what}");
        let (found, answer) = api.send(Method::PATCH, &path, "null").await;
        assert_eq!(found, status, "{what}: {answer}");
        assert!(
            text(&answer, "Message").contains(message),
            "{what}: {answer}"
        );
    }
}

#[tokio::test]
async fn one_mutation_of_a_revision_is_taken_out() {
    let variants = Variants::new().await;
    let (api, unit) = (&variants.api, &variants.base);
    let calls = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": [{"Value": 7}]},
        {"FunctionName": "set-annotation", "Arguments": [{"Value": "a"}, {"Value": "b"}]},
        {"FunctionName": "set-image", "Arguments": [{"Value": "web"}, {"Value": "web:9"}]},
    ]});
    let space = unit.split("/unit").next().expect("a space");
    let path = format!("{space}/function/invoke");
    api.ok(Method::POST, &path, calls).await;
    let after = data(&api.get(unit).await.1["Unit"]);
    let mutations = api.get(&format!("{unit}/mutation")).await.1;
    let of = |function: &str| {
        let rows = mutations.as_array().expect("a list").iter();
        let mut rows = rows.map(|row| &row["Mutation"]);
        let found = rows.find(|row| row["FunctionInvocation"]["FunctionName"] == function);
        text(found.expect("a mutation"), "MutationID").to_owned()
    };
    let path = format!("{unit}?undo=Mutation:{}", of("set-annotation"));
    let undone = api.ok(Method::PATCH, &path, json!(null)).await;
    assert!(after.contains("replicas: 7") && after.contains("annotations:"));
    let expected = BASE
        .replace("replicas: 2", "replicas: 7")
        .replace("web:1", "web:9");
    assert_eq!(data(&undone), expected);

    // Of another unit there is no such mutation.
    let clone = variants.clone("other").await;
    let path = format!("{clone}?undo=Mutation:{}", of("set-image"));
    let (status, _) = api.send(Method::PATCH, &path, "null").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
