//! Calls over HTTP, with every answer given back as it is.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// A server that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);
const LARGEST_ANSWER: u64 = 1 << 30;

/// The id that stands for none.
pub const ZERO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The API of a running server.
#[derive(Debug, Clone)]
pub struct Api {
    agent: Agent,
    url: String,
    token: Option<String>,
}

/// An answer of the server.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its `X-Request-Id`.
    pub request_id: String,
    /// Its `Retry-After`.
    pub retry_after: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Api {
    /// Calls the server at an address, with or without a token.
    #[must_use]
    pub fn new(url: &str, token: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            agent: agent.into(),
            url: url.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// The same server with another token, or with none, over connections of its own.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self::new(&self.url, token)
    }

    /// Sends a request and gives back the answer.
    ///
    /// # Errors
    /// When no complete answer came back.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Content-Type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut answer = self.agent.run(request.body(body.into())?)?;
        let header = |name| {
            let value = answer.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        Ok(Answer {
            status: answer.status().as_u16(),
            content_type: header("content-type"),
            request_id: header("x-request-id"),
            retry_after: header("retry-after"),
            body: answer
                .body_mut()
                .with_config()
                .limit(LARGEST_ANSWER)
                .read_to_vec()?,
        })
    }

    /// Sends a request that is answered.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.try_send(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends a request that succeeds.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let answer = self.send(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()
    }

    /// Reads JSON.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.ok("GET", path, &Value::Null)
    }

    /// Reads raw bytes.
    ///
    /// # Panics
    /// When there are none.
    #[track_caller]
    #[must_use]
    pub fn raw(&self, path: &str) -> Vec<u8> {
        let answer = self.send("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.body
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

/// Appends query parameters to a path.
///
/// # Panics
/// Never: pairs of text can always be written.
#[must_use]
pub fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    format!(
        "{path}?{}",
        serde_urlencoded::to_string(parameters).unwrap()
    )
}
