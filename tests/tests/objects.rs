//! Large texts in a real S3 store: the server, the store and `cubit admin` are processes of their own,
//! and the store checks every signature.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stderr, reason = "a test that is left out says so")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Once;

use cubit_tests::{Server, Workplace, base64, unit_body};
use serde_json::{Value, json};

const BUCKET: &str = "s3://texts/cubit";

/// The store, which ends with its standard input.
struct S3 {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    access: Value,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/s3"))
}

fn run(command: &mut Command) -> bool {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The Python that has what the store needs; none where there is no Python that can have it.
fn python() -> Option<PathBuf> {
    static INSTALLED: Once = Once::new();
    let environment = folder().join("environment");
    let python = environment.join("bin/python3");
    let installed = environment.join("installed");
    INSTALLED.call_once(|| {
        let mut make = Command::new("python3");
        let make = make.args(["-m", "venv"]).arg(&environment);
        if !installed.exists() && run(make) {
            let mut install = Command::new(&python);
            let install = install.args(["-m", "pip", "install", "--quiet", "-r"]);
            assert!(run(install.arg(folder().join("requirements.txt"))));
            std::fs::write(&installed, "").unwrap();
        }
    });
    if !installed.exists() {
        eprintln!("left out: the S3 store to test against needs python3 with venv");
    }
    installed.exists().then_some(python)
}

impl S3 {
    /// None where it cannot be run.
    fn start() -> Option<Self> {
        let mut child = Command::new(python()?)
            .arg(folder().join("server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let access = output.next().unwrap().unwrap();
        Some(Self {
            child,
            input,
            output,
            access: serde_json::from_str(&access).unwrap(),
        })
    }

    fn tell(&mut self, what: &Value) -> Value {
        writeln!(self.input, "{what}").unwrap();
        let said = self.output.next().unwrap().unwrap();
        serde_json::from_str(&said).unwrap()
    }

    /// The names of all objects but the one that says whose they are.
    fn texts(&mut self) -> Vec<String> {
        let all = self.tell(&json!({"list": true}));
        let names = all.as_array().unwrap().iter();
        let names = names.map(|name| name.as_str().unwrap().to_owned());
        names
            .filter(|name| name != "cubit/cubit-database")
            .collect()
    }

    fn secret(&self) -> &str {
        self.access["secret"].as_str().unwrap()
    }

    /// Says in the variables of AWS where it is and who may use it.
    fn tell_where<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let text = |name: &str| self.access[name].as_str().unwrap();
        command
            .env("CUBIT_BLOBS", BUCKET)
            .env("AWS_ENDPOINT_URL", text("url"))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", text("key"))
            .env("AWS_SECRET_ACCESS_KEY", text("secret"))
    }

    fn serve(&self, place: &Workplace) -> Server {
        let mut command = place.serve();
        command.args(["--log-level", "trace"]);
        place.launch(self.tell_where(&mut command)).expect_running()
    }

    /// What `cubit admin` says, and its exit code.
    fn admin(&self, place: &Workplace, arguments: &[&str]) -> (String, Option<i32>) {
        let mut command = place.admin(arguments);
        let output = self.tell_where(&mut command).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (String::from_utf8(said).unwrap(), output.status.code())
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text that stays large when it is packed.
fn large(seed: u64) -> String {
    let mut state = seed;
    let mut text = String::new();
    for line in 0..1500 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("key{line}: {state:x}\n"));
    }
    text
}

#[test]
fn large_texts_are_in_the_bucket_and_are_read_from_there() {
    let Some(mut s3) = S3::start() else { return };
    let place = Workplace::new();
    let server = s3.serve(&place);
    let api = place.api(&server);
    let space = api.create_space("dev");
    let small = api.create_unit(&space, "small", "a: 1\n");
    assert_eq!(s3.texts().len(), 0);
    let [one, two] =
        [1, 2].map(|seed| api.create_unit(&space, &format!("large{seed}"), large(seed)));
    let named = s3.texts().len();
    assert!(named >= 2, "{named}");
    // A difference to what is in the bucket.
    let changed = large(1).replace("key7:", "key_7:");
    api.ok("PATCH", one.path(), &json!({"Data": base64(&changed)}));

    // Another process reads what the first one wrote.
    drop(server);
    let server = s3.serve(&place);
    let api = place.api(&server);
    for (unit, text) in [(&small, "a: 1\n"), (&one, &changed), (&two, &large(2))] {
        let data = api.send("GET", &format!("{}/data", unit.path()), "");
        assert_eq!((data.status, data.text()), (200, text.to_owned()));
    }
    let (verified, code) = s3.admin(&place, &["verify"]);
    assert!(verified.contains("problems       0\n"), "{verified}");
    assert_eq!(code, Some(0));
    let metrics = api.with_token(None).send("GET", "/metrics", "").text();
    assert!(
        !metrics.contains("cubit_objects_read_total 0\n"),
        "{metrics}"
    );
    let said = server.kill().said;
    assert!(!said.contains(s3.secret()), "{said}");

    // Of what nothing needs any more, nothing is left when it was kept for long enough.
    let server = s3.serve(&place);
    let api = place.api(&server);
    api.ok("DELETE", two.path(), &Value::Null);
    let (said, _) = s3.admin(&place, &["gc"]);
    assert!(said.contains("removed 0 objects"), "{said}");
    assert!(s3.texts().len() >= named, "they wait");
    let (said, code) = s3.admin(&place, &["gc", "--blobs-keep-days", "0"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("; 0 wait for their time"), "{said}");
    assert!(s3.texts().len() < named, "{said}");
    let (verified, _) = s3.admin(&place, &["verify"]);
    assert!(verified.contains("problems       0\n"), "{verified}");

    // What is gone is found.
    let name = s3.texts().pop().unwrap();
    s3.tell(&json!({"delete": name}));
    let (verified, code) = s3.admin(&place, &["verify"]);
    let missing = name.strip_prefix("cubit/").unwrap();
    assert!(
        verified.contains(&format!("{missing} is missing")),
        "{verified}"
    );
    assert_eq!(code, Some(1));
}

#[test]
fn nothing_is_acknowledged_while_the_bucket_does_not_answer() {
    let Some(mut s3) = S3::start() else { return };
    let place = Workplace::new();
    let server = s3.serve(&place);
    let api = place.api(&server);
    let space = api.create_space("dev");
    let kept = api.create_unit(&space, "kept", large(1));
    s3.tell(&json!({"fail": true}));
    let body = unit_body("new", large(2));
    let refused = api.send("POST", &format!("{space}/unit"), body.to_string());
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(
        refused.text().contains("large texts cannot be"),
        "{}",
        refused.text()
    );
    let read = api.send("GET", &format!("{}/data", kept.path()), "");
    assert_eq!(read.status, 503, "{}", read.text());
    // Small ones go on.
    let _ = api.create_unit(&space, "small", "a: 1\n");
    assert_eq!(api.with_token(None).send("GET", "/readyz", "").status, 200);

    s3.tell(&json!({"fail": false}));
    let data = api.send("GET", &format!("{}/data", kept.path()), "");
    assert_eq!(data.text(), large(1));
    let units = api.get(&format!("{space}/unit?select=Slug"));
    assert_eq!(units.as_array().unwrap().len(), 2, "{units}");
    let said = server.kill().said;
    assert!(said.contains("503"), "{said}");
    assert!(!said.contains(s3.secret()), "{said}");
}

#[test]
fn a_server_whose_texts_cannot_be_kept_does_not_start() {
    let Some(s3) = S3::start() else { return };
    let place = Workplace::new();
    let cases: [(&str, &str, &str); 5] = [
        ("CUBIT_BLOBS", "s3://nowhere/cubit", "s3://nowhere/cubit: "),
        ("AWS_SECRET_ACCESS_KEY", "another", "403 Forbidden"),
        ("AWS_ALLOW_HTTP", "false", "https"),
        (
            "CUBIT_BLOBS",
            "s3://a:s3cr3t@b",
            "CUBIT_BLOBS: a place for texts has no user",
        ),
        (
            "CUBIT_BLOBS",
            "gs://texts",
            "CUBIT_BLOBS: expected s3://BUCKET/PREFIX",
        ),
    ];
    for (name, value, why) in cases {
        let mut command = place.serve();
        s3.tell_where(&mut command).env(name, value);
        let ended = place.launch(&mut command).expect_ended();
        assert!(ended.said.contains(why), "{name}={value}: {}", ended.said);
        assert!(!ended.said.contains("s3cr3t"), "{}", ended.said);
        assert_ne!(ended.code, Some(0));
    }
    // Once there are texts in the bucket, they must be at hand.
    let server = s3.serve(&place);
    let api = place.api(&server);
    let space = api.create_space("dev");
    let _ = api.create_unit(&space, "large", large(1));
    assert_eq!(server.stop().code, Some(0));
    let ended = place.launch(&mut place.serve()).expect_ended();
    assert!(ended.said.contains("CUBIT_BLOBS"), "{}", ended.said);
}

#[test]
fn a_server_that_dies_between_object_and_row_leaves_only_an_object() {
    let place = Workplace::new();
    let blobs = format!("file://{}", place.data().join("objects").display());
    let serve = |abort_at: &str| {
        let mut command = place.serve();
        command.env("CUBIT_BLOBS", &blobs);
        command.env("CUBIT_ABORT_AT", abort_at);
        place.launch(&mut command).expect_running()
    };
    let server = serve("");
    let space = place.api(&server).create_space("dev");
    drop(server);
    let server = serve("before-commit:1");
    let api = place.api(&server);
    let body = unit_body("unit", large(1)).to_string();
    let sent = api.try_send("POST", &format!("{space}/unit"), body);
    assert!(sent.is_err(), "{sent:?}");
    drop(server);

    let admin = |arguments: &[&str]| {
        let output = place.admin(arguments).env("CUBIT_BLOBS", &blobs).output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&said)
        );
        String::from_utf8(said).unwrap()
    };
    let verified = admin(&["verify"]);
    assert!(verified.contains("texts          0\n"), "{verified}");
    let said = admin(&["gc"]);
    assert!(said.contains("removed 0 objects; "), "{said}");
    let said = admin(&["gc", "--blobs-keep-days", "0"]);
    assert!(said.contains("; 0 wait"), "{said}");
    assert!(!said.contains("removed 0 objects"), "{said}");
    // The same change can be made now.
    let server = serve("");
    let unit = place.api(&server).create_unit(&space, "unit", large(1));
    let data = place
        .api(&server)
        .send("GET", &format!("{}/data", unit.path()), "");
    assert_eq!(data.text(), large(1));
}
