//! What a history costs: 10,000 edits of one line of a unit, beside git with the same history, and
//! 10,000 clones of 100 units. `cubit` is the one beside this program; its database is read with
//! `sqlite3`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cubit_benches::server::{NONE, Server, base64};
use cubit_benches::{documents, median, time};
use cubit_client::Method;
use serde_json::{Value, json};

const EDITS: usize = 10_000;
const BASES: usize = 100;
const CLONES: usize = 10_000;
const READS: usize = 200;

fn row(what: &str, value: impl std::fmt::Display) {
    println!("{what:<58} {value:>14}");
}

fn microseconds(duration: Duration) -> String {
    format!("{:.0} µs", duration.as_secs_f64() * 1e6)
}

/// One number from the database of a server.
fn ask(server: &Server, sql: &str) -> u64 {
    let output = Command::new("sqlite3")
        .args([
            "-readonly".as_ref(),
            server.database().as_os_str(),
            sql.as_ref(),
        ])
        .output()
        .expect("sqlite3");
    let text = String::from_utf8(output.stdout).expect("text");
    text.trim().parse().expect("a number")
}

/// Bytes of pages that are used, and bytes of texts as they are stored.
fn stored(server: &Server) -> (u64, u64) {
    let used = "SELECT (page_count - freelist_count) * page_size \
        FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    let texts = "SELECT COALESCE(SUM(LENGTH(content)), 0) FROM blobs";
    (ask(server, used), ask(server, texts))
}

/// The text with another value on one of its lines.
fn edited(lines: &[&str], edit: usize) -> String {
    let at = (edit * 7919) % lines.len();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let _ = match number == at {
            true => writeln!(text, "{line} # {edit}"),
            false => writeln!(text, "{line}"),
        };
    }
    text
}

/// Bytes of the packs of a repository with these texts as versions of one file.
fn git(texts: impl Iterator<Item = String>) -> u64 {
    let folder = std::env::temp_dir().join(format!("cubit-bench-git-{}", std::process::id()));
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&folder)
            .args(arguments)
            .stdout(Stdio::null());
        command
    };
    std::fs::create_dir_all(&folder).expect("a folder");
    assert!(git(&["init", "-q"]).status().expect("git").success());
    let mut import = git(&["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("git");
    let mut input = std::io::BufWriter::new(import.stdin.take().expect("piped"));
    for (number, text) in texts.enumerate() {
        let message = format!("edit {number}");
        write!(
            input,
            "commit refs/heads/main\ncommitter A <a@example.com> {} +0000\ndata {}\n{message}\n\
             M 644 inline unit.yaml\ndata {}\n{text}\n",
            1_700_000_000 + number,
            message.len(),
            text.len(),
        )
        .expect("written");
    }
    drop(input);
    assert!(import.wait().expect("an end").success());
    assert!(git(&["gc", "-q"]).status().expect("git").success());
    let size = size_of(&folder.join(".git/objects"));
    let _ = std::fs::remove_dir_all(folder);
    size
}

fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries
        .map(|entry| match entry.path().is_dir() {
            true => size_of(&entry.path()),
            false => entry.metadata().expect("a file").len(),
        })
        .sum()
}

fn history() {
    let text = documents()
        .into_iter()
        .filter(|text| text.contains("\nkind: Deployment") && !text.contains("{{"))
        .max_by_key(|text| if text.len() < 4096 { text.len() } else { 0 })
        .expect("a deployment");
    let lines: Vec<&str> = text.lines().collect();
    let server = Server::start(&[]);
    let space = server.space("history", &json!({}));
    let unit = server.unit(&space, "unit", &text);
    let path = format!("/space/{space}/unit/{unit}");
    let before = stored(&server);
    let (spent, ()) = time(|| {
        for edit in 0..EDITS {
            let body = json!({"Data": base64(&edited(&lines, edit))});
            let _: Value = server
                .client
                .send(Method::Patch, &path, &NONE, &body)
                .expect("patched");
        }
    });
    let after = stored(&server);
    let raw: u64 = (0..EDITS)
        .map(|edit| edited(&lines, edit).len() as u64)
        .sum();
    let edits = EDITS as u64;
    println!(
        "{EDITS} edits of one line of a Deployment of {} bytes",
        text.len()
    );
    row(
        "one edit over HTTP, one client",
        microseconds(spent / 10_000),
    );
    row("raw, bytes a revision", raw / edits);
    row(
        "texts as stored, bytes a revision",
        (after.1 - before.1) / edits,
    );
    row("everything, bytes a revision", (after.0 - before.0) / edits);
    let packed = git((0..EDITS).map(|edit| edited(&lines, edit)));
    row("git gc, bytes a revision", packed / edits);
    let revisions: Vec<Value> = server
        .client
        .get(&format!("{path}/revision"), &[("select", "RevisionID")])
        .expect("revisions");
    let read = |number: usize| {
        let id = revisions[number]["Revision"]["RevisionID"]
            .as_str()
            .expect("an id");
        let path = format!("{path}/revision/{id}/data");
        time(|| server.client.download(&path, &NONE).expect("data")).0
    };
    let head: Vec<Duration> = (0..READS).map(|_| read(revisions.len() - 1)).collect();
    let any: Vec<Duration> = (0..READS)
        .map(|n| read(n * 7919 % revisions.len()))
        .collect();
    row("read the head", microseconds(median(&head)));
    row("read any revision", microseconds(median(&any)));
}

fn clones() {
    let server = Server::start(&[]);
    let space = server.space("bases", &json!({}));
    let texts: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < 16 * 1024 && !text.contains("{{"))
        .take(BASES)
        .collect();
    for (number, text) in texts.iter().enumerate() {
        let _ = server.unit(&space, &format!("base-{number}"), text);
    }
    let places = CLONES / BASES;
    for number in 0..places {
        let _ = server.space(&format!("place-{number}"), &json!({"kind": "place"}));
    }
    let before = stored(&server);
    let source = format!("SpaceID = '{space}'");
    let query = [
        ("where", source.as_str()),
        ("where_space", "Labels.kind = 'place'"),
    ];
    let (spent, made) = time(|| server.many(Method::Post, "/unit", &query, &Value::Null));
    let after = stored(&server);
    let raw: usize = texts.iter().map(String::len).sum();
    println!(
        "{made} clones of {} units, {raw} bytes of text",
        texts.len()
    );
    row("in one call", format!("{:.1} s", spent.as_secs_f64()));
    row("texts of the units as stored, bytes", before.1);
    row("texts, bytes a clone", (after.1 - before.1) / made as u64);
    row(
        "everything, bytes a clone",
        (after.0 - before.0) / made as u64,
    );
}

fn main() {
    history();
    clones();
}
