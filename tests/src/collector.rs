//! What takes spans over OTLP, in this process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// How long spans may take to come; they come at once or not at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A collector of spans on a port of its own.
#[derive(Debug)]
pub struct Collector {
    url: String,
    received: Receiver<Export>,
}

/// What came in one request.
#[derive(Debug)]
pub struct Export {
    /// The request line and the headers.
    pub head: String,
    /// The body as it came.
    pub body: Vec<u8>,
    /// What it says.
    pub content: ExportTraceServiceRequest,
}

impl Collector {
    /// Starts one that answers with a status, or never, if none.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(status: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, received) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                thread::spawn(move || serve(&stream, status, &sender));
            }
        });
        Self { url, received }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next export.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    pub fn next(&self) -> Export {
        self.received.recv_timeout(PATIENCE).unwrap()
    }

    /// All that have come.
    #[must_use]
    pub fn all(&self) -> Vec<Export> {
        self.received.try_iter().collect()
    }
}

/// Reads requests of a connection until it ends.
fn serve(mut stream: &TcpStream, status: Option<u16>, sender: &Sender<Export>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length?];
        reader.read_exact(&mut body).ok()?;
        let content = ExportTraceServiceRequest::decode(&*body).ok()?;
        let export = Export {
            head,
            body,
            content,
        };
        sender.send(export).ok()?;
        if let Some(status) = status {
            let answer = format!("HTTP/1.1 {status} Answer\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).ok()?;
        }
    }
}
