//! An organization of 100,000 units (or as many as the first argument says): lists, searches beside
//! PostgreSQL that evaluates jsonpath over the same data, and memory. `cubit` is the one beside this
//! program; the second argument `postgres` puts it on PostgreSQL too.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use cubit_benches::server::{NONE, Server, base64};
use cubit_benches::{documents, median, memory_of, peak_memory_of, percentile, time};
use cubit_client::Method;
use cubit_test_database::Cluster;
use serde_json::{Value, json};

/// Units of a cell; each cell is a space with a clone of every unit of the first one.
const CELL: usize = 1_000;
const ROUNDS: usize = 9;
const PAGES: usize = 40;
/// Larger documents are definitions of custom resources, which are not what a fleet is made of.
const LARGEST: usize = 16 * 1024;

/// What is searched for: a type of resources, a condition, and both as jsonpath.
const SEARCHES: [(&str, &str, &str); 4] = [
    (
        "apps/v1/Deployment",
        "spec.replicas > 8",
        "$.apiVersion == \"apps/v1\" && $.kind == \"Deployment\" && $.spec.replicas > 8",
    ),
    (
        "apps/v1/Deployment",
        "spec.template.spec.containers.*.image ~ 'redis'",
        "$.apiVersion == \"apps/v1\" && $.kind == \"Deployment\" \
         && $.spec.template.spec.containers[*].image like_regex \"redis\"",
    ),
    (
        "apps/v1/Deployment",
        "metadata.annotations.example~1com/cell = 'cell-7'",
        "$.apiVersion == \"apps/v1\" && $.kind == \"Deployment\" \
         && $.metadata.annotations.\"example.com/cell\" == \"cell-7\"",
    ),
    (
        "v1/Service",
        "spec.type = 'LoadBalancer'",
        "$.apiVersion == \"v1\" && $.kind == \"Service\" && $.spec.type == \"LoadBalancer\"",
    ),
];

