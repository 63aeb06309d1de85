//! Requests that are wrong, too large or meant to do harm.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::io::{Read, Write};
use std::net::TcpStream;

use cubit_tests::{
    Answer, Api, Server, Unit, Workplace, ZERO_ID, base64, deployment, invocation, query, unit_body,
};
use serde_json::{Value, json};

const UNKNOWN_ID: &str = "0190c0de-0000-7000-8000-000000000001";
const DATA_LIMIT: usize = 64 << 20;
/// Refusing something large may take this many times its size in memory.
const MOST_MEMORY: u64 = 4;

/// A server with a space.
struct Site {
    // Dropped before the folders it uses.
    server: Server,
    api: Api,
    space: String,
    _place: Workplace,
}

impl Site {
    fn new() -> Self {
        let place = Workplace::new();
        let server = place.start();
        let api = place.api(&server);
        let space = api.create_space("dev");
        Self {
            server,
            api,
            space,
            _place: place,
        }
    }

    fn units_path(&self) -> String {
        format!("{}/unit", self.space)
    }

    fn create(&self, slug: &str, data: impl AsRef<[u8]>) -> Answer {
        let body = unit_body(slug, data).to_string();
        self.api.send("POST", &self.units_path(), body)
    }

    fn unit(&self) -> Unit {
        self.api
            .create_unit(&self.space, "app", deployment(1, "first"))
    }

    fn slugs(&self) -> Vec<String> {
        let units = self.api.get(&self.units_path());
        let units = units.as_array().unwrap().iter();
        units
            .map(|unit| unit["Unit"]["Slug"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Sends a request as it is and gives everything that comes back.
    fn speak(&self, request: &[u8]) -> String {
        let address = self.server.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }
}

/// Checks that a request was refused, as every refusal must look, and gives the message.
#[track_caller]
fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.content_type, "application/json", "{}", answer.text());
    assert!(!answer.request_id.is_empty(), "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["Code"], status.to_string());
    body["Message"].as_str().unwrap().to_owned()
}

#[test]
fn data_that_cannot_be_read_is_refused_with_its_place() {
    let site = Site::new();
    let start = "kind: Deployment\nspec:\n";
    let bomb = (1..9).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(),
        |text, n| {
            let before = format!("*a{}", n - 1);
            format!("{text}a{n}: &a{n} [{}]\n", vec![before; 9].join(", "))
        },
    );
    let nested_blocks: String = (0..129)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "129 lists",
            format!("a: {}{}", "[".repeat(129), "]".repeat(129)).into(),
        ),
        ("129 blocks", nested_blocks.into()),
        ("100000 open lists", "[".repeat(100_000).into()),
        ("100000 dashes", "- ".repeat(100_000).into()),
        ("100000 open maps", "{a: ".repeat(100_000).into()),
        ("an alias bomb", bomb.into()),
        ("not UTF-8", [start.as_bytes(), b"  name: \xFF\n"].concat()),
        (
            "UTF-8 cut short",
            [start.as_bytes(), b"  name: \xE2\x82"].concat(),
        ),
        ("a NUL byte", [start.as_bytes(), b"  name: a\0b\n"].concat()),
        ("a tab", format!("{start}\treplicas: 2\n").into()),
        ("an open quote", format!("{start}  name: \"x\n").into()),
        (
            "an unknown alias",
            format!("{start}  name: *nothing\n").into(),
        ),
    ];
    for (case, data) in cases {
        let message = refused(&site.create("bad", data), 422);
        assert!(
            message.contains("line ") && message.contains("column "),
            "{case}: {message}"
        );
    }
    assert_eq!(site.slugs(), Vec::<String>::new());

    // The same through a change: what was there stays.
    let unit = site.unit();
    let patch = json!({"Data": base64(format!("{start}\treplicas: 2\n"))}).to_string();
    refused(&site.api.send("PATCH", unit.path(), patch), 422);
    assert_eq!(unit.data(&site.api), deployment(1, "first").as_bytes());
    assert_eq!(unit.read(&site.api)["HeadRevisionNum"], 1);
}

