//! Where spans of requests are exported to.

use cubit_server::Traces;

use super::failed;
use super::settings::Settings;
use crate::error::Result;

/// The variables of OpenTelemetry that name a collector.
const VARIABLES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// Who collects spans.
pub(super) enum Collector {
    Nobody,
    /// Whoever the variables of OpenTelemetry name.
    OfEnvironment,
    /// At a base URL, which may hold a password.
    At(String),
}

impl Collector {
    pub(super) fn of(settings: &Settings) -> Result<Self> {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|text| !text.is_empty());
        match settings.text("otlp_endpoint") {
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Self::At(url.to_owned()))
            }
            Some(_) => {
                Err(settings.wrong("otlp_endpoint", "expected http://HOST:PORT or https://"))
            }
            None if VARIABLES.iter().any(is_set) => Ok(Self::OfEnvironment),
            None => Ok(Self::Nobody),
        }
    }

    pub(super) fn start(self) -> Result<Option<Traces>> {
        let traces = match self {
            Self::Nobody => return Ok(None),
            Self::OfEnvironment => Traces::start(None),
            Self::At(url) => Traces::start(Some(&url)),
        };
        traces
            .map(Some)
            .map_err(|error| failed("cannot start", error))
    }
}
