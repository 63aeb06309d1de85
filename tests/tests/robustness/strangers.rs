//! What anybody may send without a token, mostly nonsense.

use cubit_tests::{Dice, ZERO_ID};

use crate::Site;

/// How many requests, if nothing else is said.
const REQUESTS: usize = 2_000;
const SEED: u64 = 1;

/// What answers without a token and is not in the document.
const BESIDE: [(&str, &str); 14] = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/openapi.json"),
    ("POST", "/auth/login"),
    ("POST", "/auth/worker"),
    ("POST", "/auth/refresh"),
    ("POST", "/auth/logout"),
    ("GET", "/auth/switch-organization"),
    ("POST", "/auth/switch-organization"),
    ("GET", "/auth/oidc/start"),
    ("GET", "/auth/oidc/callback"),
    ("POST", "/auth/oidc/token"),
    ("POST", "/auth/oidc/device"),
];

const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "NONSENSE",
];

const CONTENT_TYPES: [&[u8]; 8] = [
    b"application/json",
    b"application/json; charset=utf-16",
    b"text/plain",
    b"",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=",
    b"\xff\xfe",
    b"a/b+json",
];

const BODIES: [&[u8]; 20] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b"\"x\"",
    b"{}",
    b"\xff\xfe\x00",
    b"{\"username\":5}",
    b"{\"username\":\"\",\"password\":\"\"}",
    b"{\"username\":\"a\\u0000b\",\"password\":\"x\"}",
    b"{\"username\":\"x\",\"password\":\"x\",\"organization\":\"\\ud800\"}",
    b"{\"username\":\"x\",\"username\":\"y\"}",
    b"{\"refresh_token\":\"\"}",
    b"{\"refresh_token\":\"cubit_\\u0000\"}",
    b"{\"worker_id\":\"x\",\"worker_secret\":\"x\"}",
    b"{\"worker_id\":\"00000000-0000-0000-0000-000000000000\",\"worker_secret\":\"\"}",
    b"grant_type=x&device_code=%00",
    b"device_code=%ff%fe&client_id=",
    b"--\r\n\r\n--",
];

const QUERIES: [&str; 14] = [
    "",
    "?",
    "?=",
    "?&&&",
    "?code=%00&state=%ff",
    "?code=x&state=x",
    "?error=x&state=%F0%28",
    "?organization_id=%00",
    "?organization_id=1&organization_id=2",
    "?where=%27",
    "?limit=-1",
    "?after=%ff",
    "?redirect_uri=javascript:x&redirect_uri=//x",
    "?port=99999999999999999999",
];

const HEADERS: [&[u8]; 16] = [
    b"",
    b"Authorization: Bearer ",
    b"Authorization: Bearer \xff\xff",
    b"Authorization: Basic ====",
    b"Authorization: Basic OjpcAA==",
    b"Authorization: Negotiate x",
    b"Cookie: confighub_session=",
    b"Cookie: confighub_refresh_token=\xff; =;;",
    b"Cookie: confighub_refresh_token=x",
    b"Idempotency-Key: \xff",
    b"Idempotency-Key: x",
    b"If-Match: \"",
    b"traceparent: 00-x-y-z",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"Accept-Encoding: \xff, *;q=9",
];

fn pick<T: Copy>(dice: &mut Dice, from: &[T]) -> T {
    from[usize::try_from(dice.below(from.len() as u64)).unwrap()]
}

/// Bytes of any kind.
fn noise(dice: &mut Dice) -> Vec<u8> {
    let length = dice.below(2000);
    (0..length)
        .map(|_| u8::try_from(dice.below(256)).unwrap())
        .collect()
}

/// A method and a path.
type Operation = (String, String);

