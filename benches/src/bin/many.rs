//! Clones, patches and upgrades of 10,000 units in one call, beside the same in single calls, and
//! beside the database that copies the rows of such clones without knowing why. `cubit` is the one
//! beside this program; the argument `postgres` puts it on PostgreSQL, without the last comparison.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cubit_benches::server::{Server, base64};
use cubit_benches::{documents, memory_of, peak_memory_of, time};
use cubit_client::Method;
use cubit_test_database::Cluster;
use serde_json::{Value, json};

/// Units that are cloned, as many times as there are places.
const BASES: usize = 100;
const SINGLE: usize = 1_000;
/// Larger documents are definitions of custom resources.
const LARGEST: usize = 16 * 1024;

struct Bench {
    server: Server,
    bases: String,
    texts: Vec<String>,
}

/// A call about many: its method, its path, parameters and body.
type Call<'a> = (Method, &'a str, Vec<(&'a str, &'a str)>, Value);

impl Bench {
    fn start(options: &[&str]) -> Self {
        let server = Server::start(options);
        let bases = server.space("bases", &json!({}));
        let texts: Vec<String> = documents()
            .into_iter()
            .filter(|text| text.len() < LARGEST && !text.contains("{{"))
            .take(BASES)
            .collect();
        for (number, text) in texts.iter().enumerate() {
            let _ = server.unit(&bases, &format!("base-{number}"), text);
        }
        Self {
            server,
            bases,
            texts,
        }
    }

    fn places(&self, kind: &str, count: usize) {
        for number in 0..count {
            let _ = self
                .server
                .space(&format!("{kind}-{number}"), &json!({"kind": kind}));
        }
    }

    fn clone_to(&self, kind: &str) -> (Duration, usize) {
        let source = format!("SpaceID = '{}'", self.bases);
        let places = format!("Labels.kind = '{kind}'");
        let query = [("where", source.as_str()), ("where_space", places.as_str())];
        time(|| {
            self.server
                .many(Method::Post, "/unit", &query, &Value::Null)
        })
    }

    fn annotate(&self, path: &str, query: &[(&str, &str)], name: &str) {
        let name = format!("example.com/{name}");
        let body = json!({"FunctionInvocations": [{"FunctionName": "set-annotation", "Arguments": [
            {"Value": name}, {"Value": "yes"}]}]});
        let client = &self.server.client;
        let answers: Vec<Value> = client
            .send(Method::Post, path, &query, &body)
            .expect("changed");
        assert!(answers.iter().all(|answer| answer["Success"] == true));
    }

    fn run(&self, (method, path, query, body): &Call) -> (Duration, usize) {
        time(|| self.server.many(*method, path, query, body))
    }

    fn units_of(&self, kind: &str, count: usize) -> Vec<(String, String)> {
        let condition = format!("Space.Labels.kind = '{kind}'");
        let query = [("where", condition.as_str()), ("select", "UnitID,SpaceID")];
        let units: Vec<Value> = self.server.client.get("/unit", &query).expect("units");
        let id = |unit: &Value, name: &str| unit["Unit"][name].as_str().expect("an id").to_owned();
        let ids = units
            .iter()
            .map(|unit| (id(unit, "SpaceID"), id(unit, "UnitID")));
        ids.take(count).collect()
    }

    /// One call for each unit.
    fn single(&self, units: &[(String, String)], query: &[(&str, &str)], body: &Value) -> Duration {
        let each = || {
            for (space, unit) in units {
                let path = format!("/space/{space}/unit/{unit}");
                let _: Value = self
                    .server
                    .client
                    .send(Method::Patch, &path, &query, body)
                    .expect("an answer");
            }
        };
        time(each).0 / u32::try_from(units.len()).expect("few")
    }
}

fn row(what: &str, thousand: Duration, ten: Duration, single: Duration) {
    let (one, ten, single) = (
        thousand.as_secs_f64(),
        ten.as_secs_f64(),
        single.as_secs_f64(),
    );
    println!(
        "{what:<26} {one:>8.2} s {ten:>8.2} s {:>7.1} {:>9.2} ms {:>9.1}",
        ten / one,
        single * 1e3,
        single * 1e4 / ten
    );
}

/// How long `sqlite3` takes to copy the rows of the clones of `after` into `before`.
fn copy_rows(before: &Path, after: &Path) -> Duration {
    let mut sql = format!("ATTACH '{}' AS after; BEGIN;", after.display());
    for (table, key) in [
        ("units", "unit_id"),
        ("revisions", "revision_id"),
        ("mutations", "mutation_id"),
    ] {
        sql += &format!(
            "INSERT INTO main.{table} SELECT * FROM after.{table} WHERE {key} NOT IN (SELECT {key} FROM main.{table});"
        );
    }
    sql += "COMMIT;";
    let status = || {
        Command::new("sqlite3")
            .arg(before)
            .arg(&sql)
            .status()
            .expect("sqlite3")
    };
    let (spent, status) = time(status);
    assert!(status.success());
    spent
}

