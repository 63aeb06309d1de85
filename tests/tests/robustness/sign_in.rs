//! Signing in when somebody guesses, and what goes on when a token is withdrawn.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cubit_tests::{Answer, Api, deployment};
use serde_json::json;

use crate::{PATIENCE, Site, connect};

/// Names that are made up, if nothing else is said. Each costs the server a comparison that is slow on
/// purpose.
const NAMES: usize = 200;
/// What the server may need more after them: it keeps nothing of them in memory, but what a comparison
/// needs (19 MiB) may stay with each of some threads. All of the names would be four times as much.
const MOST_MEMORY: u64 = 512 << 20;
const PASSWORD: &str = "correct horse battery";

fn login(api: &Api, name: &str, password: &str) -> Answer {
    let body = json!({"username": name, "password": password}).to_string();
    api.send("POST", "/auth/login", body)
}

/// Gives the administrator a password.
fn set_password(site: &Site) {
    let mut command: Command = site.place.admin(&["set-password", "admin"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(PASSWORD.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Guesses a password for made-up names, several at a time.
fn guess(site: &Site, word: &str, names: usize) {
    thread::scope(|scope| {
        for thread in 0..4 {
            let api = site.api.with_token(None);
            scope.spawn(move || {
                for name in (thread..names).step_by(4) {
                    let answer = login(&api, &format!("{word}-{name}"), "a guess");
                    assert_eq!(answer.status, 401, "{}", answer.text());
                }
            });
        }
    });
}

#[test]
fn made_up_names_keep_nobody_out() {
    let names = std::env::var("CUBIT_NAMES").map_or(NAMES, |text| text.parse().unwrap());
    let site = Site::new();
    set_password(&site);
    let anonymous = site.api.with_token(None);
    assert_eq!(login(&anonymous, "admin", PASSWORD).status, 200);
    // The first ones let each thread keep what a comparison needs.
    guess(&site, "early", names / 2);
    let before = site.server.forget_peak_memory();
    guess(&site, "late", names / 2);
    if let (Some(before), Some(peak)) = (before, site.server.peak_memory()) {
        println!("{names} names, {before} bytes of memory after half of them, {peak} at most");
        let took = peak.saturating_sub(before);
        assert!(took < MOST_MEMORY, "{took} bytes");
    }
    assert_eq!(login(&anonymous, "admin", PASSWORD).status, 200);
    site.end();
}

/// Fails until the name has to wait this long.
fn fail_until_it_waits(api: &Api, name: &str, seconds: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "it never waits");
        let answer = login(api, name, "a guess");
        match answer.status {
            401 => {}
            429 if answer.retry_after.parse::<u64>().unwrap() >= seconds => return,
            429 => thread::yield_now(),
            other => panic!("{other}: {}", answer.text()),
        }
    }
}

#[test]
fn who_has_to_wait_has_to_wait_after_a_restart_too() {
    let site = Site::new();
    set_password(&site);
    let anonymous = site.api.with_token(None);
    // Long enough for a start on a machine with much to do.
    fail_until_it_waits(&anonymous, "admin", 16);
    let answer = login(&anonymous, "admin", PASSWORD);
    assert_eq!(answer.status, 429, "{}", answer.text());
    // Others do not wait for that name, and neither does a token.
    assert_eq!(login(&anonymous, "somebody", "a guess").status, 401);
    assert!(site.api.get("/api/me").is_object());

    let Site { server, place, .. } = site;
    server.kill();
    let server = place.start();
    let anonymous = place.api(&server).with_token(None);
    let answer = login(&anonymous, "admin", PASSWORD);
    assert_eq!(answer.status, 429, "{}", answer.text());
    let deadline = Instant::now() + PATIENCE;
    while login(&anonymous, "admin", PASSWORD).status != 200 {
        assert!(Instant::now() < deadline, "the wait never ends");
    }
}

#[test]
fn a_stream_ends_with_its_token() {
    let site = Site::new();
    let made = site
        .api
        .ok("POST", "/api/me/token", &json!({"Name": "watcher"}));
    let (id, token) = (
        made["TokenID"].as_str().unwrap(),
        made["Token"].as_str().unwrap(),
    );
    let mut stream = connect(site.address());
    let path = format!("{}/changes", site.space);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let mut read_until = |wanted: &str| {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            assert!(
                stream.read_line(&mut line).unwrap() > 0,
                "it ended before {wanted:?}"
            );
        }
    };
    read_until("HTTP/1.1 200");
    let _ = site
        .api
        .create_unit(&site.space, "before", deployment(1, "first"));
    read_until("event: changes");

    site.api
        .ok("DELETE", &format!("/api/me/token/{id}"), &json!(null));
    let withdrawn = Instant::now();
    let unit = site
        .api
        .create_unit(&site.space, "after", deployment(1, "first"));
    // It hangs when it lasts longer than the clock of the read.
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    println!("it ended {:?} after its token", withdrawn.elapsed());
    assert!(!rest.contains(unit.id()), "{rest}");
    assert!(withdrawn.elapsed() < PATIENCE + Duration::from_secs(1));
    site.end();
}
