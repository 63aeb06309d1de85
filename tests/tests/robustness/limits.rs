//! Requests that are as large as they may be, and larger.

use std::time::Instant;

use cubit_tests::{Answer, Unit, base64, deployment, invocation, unit_body};
use serde_json::json;

use crate::{Site, refused};

const DATA_LIMIT: usize = 64 << 20;
const BODY_LIMIT: usize = 90 << 20;
/// A request that is refused may take this many times its size in memory.
const REFUSED: u64 = 4;
/// One whose data is stored, and answered: body, text, tree and index, and the answer in the end.
const STORED: u64 = 8;
/// What any request may take: buffers, a thread that starts.
const SMALL_CHANGE: u64 = 8 << 20;

/// Sends a request, and checks how much memory it took.
#[track_caller]
fn measured(
    site: &Site,
    case: &str,
    (size, times): (usize, u64),
    send: impl FnOnce() -> Answer,
) -> Answer {
    let idle = site.server.forget_peak_memory();
    let answer = send();
    if let (Some(idle), Some(peak)) = (idle, site.server.peak_memory()) {
        let took = peak.saturating_sub(idle);
        println!("{case}: {size} bytes took {took} bytes of memory");
        let most = times * size as u64 + SMALL_CHANGE;
        assert!(took <= most, "{case}: {took} bytes for {size}");
    }
    answer
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_without_much_memory() {
    let site = Site::new();
    let path = format!("{}/unit", site.space);
    let _ = site
        .api
        .create_unit(&site.space, "warm", deployment(1, "first"));
    let bomb = (1..9).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        |text, n| {
            let before = vec![format!("*a{}", n - 1); 9].join(", ");
            format!("{text}a{n}: &a{n} [{before}]\n")
        },
    );
    let deep_yaml = format!("a: {}{}\n", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let deep_json = format!("{{\"Slug\": \"x\", \"Labels\": {}", "[".repeat(1 << 20));
    let data = "# one line of sixty-four bytes, so that there are many of them.\n";
    let data = data.repeat(DATA_LIMIT / data.len()) + "#";
    for (case, body, status) in [
        ("an alias bomb", unit_body("x", bomb).to_string(), 422),
        ("deep YAML", unit_body("x", deep_yaml).to_string(), 422),
        ("deep JSON", deep_json, 400),
        (
            "a long slug",
            format!("{{\"Slug\": \"{}\"}}", "x".repeat(1 << 24)),
            400,
        ),
        ("long data", unit_body("x", data).to_string(), 413),
    ] {
        let size = body.len();
        let answer = measured(&site, case, (size, REFUSED), || {
            site.api.send("POST", &path, body)
        });
        let message = refused(&answer, status);
        assert!(message.len() < 1000, "{case}: {message}");
    }
    // A body that says how long it is, is not read.
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nAuthorization: Bearer {}\r\n\r\n{}",
        BODY_LIMIT + 1,
        site.place.token(),
        "x".repeat(BODY_LIMIT + 1)
    );
    let idle = site.server.forget_peak_memory();
    let answer = site.speak(request.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer}"
    );
    if let (Some(idle), Some(peak)) = (idle, site.server.peak_memory()) {
        println!("a long body: {} bytes of memory", peak - idle);
        assert!(peak - idle < SMALL_CHANGE, "{} bytes", peak - idle);
    }
    assert_eq!(site.api.get(&path).as_array().unwrap().len(), 1);
    site.end();
}

