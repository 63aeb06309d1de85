//! Checking the documents of the corpus against the schemas of Kubernetes, strictly, reading them
//! included: here, in kubeconform, and in kubernetes-validate; on one core each.
//!
//! `CUBIT_CORPUS` names the corpus, `CUBIT_SCHEMAS` the folder that
//! `crates/schemas/tests/record.py` writes. `kubeconform` and `python3` with kubernetes-validate are
//! found on the PATH; a side that is not installed is left out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cubit_benches::{documents, median, peak_memory, script, time};
use cubit_configdata::{Config, Toolchain};
use cubit_schemas::{CustomTypes, Release, Validator, Version};

const ROUNDS: usize = 5;
/// How often the documents are checked in one round, so that starting a program does not count.
const REPEATS: usize = 20;
/// Documents kubernetes-validate is given: it takes its time.
const FEW: usize = 40;
/// Above this, documents are definitions of custom resources.
const SMALL: usize = 16 * 1024;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - {name: a, image: b, ports: [{containerPort: 80}]}\n";

const PYTHON: &str = r"
import json, sys, time, yaml, kubernetes_validate
loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
texts = json.load(sys.stdin)
answers = []
start = time.perf_counter()
for text in texts:
    try:
        kubernetes_validate.validate(yaml.load(text, loader), '1.37', strict=True)
        answers.append('valid')
    except kubernetes_validate.SchemaNotFoundError:
        answers.append('unknown')
    except kubernetes_validate.ValidationError:
        answers.append('invalid')
seconds = time.perf_counter() - start
print(json.dumps([seconds, answers]))
";

/// The verdict on one document.
fn check(text: &str) -> &'static str {
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable YAML");
    let release = Release::of(Version::newest()).expect("known");
    let found = CustomTypes::none(release);
    let validator = Validator {
        release,
        strict: true,
        given: None,
        found: &found,
    };
    let reports = validator.check(&config);
    if reports.iter().any(|report| !report.passed()) {
        "invalid"
    } else if reports.iter().any(|report| report.unknown) {
        "unknown"
    } else {
        "valid"
    }
}

fn write(folder: &Path, documents: &[String]) -> Vec<PathBuf> {
    let write = |(nth, text): (usize, &String)| {
        let path = folder.join(format!("{nth:06}.yaml"));
        std::fs::write(&path, text).expect("written");
        path
    };
    documents.iter().enumerate().map(write).collect()
}

/// One run of kubeconform over a folder: how long it takes, and what it says.
fn kubeconform(folder: &Path, verbose: bool) -> Option<(Duration, String)> {
    let schemas = std::env::var("CUBIT_SCHEMAS").ok()?;
    let template = format!("{schemas}/1.37/strict/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json");
    let mut command = Command::new("kubeconform");
    command
        .env("GOMAXPROCS", "1")
        .args(["-n", "1", "-strict", "-ignore-missing-schemas"])
        .args(["-kubernetes-version", "1.37.0", "-output", "json"])
        .args(["-schema-location", &template])
        .args(verbose.then_some("-verbose"))
        .arg(folder);
    let (taken, output) = time(|| command.output());
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    (!text.is_empty()).then_some((taken, text))
}

/// The verdicts of kubeconform by number of document.
fn verdicts(answer: &str, count: usize) -> Vec<&'static str> {
    let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
    let mut verdicts = vec!["valid"; count];
    for resource in answer["resources"].as_array().expect("resources") {
        let file = Path::new(resource["filename"].as_str().expect("a name"));
        let number = file
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        let verdict: usize = number.expect("a number");
        verdicts[verdict] = match resource["status"].as_str() {
            Some("statusValid" | "statusEmpty") => "valid",
            Some("statusSkipped") => "unknown",
            _ => "invalid",
        };
    }
    verdicts
}

fn show(name: &str, taken: Duration, count: usize) {
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    let rate = count as f64 / taken.as_secs_f64();
    println!(
        "{name:<22} {:>9.1} ms {rate:>9.0} resources/s",
        taken.as_secs_f64() * 1e3
    );
}

fn differing(name: &str, documents: &[String], theirs: &[&str]) {
    let pairs = documents.iter().zip(theirs);
    let different: Vec<_> = pairs
        .filter(|(text, theirs)| check(text) != **theirs)
        .collect();
    println!(
        "{name}: {} of {} verdicts differ",
        different.len(),
        theirs.len()
    );
    for (text, theirs) in different {
        println!(
            "  {theirs} there: {}",
            text.chars()
                .take(120)
                .collect::<String>()
                .replace('\n', " ")
        );
    }
}

fn measure(title: &str, documents: &[String]) {
    let folder = std::env::temp_dir().join(format!("cubit-schemas-{}", std::process::id()));
    let many = folder.join("many");
    let once = folder.join("once");
    std::fs::create_dir_all(&many).expect("a folder");
    std::fs::create_dir_all(&once).expect("a folder");
    let repeated: Vec<String> = (0..REPEATS).flat_map(|_| documents).cloned().collect();
    write(&many, &repeated);
    write(&once, documents);
    let bytes: usize = documents.iter().map(String::len).sum();
    println!(
        "{title}: {} documents, {bytes} bytes; medians of {ROUNDS} rounds of {REPEATS} times all",
        documents.len()
    );
    let (mut own, mut theirs, mut start) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let work = || {
            repeated
                .iter()
                .filter(|text| check(text) == "valid")
                .count()
        };
        own.push(time(work).0);
        theirs.extend(kubeconform(&many, false).map(|(taken, _)| taken));
        start.extend(kubeconform(&once, false).map(|(taken, _)| taken));
    }
    show("Cubit", median(&own), repeated.len());
    if !theirs.is_empty() {
        show("kubeconform", median(&theirs), repeated.len());
        // Its first round of the documents reads and compiles the schemas, which it does once.
        let rest = median(&theirs).saturating_sub(median(&start));
        show("kubeconform, warm", rest, repeated.len() - documents.len());
    }
    if let Some((_, answer)) = kubeconform(&once, true) {
        differing(
            "kubeconform",
            documents,
            &verdicts(&answer, documents.len()),
        );
    }
    let few: Vec<String> = documents.iter().take(FEW).cloned().collect();
    if let Some((taken, answers)) = script("python3", "-c", PYTHON, &few) {
        show("kubernetes-validate", taken, few.len());
        let answers: Vec<String> = answers.into_iter().map(Option::unwrap_or_default).collect();
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        differing("kubernetes-validate", &few, &answers);
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

fn main() {
    let (first, verdict) = time(|| check(DEPLOYMENT));
    let (second, _) = time(|| check(DEPLOYMENT));
    println!(
        "the first deployment of the process: {:.2} ms ({verdict}), the second {:.3} ms",
        first.as_secs_f64() * 1e3,
        second.as_secs_f64() * 1e3
    );
    println!("peak memory then: {} MiB", peak_memory());
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| !text.contains("{{"))
        .collect();
    let small: Vec<String> = documents
        .iter()
        .filter(|text| text.len() < SMALL)
        .cloned()
        .collect();
    measure("all", &documents);
    measure("below 16 KiB", &small);
    println!("peak memory: {} MiB", peak_memory());
}
