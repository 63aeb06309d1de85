//! What a change set did as a whole: summary, difference, and the way back.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::{Api, DEPLOYMENT, data, text};

/// A change set, three units that were changed in it, and one that was made in it.
struct Changed {
    api: Api,
    space: String,
    change_set: String,
    id: String,
    units: Vec<String>,
}

impl Changed {
    async fn new() -> Self {
        let api = Api::start().await;
        let space = api
            .ok(Method::POST, "/space", json!({"Slug": "shop"}))
            .await;
        let space = format!("/space/{}", text(&space, "SpaceID"));
        let set = json!({"Slug": "may"});
        let set = api
            .ok(Method::POST, &format!("{space}/change_set"), set)
            .await;
        let id = text(&set, "ChangeSetID").to_owned();
        let mut changed = Self {
            change_set: format!("{space}/change_set/{id}"),
            units: Vec::new(),
            api,
            space,
            id,
        };
        for slug in ["a", "b", "c"] {
            changed.create(slug).await;
        }
        let all = format!(
            "/unit?where=Slug%20IN%20('a','b','c')&change_set_id={}",
            changed.id
        );
        let open = json!({"ChangeSetID": changed.id, "LastChangeDescription": "more of them"});
        changed.api.ok(Method::PATCH, &all, open).await;
        for number in 0..3 {
            changed.replace(number, "replicas: 2", "replicas: 5").await;
        }
        changed.replace(0, "replicas: 5", "replicas: 6").await;
        changed
    }

    async fn create(&mut self, slug: &str) {
        let body = json!({
            "Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(DEPLOYMENT),
        });
        let path = format!("{}/unit", self.space);
        let unit = self.api.ok(Method::POST, &path, body).await;
        self.units.push(format!("{path}/{}", text(&unit, "UnitID")));
    }

    async fn data(&self, number: usize) -> String {
        data(&self.api.get(&self.units[number]).await.1["Unit"])
    }

    async fn replace(&self, number: usize, from: &str, to: &str) {
        let before = self.data(number).await;
        assert!(before.contains(from), "{from} in {before}");
        let open = self.api.get(&self.units[number]).await.1["Unit"]["ChangeSetID"].take();
        let path = match open {
            Value::Null => self.units[number].clone(),
            _ => format!("{}?change_set_id={}", self.units[number], self.id),
        };
        let patch = json!({"Data": STANDARD.encode(before.replace(from, to))});
        self.api.ok(Method::PATCH, &path, patch).await;
    }

    async fn close(&self) {
        let all = format!("/unit?where=ChangeSetID%20%3D%20%27{}%27", self.id);
        let close = json!({"ChangeSetID": null});
        self.api.ok(Method::PATCH, &all, close).await;
    }

    async fn undo(&self, query: &str) -> (StatusCode, Value) {
        let path = format!("{}/undo?{query}", self.change_set);
        self.api.send(Method::POST, &path, "").await
    }
}

#[tokio::test]
async fn a_summary_says_what_was_changed_and_what_is_left() {
    let changed = Changed::new().await;
    let (_, summary) = changed
        .api
        .get(&format!("{}/summary", changed.change_set))
        .await;
    assert_eq!(summary["State"], "Open");
    assert_eq!(summary["UnapprovedUnitCount"], 3);
    assert_eq!(summary["GatedUnitCount"], 0);
    let units = summary["Units"].as_array().expect("units");
    let slugs: Vec<&str> = units.iter().map(|unit| text(unit, "Slug")).collect();
    assert_eq!(slugs, ["a", "b", "c"]);
    let first = &units[0];
    assert_eq!(first["SpaceSlug"], "shop");
    assert_eq!(first["FirstRevisionNum"], 2);
    assert_eq!(first["LastRevisionNum"], 4);
    assert_eq!(first["IsOpen"], true);
    assert_eq!(first["Descriptions"], json!(["more of them"]));
    // All steps together, not each of them.
    let paths = first["Mutations"][0]["PathMutationMap"].as_object();
    let paths = paths.expect("paths");
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["spec.replicas"]);
    assert_eq!(paths["spec.replicas"]["Value"], "6\n");

    let request = changed
        .api
        .request(Method::GET, &format!("{}/diff", changed.change_set));
    let answer = changed
        .api
        .answer(request.body("".into()).expect("a request"))
        .await;
    let diff = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let diff = String::from_utf8(diff.to_vec()).expect("text");
    let first: String = diff.split_inclusive('\n').take(9).collect();
    assert_eq!(
        first,
        "--- a/shop/a\n+++ b/shop/a\n@@ -3,4 +3,4 @@\n metadata:\n   name: web # the shop\n spec:\n\
         -  replicas: 2\n+  replicas: 6\n--- a/shop/b\n"
    );
}

