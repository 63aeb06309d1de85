//! Links carry values from the units that provide them to those that need them.

use std::time::{Duration, Instant};

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, text};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop # ours\n";
const SETTINGS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: confighubplaceholder}
data: {color: blue}
";
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: confighubplaceholder # from the link
spec:
  template:
    spec:
      containers:
      - name: web
        image: web:1
        envFrom:
        - configMapRef: {name: confighubplaceholder}
";

struct Linked {
    api: Api,
    space: String,
}

impl Linked {
    async fn new() -> Self {
        let api = Api::start().await;
        let space = api.ok(Method::POST, "/space", json!({"Slug": "dev"})).await;
        let space = format!("/space/{}", text(&space, "SpaceID"));
        Self { api, space }
    }

    /// Creates a unit, and answers its id.
    async fn unit(&self, slug: &str, data: &str) -> String {
        let body = json!({
            "Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": STANDARD.encode(data),
        });
        let path = format!("{}/unit", self.space);
        let unit = self.api.ok(Method::POST, &path, body).await;
        text(&unit, "UnitID").to_owned()
    }

    async fn link(&self, slug: &str, from: &str, to: &str) -> String {
        let body = json!({"Slug": slug, "FromUnitID": from, "ToUnitID": to});
        let path = format!("{}/link", self.space);
        let link = self.api.ok(Method::POST, &path, body).await;
        text(&link, "LinkID").to_owned()
    }

    async fn set(&self, unit: &str, data: &str) -> Value {
        let path = format!("{}/unit/{unit}", self.space);
        let patch = json!({"Data": STANDARD.encode(data)});
        self.api.ok(Method::PATCH, &path, patch).await
    }

    /// The unit, once its text is this.
    async fn becomes(&self, unit: &str, expected: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let path = format!("{}/unit/{unit}", self.space);
            let found = self.api.get(&path).await.1["Unit"].take();
            let data = STANDARD.decode(text(&found, "Data")).expect("base64");
            let data = String::from_utf8(data).expect("text");
            if data == expected {
                return found;
            }
            assert!(Instant::now() < deadline, "{data}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn what_is_needed_is_taken_and_follows_what_provides_it() {
    let linked = Linked::new().await;
    let namespace = linked.unit("namespace", NAMESPACE).await;
    let settings = linked.unit("settings", SETTINGS).await;
    let web = linked.unit("web", WEB).await;
    let of_settings = linked.link("a", &settings, &namespace).await;
    let to_namespace = linked.link("b", &web, &namespace).await;
    let to_settings = linked.link("c", &web, &settings).await;
    linked
        .becomes(&settings, &SETTINGS.replace("confighubplaceholder", "shop"))
        .await;
    let resolved = WEB
        .replace("namespace: confighubplaceholder", "namespace: shop")
        .replace("name: confighubplaceholder", "name: settings");
    let unit = linked.becomes(&web, &resolved).await;
    assert_eq!(unit["ApplyGates"], json!({}));

    // Each value says over which link it came, and from where.
    let mutations = format!("{}/unit/{web}/mutation", linked.space);
    let mutations = linked.api.get(&mutations).await.1;
    let came: Vec<(&str, &str)> = mutations
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["Mutation"]["LinkID"].is_string())
        .map(|row| {
            let mutation = &row["Mutation"];
            (
                text(mutation, "LinkID"),
                text(&mutation["ProvidedResource"], "ResourceType"),
            )
        })
        .collect();
    assert!(came.contains(&(&to_namespace, "v1/Namespace")), "{came:?}");
    assert!(came.contains(&(&to_settings, "v1/ConfigMap")), "{came:?}");
    assert_eq!(came.len(), 2, "{came:?}");
    assert!(!of_settings.is_empty());

    // The producer changes, and its consumers follow.
    linked
        .set(&namespace, &NAMESPACE.replace("shop", "store"))
        .await;
    linked
        .becomes(
            &settings,
            &SETTINGS.replace("confighubplaceholder", "store"),
        )
        .await;
    let followed = resolved.replace("namespace: shop", "namespace: store");
    linked.becomes(&web, &followed).await;

    // What somebody wrote over it stays theirs.
    let mine = followed.replace("namespace: store", "namespace: mine");
    linked.set(&web, &mine).await;
    linked
        .set(&namespace, &NAMESPACE.replace("shop", "market"))
        .await;
    linked
        .becomes(
            &settings,
            &SETTINGS.replace("confighubplaceholder", "market"),
        )
        .await;
    linked.becomes(&web, &mine).await;
    // What changes nothing that is provided makes no revision.
    let before = linked.becomes(&web, &mine).await["HeadRevisionNum"].clone();
    let comment = SETTINGS
        .replace("confighubplaceholder", "market")
        .replace("blue", "green");
    linked.set(&settings, &comment).await;
    let after = linked.becomes(&web, &mine).await;
    assert_eq!(after["HeadRevisionNum"], before);
}

#[tokio::test]
async fn what_nobody_provides_stays_a_placeholder() {
    let linked = Linked::new().await;
    let settings = linked.unit("settings", SETTINGS).await;
    let web = linked.unit("web", WEB).await;
    linked.link("a", &web, &settings).await;
    let half = WEB.replace("name: confighubplaceholder}", "name: settings}");
    linked.becomes(&web, &half).await;
    // When it is not provided any more, it is needed again.
    let secret = SETTINGS.replace("ConfigMap", "Secret");
    linked.set(&settings, &secret).await;
    linked.becomes(&web, WEB).await;
    linked.set(&settings, SETTINGS).await;
    linked.becomes(&web, &half).await;
}

#[tokio::test]
async fn many_consumers_follow_one_producer() {
    let linked = Linked::new().await;
    let namespace = linked.unit("namespace", NAMESPACE).await;
    let mut consumers = Vec::new();
    for number in 0..40 {
        let consumer = linked.unit(&format!("c{number}"), SETTINGS).await;
        linked
            .link(&format!("l{number}"), &consumer, &namespace)
            .await;
        consumers.push(consumer);
    }
    linked
        .set(&namespace, &NAMESPACE.replace("shop", "store"))
        .await;
    for consumer in &consumers {
        linked
            .becomes(consumer, &SETTINGS.replace("confighubplaceholder", "store"))
            .await;
    }
}
