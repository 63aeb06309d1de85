//! One function over 2,000 units in one call to a server: `cubit serve` beside this program in
//! `target/release`, on an empty database in a temporary folder.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cubit_benches::{documents, peak_memory_of, time};
use cubit_client::{AllowExists, Client, CreateUnit, InvokeQuery, ListQuery};
use serde_json::{Value, json};
use uuid::Uuid;

const UNITS: usize = 2_000;
/// Larger documents are definitions of custom resources, which are not what people edit in bulk.
const LARGEST: usize = 16 * 1024;

fn start(folder: &Path) -> (Child, Client) {
    let program = std::env::current_exe()
        .expect("a path")
        .with_file_name("cubit");
    let mut server = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("CUBIT_DATA_DIR", folder.join("data"))
        .env("CUBIT_CONFIG_DIR", folder.join("config"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cubit in the same folder: cargo build --release first");
    let mut lines = BufReader::new(server.stderr.take().expect("piped"))
        .lines()
        .map_while(Result::ok);
    let line = lines
        .find(|line| line.contains("http://"))
        .expect("where it listens");
    let address = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .expect("an address")
        .to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    let token = std::fs::read_dir(folder.join("config/tokens"))
        .expect("signed in")
        .flatten()
        .next()
        .map(|entry| std::fs::read_to_string(entry.path()).expect("a token"))
        .expect("a token");
    (
        server,
        Client::new(&address, Some(token.trim().to_owned())).expect("a client"),
    )
}

fn milliseconds(what: &str, duration: std::time::Duration) {
    println!("{what:<44} {:>8.0} ms", duration.as_secs_f64() * 1e3);
}

fn main() {
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let folder = std::env::temp_dir().join(format!("cubit-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (mut server, client) = start(&folder);
    let space: Value = client
        .create_space(&json!({"Slug": "bench"}), AllowExists::default())
        .expect("a space");
    let space: Uuid = space["SpaceID"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let (created, ()) = time(|| {
        for (number, text) in documents.iter().cycle().take(UNITS).enumerate() {
            let body = json!({"Slug": format!("unit-{number}"), "ToolchainType": "Kubernetes/YAML", "Data": base64(text)});
            client
                .create_unit::<Value>(space, &body, CreateUnit::default())
                .expect("created");
        }
    });
    println!("{UNITS} units");
    milliseconds("create, one client, one by one", created);
    let call = |value: &str| {
        json!({"FunctionInvocations": [{"FunctionName": "set-annotation", "Arguments": [
            {"Value": "example.com/owner"}, {"Value": value}
        ]}]})
    };
    let invoke = |value: &str, dry_run: bool| {
        let query = InvokeQuery {
            dry_run,
            ..InvokeQuery::default()
        };
        let answers: Vec<Value> = client
            .invoke_functions(space, &call(value), &query)
            .expect("invoked");
        assert!(answers.len() == UNITS && answers.iter().all(|answer| answer["Success"] == true));
    };
    for round in 0..3 {
        milliseconds(
            "set-annotation, dry run, one call",
            time(|| invoke("dry", true)).0,
        );
        milliseconds(
            "set-annotation, stored, one call",
            time(|| invoke(&format!("team-{round}"), false)).0,
        );
    }
    let query = ListQuery {
        select: Some("Slug".into()),
        ..ListQuery::default()
    };
    milliseconds(
        "list all, select=Slug",
        time(|| client.list_units::<Value>(space, &query).expect("listed")).0,
    );
    let query = ListQuery {
        select: Some("Slug".into()),
        resource_type: Some("apps/v1/Deployment".into()),
        where_data: Some("spec.replicas > 1".into()),
        ..ListQuery::default()
    };
    milliseconds(
        "list where_data spec.replicas > 1",
        time(|| client.list_units::<Value>(space, &query).expect("listed")).0,
    );
    println!(
        "peak memory of the server {:>20} MiB",
        peak_memory_of(server.id())
    );
    let database = std::fs::metadata(folder.join("data/cubit.db")).map_or(0, |file| file.len());
    println!(
        "database after {} revisions {:>19} KiB",
        UNITS * 4,
        database / 1024
    );
    let _ = server.kill();
    let _ = server.wait();
    let _ = std::fs::remove_dir_all(folder);
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
