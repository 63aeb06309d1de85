//! A server in this process, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cubit_hub::{Hub, HubOptions};
use cubit_server::{Limits, SignIn};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch::Sender;
use tokio::task::JoinHandle;
use tower::ServiceExt;

pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
spec:
  replicas: 2
";

/// A text member of an answer.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

/// The Data of a unit.
pub(crate) fn data(unit: &Value) -> String {
    let data = STANDARD.decode(text(unit, "Data")).expect("base64");
    String::from_utf8(data).expect("text")
}

/// A server in this process, and its administrator.
pub(crate) struct Api {
    /// The hub behind it.
    pub(crate) hub: Hub,
    router: Router,
    background: Option<(Sender<bool>, JoinHandle<()>)>,
    token: String,
    _directory: TempDir,
}

impl Api {
    /// On an empty database.
    pub(crate) async fn start() -> Self {
        Self::with_limits(Limits::default()).await
    }

    /// On an empty database, with other ways to sign in.
    pub(crate) async fn with_sign_in(sign_in: SignIn) -> Self {
        Self::begin(Limits::default(), sign_in).await
    }

    /// On an empty database, with limits of its own.
    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::begin(limits, SignIn::default()).await
    }

    async fn begin(limits: Limits, sign_in: SignIn) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let hub = match cubit_test_database::fresh() {
            Some(url) => Hub::connect(&url).await.expect("opens"),
            None => {
                let data_dir = directory.path().to_owned();
                Hub::open(HubOptions { data_dir }).await.expect("opens")
            }
        };
        // What goes on in the background, until the runtime of the test ends.
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let evaluator = tokio::spawn({
            let hub = hub.clone();
            async move { hub.keep_evaluating(stopping).await }
        });
        let administrator = hub.bootstrap().await.expect("bootstrap");
        let token = hub
            .issue_token(administrator.user_id, administrator.organization_id, "test")
            .await
            .expect("token");
        Self {
            router: cubit_server::router_with(hub.clone(), limits, sign_in),
            hub,
            background: Some((stop, evaluator)),
            token,
            _directory: directory,
        }
    }

    /// Ends what goes on in the background.
    pub(crate) async fn be_still(&mut self) {
        if let Some((stop, evaluator)) = self.background.take() {
            stop.send(true).expect("it runs");
            evaluator.await.expect("it ends");
        }
    }

    /// Sends a request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let router = self.router.clone();
        router.oneshot(request).await.expect("an answer")
    }

    /// The beginning of a request of the administrator.
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::USER_AGENT, "test/1")
    }

    /// Sends a body as it is.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let request = self
            .request(method, path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.into())
            .expect("request");
        let answer = self.answer(request).await;
        assert!(answer.headers().contains_key("x-request-id"), "{path}");
        assert_eq!(
            answer.headers()[header::CONTENT_TYPE],
            "application/json",
            "{path}"
        );
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("body").to_bytes();
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, "").await
    }

    /// Sends JSON that must be accepted.
    pub(crate) async fn ok(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method, path, body.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    /// A space and a unit in it, by path.
    pub(crate) async fn unit(&self) -> (String, String) {
        let space = self
            .ok(Method::POST, "/space", json!({"Slug": "dev"}))
            .await;
        let space = format!("/space/{}", space["SpaceID"].as_str().expect("id"));
        let body = json!({
            "Slug": "app",
            "ToolchainType": "Kubernetes/YAML",
            "Data": STANDARD.encode(DEPLOYMENT),
            "LastChangeDescription": "first",
        });
        let unit = self.ok(Method::POST, &format!("{space}/unit"), body).await;
        let unit = format!("{space}/unit/{}", unit["UnitID"].as_str().expect("id"));
        (space, unit)
    }
}
