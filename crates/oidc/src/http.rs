//! Requests to the provider: over TLS or to this machine, bounded in size and time, and without
//! following redirects.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::Error;
use crate::keys::{Keys, WrittenKeys};

/// How long the provider may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer.
const LARGEST_ANSWER: u64 = 1 << 20;

/// How the provider is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Http(Agent);

/// An answer: its status and its JSON.
pub(crate) struct Answer<T> {
    pub(crate) status: u16,
    pub(crate) body: T,
}

impl Http {
    pub(crate) fn new() -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .tls_config(tls)
            .user_agent(concat!("cubit/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self(agent)
    }

    /// Reads JSON that must be there, as the bearer of a token if there is one.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        address: &str,
        token: Option<&str>,
    ) -> Result<T, Error> {
        let mut answer = self.0.get(address).header("Accept", "application/json");
        if let Some(token) = token {
            answer = answer.header("Authorization", format!("Bearer {token}"));
        }
        let answer = read(address, answer.call())?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(failed(address, &format!("status {status}"))),
        }
    }

    /// Reads the keys of a provider.
    pub(crate) fn keys(&self, address: &str) -> Result<Keys, Error> {
        Ok(self.get::<WrittenKeys>(address, None)?.into())
    }

    /// Sends a form. With a secret, the client shows who it is by HTTP Basic.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        address: &str,
        form: &[(&str, &str)],
        client: Option<(&str, &str)>,
    ) -> Result<Answer<T>, Error> {
        let encoded = serde_urlencoded::to_string(form).map_err(|error| failed(address, &error))?;
        let mut request = self
            .0
            .post(address)
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded");
        if let Some((id, secret)) = client {
            // RFC 6749, section 2.3.1: both are encoded as in a form first.
            let pair = [id, secret].map(encode);
            let pair = STANDARD.encode(pair.join(":"));
            request = request.header("Authorization", format!("Basic {pair}"));
        }
        read(address, request.send(encoded))
    }
}

fn encode(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("", text)]).unwrap_or_default();
    pair.trim_start_matches('=').to_owned()
}

fn read<T: DeserializeOwned>(
    address: &str,
    outcome: Result<Response<Body>, ureq::Error>,
) -> Result<Answer<T>, Error> {
    let mut response = outcome.map_err(|error| failed(address, &error))?;
    let status = response.status().as_u16();
    let bytes = response
        .body_mut()
        .with_config()
        .limit(LARGEST_ANSWER)
        .read_to_vec()
        .map_err(|error| failed(address, &error))?;
    match serde_json::from_slice(&bytes) {
        Ok(body) => Ok(Answer { status, body }),
        // What it holds is not shown: it may be a token.
        Err(_) => Err(failed(
            address,
            &format!("status {status}, and not the JSON that was expected"),
        )),
    }
}

fn failed(address: &str, what: &dyn std::fmt::Display) -> Error {
    Error::Provider(format!("{address}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_are_encoded_as_in_a_form() {
        for (text, encoded) in [
            ("cubit", "cubit"),
            ("a b:c=&%", "a+b%3Ac%3D%26%25"),
            ("", ""),
        ] {
            assert_eq!(encode(text), encoded);
        }
    }
}