fn row(what: &str, value: impl std::fmt::Display) {
    println!("{what:<58} {value:>14}");
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

/// The first cell: one unit a document.
fn first_cell(server: &Server) -> String {
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let space = server.space("cell-0", &json!({"cell": "0"}));
    for (number, text) in documents.iter().cycle().take(CELL).enumerate() {
        let _ = server.unit(&space, &format!("unit-{number}"), text);
    }
    differ(server, &space, 0);
    space
}

/// Another cell: clones of the first one, each with a text of its own.
fn another_cell(server: &Server, first: &str, number: usize) {
    let space = server.space(
        &format!("cell-{number}"),
        &json!({"cell": number.to_string()}),
    );
    let source = format!("SpaceID = '{first}'");
    let place = format!("SpaceID = '{space}'");
    let query = [("where", source.as_str()), ("where_space", place.as_str())];
    let made = server.many(Method::Post, "/unit", &query, &Value::Null);
    assert_eq!(made, CELL);
    differ(server, &space, number);
}

fn differ(server: &Server, space: &str, number: usize) {
    let path = format!("/space/{space}/function/invoke");
    let annotation = json!({"FunctionName": "set-annotation", "Arguments": [
        {"Value": "example.com/cell"}, {"Value": format!("cell-{number}")}]});
    let replicas = json!({"FunctionName": "set-replicas", "Arguments": [{"Value": number % 10}]});
    let body = json!({"FunctionInvocations": [annotation, replicas]});
    let answers: Vec<Value> = server
        .client
        .send(Method::Post, &path, &NONE, &body)
        .expect("answers");
    assert_eq!(answers.len(), CELL);
    assert!(answers.iter().all(|answer| answer["Success"] == true));
}

/// Latency of the first page of a list, and its bytes.
fn first_page(server: &Server, query: &[(&str, &str)]) -> (Vec<Duration>, usize) {
    let query: Vec<(&str, &str)> = [("limit", "50"), ("select", "Slug,UnitID")]
        .iter()
        .chain(query)
        .copied()
        .collect();
    let once = || time(|| server.client.download("/unit", &query).expect("a page"));
    let bytes = once().1.len();
    ((0..PAGES).map(|_| once().0).collect(), bytes)
}

fn show_page(server: &Server, what: &str, query: &[(&str, &str)]) {
    let (times, bytes) = first_page(server, query);
    let figures = format!(
        "{} (p95 {}), {bytes} bytes",
        milliseconds(median(&times)),
        milliseconds(percentile(&times, 95))
    );
    row(what, figures);
}

/// The same data as rows of jsonb.
struct Peer {
    cluster: Cluster,
    url: String,
}

impl Peer {
    fn load(server: &Server) -> Self {
        let cluster = Cluster::start();
        let url = cluster.create();
        let peer = Self { cluster, url };
        peer.run("CREATE TABLE fleet (slug text, data jsonb)", &[]);
        let query = [("select", "SpaceID")];
        let spaces: Vec<Value> = server.client.get("/space", &query).expect("spaces");
        for space in spaces {
            let path = format!(
                "/space/{}/unit",
                space["Space"]["SpaceID"].as_str().expect("an id")
            );
            let units: Vec<Value> = server.client.get(&path, &NONE).expect("units");
            let rows: Vec<u8> = units
                .iter()
                .flat_map(|unit| copied(&unit["Unit"]))
                .collect();
            peer.run("COPY fleet FROM STDIN", &rows);
        }
        peer.run("VACUUM ANALYZE fleet", &[]);
        peer
    }

    fn run(&self, sql: &str, input: &[u8]) -> String {
        let mut psql = Command::new("psql")
            .args([
                self.url.as_str(),
                "-qAt",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql");
        psql.stdin
            .take()
            .expect("piped")
            .write_all(input)
            .expect("written");
        let output = psql.wait_with_output().expect("an end");
        assert!(output.status.success(), "{sql}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// How many rows satisfy a jsonpath, and how long the database says it took to find them.
    fn count(&self, path: &str) -> (usize, Duration) {
        let sql = format!("SELECT count(*) FROM fleet WHERE data @@ '{path}'");
        let found = self.run(&sql, &[]).trim().parse().expect("a number");
        let explained = self.run(
            &format!("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}"),
            &[],
        );
        let explained: Value = serde_json::from_str(&explained).expect("JSON");
        let spent = explained[0]["Execution Time"].as_f64().expect("a time");
        (found, Duration::from_secs_f64(spent / 1e3))
    }
}

/// A unit as a line that `COPY` reads.
fn copied(unit: &Value) -> Vec<u8> {
    use base64::Engine;
    let data = unit["Data"].as_str().expect("data");
    let text = base64::engine::general_purpose::STANDARD
        .decode(data)
        .expect("base64");
    let data: Value = serde_norway::from_slice(&text).expect("YAML");
    let escaped = data.to_string().replace('\\', "\\\\");
    format!("{}\t{escaped}\n", unit["Slug"].as_str().expect("a slug")).into_bytes()
}

fn search(server: &Server, peer: &Peer) {
    for (resource_type, condition, path) in SEARCHES {
        let query = [
            ("select", "Slug"),
            ("resource_type", resource_type),
            ("where_data", condition),
        ];
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let (spent, list) = time(|| {
                server
                    .client
                    .get::<Vec<Value>>("/unit", &query)
                    .expect("a list")
            });
            ours.push(spent);
            let (count, spent) = peer.count(path);
            theirs.push(spent);
            assert_eq!(list.len(), count, "{condition}");
            found = count;
        }
        let (ours, theirs) = (median(&ours), median(&theirs));
        println!("search {condition}: {found} units");
        row("  Cubit, all of them over HTTP", milliseconds(ours));
        row("  PostgreSQL, counted", milliseconds(theirs));
        row(
            "  times",
            format!("{:.1}", theirs.as_secs_f64() / ours.as_secs_f64()),
        );
        show_page(server, "  Cubit, first page of 50", &query[1..]);
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let units: usize = arguments
        .next()
        .map_or(100_000, |text| text.parse().expect("a number"));
    let cluster = arguments.next().map(|_| Cluster::start());
    let url = cluster.as_ref().map(Cluster::create);
    let options: Vec<&str> = url
        .iter()
        .flat_map(|url| ["--database", url.as_str()])
        .collect();
    let server = Server::start(&options);
    row(
        "memory, idle",
        format!("{} MiB", memory_of(server.process())),
    );
    let first = first_cell(&server);
    let by_label = [("where", "Labels.ring = '1' AND Slug LIKE 'unit-1%'")];
    show_page(&server, "first page of 1,000 units", &[]);
    show_page(
        &server,
        "first page, by Slug, of 1,000 units",
        &[("where", "Slug LIKE 'unit-1%'")],
    );
    let (seeded, ()) = time(|| {
        for number in 1..units / CELL {
            another_cell(&server, &first, number);
        }
    });
    row(
        &format!("seed {units} units (clone, then change each)"),
        format!("{:.0} s", seeded.as_secs_f64()),
    );
    row(
        "memory after it",
        format!("{} MiB", memory_of(server.process())),
    );
    row(
        "most memory so far",
        format!("{} MiB", peak_memory_of(server.process())),
    );
    row("database", format!("{} MiB", server.database_size() >> 20));
    show_page(&server, "first page", &[]);
    show_page(
        &server,
        "first page, by Slug",
        &[("where", "Slug LIKE 'unit-1%'")],
    );
    show_page(&server, "first page, by label nobody has", &by_label);
    show_page(
        &server,
        "first page, with space and upstream",
        &[("include", "SpaceID,UpstreamUnitID")],
    );
    let patch = json!({"Labels": {"ring": "1"}});
    let where_cell = [("where", "Space.Slug = 'cell-3'")];
    let (patched, count) = time(|| server.many(Method::Patch, "/unit", &where_cell, &patch));
    row(
        &format!("label on {count} units in one call"),
        milliseconds(patched),
    );
    show_page(&server, "first page, by that label", &by_label);
    let before = memory_of(server.process());
    let (export, bytes) = time(|| {
        let query = [("select", "Slug,UnitID,HeadRevisionNum")];
        server
            .client
            .download("/unit", &query)
            .expect("a list")
            .len()
    });
    row(
        "list all, three attributes",
        format!("{}, {} MiB", milliseconds(export), bytes >> 20),
    );
    row(
        "memory before and most since",
        format!("{before}, {} MiB", peak_memory_of(server.process())),
    );
    let peer = Peer::load(&server);
    search(&server, &peer);
    row(
        "memory at the end",
        format!("{} MiB", memory_of(server.process())),
    );
    row(
        "most memory",
        format!("{} MiB", peak_memory_of(server.process())),
    );
    drop(peer.cluster);
    drop(server);
    large();
}

/// One unit of 64 MiB, read, changed by a function and stored.
fn large() {
    let server = Server::start(&[]);
    let space = server.space("large", &json!({}));
    let entry = "  key-00000000: \"some value of a fair length, as people write\"\n";
    let mut text =
        String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n");
    let mut number = 0;
    while text.len() + entry.len() < 64 << 20 {
        text += &entry.replace("00000000", &format!("{number:08}"));
        number += 1;
    }
    let body = json!({"Slug": "large", "ToolchainType": "Kubernetes/YAML", "Data": base64(&text)});
    let path = format!("/space/{space}/unit");
    let (created, _) = time(|| {
        server
            .client
            .send::<Value>(Method::Post, &path, &NONE, &body)
            .expect("created")
    });
    row("a unit of 64 MiB, created", milliseconds(created));
    row(
        "most memory",
        format!("{} MiB", peak_memory_of(server.process())),
    );
    let call = json!({"FunctionInvocations": [{"FunctionName": "set-annotation", "Arguments": [
        {"Value": "a"}, {"Value": "b"}]}]});
    let path = format!("/space/{space}/function/invoke");
    let (invoked, _) = time(|| {
        server
            .client
            .send::<Value>(Method::Post, &path, &NONE, &call)
            .expect("invoked")
    });
    row("one function on it, stored", milliseconds(invoked));
    row(
        "most memory",
        format!("{} MiB", peak_memory_of(server.process())),
    );
}
