//! Single durable updates through `cubit serve` on PostgreSQL, beside `pgbench` with the two
//! statements that such an update cannot do without, on the same cluster, with as many clients.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cubit_benches::server::{NONE, Server, base64};
use cubit_client::Method;
use cubit_test_database::Cluster;
use serde_json::{Value, json};

const SECONDS: u64 = 10;
const ROUNDS: usize = 3;
const CLIENTS: [usize; 3] = [1, 8, 32];
const UNITS: usize = 100;

const TEXT: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  number: \"0\"\n";

/// A revision beside the others and the unit that points to it.
const TABLES: &str = "\
CREATE TABLE units (unit_id bigint PRIMARY KEY, head bigint NOT NULL, version bigint NOT NULL);
CREATE TABLE revisions (unit_id bigint NOT NULL, number bigint NOT NULL, data bytea NOT NULL,
    description text NOT NULL, created timestamptz NOT NULL, PRIMARY KEY (unit_id, number));
INSERT INTO units SELECT number, 0, 0 FROM generate_series(1, 100) number;";
const TRANSACTION: &str = "\
\\set unit random(1, 100)
BEGIN;
UPDATE units SET head = head + 1, version = version + 1 WHERE unit_id = :unit RETURNING head \\gset
INSERT INTO revisions VALUES (:unit, :head, repeat('x', 120)::bytea, 'an edit', now());
COMMIT;
";

fn command(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect(program);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// Transactions a second of `pgbench`.
fn pgbench(url: &str, script: &str, clients: usize) -> f64 {
    let clients = clients.to_string();
    let seconds = SECONDS.to_string();
    let arguments = [
        "-n", "-M", "prepared", "-c", &clients, "-j", "1", "-T", &seconds, "-f", script, url,
    ];
    let report = command("pgbench", &arguments);
    let line = report
        .lines()
        .find(|line| line.starts_with("tps = "))
        .expect("a rate");
    let rate = line.split_whitespace().nth(2).expect("a number");
    rate.parse().expect("a number")
}

/// Updates a second of clients that each send one after the other.
fn updates(server: &Server, paths: &[String], clients: usize) -> f64 {
    let stop = AtomicBool::new(false);
    let done = AtomicUsize::new(0);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..clients {
            let (stop, done) = (&stop, &done);
            scope.spawn(move || {
                let client = server.client.clone();
                let mut edit = number;
                while !stop.load(Ordering::Relaxed) {
                    edit += clients;
                    let text = TEXT.replace("\"0\"", &format!("\"{edit}-{:?}\"", begin.elapsed()));
                    let body = json!({"Data": base64(&text)});
                    let path = &paths[edit * 7919 % paths.len()];
                    let _: Value = client
                        .send(Method::Patch, path, &NONE, &body)
                        .expect("patched");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(SECONDS));
        stop.store(true, Ordering::Relaxed);
    });
    done.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

fn prepared(options: &[&str]) -> (Server, Vec<String>) {
    let server = Server::start(options);
    let space = server.space("bench", &json!({}));
    let paths = (0..UNITS)
        .map(|number| {
            let unit = server.unit(&space, &format!("unit-{number}"), TEXT);
            format!("/space/{space}/unit/{unit}")
        })
        .collect();
    (server, paths)
}

fn main() {
    let cluster = Cluster::start();
    let (ours, bare) = (cluster.create(), cluster.create());
    command(
        "psql",
        &[&bare, "-q", "-v", "ON_ERROR_STOP=1", "-c", TABLES],
    );
    let script = std::env::temp_dir().join(format!("cubit-bench-{}.sql", std::process::id()));
    fs::write(&script, TRANSACTION).expect("written");
    let script_name = script.to_string_lossy();
    let (server, paths) = prepared(&["--database", &ours]);
    let (embedded, embedded_paths) = prepared(&[]);
    println!(
        "{:<10} {:>16} {:>16} {:>8} {:>16}",
        "clients", "Cubit, 1/s", "pgbench, 1/s", "part", "on SQLite, 1/s"
    );
    for clients in CLIENTS {
        for _ in 0..ROUNDS {
            let cubit = updates(&server, &paths, clients);
            let peer = pgbench(&bare, &script_name, clients);
            let sqlite = updates(&embedded, &embedded_paths, clients);
            let part = cubit / peer * 100.0;
            println!("{clients:<10} {cubit:>16.0} {peer:>16.0} {part:>6.0} % {sqlite:>16.0}");
        }
    }
    let _ = fs::remove_file(&script);
}
