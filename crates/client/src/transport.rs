use std::fmt;
use std::io;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::http::{HeaderMap, HeaderName, Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::Error;

/// No answer of the API is larger; a unit holds at most 64 MiB.
const LARGEST_ANSWER: u64 = 1 << 30;

/// The HTTP method of an operation that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Create or act.
    Post,
    /// Replace.
    Put,
    /// Merge-patch.
    Patch,
    /// Delete.
    Delete,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Patch => "application/merge-patch+json",
            _ => "application/json",
        }
    }
}

/// A connection to one server as one user.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: String,
    token: Option<String>,
}

impl fmt::Debug for Client {
    /// Leaves the token out, so that it cannot end up in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server at this address, such as `http://127.0.0.1:7280`.
    pub fn new(server: &str, token: Option<String>) -> Result<Self, Error> {
        let server = server.trim_end_matches('/');
        let host = server
            .strip_prefix("http://")
            .or_else(|| server.strip_prefix("https://"));
        if host.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            return Err(Error::Address {
                address: server.to_owned(),
            });
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .tls_config(tls)
            .user_agent(concat!("cubit/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            server: server.to_owned(),
            token,
        })
    }

    /// The address of the server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Reads `path` (below `/api`) as JSON.
    pub fn get<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, Error> {
        let bytes = self.download(path, query)?;
        decode("GET", path, &bytes)
    }

    /// Reads `path` (below `/api`) as bytes.
    pub fn download(&self, path: &str, query: &impl Serialize) -> Result<Vec<u8>, Error> {
        let request = self.request("GET", path, query)?.body(());
        let request = request.map_err(|_| self.bad_address())?;
        self.answer(self.agent.run(request))
    }

    /// Sends `body` to `path` (below `/api`) and reads the answer as JSON.
    pub fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &impl Serialize,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let unexpected = |reason: String| unexpected(method.name(), path, reason);
        let body = serde_json::to_vec(body).map_err(|error| unexpected(error.to_string()))?;
        let request = self
            .request(method.name(), path, query)?
            .header("Content-Type", method.content_type())
            .body(body)
            .map_err(|_| self.bad_address())?;
        let bytes = self.answer(self.agent.run(request))?;
        decode(method.name(), path, &bytes)
    }

    /// Deletes what is at `path` (below `/api`) and reads the answer as JSON.
    pub fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T, Error> {
        let request = self.request("DELETE", path, query)?.body(());
        let request = request.map_err(|_| self.bad_address())?;
        let bytes = self.answer(self.agent.run(request))?;
        decode("DELETE", path, &bytes)
    }

    /// Sends `body` to `path` beside the API, such as `/auth/login`, and reads the answer as JSON.
    pub fn send_beside<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let bytes = self.answer(self.post_beside(path, query, body)?)?;
        decode("POST", path, &bytes)
    }

    /// The same, with the status and the body of whatever comes back.
    pub(crate) fn try_send_beside(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<(u16, Vec<u8>), Error> {
        let mut response = self
            .post_beside(path, &(), body)?
            .map_err(|error| self.unreachable(error))?;
        let bytes = response.body_mut().with_config().limit(LARGEST_ANSWER);
        let bytes = bytes.read_to_vec();
        let bytes = bytes.map_err(|error| self.unreachable(error))?;
        Ok((response.status().as_u16(), bytes))
    }

    fn post_beside(
        &self,
        path: &str,
        query: &impl Serialize,
        body: &impl Serialize,
    ) -> Result<Result<Response<Body>, ureq::Error>, Error> {
        let unexpected = |reason: String| unexpected("POST", path, reason);
        let body = serde_json::to_vec(body).map_err(|error| unexpected(error.to_string()))?;
        let request = self
            .request_at("POST", path, query)?
            .header("Content-Type", "application/json")
            .body(body)
            .map_err(|_| self.bad_address())?;
        Ok(self.agent.run(request))
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        query: &impl Serialize,
    ) -> Result<ureq::http::request::Builder, Error> {
        self.request_at(method, &format!("/api{path}"), query)
    }

    fn request_at(
        &self,
        method: &str,
        path: &str,
        query: &impl Serialize,
    ) -> Result<ureq::http::request::Builder, Error> {
        let query = serde_urlencoded::to_string(query)
            .map_err(|error| unexpected(method, path, error.to_string()))?;
        let mark = if query.is_empty() { "" } else { "?" };
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}{mark}{query}", self.server))
            .header("Accept", "application/json, application/octet-stream");
        Ok(match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        })
    }

    fn answer(&self, outcome: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, Error> {
        let unreachable = |error| self.unreachable(error);
        let mut response = outcome.map_err(unreachable)?;
        let status = response.status().as_u16();
        let request_id = header(response.headers(), "x-request-id");
        let bytes = response
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            .map_err(unreachable)?;
        match status {
            200 | 207 => Ok(bytes),
            _ => Err(Error::Refused {
                status,
                message: refusal(status, &bytes),
                request_id,
            }),
        }
    }

    fn unreachable(&self, error: ureq::Error) -> Error {
        Error::Unreachable {
            server: self.server.clone(),
            source: match error {
                ureq::Error::Io(error) => error,
                other => io::Error::other(other),
            },
        }
    }

    fn bad_address(&self) -> Error {
        Error::Address {
            address: self.server.clone(),
        }
    }
}

fn header(headers: &HeaderMap, name: &'static str) -> Option<String> {
    let value = headers.get(HeaderName::from_static(name))?;
    value.to_str().ok().map(str::to_owned)
}

fn decode<T: DeserializeOwned>(method: &str, path: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| unexpected(method, path, error.to_string()))
}

fn unexpected(method: &str, path: &str, reason: String) -> Error {
    Error::Unexpected {
        method: method.to_owned(),
        path: path.to_owned(),
        reason,
    }
}

/// The message of an error body; a proxy in between may have sent anything.
pub(crate) fn refusal(status: u16, body: &[u8]) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct StandardErrorResponse {
        message: String,
    }
    match serde_json::from_slice(body) {
        Ok(StandardErrorResponse { message }) if !message.is_empty() => message,
        _ => format!("the server answered with status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_no_path() {
        for good in ["http://127.0.0.1:7280", "https://cubit.example.org/"] {
            assert!(Client::new(good, None).is_ok(), "{good}");
        }
        for bad in [
            "127.0.0.1:7280",
            "http://",
            "http://host/api",
            "ftp://host",
            "http://a b",
        ] {
            assert!(Client::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_speaks_with_the_servers_words() {
        let body = br#"{"Code":"404","Message":"unit `web` does not exist"}"#;
        assert_eq!(refusal(404, body), "unit `web` does not exist");
        assert_eq!(
            refusal(502, b"<html>"),
            "the server answered with status 502"
        );
    }

    #[test]
    fn the_token_is_not_shown() {
        let client = Client::new("http://localhost", Some("secret".into())).unwrap();
        assert!(!format!("{client:?}").contains("secret"));
    }
}
