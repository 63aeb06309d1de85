//! What is counted about requests, and `GET /metrics`, which tells it in the text format of
//! Prometheus.
//!
//! Labels are names of operations and classes of statuses, which are few: no id, slug, address or
//! text of a user ever becomes one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cubit_hub::{Hub, ObjectCounts};

/// Upper ends of the buckets of durations, in seconds.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0,
];

/// Counts of the requests of one process. All clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    started: f64,
    in_flight: AtomicU64,
    unauthenticated: AtomicU64,
    denied: AtomicU64,
    refused: AtomicU64,
    operations: Mutex<BTreeMap<String, Operation>>,
}

/// What is counted of one operation.
#[derive(Debug, Default)]
struct Operation {
    /// Answers by the first digit of the status.
    answers: BTreeMap<u16, u64>,
    /// Answers by duration; the last are those above all buckets.
    buckets: [u64; BUCKETS.len() + 1],
    seconds: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(Arc::new(Counts {
            started: started.map_or(0.0, |time| time.as_secs_f64()),
            in_flight: AtomicU64::new(0),
            unauthenticated: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            operations: Mutex::default(),
        }))
    }
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Counts>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request as being answered.
    pub(crate) fn begin(&self) -> InFlight {
        self.0.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(&self.0))
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, operation: &str, status: StatusCode, duration: Duration) {
        match status {
            StatusCode::UNAUTHORIZED => add(&self.0.unauthenticated),
            StatusCode::FORBIDDEN => add(&self.0.denied),
            _ => {}
        }
        let seconds = duration.as_secs_f64();
        let mut operations = self.operations();
        let known = match operations.get_mut(operation) {
            Some(known) => known,
            None => operations.entry(operation.to_owned()).or_default(),
        };
        *known.answers.entry(status.as_u16() / 100).or_default() += 1;
        known.buckets[BUCKETS.partition_point(|end| *end < seconds)] += 1;
        known.seconds += seconds;
    }

    /// Counts a request that a limit of this server turned away.
    pub(crate) fn refused(&self) {
        add(&self.0.refused);
    }

    fn operations(&self) -> MutexGuard<'_, BTreeMap<String, Operation>> {
        let operations = self.0.operations.lock();
        operations.unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything, in the text format of Prometheus.
    fn text(&self, statements: u64, objects: ObjectCounts) -> String {
        let mut text = String::new();
        let operations = self.operations();
        heading(
            &mut text,
            "cubit_http_requests_total",
            "counter",
            "Requests that were answered, by operation and class of the status.",
        );
        for (name, operation) in operations.iter() {
            for (class, count) in &operation.answers {
                line(
                    &mut text,
                    format_args!(
                        "cubit_http_requests_total{{operation=\"{name}\",status=\"{class}xx\"}} {count}"
                    ),
                );
            }
        }
        heading(
            &mut text,
            "cubit_http_request_duration_seconds",
            "histogram",
            "Time from the head of a request to the head of its answer, by operation.",
        );
        for (name, operation) in operations.iter() {
            histogram(&mut text, name, operation);
        }
        drop(operations);
        let counts = &self.0;
        let simple = [
            (
                "cubit_http_requests_in_flight",
                "gauge",
                "Requests that are being answered now.",
                &counts.in_flight,
            ),
            (
                "cubit_http_requests_refused_total",
                "counter",
                "Requests that a limit of this server turned away: too many at once, too many of a client, too slow.",
                &counts.refused,
            ),
            (
                "cubit_sign_in_failures_total",
                "counter",
                "Requests without valid credentials (401).",
                &counts.unauthenticated,
            ),
            (
                "cubit_denials_total",
                "counter",
                "Requests of somebody who may not do this (403).",
                &counts.denied,
            ),
        ];
        for (name, kind, help, count) in simple {
            heading(&mut text, name, kind, help);
            let count = count.load(Ordering::Relaxed);
            line(&mut text, format_args!("{name} {count}"));
        }
        let below = [
            (
                "cubit_database_statements_total",
                "Statements that this server sent to its database.",
                statements,
            ),
            (
                "cubit_objects_read_total",
                "Large texts that were read from outside of the database.",
                objects.reads,
            ),
            (
                "cubit_objects_written_total",
                "Large texts that were written outside of the database.",
                objects.writes,
            ),
            (
                "cubit_object_failures_total",
                "Calls to the place of large texts that failed, after they were tried again.",
                objects.failures,
            ),
        ];
        for (name, help, count) in below {
            heading(&mut text, name, "counter", help);
            line(&mut text, format_args!("{name} {count}"));
        }
        heading(
            &mut text,
            "cubit_build_info",
            "gauge",
            "Always 1; the label is the version of this server.",
        );
        line(
            &mut text,
            format_args!(
                "cubit_build_info{{version=\"{}\"}} 1",
                env!("CARGO_PKG_VERSION")
            ),
        );
        heading(
            &mut text,
            "process_start_time_seconds",
            "gauge",
            "When this server started, in seconds since 1970.",
        );
        line(
            &mut text,
            format_args!("process_start_time_seconds {}", counts.started),
        );
        text
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn heading(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP {name} {help}"));
    line(text, format_args!("# TYPE {name} {kind}"));
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{content}");
}

/// The buckets of an operation: each counts what is in those before it as well.
fn histogram(text: &mut String, name: &str, operation: &Operation) {
    const METRIC: &str = "cubit_http_request_duration_seconds";
    let mut count = 0;
    for (index, found) in operation.buckets.iter().enumerate() {
        count += found;
        let end = BUCKETS
            .get(index)
            .map_or_else(|| "+Inf".to_owned(), ToString::to_string);
        line(
            text,
            format_args!("{METRIC}_bucket{{operation=\"{name}\",le=\"{end}\"}} {count}"),
        );
    }
    let seconds = operation.seconds;
    line(
        text,
        format_args!("{METRIC}_sum{{operation=\"{name}\"}} {seconds}"),
    );
    line(
        text,
        format_args!("{METRIC}_count{{operation=\"{name}\"}} {count}"),
    );
}

/// `GET /metrics`
pub(crate) async fn get(State((metrics, hub)): State<(Metrics, Hub)>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (headers, metrics.text(hub.statements(), hub.object_counts())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_its_bucket_and_all_above() {
        let metrics = Metrics::default();
        let ok = StatusCode::OK;
        // The end of a bucket is in it.
        metrics.answered("A", ok, Duration::from_millis(5));
        metrics.answered("A", ok, Duration::from_millis(6));
        metrics.answered("A", ok, Duration::from_secs(1000));
        let text = metrics.text(0, ObjectCounts::default());
        for (end, count) in [
            ("0.0025", 0),
            ("0.005", 1),
            ("0.01", 2),
            ("120", 2),
            ("+Inf", 3),
        ] {
            let line = format!(
                "cubit_http_request_duration_seconds_bucket{{operation=\"A\",le=\"{end}\"}} {count}\n"
            );
            assert!(text.contains(&line), "{line} in {text}");
        }
        assert!(text.contains("_sum{operation=\"A\"} 1000.011\n"), "{text}");
    }

    #[test]
    fn what_is_in_flight_is_no_more_when_it_is_dropped() {
        let metrics = Metrics::default();
        let request = metrics.begin();
        assert!(
            metrics
                .text(0, ObjectCounts::default())
                .contains("\ncubit_http_requests_in_flight 1\n")
        );
        drop(request);
        assert!(
            metrics
                .text(0, ObjectCounts::default())
                .contains("\ncubit_http_requests_in_flight 0\n")
        );
    }
}
