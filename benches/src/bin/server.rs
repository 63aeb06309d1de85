//! One function over 2,000 units in one call to a server: `cubit serve` beside this program in
//! `target/release`, on an empty database in a temporary folder.

use cubit_benches::server::{Server, base64};
use cubit_benches::{documents, peak_memory_of, time};
use cubit_client::{AllowExists, CreateUnit, InvokeQuery, ListQuery};
use serde_json::{Value, json};
use uuid::Uuid;

const UNITS: usize = 2_000;
/// Larger documents are definitions of custom resources, which are not what people edit in bulk.
const LARGEST: usize = 16 * 1024;

fn milliseconds(what: &str, duration: std::time::Duration) {
    println!("{what:<44} {:>8.0} ms", duration.as_secs_f64() * 1e3);
}

fn main() {
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let server = Server::start(&[]);
    let client = &server.client;
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
        peak_memory_of(server.process())
    );
    println!(
        "database after {} revisions {:>19} KiB",
        UNITS * 4,
        server.database_size() / 1024
    );
}
