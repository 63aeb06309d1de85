//! The log of a server, on standard error.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::settings::Settings;
use crate::error::Result;

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

/// How much is logged, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    format: Format,
    level: LevelFilter,
}

impl Log {
    pub(super) fn of(settings: &Settings) -> Result<Self> {
        let format = match settings.text("log_format").unwrap_or_default() {
            "text" => Format::Text,
            "json" => Format::Json,
            other => {
                let what = format!("`{other}` is not text or json");
                return Err(settings.wrong("log_format", &what));
            }
        };
        let expected = "off, error, warn, info, debug or trace";
        let level = settings.parsed("log_level", expected)?;
        Ok(Self { format, level })
    }

    /// Starts to log what this program says. What the libraries below it say in more detail than a
    /// warning is left out: what a connection carries is among it, and so are tokens.
    pub(super) fn start(self) {
        let targets = Targets::new()
            .with_default(self.level.min(LevelFilter::WARN))
            .with_target("cubit", self.level);
        let lines = layer().with_writer(std::io::stderr).with_ansi(false);
        let lines = match self.format {
            Format::Text => lines.boxed(),
            Format::Json => lines.json().flatten_event(true).boxed(),
        };
        // There is one already when something else in this process started it.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(targets))
            .try_init();
    }
}
