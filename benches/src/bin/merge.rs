//! Three-way merges: every document of the corpus, twelve times over, of which upstream changed an
//! annotation and the name of a label, and somebody else the namespace and another annotation. The
//! time holds reading all three texts, merging, and the report. No peer: nothing else merges
//! configuration by value and keeps its text.

use cubit_benches::{documents, median, time};
use cubit_configdata::merge::{MergeOptions, merge};
use cubit_configdata::{Config, Edit, Path, Toolchain};

const ROUNDS: usize = 5;
const COPIES: usize = 12;

fn read(text: &str) -> Config {
    Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML")
}

fn changed(text: &str, path: &str, value: &str) -> String {
    let mut config = read(text);
    let path = Path::parse(path).expect("a path");
    let path = path.resolved().expect("a plain path");
    config.apply(&[Edit::set(0, path, value)]).expect("an edit");
    config.text().into_owned()
}

fn main() {
    let sides: Vec<[String; 3]> = documents()
        .iter()
        .filter(|text| text.len() < 32_768)
        .map(|base| {
            let theirs = changed(base, "metadata.annotations.upstream", "new");
            let theirs = changed(&theirs, "metadata.labels.tier", "front");
            let ours = changed(base, "metadata.namespace", "shop");
            let ours = changed(&ours, "metadata.annotations.local", "kept");
            [base.clone(), theirs, ours]
        })
        .collect();
    let bytes: usize = sides.iter().map(|[_, _, ours]| ours.len()).sum::<usize>() * COPIES;
    let run = || {
        let (mut lines, mut held) = (0, 0);
        for [base, theirs, ours] in sides.iter().cycle().take(sides.len() * COPIES) {
            let merged = merge(
                &read(base),
                &read(theirs),
                &read(ours),
                &MergeOptions::default(),
            )
            .expect("a merge");
            lines += merged.report.len();
            held += merged.held_back().count();
            assert!(merged.config.text().contains("upstream: new"));
        }
        (lines, held)
    };
    let mut rounds = Vec::new();
    let mut told = (0, 0);
    for _ in 0..ROUNDS {
        let (duration, found) = time(run);
        rounds.push(duration);
        told = found;
    }
    let middle = median(&rounds).as_secs_f64();
    let units = sides.len() * COPIES;
    println!(
        "{units} merges of {bytes} bytes: {:.1} ms, {:.0} a second, on one thread; {} lines of report, {} held back",
        middle * 1e3,
        f64::from(u32::try_from(units).unwrap_or(u32::MAX)) / middle,
        told.0,
        told.1
    );
}