#[test]
fn unusual_data_comes_back_byte_for_byte() {
    let site = Site::new();
    let text = deployment(1, "first");
    let cases: [(&str, String); 8] = [
        ("crlf", text.replace('\n', "\r\n")),
        ("bom", format!("\u{FEFF}{text}")),
        (
            "bom-crlf",
            format!("\u{FEFF}{}", text.replace('\n', "\r\n")),
        ),
        ("no-end", text.trim_end().to_owned()),
        ("spaces-at-ends", text.replace('\n', "  \n")),
        ("key-twice", format!("{text}kind: Service\n")),
        ("nothing", String::new()),
        (
            "deep",
            format!("a: {}{}\n", "[".repeat(100), "]".repeat(100)),
        ),
    ];
    for (slug, text) in cases {
        let answer = site.create(slug, &text);
        assert_eq!(answer.status, 200, "{slug}: {}", answer.text());
        let unit = Unit::new(&site.space, answer.json()["UnitID"].as_str().unwrap());
        assert_eq!(unit.data(&site.api), text.as_bytes(), "{slug}");
        // Reading it in every other way works too.
        let found = query("/api/unit", &[("where_data", "spec.replicas >= 0")]);
        assert!(site.api.get(&found).is_array(), "{slug}");
    }
}

#[test]
fn functions_keep_line_ends_and_marks() {
    let site = Site::new();
    let text = format!("\u{FEFF}{}", deployment(1, "first").replace('\n', "\r\n"));
    let unit = site.api.create_unit(&site.space, "windows", &text);
    unit.invoke(&site.api, "set-replicas", &[7.into()]);
    let expected = text.replace("replicas: 1", "replicas: 7");
    assert_eq!(unit.data(&site.api), expected.as_bytes());
}

