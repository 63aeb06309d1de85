//! Signing in with a browser: it is opened at the server, and comes back to a listener on this
//! machine with a code.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cubit_client::{Client, Session};

use crate::error::{Error, Exit, Result};
use crate::output;

/// How long the person may take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long a connection may take to say what it wants.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);
/// Longest first line of a request.
const LONGEST_LINE: u64 = 16 << 10;

pub(super) fn sign_in(client: &Client, with_browser: bool) -> Result<Session> {
    let failed = |error: &dyn std::fmt::Display| Error::failed(format!("cannot sign in: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| failed(&error))?;
    let port = listener.local_addr().map_err(|error| failed(&error))?;
    let random = || cubit_oidc::random().map_err(|error| failed(&error));
    let (state, verifier) = (random()?, random()?);
    let challenge = cubit_oidc::challenge(&verifier);
    let address = format!(
        "{}/auth/oidc/start?redirect_uri=http%3A%2F%2F127.0.0.1%3A{}%2F&state={state}&code_challenge={challenge}",
        client.server(),
        port.port(),
    );
    let opened = with_browser && open(&address);
    let what = match opened {
        true => "sign in with the browser; if it does not open, go to",
        false => "open this address in a browser on this machine:",
    };
    output::say(&format!("{what}\n  {address}"));
    let code = wait(&listener, &state)?;
    Ok(client.redeem_code(&code, &verifier)?)
}

/// Opens a browser, if there is one.
fn open(address: &str) -> bool {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let nothing = Stdio::null;
    let mut command = Command::new(program);
    command.args(arguments).arg(address);
    command.stdin(nothing()).stdout(nothing()).stderr(nothing());
    command.spawn().is_ok()
}

/// Waits for the browser to come back, and answers the code it brings.
fn wait(listener: &TcpListener, state: &str) -> Result<String> {
    let failed = |error: std::io::Error| Error::failed(format!("cannot listen: {error}"));
    listener.set_nonblocking(true).map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match listener.accept() {
            Ok((stream, _)) => match answer(stream, state) {
                // Browsers ask for icons too, and anybody on the machine may ask for anything.
                None => {}
                Some(outcome) => return outcome,
            },
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Error::new(Exit::NotSignedIn, "nobody signed in in time"))
}

/// Answers one request; none when it is not the browser that comes back.
fn answer(mut stream: TcpStream, state: &str) -> Option<Result<String>> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(CONNECTION_PATIENCE)).ok()?;
    stream.set_write_timeout(Some(CONNECTION_PATIENCE)).ok()?;
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().ok()?.take(LONGEST_LINE));
    reader.read_line(&mut line).ok()?;
    let outcome = outcome(&line, state);
    let (status, text) = match &outcome {
        None => ("404 Not Found", "There is nothing here."),
        Some(Ok(_)) => ("200 OK", "You are signed in. You can close this window."),
        Some(Err(_)) => ("200 OK", "You are not signed in. The terminal says why."),
    };
    let length = text.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    outcome
}

/// What a request line says: a code, or what went wrong; none when it is not for this sign-in.
fn outcome(line: &str, state: &str) -> Option<Result<String>> {
    let target = line.strip_prefix("GET /?")?.split(' ').next()?;
    let value = |name: &str| {
        let mut pairs = target.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(key, value)| (key == name).then(|| decoded(value)))
    };
    if value("state")? != state {
        return None;
    }
    match (value("code"), value("error_description")) {
        (Some(code), _) => Some(Ok(code)),
        (None, why) => {
            let why = why.or_else(|| value("error")).unwrap_or_default();
            // It comes from outside: nothing in it may steer the terminal.
            let why: String = why.chars().filter(|c| !c.is_control()).collect();
            Some(Err(Error::new(
                Exit::NotSignedIn,
                format!("not signed in: {why}"),
            )))
        }
    }
}

/// The text of a value in a query.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digits = match byte {
            b'%' => (rest.next(), rest.next()),
            b'+' => {
                bytes.push(b' ');
                continue;
            }
            byte => {
                bytes.push(byte);
                continue;
            }
        };
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        if let (Some(high), Some(low)) = (digit(digits.0), digit(digits.1)) {
            bytes.extend(u8::try_from(high * 16 + low));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_that_was_sent_is_listened_to() {
        for (line, expected) in [
            ("GET /?code=abc&state=s HTTP/1.1\r\n", Some(Ok("abc"))),
            ("GET /?state=s&code=a%2Bb HTTP/1.1\r\n", Some(Ok("a+b"))),
            ("GET /?code=abc&state=other HTTP/1.1\r\n", None),
            ("GET /?code=abc HTTP/1.1\r\n", None),
            ("GET /favicon.ico HTTP/1.1\r\n", None),
            ("POST /?code=abc&state=s HTTP/1.1\r\n", None),
            ("", None),
            (
                "GET /?error=access_denied&error_description=not+you%21%1B&state=s HTTP/1.1",
                Some(Err("not signed in: not you!")),
            ),
            (
                "GET /?error=access_denied&state=s HTTP/1.1",
                Some(Err("not signed in: access_denied")),
            ),
        ] {
            let outcome = outcome(line, "s");
            let outcome = outcome.map(|outcome| outcome.map_err(|error| error.message));
            let expected =
                expected.map(|expected| expected.map(str::to_owned).map_err(str::to_owned));
            assert_eq!(outcome, expected, "{line}");
        }
    }
}
