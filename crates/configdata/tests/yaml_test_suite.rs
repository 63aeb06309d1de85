//! The YAML test suite: every case is accepted with the value it should have, rejected as it
//! should be, or listed in `yaml_test_suite.known` with the reason. The list may only shrink: a
//! listed case that no longer differs fails the test.
//!
//! The suite is the folder `yaml-test-suite` below the one named by `CUBIT_CORPUS`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are what the test is run for"
)]

use std::collections::BTreeMap;

use cubit_configdata::{Config, Kind, NodeRef, Toolchain};
use serde_json::Value as Json;

/// The suite makes blanks visible.
fn decode(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '␣' => plain.push(' '),
            '—' | '∎' => {}
            '»' => plain.push('\t'),
            '↵' => {}
            '←' => plain.push('\r'),
            '⇔' => plain.push('\u{feff}'),
            c => plain.push(c),
        }
    }
    if text.contains('∎') {
        plain.trim_end_matches('\n').to_owned()
    } else {
        plain
    }
}

/// JSON of a node; numbers by value, as the suite writes them.
fn json(node: NodeRef<'_>) -> Json {
    match node.kind() {
        Kind::Mapping => Json::Object(
            node.entries()
                .map(|(key, value)| (key.into_owned(), json(value)))
                .collect(),
        ),
        Kind::Sequence => node.items().map(json).collect(),
        _ => node.value().to_json(),
    }
}

/// The same JSON with every number as a float.
fn floats(value: &Json) -> Json {
    match value {
        Json::Number(number) => Json::from(number.as_f64()),
        Json::Array(values) => values.iter().map(floats).collect(),
        Json::Object(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), floats(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// What differs from what the suite expects.
fn difference(yaml: &str, fails: bool, expected: Option<&str>) -> Option<String> {
    let config = match Config::parse(Toolchain::ConfigHubYaml, yaml.as_bytes()) {
        Ok(config) => config,
        Err(error) => return (!fails).then(|| format!("rejected: {error}")),
    };
    if fails {
        return Some("accepted".to_owned());
    }
    if config.text() != yaml {
        return Some("the text is not kept".to_owned());
    }
    let expected = expected?;
    let expected: Vec<Json> = serde_json::Deserializer::from_str(expected)
        .into_iter()
        .collect::<Result<_, _>>()
        .ok()?;
    let found: Vec<Json> = config
        .documents()
        .iter()
        .filter_map(|document| document.root())
        .map(json)
        .collect();
    // An empty document has no root here, and is null there.
    let strip = |values: Vec<Json>| {
        values
            .into_iter()
            .filter(|value| !value.is_null())
            .collect::<Vec<_>>()
    };
    let (found, expected) = (strip(found), strip(expected));
    // The suite writes 450.00 as 450.
    let by_value = |values: &[Json]| values.iter().map(floats).collect::<Vec<_>>();
    (by_value(&found) != by_value(&expected)).then(|| format!("read as {}", Json::from(found)))
}

#[test]
fn the_suite() {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS") else {
        eprintln!("CUBIT_CORPUS is not set: the YAML test suite was not read");
        return;
    };
    let mut files: Vec<_> =
        std::fs::read_dir(std::path::Path::new(&corpus).join("yaml-test-suite"))
            .expect("the suite")
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut cases = 0;
    let mut differences = BTreeMap::new();
    for file in files {
        let id = file
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&file).expect("readable");
        let list: serde_norway::Value =
            serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
        let mut inherited: (Option<String>, bool, Option<String>) = (None, false, None);
        for (number, case) in list.as_sequence().into_iter().flatten().enumerate() {
            let field = |name: &str| {
                case.get(name)
                    .and_then(|value| value.as_str())
                    .map(str::to_owned)
            };
            let yaml = field("yaml").or(inherited.0.clone()).unwrap_or_default();
            let fails = case
                .get("fail")
                .and_then(serde_norway::Value::as_bool)
                .unwrap_or(false);
            let json = match case.get("json") {
                Some(value) => value.as_str().map(str::to_owned),
                None => inherited.2.clone(),
            };
            inherited = (Some(yaml.clone()), fails, json.clone());
            cases += 1;
            if let Some(difference) = difference(&decode(&yaml), fails, json.as_deref()) {
                differences.insert(format!("{id}/{number:02}"), difference);
            }
        }
    }
    let known: BTreeMap<&str, &str> = include_str!("yaml_test_suite.known")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .collect();
    println!(
        "YAML test suite: {cases} cases, {} known differences",
        known.len()
    );
    let new: Vec<String> = differences
        .iter()
        .filter(|(id, _)| !known.contains_key(id.as_str()))
        .map(|(id, difference)| format!("{id} {difference}"))
        .collect();
    assert!(new.is_empty(), "new differences:\n{}", new.join("\n"));
    let mended: Vec<&&str> = known
        .keys()
        .filter(|id| !differences.contains_key(**id))
        .collect();
    assert!(
        mended.is_empty(),
        "no longer differ, take them off the list: {mended:?}"
    );
}