#[test]
fn too_much_is_refused_without_much_memory() {
    let site = Site::new();
    let memory = || site.server.peak_memory().unwrap_or(0);
    let before = memory();

    // One byte too many.
    let line = "a: 1 # a comment that fills the line up to sixty-four bytes...\n";
    let mut data = line.repeat(DATA_LIMIT / line.len() + 1);
    data.truncate(DATA_LIMIT + 1);
    let body = unit_body("large", data).to_string();
    let most = before + MOST_MEMORY * body.len() as u64;
    let answer = site.api.send("POST", &site.units_path(), body);
    let message = refused(&answer, 413);
    assert!(message.contains("67108864"), "{message}");
    assert!(memory() <= most, "{} bytes for {most}", memory());
    println!(
        "{} bytes before, {} after a body that is too large",
        before,
        memory()
    );

    // An announcement is enough.
    let path = site.units_path();
    let token = "Bearer x";
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n"
    );
    let answer = site.speak(format!("{head}Content-Length: 99999999999\r\n\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("x-request-id: "), "{answer}");
    assert!(memory() <= most);
    assert_eq!(site.slugs(), Vec::<String>::new());
}

#[test]
fn requests_that_are_no_json_are_refused_with_the_place() {
    let site = Site::new();
    let path = site.units_path();
    let deep = "[".repeat(100_000);
    let labels = format!(
        "{{\"Slug\": \"x\", \"Labels\": {}",
        "{\"a\":".repeat(100_000)
    );
    let cases = [
        ("", "line 1"),
        ("{", "line 1 column 1"),
        ("{\"Slug\": \"x\",\n  \"Labels\": 5}", "line 2 column 13"),
        ("{\"Slug\": \"x\" \"Data\": \"\"}", "line 1 column 14"),
        ("{\"Slug\": \"\u{0}\"}", "line 1"),
        ("{\"Slug\": \"\\ud800\"}", "line 1"),
        ("5", "line 1"),
        (&deep, "line 1"),
        (&labels, "line 1"),
    ];
    for (body, place) in cases {
        let message = refused(&site.api.send("POST", &path, body), 400);
        let shown = &body[..body.len().min(80)];
        assert!(message.contains(place), "{shown}: {message}");
    }
    let message = refused(
        &site
            .api
            .send("POST", &path, b"{\"Slug\": \"\xFF\"}".to_vec()),
        400,
    );
    assert!(message.contains("line 1"), "{message}");

    for data in ["?", "YQ", "YQ===", "Y Q==", "%00"] {
        let mut body = unit_body("bad", "");
        body["Data"] = data.into();
        let message = refused(&site.api.send("POST", &path, body.to_string()), 400);
        assert!(message.contains("base64"), "{data}: {message}");
    }
    assert_eq!(site.slugs(), Vec::<String>::new());
}

#[test]
fn arrays_are_no_objects() {
    let site = Site::new();
    let unit = site.unit();
    for (method, path) in [
        ("POST", "/api/space"),
        ("PATCH", &site.space),
        ("PUT", &site.space),
        ("POST", &site.units_path()),
        ("PATCH", unit.path()),
        ("POST", "/api/function/invoke"),
    ] {
        for body in ["[]", "[\"x\"]"] {
            let message = refused(&site.api.send(method, path, body), 400);
            assert!(
                message.contains("line 1"),
                "{method} {path} {body}: {message}"
            );
        }
    }
}

#[test]
fn unknown_operators_are_answered_with_known_ones() {
    let site = Site::new();
    let path = query("/api/unit", &[("where", "Slug LIKEE 'app'")]);
    let message = refused(&site.api.send("GET", &path, ""), 400);
    assert!(
        message.contains("character 6") && message.contains("LIKE"),
        "{message}"
    );
}

#[test]
fn conditions_that_are_wrong_are_refused_with_the_place() {
    let site = Site::new();
    site.unit();
    let long = format!("Slug = 'app'{}", " AND Slug = 'app'".repeat(300));
    let pattern = format!("Slug ~ '{}'", "(".repeat(200));
    let deep = format!("{}Slug = 'x'{}", "(".repeat(300), ")".repeat(300));
    let huge = "Slug ~ '((a{1000}){1000}){1000}'";
    let cases = [
        ("Slgu = 'app'", "character 1: unknown attribute \"Slgu\""),
        ("Slgu = 'app'", "did you mean Slug?"),
        ("Slug === 'app'", "character 7"),
        ("Slug LIKEE 'app'", "character 6"),
        ("Labels.tier='web' OR", "character "),
        ("Labels.tier='web' OR OR Slug='x'", "character 22"),
        ("(Labels.tier='web'", "character "),
        ("NOT", "character "),
        (&deep, "character "),
        ("Slug = 'app", "character 8"),
        ("Slug = ", "character 8"),
        ("HeadRevisionNum = 99999999999999999999", "character 19"),
        ("HeadRevisionNum = 'x'", "character "),
        ("UnitID = 'x'", "character "),
        ("CreatedAt > 'yesterday'", "character "),
        ("Slug IN ()", "character "),
        ("; DROP TABLE units", "character 1"),
        ("Slug = 'x'; DROP TABLE units", "character 11"),
        ("Slug = 'x' -- comment", "character 12"),
        ("1 = 1", "character 1"),
        (&long, "4096"),
        (&pattern, "character "),
        (huge, "character "),
    ];
    for (condition, said) in cases {
        for path in ["/api/unit", &site.units_path()] {
            let answer = site
                .api
                .send("GET", &query(path, &[("where", condition)]), "");
            let message = refused(&answer, 400);
            assert!(message.contains(said), "{condition}: {message}");
        }
        // What cannot select must not change anything.
        let path = query("/api/function/invoke", &[("where", condition)]);
        let body = invocation("set-replicas", &[9.into()]).to_string();
        refused(&site.api.send("POST", &path, body), 400);
    }
    let long = format!("spec.replicas > 0{}", " AND spec.replicas > 0".repeat(300));
    let data_cases = [
        ("spec.replicas >", "character "),
        ("spec.replicas > 2 OR kind = 'x'", "character 19"),
        ("spec.name ~ '('", "character "),
        (&long, "4096"),
    ];
    for (condition, said) in data_cases {
        let path = query("/api/unit", &[("where_data", condition)]);
        let message = refused(&site.api.send("GET", &path, ""), 400);
        assert!(message.contains(said), "{condition}: {message}");
    }
    assert_eq!(site.api.get("/api/unit")[0]["Unit"]["HeadRevisionNum"], 1);
}

#[test]
fn names_that_are_wrong_or_taken_are_refused() {
    let site = Site::new();
    let unit = site.unit();
    let near = invocation("set-replica", &[2.into()]).to_string();
    let message = refused(&site.api.send("POST", "/api/function/invoke", near), 400);
    assert!(message.contains("did you mean set-replicas?"), "{message}");

    let before = unit.read(&site.api);
    let message = refused(&site.create("app", "other: true\n"), 400);
    assert!(message.contains("already exists"), "{message}");
    let path = format!("{}?allow_exists=true", site.units_path());
    let existing = site
        .api
        .ok("POST", &path, &unit_body("app", "other: true\n"));
    assert_eq!(existing, before);
    assert_eq!(unit.read(&site.api), before);
    let path = unit.path().replace(&site.space, "/api/space/dev");
    refused(&site.api.send("GET", &path, ""), 400);
    for id in [
        "x",
        "0190c0de",
        "%00",
        "..",
        "'; DROP TABLE units; --",
        "%2e%2e",
    ] {
        let path = format!("{}/unit/{}", site.space, id.replace(' ', "%20"));
        let answer = site.api.send("GET", &path, "");
        let status = if answer.status == 404 { 404 } else { 400 };
        refused(&answer, status);
    }
    for path in [
        format!("/api/space/{UNKNOWN_ID}"),
        format!("/api/space/{UNKNOWN_ID}/unit"),
        format!("{}/unit/{UNKNOWN_ID}", site.space),
        format!("{}/unit/{UNKNOWN_ID}/data", site.space),
        format!("{}/revision/{UNKNOWN_ID}", unit.path()),
        format!("{}/revision/{UNKNOWN_ID}/data", unit.path()),
        format!("{}/mutation/{UNKNOWN_ID}", unit.path()),
        // The unit is there, but in another space.
        unit.path()
            .replace(&site.space, &site.api.create_space("prod")),
        "/api/nowhere".to_owned(),
        "/nowhere".to_owned(),
        "/".to_owned(),
        "/api".to_owned(),
    ] {
        let message = refused(&site.api.send("GET", &path, ""), 404);
        assert!(!message.is_empty(), "{path}");
    }
    refused(&site.api.send("DELETE", "/api/info", ""), 405);
}

#[test]
fn nothing_but_facts_and_health_is_for_strangers() {
    let site = Site::new();
    let document = site.api.get("/api/openapi.json");
    let mut closed = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let filled: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { ZERO_ID } else { part })
            .collect();
        let filled = format!("/api{}", filled.join("/"));
        for method in operations.as_object().unwrap().keys() {
            let Some(method) = ["get", "put", "post", "patch", "delete"]
                .into_iter()
                .find(|known| known == method)
            else {
                continue;
            };
            if path == "/info" {
                continue;
            }
            for token in [None, Some(""), Some("cubit_wrong"), Some("' OR '1'='1")] {
                let stranger = site.api.with_token(token);
                // Not even what is wrong with the request is told.
                let answer = stranger.send(&method.to_uppercase(), &filled, "{");
                refused(&answer, 401);
                closed += 1;
            }
        }
    }
    println!("{closed} requests of strangers refused");
    assert!(closed > 50, "the document lists too little");
    let stranger = site.api.with_token(None);
    for path in ["/api/info", "/api/openapi.json", "/healthz", "/readyz"] {
        let answer = stranger.send("GET", path, "");
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.request_id.is_empty(), "{path}");
    }
}

