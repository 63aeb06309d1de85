//! A server that speaks TLS.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use cubit_tests::{Server, Workplace};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Files with a certificate of this machine and its key.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

fn start(place: &Workplace, certificate: &Path, key: &Path) -> Server {
    let mut command = place.serve();
    command.arg("--tls-cert").arg(certificate);
    command.arg("--tls-key").arg(key);
    place.launch(&mut command).expect_running()
}

#[test]
fn who_trusts_the_certificate_is_answered() {
    let place = Workplace::new();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let server = start(&place, &certificate, &key);
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let trusted = Certificate::from_pem(&fs::read(&certificate).unwrap()).unwrap();
    let trusting: Agent = Agent::config_builder()
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::new_with_certs(&[trusted]))
                .build(),
        )
        .build()
        .into();
    let alive = format!("{}/healthz", server.url());
    assert_eq!(trusting.get(&alive).call().unwrap().status(), 200);
    // Who speaks something else, or nothing, holds up nobody.
    let address = server.url().strip_prefix("https://").unwrap();
    let _silent = TcpStream::connect(address).unwrap();
    let plain = format!("http://{address}/healthz");
    assert!(trusting.get(&plain).call().is_err());
    assert_eq!(trusting.get(&alive).call().unwrap().status(), 200);
    let strict: Agent = Agent::config_builder().build().into();
    assert!(strict.get(&alive).call().is_err());
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_key_that_is_not_of_the_certificate_is_refused() {
    let place = Workplace::with_file();
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (certificate, _) = certificate(one.path());
    let (_, key) = self::certificate(other.path());
    let mut command = place.serve();
    command.arg("--tls-cert").arg(&certificate);
    let ended = place
        .launch(command.arg("--tls-key").arg(&key))
        .expect_ended();
    assert_eq!(ended.code, Some(1));
    assert!(ended.said.contains("do not go together"), "{ended:?}");
    let mut command = place.serve();
    command
        .arg("--tls-cert")
        .arg(&key)
        .arg("--tls-key")
        .arg(&key);
    let ended = place.launch(&mut command).expect_ended();
    assert!(ended.said.contains("key.pem"), "{ended:?}");
}

/// The version of HTTP that curl spoke, if it is there and knows HTTP/2.
fn spoken(arguments: &[&str]) -> Option<String> {
    let version = Command::new("curl").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("HTTP2") {
        return None;
    }
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--output", "-", "--write-out"])
        .args(["|%{http_version} %{http_code}", "--noproxy", "*"])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(format!("{said}{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn http_2_is_spoken_over_tls_and_by_those_who_know() {
    let place = Workplace::with_file();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let server = start(&place, &certificate, &key);
    let alive = format!("{}/healthz", server.url());
    let trusted = certificate.to_str().unwrap();
    let Some(two) = spoken(&["--cacert", trusted, "--http2", &alive]) else {
        return;
    };
    assert_eq!(two, "\"alive\"|2 200");
    let one = spoken(&["--cacert", trusted, "--http1.1", &alive]);
    assert_eq!(one.as_deref(), Some("\"alive\"|1.1 200"));
    server.kill();

    let server = place.start();
    let alive = format!("{}/healthz", server.url());
    let two = spoken(&["--http2-prior-knowledge", &alive]);
    assert_eq!(two.as_deref(), Some("\"alive\"|2 200"));
}
