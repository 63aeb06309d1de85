//! Which crate may use which: the engine stays free of servers and databases.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Package names by identifier, and what each package needs to run.
struct Graph {
    names: BTreeMap<String, String>,
    needs: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--offline"])
            // Packages for other systems need not have been downloaded.
            .args(["--filter-platform", &host()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let list = |value: &Value| value.as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let names = list(&metadata["packages"]);
        let names = names.iter().map(|p| (text(&p["id"]), text(&p["name"])));
        let nodes = list(&metadata["resolve"]["nodes"]);
        let needs = nodes.iter().map(|node| {
            let needed = list(&node["deps"]).into_iter().filter(|dependency| {
                let kinds = list(&dependency["dep_kinds"]);
                kinds.iter().any(|kind| kind["kind"].is_null())
            });
            let needed = needed.map(|dependency| text(&dependency["pkg"]));
            (text(&node["id"]), needed.collect())
        });
        Self {
            names: names.collect(),
            needs: needs.collect(),
        }
    }

    fn id(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(_, known)| *known == name);
        found.unwrap_or_else(|| panic!("there is no {name}")).0
    }

    /// What a package names in its manifest.
    fn direct(&self, name: &str) -> BTreeSet<&str> {
        let needed = self.needs[self.id(name)].iter();
        needed.map(|id| self.names[id].as_str()).collect()
    }

    /// What a package needs, directly or not.
    fn all(&self, name: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut next = vec![self.id(name)];
        while let Some(id) = next.pop() {
            for needed in &self.needs[id] {
                if seen.insert(needed.as_str()) {
                    next.push(needed);
                }
            }
        }
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }
}

/// The system the compiler runs on.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let facts = String::from_utf8(output.stdout).unwrap();
    let host = facts.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

/// The engine crates, and the crates of this workspace each of them may use.
const ENGINE: [(&str, &[&str]); 5] = [
    ("cubit-configdata", &[]),
    ("cubit-query", &["cubit-configdata"]),
    ("cubit-schemas", &["cubit-configdata"]),
    (
        "cubit-functions",
        &["cubit-configdata", "cubit-query", "cubit-schemas"],
    ),
    (
        "cubit-model",
        &[
            "cubit-configdata",
            "cubit-functions",
            "cubit-query",
            "cubit-schemas",
        ],
    ),
];

#[test]
fn the_engine_needs_no_runtime_network_or_database() {
    let graph = Graph::read();
    for (engine, allowed) in ENGINE {
        let needed = graph.all(engine);
        for forbidden in ["tokio", "sqlx", "axum", "hyper", "reqwest", "ureq"] {
            assert!(!needed.contains(forbidden), "{engine} needs {forbidden}");
        }
        for ours in needed.iter().filter(|name| name.starts_with("cubit-")) {
            assert!(allowed.contains(ours), "{engine} needs {ours}");
        }
    }
}

#[test]
fn every_layer_keeps_to_its_own_tools() {
    let graph = Graph::read();
    assert!(!graph.all("cubit-hub").contains("axum"));
    // The client of the store that large texts may be kept in speaks HTTP; the rules do not.
    let hub = graph.direct("cubit-hub");
    for http in ["http", "hyper", "object_store", "ureq"] {
        assert!(!hub.contains(http), "cubit-hub uses {http}");
    }
    // Only the store speaks SQL.
    for name in ["cubit-hub", "cubit-server", "cubit-client", "cubit-cli"] {
        assert!(!graph.direct(name).contains("sqlx"), "{name} uses sqlx");
    }
    let client = graph.all("cubit-client");
    for server in ["cubit-hub", "cubit-server", "cubit-store"] {
        assert!(!client.contains(server), "cubit-client needs {server}");
    }
    // What is looked for is found where it belongs.
    assert!(graph.direct("cubit-store").contains("sqlx"));
    assert!(graph.all("cubit-server").contains("hyper"));
}
