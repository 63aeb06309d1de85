//! Spans of requests, exported over OTLP to whatever collects them.
//!
//! A span says of a request what the log says: the operation, the method, the status, its id. Of what a
//! client sends only the ids of a `traceparent` get into it (W3C Trace Context, section 3.2).

mod export;

use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span, SpanKind, Status, Tracer, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use thiserror::Error;

/// The header that says which span a request belongs to.
const PARENT: &str = "traceparent";
/// What the spans come from, unless `OTEL_SERVICE_NAME` says something else.
const SERVICE: &str = "cubit";

/// Why no spans can be exported.
#[derive(Debug, Error)]
#[error("traces cannot be exported: {0}")]
pub struct TracesError(String);

/// Exports spans of requests. All clones export to the same place.
#[derive(Debug, Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a request, which ends with this value.
pub(crate) struct RequestSpan(opentelemetry_sdk::trace::Span);

/// The headers of a request, as far as they may be read.
struct ParentOnly<'a>(&'a HeaderMap);

impl Extractor for ParentOnly<'_> {
    // `tracestate` would go on with the span, and may hold anything.
    fn get(&self, key: &str) -> Option<&str> {
        let header = (key == PARENT).then(|| self.0.get(PARENT))?;
        header?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}

impl Traces {
    /// Exports to a collector at a base URL; without one, where the variables of OpenTelemetry say.
    /// Sampling, names, headers and sizes of batches are taken from these variables too.
    ///
    /// # Errors
    /// When the URL or one of the variables is not what it must be.
    pub fn start(endpoint: Option<&str>) -> Result<Self, TracesError> {
        let exporter =
            export::exporter(endpoint).map_err(|error| TracesError(error.to_string()))?;
        let resource = Resource::builder();
        let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
            Some(_) => resource,
            None => resource.with_service_name(SERVICE),
        };
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.with_attribute(version).build())
            .build();
        let tracer = provider.tracer(SERVICE);
        Ok(Self { provider, tracer })
    }

    /// Begins the span of a request.
    pub(crate) fn begin(
        &self,
        operation: &str,
        method: &Method,
        headers: &HeaderMap,
        request_id: &str,
    ) -> RequestSpan {
        let parent = TraceContextPropagator::new();
        let parent = parent.extract_with_context(&Context::new(), &ParentOnly(headers));
        let attributes = [
            KeyValue::new("http.request.method", known(method)),
            KeyValue::new("cubit.request_id", request_id.to_owned()),
        ];
        let span = self.tracer.span_builder(operation.to_owned());
        let span = span.with_kind(SpanKind::Server).with_attributes(attributes);
        RequestSpan(span.start_with_context(&self.tracer, &parent))
    }

    /// Exports what has not been, as far as that is possible in a time, and no more.
    pub async fn stop(self, patience: Duration) {
        let stop = move || self.provider.shutdown_with_timeout(patience);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(stop).await {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}

impl RequestSpan {
    /// The id of the trace that it belongs to.
    pub(crate) fn trace_id(&self) -> String {
        self.0.span_context().trace_id().to_string()
    }

    /// Ends it with the answer.
    pub(crate) fn answered(mut self, status: StatusCode) {
        let code = i64::from(status.as_u16());
        let code = KeyValue::new("http.response.status_code", code);
        self.0.set_attribute(code);
        if status.is_server_error() {
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

/// The name of a method; what is none of HTTP may be any text, and is called as the conventions of
/// OpenTelemetry for HTTP say.
fn known(method: &Method) -> String {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    match known.contains(method) {
        true => method.to_string(),
        false => "_OTHER".to_owned(),
    }
}