/// All operations, as method and path: those that answer strangers, and the others.
fn operations(site: &Site) -> (Vec<Operation>, Vec<Operation>) {
    let document = site.api.get("/api/openapi.json");
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let parts = path.split('/');
        let filled: Vec<_> = parts
            .map(|part| if part.starts_with('{') { ZERO_ID } else { part })
            .collect();
        for (method, operation) in operations.as_object().unwrap() {
            let security = operation["security"].as_array();
            let is_open =
                security.is_some_and(|list| list.iter().any(|one| one == &serde_json::json!({})));
            all.push((
                is_open,
                (method.to_uppercase(), format!("/api{}", filled.join("/"))),
            ));
        }
    }
    let (open, closed): (Vec<_>, Vec<_>) = all.into_iter().partition(|(is_open, _)| *is_open);
    let mut open: Vec<_> = open.into_iter().map(|(_, operation)| operation).collect();
    assert!(!open.is_empty(), "the document says that nothing is open");
    open.extend(BESIDE.map(|(method, path)| (method.to_owned(), path.to_owned())));
    (
        open,
        closed.into_iter().map(|(_, operation)| operation).collect(),
    )
}

/// A request that nobody should send.
struct Nonsense {
    request: Vec<u8>,
    /// Whether it says that more follows.
    is_short: bool,
}

fn nonsense(dice: &mut Dice, (method, path): (&str, &str)) -> Nonsense {
    let method = match dice.below(4) {
        0 => pick(dice, &METHODS),
        _ => method,
    };
    let body = match dice.below(4) {
        0 => noise(dice),
        _ => pick(dice, &BODIES).to_vec(),
    };
    let query = pick(dice, &QUERIES);
    let header = pick(dice, &HEADERS);
    let mut request =
        format!("{method} {path}{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n").into_bytes();
    request.extend(b"Content-Type: ");
    request.extend(pick(dice, &CONTENT_TYPES));
    request.extend(b"\r\n");
    if !header.is_empty() {
        request.extend(header);
        request.extend(b"\r\n");
    }
    let length = match dice.below(16) {
        0 => dice.below(1 << 62),
        _ => body.len() as u64,
    };
    request.extend(format!("Content-Length: {length}\r\n\r\n").into_bytes());
    request.extend(&body);
    Nonsense {
        is_short: length > body.len() as u64 || header.starts_with(b"Transfer-Encoding"),
        request,
    }
}

#[test]
fn nonsense_of_strangers_is_refused_and_does_no_harm() {
    let setting = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let seed = setting("CUBIT_SEED").unwrap_or(SEED);
    let count = setting("CUBIT_REQUESTS").map_or(REQUESTS, |count| usize::try_from(count).unwrap());
    println!("CUBIT_SEED={seed} CUBIT_REQUESTS={count}");
    let site = Site::with(&["--basic-auth"]);
    let (open, closed) = operations(&site);
    let mut dice = Dice::new(seed);
    let mut statuses = std::collections::BTreeMap::<String, usize>::new();
    for number in 0..count {
        // Most go to those that do something.
        let from = match dice.below(4) {
            0 => &closed,
            _ => &open,
        };
        let (method, path) = &from[usize::try_from(dice.below(from.len() as u64)).unwrap()];
        let Nonsense { request, is_short } = nonsense(&mut dice, (method, path));
        let answer = match is_short {
            true => site.speak_and_hang_up(&request),
            false => site.speak(&request),
        };
        let answer = answer.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
        let status = answer.split(' ').nth(1).unwrap_or("none").to_owned();
        let shown = String::from_utf8_lossy(&request);
        assert!(!status.starts_with('5'), "{number}: {shown}\n{answer}");
        if from == &closed {
            assert!(!status.starts_with('2'), "{number}: {shown}\n{answer}");
        }
        *statuses.entry(status).or_default() += 1;
    }
    println!("{statuses:?}");
    assert!(
        statuses.get("401").is_some_and(|count| *count > 10),
        "{statuses:?}"
    );
    assert!(
        statuses.get("400").is_some_and(|count| *count > 10),
        "{statuses:?}"
    );
    assert_eq!(site.api.get("/api/space").as_array().unwrap().len(), 1);
    site.end();
}
