//! How spans get to the collector: through the HTTP client that the rest of the program has, from the
//! thread that gathers them. No request waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig, WithHttpConfig};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long the collector may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer.
const LARGEST_ANSWER: u64 = 1 << 20;
/// Where a collector takes spans (OTLP, section "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";

/// What exports spans to a collector at a base URL, or where the environment says.
pub(super) fn exporter(endpoint: Option<&str>) -> Result<SpanExporter, ExporterBuildError> {
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
    let client = Client {
        agent,
        is_failing: AtomicBool::new(false),
    };
    let builder = SpanExporter::builder().with_http().with_http_client(client);
    match endpoint {
        Some(endpoint) => {
            let endpoint = endpoint.trim_end_matches('/');
            builder.with_endpoint(format!("{endpoint}{PATH}")).build()
        }
        None => builder.build(),
    }
}

#[derive(Debug)]
struct Client {
    agent: Agent,
    /// Whether the last export failed: only the first failure in a row is told.
    is_failing: AtomicBool,
}

impl Client {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (head, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(head, body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }

    fn note(&self, failure: Option<String>) {
        let was_failing = self.is_failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(reason) if !was_failing => {
                tracing::warn!(reason, "traces are lost: the collector does not take them");
            }
            None if was_failing => tracing::warn!("the collector takes traces again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    // It may block: the thread that waits for it does nothing else.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        self.note(match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("status {}", answer.status().as_u16())),
            Err(error) => Some(error.to_string()),
        });
        Ok(sent?)
    }
}
