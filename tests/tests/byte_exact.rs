//! Real files go in and come out unchanged, and changes can be taken back to the byte.
//!
//! The files are the manifests of the demo, and those below the folder named by `CUBIT_CORPUS`.
#![expect(clippy::unwrap_used, reason = "tests may panic")]
#![expect(clippy::print_stdout, reason = "figures for those who ask")]

use std::fs;
use std::path::{Path, PathBuf};

use cubit_tests::{Api, Unit, Workplace, unit_body};
use serde_json::json;

const ANNOTATION: [&str; 2] = ["example.com/owner", "shop"];

/// The YAML files below a folder, in order.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(manifests(&path));
        } else if path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml")
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Annotates what the unit holds and takes it back; says why that is refused.
fn annotate_and_restore(api: &Api, unit: &Unit, text: &[u8]) -> Result<(), String> {
    let body = cubit_tests::invocation("set-annotation", &ANNOTATION.map(Into::into));
    let answer = api.send("POST", &unit.invoke_path(), body.to_string());
    let invoked = answer.json()[0].clone();
    if answer.status != 200 {
        assert_eq!(answer.status, 207, "{}", answer.text());
        assert_eq!(unit.read(api)["HeadRevisionNum"], 1);
        return Err(invoked["Error"]["Message"].to_string());
    }
    let annotated = unit.data(api);
    let changed = invoked["Mutators"] != json!([]);
    assert_eq!(annotated != text, changed, "{invoked}");
    api.ok("PATCH", &format!("{}?restore=1", unit.path()), &json!({}));
    assert_eq!(unit.data(api), text);
    let head = if changed { 3 } else { 1 };
    assert_eq!(unit.read(api)["HeadRevisionNum"], head);
    if changed {
        Ok(())
    } else {
        Err("the annotation changed nothing".to_owned())
    }
}

fn round_trips(folder: &Path) {
    let place = Workplace::new();
    let server = place.start();
    let api = place.api(&server);
    let space = api.create_space("dev");
    let files = manifests(folder);
    assert!(!files.is_empty(), "no manifests below {}", folder.display());
    let (mut restored, mut kept) = (0, 0);
    for (index, file) in files.iter().enumerate() {
        let text = fs::read(file).unwrap();
        let name = file.strip_prefix(folder).unwrap().display();
        let body = unit_body(&format!("file-{index}"), &text).to_string();
        let answer = api.send("POST", &format!("{space}/unit"), body);
        if answer.status != 200 {
            println!("not taken: {name}: {} {}", answer.status, answer.text());
            continue;
        }
        let unit = Unit::new(&space, answer.json()["UnitID"].as_str().unwrap());
        assert_eq!(unit.data(&api), text, "{name}");
        kept += 1;
        match annotate_and_restore(&api, &unit, &text) {
            Ok(()) => restored += 1,
            Err(reason) => println!("not annotated: {name}: {reason}"),
        }
    }
    println!(
        "{} files, {kept} kept, {restored} annotated and restored",
        files.len()
    );
    assert!(restored > 0);
}

#[test]
fn the_demo() {
    round_trips(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cli/demo"));
}

#[test]
fn the_corpus() {
    match std::env::var_os("CUBIT_CORPUS") {
        Some(folder) => round_trips(&Path::new(&folder).join("kubernetes")),
        None => println!("CUBIT_CORPUS is not set: the corpus was not read"),
    }
}
