//! How a server is told what to do: options, variables, a file.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::process::Command;

use cubit_tests::{Ended, Workplace, binary};

/// `cubit serve` with nothing set but what a test sets.
fn serve(folder: &std::path::Path) -> Command {
    let mut command = Command::new(binary());
    command
        .arg("serve")
        .env("CUBIT_CONFIG_DIR", folder.join("config"))
        .env("CUBIT_DATA_DIR", folder.join("data"))
        .env_remove("CUBIT_DATABASE");
    command
}

fn printed(command: &mut Command) -> String {
    let output = command.arg("--print-config").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn every_setting_is_printed_with_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cubit.toml");
    fs::write(
        &file,
        "max_requests = 7\nlog_level = 'info'\nlog_format = \"json\"\n",
    )
    .unwrap();
    let mut command = serve(folder.path());
    command
        .arg("--config")
        .arg(&file)
        .args(["--log-level", "debug"])
        .env("CUBIT_LOG_LEVEL", "error")
        .env("CUBIT_LOG_FORMAT", "text")
        .env("CUBIT_OIDC_CLIENT_SECRET", "s3cr3t of the client")
        .env("CUBIT_DATABASE", "postgres://me:s3cr3t@host/name")
        .args(["--oidc-issuer", "https://id.example.org"])
        .args(["--oidc-client-id", "cubit", "--oidc-allow", "*"]);
    let printed = printed(&mut command);
    let file = file.display();
    for line in [
        "log_level = \"debug\" # --log-level".to_owned(),
        "log_format = \"text\" # CUBIT_LOG_FORMAT".to_owned(),
        format!("max_requests = 7 # {file}:1:1"),
        "request_timeout = 300 # default".to_owned(),
        "database = \"postgres://me:***@host/name\" # CUBIT_DATABASE".to_owned(),
        "oidc_client_secret = \"***\" # CUBIT_OIDC_CLIENT_SECRET".to_owned(),
        "oidc_allow = \"*\" # --oidc-allow".to_owned(),
    ] {
        assert!(
            printed.lines().any(|found| found == line),
            "{line} in {printed}"
        );
    }
    assert!(!printed.contains("s3cr3t"), "{printed}");
    assert!(!folder.path().join("data").exists(), "it was started");
}

/// Arguments, environment, and what must be said.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

#[test]
fn what_is_wrong_is_said_with_who_said_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cubit.toml");
    fs::write(&file, "max_requests = 7\n  lisen = \"a\"\n").unwrap();
    let cases: [Case<'_>; 14] = [
        (&["--listen", "x"], &[], "--listen: `x` is not ADDRESS:PORT"),
        (&[], &[("CUBIT_LISTEN", "x")], "CUBIT_LISTEN: `x` is not"),
        (
            &["--max-requests", "0"],
            &[],
            "--max-requests: expected at least 1",
        ),
        (
            &["--log-format", "xml"],
            &[],
            "--log-format: `xml` is not text or json",
        ),
        (&["--tls-cert", "x"], &[], "a certificate needs its key"),
        (
            &["--oidc-allow", "*"],
            &[],
            "--oidc-allow: there is no oidc_issuer",
        ),
        (
            &["--oidc-issuer", "https://x"],
            &[],
            "oidc_client_id: an oidc_issuer needs it",
        ),
        (
            &["--oidc-issuer", "https://x", "--oidc-client-id", "y"],
            &[],
            "oidc_allow: an oidc_issuer needs it: who may come in",
        ),
        (
            &["--oidc-issuer", "http://x", "--oidc-client-id", "y"],
            &[("CUBIT_OIDC_ALLOW", "*")],
            "--oidc-issuer: \"http://x\" is not https://",
        ),
        (
            &["--oidc-issuer", "https://x", "--oidc-client-id", "y"],
            &[("CUBIT_OIDC_ALLOW", "*"), ("CUBIT_OIDC_ROLE", "King")],
            "CUBIT_OIDC_ROLE: expected Viewer, Member or Admin",
        ),
        (
            &["--public-url", "https://x/path"],
            &[],
            "--public-url: expected https://HOST",
        ),
        (
            &["--basic-auth", "--oidc-client-secret-file", "/nowhere"],
            &[],
            "--oidc-client-secret-file: there is no oidc_issuer",
        ),
        (&["--config", "/nowhere/x.toml"], &[], "/nowhere/x.toml"),
        (
            &[],
            &[("CUBIT_CONFIG", file.to_str().unwrap())],
            "`lisen` is not a setting",
        ),
    ];
    for (arguments, variables, message) in cases {
        let mut command = serve(folder.path());
        command.args(arguments).envs(variables.iter().copied());
        let ended = refused(&mut command);
        assert!(matches!(ended.code, Some(2 | 5)), "{ended:?}");
        assert!(ended.said.contains(message), "{message} in {ended:?}");
    }
    let ended = refused(serve(folder.path()).arg("--config").arg(&file));
    assert!(ended.said.contains("cubit.toml:2:3"), "{ended:?}");
}

#[test]
fn a_server_that_others_can_reach_in_the_clear_warns() {
    let place = Workplace::with_file();
    let mut command = serve(place.data().parent().unwrap());
    let server = place
        .launch(command.args(["--listen", "0.0.0.0:0"]))
        .expect_running();
    assert!(server.url().starts_with("http://127.0.0.1:"));
    assert_eq!(place.api(&server).send("GET", "/healthz", "").status, 200);
    let ended = server.kill();
    assert!(
        ended.said.contains("warning: other machines can reach"),
        "{ended:?}"
    );
}
