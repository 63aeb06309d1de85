//! Parse, set `metadata.name`, print: every document of the corpus, by this engine, by yaml-edit
//! (a lossless editor from crates.io) and, when Python has it, by ruamel.yaml (from PyPI), in
//! turns. Each result is read by another YAML reader: it must be the document with just that
//! change; and the bytes outside the value must be untouched.

use std::io::Write;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use cubit_benches::{documents, median, time};
use cubit_configdata::{Config, Edit, Path, Toolchain};
use serde_norway::Value;

const ROUNDS: usize = 5;
const NEW_NAME: &str = "renamed-by-the-benchmark";

const RUAMEL: &str = r#"
import io, json, sys, time
from ruamel.yaml import YAML
documents = json.load(sys.stdin)
yaml = YAML()
yaml.preserve_quotes = True
yaml.width = 1 << 20
out = []
start = time.perf_counter()
for text in documents:
    try:
        data = yaml.load(text)
        data["metadata"]["name"] = "renamed-by-the-benchmark"
        buffer = io.StringIO()
        yaml.dump(data, buffer)
        out.append(buffer.getvalue())
    except Exception:
        out.append(None)
print(json.dumps([time.perf_counter() - start, out]))
"#;

fn cubit(text: &str) -> Option<String> {
    let mut config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).ok()?;
    let path = Path::parse("metadata.name").ok()?.resolved()?;
    let document = config.resources().next()?.document;
    config.apply(&[Edit::set(document, path, NEW_NAME)]).ok()?;
    Some(config.text().into_owned())
}

fn yaml_edit(text: &str) -> Option<String> {
    let document = yaml_edit::Document::from_str(text).ok()?;
    document
        .as_mapping()?
        .get_mapping("metadata")?
        .set("name", NEW_NAME);
    Some(document.to_string())
}

fn ruamel(documents: &[String]) -> Option<(Duration, Vec<Option<String>>)> {
    let mut child = Command::new("python3")
        .args(["-c", RUAMEL])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let input = serde_norway::to_string(&documents).ok()?;
    let json = yaml_list_as_json(&input)?;
    child.stdin.take()?.write_all(json.as_bytes()).ok()?;
    let output = child
        .wait_with_output()
        .ok()
        .filter(|output| output.status.success())?;
    let (seconds, results): (f64, Vec<Option<String>>) =
        serde_norway::from_slice(&output.stdout).ok()?;
    Some((Duration::from_secs_f64(seconds), results))
}

/// JSON is what Python reads without a package.
fn yaml_list_as_json(yaml: &str) -> Option<String> {
    let texts: Vec<String> = serde_norway::from_str(yaml).ok()?;
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| {
            let mut out = String::from("\"");
            for c in text.chars() {
                match c {
                    '"' => out.push_str("\\\""),
                    '\\' => out.push_str("\\\\"),
                    c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                    c => out.push(c),
                }
            }
            out.push('"');
            out
        })
        .collect();
    Some(format!("[{}]", quoted.join(",")))
}

/// How many results are missing, mean something else, or touched other bytes.
fn judge(before: &[String], after: &[Option<String>]) -> (usize, usize, usize) {
    let (mut refused, mut wrong, mut touched) = (0, 0, 0);
    for (before, after) in before.iter().zip(after) {
        let Some(after) = after else {
            refused += 1;
            continue;
        };
        let mut wanted: Value = serde_norway::from_str(before).unwrap_or(Value::Null);
        if let Some(name) = wanted
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("name"))
        {
            *name = Value::String(NEW_NAME.to_owned());
        }
        if serde_norway::from_str::<Value>(after).ok() != Some(wanted) {
            wrong += 1;
            continue;
        }
        // Outside the new name, head and tail must be those of the original.
        let clean = after.split_once(NEW_NAME).is_some_and(|(head, tail)| {
            let (head, tail) = (
                head.trim_end_matches(['"', '\'']),
                tail.trim_start_matches(['"', '\'']),
            );
            before.starts_with(head) && before.ends_with(tail)
        });
        touched += usize::from(!clean);
    }
    (refused, wrong, touched)
}

fn report(name: &str, bytes: usize, rounds: &[Duration], verdict: (usize, usize, usize)) {
    let middle = median(rounds);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let speed = bytes as f64 / 1e6 / middle.as_secs_f64();
    let (refused, wrong, touched) = verdict;
    println!(
        "{name:<12} {:>9.1} ms {speed:>8.1} MB/s   refused {refused:>3}   wrong {wrong:>3}   touched elsewhere {touched:>4}",
        middle.as_secs_f64() * 1e3
    );
}

fn main() {
    let documents = documents();
    let bytes: usize = documents.iter().map(String::len).sum();
    println!(
        "{} documents, {bytes} bytes; parse, set metadata.name, print; {ROUNDS} rounds in turn, medians",
        documents.len()
    );
    let (mut ours, mut theirs, mut python) = (Vec::new(), Vec::new(), Vec::new());
    let (mut our_results, mut their_results, mut python_results) =
        (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (duration, results) =
            time(|| documents.iter().map(|text| cubit(text)).collect::<Vec<_>>());
        ours.push(duration);
        our_results = results;
        let (duration, results) = time(|| {
            documents
                .iter()
                .map(|text| yaml_edit(text))
                .collect::<Vec<_>>()
        });
        theirs.push(duration);
        their_results = results;
        if let Some((duration, results)) = ruamel(&documents) {
            python.push(duration);
            python_results = results;
        }
    }
    report("cubit", bytes, &ours, judge(&documents, &our_results));
    report(
        "yaml-edit",
        bytes,
        &theirs,
        judge(&documents, &their_results),
    );
    if python.is_empty() {
        println!("ruamel.yaml  not measured: python3 has no ruamel.yaml");
    } else {
        report(
            "ruamel.yaml",
            bytes,
            &python,
            judge(&documents, &python_results),
        );
    }
}
