//! Spans of requests, as a collector gets them.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cubit_tests::{Collector, Export, Server, Workplace};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const UNSAMPLED: &str = "1bf7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// A server that exports after so many milliseconds, or earlier when it ends.
fn serve(place: &Workplace, collector: &Collector, delay: &str) -> Server {
    let mut command = place.serve();
    command
        .args(["--log-level", "info", "--otlp-endpoint", collector.url()])
        .env("OTEL_BSP_SCHEDULE_DELAY", delay)
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer key-s3cr3t",
        );
    place.launch(&mut command).expect_running()
}

fn spans(export: &Export) -> Vec<&Span> {
    let scopes = export.content.resource_spans.iter();
    let scopes = scopes.flat_map(|of_resource| &of_resource.scope_spans);
    scopes.flat_map(|of_scope| &of_scope.spans).collect()
}

fn shown(attributes: &[KeyValue]) -> Vec<(&str, String)> {
    let mut shown: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().unwrap().value.as_ref().unwrap();
            let text = match value {
                Value::StringValue(text) => text.clone(),
                Value::IntValue(number) => number.to_string(),
                other => panic!("{other:?}"),
            };
            (attribute.key.as_str(), text)
        })
        .collect();
    shown.sort();
    shown
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asks for something that is refused, with secrets wherever a client can put one; the id of the
/// request.
fn ask(server: &Server, trace: &str, flags: &str) -> String {
    let url = format!("{}/api/space/private-slug?where=query-s3cr3t", server.url());
    let answer = ureq::get(url)
        .header("traceparent", format!("00-{trace}-{PARENT}-{flags}"))
        .header("tracestate", "vendor=state-s3cr3t")
        .header("baggage", "user=baggage-s3cr3t")
        .header("Authorization", "Bearer token-s3cr3t")
        .config()
        .http_status_as_error(false)
        .build()
        .call()
        .unwrap();
    assert_eq!(answer.status(), 401);
    answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_request_is_a_span_of_its_parent_and_says_nothing_of_what_was_sent() {
    let place = Workplace::new();
    let collector = Collector::start(Some(200));
    let mut server = serve(&place, &collector, "50");
    // A parent that is not recorded is honoured too.
    ask(&server, UNSAMPLED, "00");
    let id = ask(&server, TRACE, "01");
    let export = collector.next();
    let spans = spans(&export);
    assert_eq!(spans.len(), 1, "{spans:?}");
    let span = spans[0];
    assert_eq!(span.name, "GetSpace");
    assert_eq!(hexadecimal(&span.trace_id), TRACE);
    assert_eq!(hexadecimal(&span.parent_span_id), PARENT);
    assert_eq!(span.kind, 2, "a server");
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    let attributes = [
        ("cubit.request_id", id),
        ("http.request.method", "GET".to_owned()),
        ("http.response.status_code", "401".to_owned()),
    ];
    assert_eq!(shown(&span.attributes), attributes);
    let resource = export.content.resource_spans[0].resource.as_ref().unwrap();
    let resource = shown(&resource.attributes);
    assert!(
        resource.contains(&("service.name", "cubit".to_owned())),
        "{resource:?}"
    );
    for secret in ["s3cr3t", "private-slug"] {
        let body = String::from_utf8_lossy(&export.body);
        assert!(!body.contains(secret), "{secret} in {body}");
    }
    assert!(
        export.head.starts_with("POST /v1/traces "),
        "{}",
        export.head
    );
    assert!(export.head.contains("Bearer key-s3cr3t"), "{}", export.head);
    // The line about it names the trace.
    let line = server.until(|line| line.contains(TRACE)).unwrap();
    assert!(
        line.contains("answered") && line.contains("GetSpace"),
        "{line}"
    );
    let said = server.kill().said;
    assert!(!said.contains("key-s3cr3t"), "{said}");
}

#[test]
fn without_a_collector_no_line_names_a_trace() {
    let place = Workplace::new();
    let mut command = place.serve();
    command.args(["--log-level", "info"]);
    let mut server = place.launch(&mut command).expect_running();
    ask(&server, TRACE, "01");
    let line = server.until(|line| line.contains("GetSpace")).unwrap();
    assert!(!line.contains("trace"), "{line}");
}

#[test]
fn what_was_not_exported_is_when_the_server_ends() {
    let place = Workplace::new();
    let collector = Collector::start(Some(200));
    let server = serve(&place, &collector, "600000");
    ask(&server, TRACE, "01");
    assert_eq!(collector.all().len(), 0);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(spans(&collector.next())[0].name, "GetSpace");
}

#[test]
fn a_collector_that_fails_is_told_once_and_keeps_nobody_waiting() {
    let place = Workplace::new();
    let collector = Collector::start(Some(503));
    let server = serve(&place, &collector, "1");
    for _ in 0..3 {
        ask(&server, TRACE, "01");
        let _ = collector.next();
    }
    let ended = server.stop();
    assert_eq!(ended.code, Some(0));
    let told = ended.said.matches("traces are lost").count();
    assert_eq!(told, 1, "{}", ended.said);
}

#[test]
fn a_collector_that_never_answers_does_not_keep_the_server_from_ending() {
    let place = Workplace::new();
    let collector = Collector::start(None);
    let server = serve(&place, &collector, "1");
    ask(&server, TRACE, "01");
    let _ = collector.next();
    ask(&server, TRACE, "01");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_is_no_collector_is_refused_without_showing_it() {
    let place = Workplace::new();
    let mut command = place.serve();
    command.env("CUBIT_OTLP_ENDPOINT", "me:s3cr3t@collector");
    let ended = place.launch(&mut command).expect_ended();
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.said.contains("CUBIT_OTLP_ENDPOINT: expected http://"),
        "{}",
        ended.said
    );
    assert!(!ended.said.contains("s3cr3t"), "{}", ended.said);
}
