//! Clients that begin and do not go on.

use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

use crate::{PATIENCE, Site, answer_of, connect};

/// How often somebody who trickles sends a byte.
const DRIP: Duration = Duration::from_millis(200);
/// More than the server has threads or places for requests.
const CLIENTS: usize = 600;

/// Sends a byte every now and then, until the server closes the connection.
#[track_caller]
fn trickle(address: &str, beginning: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(beginning.as_bytes()).unwrap();
    stream.set_read_timeout(Some(DRIP)).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut first = [0];
    loop {
        assert!(Instant::now() < deadline, "{beginning:?} is never cut off");
        match stream.peek(&mut first) {
            // Waiting is what the clock of the read does.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) | Ok(0) => return String::new(),
            Ok(_) => {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return answer_of(stream);
            }
        }
        if stream.write_all(b"x").is_err() {
            return String::new();
        }
    }
}

#[test]
fn who_never_finishes_asking_is_cut_off_and_keeps_nobody_waiting() {
    let site = Site::with(&["--request-timeout", "3"]);
    let address = site.address();
    // Some never say anything.
    let silent: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
    let head = "GET /api/info HTTP/1.1\r\nHost: x\r\nX-Never: ";
    let mut stalled: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
    for stream in &mut stalled {
        stream.write_all(head.as_bytes()).unwrap();
    }
    // Others are answered meanwhile.
    assert_eq!(site.api.get("/healthz"), "alive");
    let _ = site.api.create_space("other");
    let post = format!(
        "POST /api/space HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{\"Slug\": \"",
        site.place.token()
    );
    std::thread::scope(|scope| {
        let heads = [
            "GET /api/info HTTP/1.1\r\nHost: x\r\nX-Never: ",
            "GET /api/info",
            // Half of the greeting of HTTP/2, and then nothing of it.
            "PRI * HTTP/2.0\r\n",
        ];
        for head in heads {
            scope.spawn(move || {
                let answer = trickle(address, head);
                let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
                assert!(is_refused, "{head:?}: {answer}");
            });
        }
        scope.spawn(|| {
            let answer = trickle(address, &post);
            assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        });
        // Bodies that never end, of more clients than may be answered at once, do not stay.
        let deadline = Instant::now() + PATIENCE;
        let mut bodies: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
        for stream in &mut bodies {
            stream.write_all(post.as_bytes()).unwrap();
        }
        while site.api.send("GET", "/api/space", "").status != 200 {
            assert!(Instant::now() < deadline, "nobody else is answered");
        }
    });
    for stream in silent.into_iter().chain(stalled) {
        let answer = answer_of(stream);
        let is_refused = answer.is_empty() || answer.starts_with("HTTP/1.1 408");
        assert!(is_refused, "{answer}");
    }
    site.end();
}
