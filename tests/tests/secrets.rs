//! What a server is told in confidence is in no log, no metric, no span and no message, whatever is logged.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cubit_tests::{Answer, Collector, Workplace};
use serde_json::json;

const PASSWORD: &str = "correct-horse-s3cr3t";
const WRONG_PASSWORD: &str = "wrong-horse-s3cr3t";
const WRONG_TOKEN: &str = "cubit_wrong-token-s3cr3t";
const IN_QUERY: &str = "query-s3cr3t";
const IN_TEXT: &str = "text-s3cr3t";

fn logged_at_all_levels(format: &str) {
    let place = Workplace::new();
    let collector = Collector::start(Some(200));
    let mut command = place.serve();
    command
        .args(["--log-level", "trace", "--log-format", format])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let server = place.launch(&mut command).expect_running();
    let api = place.api(&server);
    let anonymous = api.with_token(None);
    let mut refusals: Vec<Answer> = Vec::new();
    let mut secrets: Vec<String> = [PASSWORD, WRONG_PASSWORD, WRONG_TOKEN, IN_QUERY, IN_TEXT]
        .map(str::to_owned)
        .into();

    let password = json!({"Password": PASSWORD});
    api.ok("PUT", "/api/me/password", &password);
    let login = |password: &str| {
        let body = json!({"username": "admin", "password": password});
        anonymous.send("POST", "/auth/login", body.to_string())
    };
    let session = login(PASSWORD);
    assert_eq!(session.status, 200, "{}", session.text());
    for name in ["access_token", "refresh_token"] {
        secrets.push(session.json()[name].as_str().unwrap().to_owned());
    }
    refusals.push(login(WRONG_PASSWORD));
    let token = api.ok("POST", "/api/me/token", &json!({"Name": "ci"}));
    secrets.push(token["Token"].as_str().unwrap().to_owned());
    let stranger = api.with_token(Some(WRONG_TOKEN));
    refusals.push(stranger.send("GET", "/api/me", ""));
    let space = api.create_space("dev");
    let worker = json!({"Slug": "worker"});
    let worker = api.ok("POST", &format!("{space}/bridge_worker"), &worker);
    secrets.push(worker["Secret"].as_str().unwrap().to_owned());
    // What is no parameter is not looked at.
    let path = format!("/api/space?token={IN_QUERY}");
    assert_eq!(api.send("GET", &path, "").status, 200);
    let broken = format!("{{\"Slug\": \"x\", \"Data\": \"{IN_TEXT}");
    refusals.push(api.send("POST", &format!("{space}/unit"), broken));
    let metrics = anonymous.send("GET", "/metrics", "").text();

    let said = server.stop().said;
    let exports = collector.all();
    let bodies = exports.iter().flat_map(|export| &export.body);
    let spans: Vec<u8> = bodies.copied().collect();
    let spans = String::from_utf8_lossy(&spans);
    assert!(spans.contains("CreateToken"), "{spans}");
    assert!(said.contains("answered"), "nothing was logged: {said}");
    assert!(said.contains("CreateToken"), "{said}");
    for refusal in &refusals {
        assert!((400..500).contains(&refusal.status), "{refusal:?}");
    }
    for secret in &secrets {
        assert!(secret.len() > 8, "{secret}");
        assert!(!said.contains(secret), "{secret} in the log: {said}");
        assert!(!metrics.contains(secret), "{secret} in {metrics}");
        assert!(!spans.contains(secret), "{secret} in {spans}");
        for refusal in &refusals {
            let text = refusal.text();
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn the_log_as_text_holds_no_secrets() {
    logged_at_all_levels("text");
}

#[test]
fn the_log_as_json_holds_no_secrets() {
    logged_at_all_levels("json");
}

#[test]
fn a_request_is_one_line_of_json() {
    let place = Workplace::new();
    let mut command = place.serve();
    command.args(["--log-level", "info", "--log-format", "json"]);
    let mut server = place.launch(&mut command).expect_running();
    let api = place.api(&server);
    let user = api.get("/api/me")["UserID"].clone();
    let answer = api.send("GET", "/api/space/nothing", "");
    assert_eq!(answer.status, 400);
    let line = server.until(|line| line.contains("GetSpace")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["operation"], "GetSpace");
    assert_eq!(line["status"], 400);
    assert_eq!(line["user"], user);
    assert_eq!(line["span"]["id"], answer.request_id);
    assert!(line["milliseconds"].is_number(), "{line}");
}