#[test]
fn text_is_never_taken_for_sql() {
    let site = Site::new();
    let unit = site.unit();
    let texts = [
        "x' OR '1'='1",
        "'; DROP TABLE units; --",
        "x'); DELETE FROM revisions; --",
        "\" OR \"\"=\"",
        "%",
        "_%",
        "app\\",
        "*",
        "a?",
    ];
    for text in texts {
        let path = query("/api/unit", &[("contains", text)]);
        assert_eq!(site.api.get(&path), json!([]), "contains {text}");
        let quoted = text.replace('\'', "''");
        for operator in ["=", "LIKE '' AND Slug =", "IN ('none') AND Slug ="] {
            let condition = format!("Slug {operator} '{quoted}'");
            let path = query("/api/unit", &[("where", &condition)]);
            let answer = site.api.send("GET", &path, "");
            let nothing = answer.status == 400 || answer.json() == json!([]);
            assert!(nothing, "{condition}: {}", answer.text());
        }
        refused(&site.create(text, "a: 1\n"), 400);
        let message = refused(
            &site
                .api
                .send("POST", "/api/space", json!({"Slug": text}).to_string()),
            400,
        );
        assert!(message.contains("Slug"), "{message}");
        // As a value it is kept as it is.
        let labels = json!({"Annotations": {"note": text}, "DisplayName": text});
        let patched = site.api.ok("PATCH", unit.path(), &labels);
        assert_eq!(patched["Annotations"]["note"], text);
        assert_eq!(unit.read(&site.api)["DisplayName"], text);
        let patch = json!({"DisplayName": null, "Annotations": null});
        site.api.ok("PATCH", unit.path(), &patch);
    }
    assert_eq!(site.slugs(), ["app"]);
    assert_eq!(unit.revisions(&site.api).len(), 1);
}