fn main() {
    let cluster = std::env::args().nth(1).map(|_| Cluster::start());
    let url = cluster.as_ref().map(Cluster::create);
    let options: Vec<&str> = url
        .iter()
        .flat_map(|url| ["--database", url.as_str()])
        .collect();
    let bench = Bench::start(&options);
    let server = &bench.server;
    println!(
        "{:<26} {:>10} {:>10} {:>7} {:>12} {:>9}",
        "", "1,000", "10,000", "times", "one by one", "times"
    );
    bench.places("small", 10);
    bench.places("large", 100);
    let (small, _) = bench.clone_to("small");
    let folder = server.database().with_file_name("copies");
    std::fs::create_dir_all(&folder).expect("a folder");
    let (before, after) = (folder.join("before.db"), folder.join("after.db"));
    let backup = |to: &Path| {
        let command = format!(".backup '{}'", to.display());
        let status = Command::new("sqlite3")
            .arg(server.database())
            .arg(command)
            .status();
        assert!(status.expect("sqlite3").success());
    };
    if cluster.is_none() {
        backup(&before);
    }
    let (large, made) = bench.clone_to("large");
    assert_eq!(made, BASES * 100);
    let single_space = server.space("single", &json!({"kind": "single"}));
    let bases = server
        .client
        .get::<Vec<Value>>(
            &format!("/space/{}/unit", bench.bases),
            &[("select", "UnitID")],
        )
        .expect("units");
    let (single, ()) = time(|| {
        for number in 0..SINGLE {
            let upstream = bases[number % BASES]["Unit"]["UnitID"]
                .as_str()
                .expect("an id");
            let query = [
                ("upstream_space_id", bench.bases.as_str()),
                ("upstream_unit_id", upstream),
            ];
            let body =
                json!({"Slug": format!("single-{number}"), "ToolchainType": "Kubernetes/YAML"});
            let path = format!("/space/{single_space}/unit");
            let _: Value = server
                .client
                .send(Method::Post, &path, &query, &body)
                .expect("a clone");
        }
    });
    row("clone", small, large, single / 1000);
    let raw = cluster.is_none().then(|| {
        backup(&after);
        copy_rows(&before, &after)
    });
    let singles = bench.units_of("single", SINGLE);
    let patch = json!({"Labels": {"ring": "1"}});
    let of = |kind: &str| format!("Space.Labels.kind = '{kind}'");
    let (of_small, of_large) = (of("small"), of("large"));
    let call = |place, patch: &Value| {
        (
            Method::Patch,
            "/unit",
            vec![("where", place)],
            patch.clone(),
        )
    };
    let (small, _) = bench.run(&call(of_small.as_str(), &patch));
    let (ten, _) = bench.run(&call(of_large.as_str(), &patch));
    row(
        "patch of a label",
        small,
        ten,
        bench.single(&singles, &[], &patch),
    );
    // Every variant has an annotation of its own when it is upgraded.
    bench.annotate(
        "/function/invoke",
        &[("where", "Labels.ring = '1'")],
        "local",
    );
    let bases = format!("/space/{}/function/invoke", bench.bases);
    bench.annotate(&bases, &[], "upstream");
    let upgrade = |place| {
        (
            Method::Patch,
            "/unit",
            vec![("where", place), ("upgrade", "true")],
            json!({}),
        )
    };
    let memory = memory_of(server.process());
    let (small, _) = bench.run(&upgrade(of_small.as_str()));
    let (ten, _) = bench.run(&upgrade(of_large.as_str()));
    let single = bench.single(&singles, &[("upgrade", "true")], &json!({}));
    row("upgrade", small, ten, single);
    println!(
        "memory before the upgrades {memory} MiB, most of all {} MiB",
        peak_memory_of(server.process())
    );
    let data = json!({"Data": base64(&bench.texts[0])});
    let (small, _) = bench.run(&call(of_small.as_str(), &data));
    let (ten, _) = bench.run(&call(of_large.as_str(), &data));
    row(
        "patch of the data",
        small,
        ten,
        bench.single(&singles, &[], &data),
    );
    if let Some(raw) = raw {
        let times = large.as_secs_f64() / raw.as_secs_f64();
        println!(
            "the rows of the clones copied by sqlite3: {:.2} s; the call takes {times:.1} times as long",
            raw.as_secs_f64()
        );
    }
}
