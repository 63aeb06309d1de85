//! A server that people mean harm to, or whose database does not answer: it refuses what it must, and
//! goes on.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

mod degradation;
mod expressions;
mod limits;
mod sign_in;
mod stalling;
mod strangers;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use cubit_tests::{Answer, Api, Server, Workplace, unit_body};

/// Who takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server with a space.
struct Site {
    // Dropped before the folders it uses.
    server: Server,
    api: Api,
    space: String,
    place: Workplace,
}

impl Site {
    fn new() -> Self {
        Self::with(&[])
    }

    /// One that is started with options.
    fn with(options: &[&str]) -> Self {
        let place = Workplace::new();
        let server = place.launch(place.serve().args(options)).expect_running();
        let api = place.api(&server);
        let space = api.create_space("dev");
        Self {
            server,
            api,
            space,
            place,
        }
    }

    fn create(&self, slug: &str, data: impl AsRef<[u8]>) -> Answer {
        let body = unit_body(slug, data).to_string();
        self.api.send("POST", &format!("{}/unit", self.space), body)
    }

    fn address(&self) -> &str {
        self.server.url().strip_prefix("http://").unwrap()
    }

    /// Sends bytes as they are, and gives what comes back until the server closes the connection. A
    /// server that has refused enough may not read, and not say, the rest.
    fn speak(&self, request: &[u8]) -> String {
        let mut stream = connect(self.address());
        let _ = stream.write_all(request);
        answer_of(stream)
    }

    /// The same for what is not finished: nothing more follows.
    fn speak_and_hang_up(&self, request: &[u8]) -> String {
        let mut stream = connect(self.address());
        let _ = stream.write_all(request);
        let _ = stream.shutdown(Shutdown::Write);
        answer_of(stream)
    }

    /// Checks that the server answers everybody, and gives what it said when it is ended.
    fn end(self) {
        assert_eq!(self.api.get("/healthz"), "alive");
        assert!(self.api.get("/api/space").is_array());
        let ended = self.server.kill();
        assert!(!ended.said.contains("panicked"), "{}", ended.said);
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// All that comes back before the connection ends.
fn answer_of(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        let kind = error.kind();
        assert_eq!(kind, std::io::ErrorKind::ConnectionReset, "it hangs");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Checks that a request was refused, as every refusal must look, and gives the message.
#[track_caller]
fn refused(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(!answer.request_id.is_empty(), "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["Code"], status.to_string());
    body["Message"].as_str().unwrap().to_owned()
}
