//! Parse, set `metadata.name`, print: every document of the corpus, by this engine, by the lossless
//! editors of crates.io (yaml-edit, noyalib) and, when they are installed, by ruamel.yaml (PyPI)
//! and yaml (npm), in turns. Each result is read by another YAML reader: it must be the document
//! with just that change; and the bytes outside the value must be untouched.
//!
//! Node finds its package through `NODE_PATH`.

use std::str::FromStr;
use std::time::Duration;

use cubit_benches::{documents, median, script, time};
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

const NODE: &str = r#"
const yaml = require('yaml');
const documents = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const out = [];
const start = process.hrtime.bigint();
for (const text of documents) {
    try {
        const document = yaml.parseDocument(text);
        if (document.errors.length) throw document.errors[0];
        document.setIn(['metadata', 'name'], 'renamed-by-the-benchmark');
        out.push(document.toString({ lineWidth: 0 }));
    } catch (error) {
        out.push(null);
    }
}
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
console.log(JSON.stringify([seconds, out]));
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

fn noyalib(text: &str) -> Option<String> {
    let mut document = noyalib::cst::parse_document(text).ok()?;
    document.set("metadata.name", NEW_NAME).ok()?;
    Some(document.source().to_owned())
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
    let each = |edit: fn(&str) -> Option<String>| {
        time(|| documents.iter().map(|text| edit(text)).collect::<Vec<_>>())
    };
    type Run<'a> = Box<dyn Fn() -> Option<(Duration, Vec<Option<String>>)> + 'a>;
    let sides: [(&str, Run<'_>); 5] = [
        ("cubit", Box::new(|| Some(each(cubit)))),
        ("yaml-edit", Box::new(|| Some(each(yaml_edit)))),
        ("noyalib", Box::new(|| Some(each(noyalib)))),
        (
            "ruamel.yaml",
            Box::new(|| script("python3", "-c", RUAMEL, &documents)),
        ),
        (
            "yaml (npm)",
            Box::new(|| script("node", "-e", NODE, &documents)),
        ),
    ];
    let mut rounds: Vec<(Vec<Duration>, Vec<Option<String>>)> =
        sides.iter().map(|_| (Vec::new(), Vec::new())).collect();
    for _ in 0..ROUNDS {
        for ((_, run), (durations, results)) in sides.iter().zip(&mut rounds) {
            if let Some((duration, made)) = run() {
                durations.push(duration);
                *results = made;
            }
        }
    }
    for ((name, _), (durations, results)) in sides.iter().zip(&rounds) {
        if durations.is_empty() {
            println!("{name:<12} not measured: it is not installed");
        } else {
            report(name, bytes, durations, judge(&documents, results));
        }
    }
}