#[tokio::test]
async fn all_of_it_is_taken_out_and_what_came_after_stays() {
    let mut changed = Changed::new().await;
    changed.close().await;
    changed.create("later").await;
    changed.replace(1, "replicas: 5", "replicas: 7").await;
    changed.replace(2, "# the shop", "# the best shop").await;
    let (status, dry) = changed.undo("dry_run=true").await;
    assert_eq!(status, StatusCode::OK, "{dry}");
    assert_eq!(changed.data(0).await, DEPLOYMENT.replace(": 2", ": 6"));
    let (status, said) = changed.undo("max_affected=2").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    let (status, undone) = changed.undo("").await;
    assert_eq!(status, StatusCode::OK, "{undone}");
    assert_eq!(changed.data(0).await, DEPLOYMENT);
    assert_eq!(changed.data(1).await, DEPLOYMENT.replace(": 2", ": 7"));
    assert_eq!(
        changed.data(2).await,
        DEPLOYMENT.replace("# the shop", "# the best shop")
    );
    let kept = &undone["Units"][1]["Unit"]["MergeReport"][0];
    assert_eq!(kept["Outcome"], "KeptLocal", "{undone}");
    // Again there is nothing to do.
    let before = changed.api.get(&changed.units[0]).await.1;
    assert_eq!(changed.undo("").await.0, StatusCode::OK);
    assert_eq!(changed.api.get(&changed.units[0]).await.1, before);
}

#[tokio::test]
async fn units_that_came_or_went_are_named() {
    let changed = Changed::new().await;
    // An open change set is undone as one more change in it.
    let made = json!({
        "Slug": "new", "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(DEPLOYMENT),
        "ChangeSetID": changed.id,
    });
    let path = format!("{}/unit?change_set_id={}", changed.space, changed.id);
    let made = changed.api.ok(Method::POST, &path, made).await;
    changed
        .api
        .ok(Method::DELETE, &changed.units[1], json!(null))
        .await;
    let (status, undone) = changed.undo("").await;
    assert_eq!(status, StatusCode::OK, "{undone}");
    let slugs = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|unit| text(unit, "Slug").to_owned()).collect()
    };
    assert_eq!(slugs(&undone["DeletedUnits"]), ["b"]);
    if made["ChangeSetID"].is_string() {
        assert_eq!(slugs(&undone["CreatedUnits"]), ["new"]);
    }
    assert_eq!(undone["Units"].as_array().map(Vec::len), Some(2));
    assert_eq!(changed.data(0).await, DEPLOYMENT);

    // A change set that goes leaves the history readable.
    changed.close().await;
    changed
        .api
        .ok(Method::DELETE, &changed.change_set, json!(null))
        .await;
    let revisions = format!("{}/revision", changed.units[0]);
    let revisions = changed.api.get(&revisions).await.1;
    assert!(
        revisions
            .as_array()
            .expect("a list")
            .iter()
            .all(|row| row["Revision"]["ChangeSetID"].is_null()),
        "{revisions}"
    );
}