#[test]
fn expressions_cannot_stop_the_server() {
    let site = Site::new();
    site.unit();
    let digits = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
    let deep = format!("1{}>0", "+1".repeat(2000));
    let steps = (0..12).fold("true".to_owned(), |inner, n| {
        format!("{digits}.all(a{n}, {inner})")
    });
    let growth = (0..6).fold("r".to_owned(), |inner, n| {
        format!("{digits}.map(a{n}, {inner})")
    });
    for expression in [deep, steps, format!("{growth} == []")] {
        let body = invocation("vet-celexpr", &[expression.into()]).to_string();
        let answer = site.api.send("POST", "/api/function/invoke", body);
        assert!([200, 207].contains(&answer.status), "{}", answer.text());
    }
    assert_eq!(site.api.get("/healthz"), "alive");
}

#[cfg(unix)]
#[test]
fn a_client_that_stalls_does_not_keep_the_server_from_ending() {
    let place = Workplace::new();
    let server = place.start();
    let address = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /api/info HTTP/1.1\r\nHost: x\r\nX-Never")
        .unwrap();
    // The server has seen the other connection once it answers this one.
    assert_eq!(place.api(&server).get("/healthz"), "alive");
    assert_eq!(server.stop().code, Some(0));
    drop(stream);
}

#[test]
fn a_refusal_reaches_those_who_send_much() {
    let site = Site::new();
    let stranger = site.api.with_token(Some("cubit_wrong"));
    let body = unit_body("large", "#".repeat(8 << 20)).to_string();
    refused(&stranger.send("POST", &site.units_path(), body), 401);
}

#[test]
fn broken_http_does_not_stop_the_server() {
    let site = Site::new();
    let requests: [&[u8]; 5] = [
        b"\r\n\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /api/info HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        b"POST /api/space HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    for request in requests {
        let address = site.server.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request).unwrap();
        drop(stream);
    }
    let _: Value = site.api.get("/api/space");
    assert_eq!(site.api.get("/healthz"), "alive");
}