#[test]
fn a_list_of_a_million_is_taken_or_refused_without_much_memory() {
    let site = Site::new();
    let _ = site
        .api
        .create_unit(&site.space, "warm", deployment(1, "first"));
    let line = "- an element of a list that is as long as names and images are\n";
    let data = format!(
        "apiVersion: v1\nkind: List\nmetadata: {{name: x}}\nlist:\n{}",
        line.repeat(1_000_000)
    );
    let began = Instant::now();
    let answer = measured(&site, "a list", (data.len() * 4 / 3, STORED), || {
        site.create("list", &data)
    });
    println!("a list: {} after {:?}", answer.status, began.elapsed());
    match answer.status {
        200 => {
            let unit = Unit::new(&site.space, answer.json()["UnitID"].as_str().unwrap());
            assert!(
                unit.data(&site.api) == data.as_bytes(),
                "it is another text"
            );
        }
        _ => assert!(!refused(&answer, 422).is_empty()),
    }
    site.end();
}

#[test]
fn a_body_that_is_encoded_is_refused_by_that_name() {
    let site = Site::new();
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let body = "\u{1f}\u{8b}\u{8}";
        let answer = site.speak(
            format!(
                "POST /api/space HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Encoding: {encoding}\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                site.place.token(),
                body.len()
            )
            .as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
        assert!(answer.contains("Content-Encoding"), "{answer}");
    }
    site.end();
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let site = Site::new();
    let head = "GET /api/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let many: String = (0..10_000).map(|n| format!("X-{n}: {n}\r\n")).collect();
    let cases = [
        ("10000 headers", format!("{head}{many}\r\n"), "431"),
        (
            "a long header",
            format!("{head}X: {}\r\n\r\n", "x".repeat(1 << 20)),
            "431",
        ),
        (
            "a long path",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(70_000)),
            "414",
        ),
        (
            "a long query",
            format!(
                "GET /api/unit?where={} HTTP/1.1\r\nHost: x\r\n\r\n",
                "x".repeat(70_000)
            ),
            "414",
        ),
        (
            "a long method",
            format!("{} / HTTP/1.1\r\nHost: x\r\n\r\n", "X".repeat(1 << 20)),
            "4",
        ),
    ];
    for (case, request, status) in cases {
        let answer = site.speak(request.as_bytes());
        // Who still sends when the connection is closed may miss why.
        let is_refused = answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}"));
        assert!(is_refused, "{case}: {answer}");
        println!("{case}: {}", answer.lines().next().unwrap_or("reset"));
    }
    site.end();
}

#[test]
fn queries_and_calls_that_are_too_long_are_refused() {
    let site = Site::new();
    let unit = site
        .api
        .create_unit(&site.space, "app", deployment(1, "first"));
    for name in ["where", "where_data", "where_resource", "contains"] {
        let text = format!("Slug = '{}'", "x".repeat(4096));
        let path = cubit_tests::query("/api/unit", &[(name, &text)]);
        let answer = site.api.send("GET", &path, "");
        assert!(
            [200, 400].contains(&answer.status),
            "{name}: {}",
            answer.text()
        );
        if name.starts_with("where") && name != "where_resource" {
            assert!(refused(&answer, 400).contains("4096"), "{}", answer.text());
        }
    }

    let one = &invocation("set-replicas", &[json!(2)])["FunctionInvocations"][0];
    let call = json!({"FunctionInvocations": vec![one; 10_000]});
    let message = refused(
        &site.api.send("POST", &unit.invoke_path(), call.to_string()),
        400,
    );
    assert!(message.contains("1000"), "{message}");
    let arguments = vec![json!("x"); 10_000];
    let call = invocation("set-annotation", &arguments);
    let answer = site.api.send("POST", &unit.invoke_path(), call.to_string());
    assert!(
        [200, 207, 400, 422].contains(&answer.status),
        "{}",
        answer.text()
    );
    assert_eq!(unit.data(&site.api), deployment(1, "first").as_bytes());

    let labels: serde_json::Map<_, _> = (0..100_000)
        .map(|n| (format!("l{n}"), json!("x")))
        .collect();
    let patch = json!({"Labels": labels, "Data": base64(deployment(1, "first"))});
    let answer = site.api.send("PATCH", unit.path(), patch.to_string());
    assert!(answer.status < 500, "{}", answer.text());
    site.end();
}
