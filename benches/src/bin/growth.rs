//! How time and memory grow with the size of a text: parse, set one value, print, for texts of 1 to
//! 64 MiB made of the corpus, and for a unit of 1,000 documents. Each size runs in a process of its
//! own, so that its peak memory is its own.

use std::process::Command;
use std::time::Duration;

use cubit_benches::{documents, median, peak_memory, time};
use cubit_configdata::{Config, Edit, Path, Toolchain};

const ROUNDS: usize = 5;
const MIB: usize = 1 << 20;

/// The documents of the corpus over and over: up to `bytes`, or `count` documents.
fn text(bytes: usize, count: usize) -> String {
    let documents = documents();
    let mut text = String::with_capacity(bytes.min(64 * MIB));
    for (at, document) in documents.iter().cycle().take(count).enumerate() {
        if text.len() + document.len() + 5 > bytes {
            break;
        }
        if at > 0 && !document.starts_with("---") {
            text.push_str("---\n");
        }
        text.push_str(document);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn edited(text: &str) -> usize {
    let mut config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
    let path = Path::parse("metadata.name").expect("a path");
    let path = path.resolved().expect("a plain path");
    let document = config.documents().len() / 2;
    config
        .apply(&[Edit::set(document, path, "renamed-by-the-benchmark")])
        .expect("an edit");
    config.text().len()
}

/// One size, in this process: milliseconds, and peak memory above that of the text.
fn measure(bytes: usize, count: usize) {
    let text = text(bytes, count);
    let before = peak_memory();
    let rounds: Vec<Duration> = (0..ROUNDS).map(|_| time(|| edited(&text)).0).collect();
    println!(
        "{} {} {} {}",
        text.len(),
        median(&rounds).as_micros(),
        before,
        peak_memory()
    );
}

fn main() {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if let [bytes, count] = arguments.as_slice() {
        measure(*bytes, *count);
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let sizes = [
        ("1 MiB", MIB, usize::MAX),
        ("4 MiB", 4 * MIB, usize::MAX),
        ("16 MiB", 16 * MIB, usize::MAX),
        ("64 MiB", 64 * MIB, usize::MAX),
        ("1,000 documents", 64 * MIB, 1000),
    ];
    for (name, bytes, count) in sizes {
        let output = Command::new(&program)
            .args([bytes.to_string(), count.to_string()])
            .output()
            .expect("a run");
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let figures: Vec<f64> = line
            .split_whitespace()
            .filter_map(|figure| figure.parse().ok())
            .collect();
        let [bytes, micros, before, peak] = figures.as_slice() else {
            println!(
                "{name}: no figures: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            continue;
        };
        println!(
            "{name:<16} {:>8.1} MB {:>9.1} ms {:>7.0} MB/s   peak {peak:>4.0} MiB with the text ({before:.0} MiB before)",
            bytes / 1e6,
            micros / 1e3,
            bytes / micros
        );
    }
}
