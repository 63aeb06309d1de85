//! One annotation set on 2,000 files, by the command line and by other programs: each side gets the
//! files as they were, works on them in place in a process (or a process for each file), and its
//! results are compared with the originals. Programs that are not found are left out; `kyaml` is
//! built from `benches/peers/kyaml`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cubit_benches::{documents, median, peak_memory_of};

const UNITS: usize = 2_000;
const ROUNDS: usize = 3;
/// Larger documents are definitions of custom resources, which are not what people edit in bulk.
const LARGEST: usize = 16 * 1024;
const PROGRAM: &str = r#".metadata.annotations["example.com/owner"] = "team-shop""#;

/// How a side goes about the files.
struct Side {
    name: &'static str,
    /// Processes that are run one after the other.
    commands: fn(&Path, &[PathBuf]) -> Vec<Command>,
    /// Whether the results are in the files.
    in_place: bool,
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn cubit(in_place: bool) -> Command {
    let program = std::env::var("CUBIT_BINARY").unwrap_or_else(|_| "cubit".to_owned());
    let mut command = command(&program, &["function", "local"]);
    command.args(in_place.then_some("-i"));
    command.args(["set-annotation", "example.com/owner", "team-shop"]);
    command
}

fn each(files: &[PathBuf], of: impl Fn() -> Command) -> Vec<Command> {
    let one = |file: &PathBuf| {
        let mut command = of();
        command.arg(file);
        command
    };
    files.iter().map(one).collect()
}

fn all(files: &[PathBuf], mut command: Command) -> Vec<Command> {
    command.args(files);
    vec![command]
}

const GOJQ: [&str; 3] = ["--yaml-input", "--yaml-output", PROGRAM];

const SIDES: [Side; 9] = [
    Side {
        name: "Cubit, to stdout",
        commands: |_, files| all(files, cubit(false)),
        in_place: false,
    },
    Side {
        name: "Cubit",
        commands: |_, files| all(files, cubit(true)),
        in_place: true,
    },
    Side {
        name: "Cubit, a process each",
        commands: |_, files| each(files, || cubit(true)),
        in_place: true,
    },
    Side {
        name: "kyaml",
        commands: |folder, _| vec![command("kyaml", &[&folder.to_string_lossy()])],
        in_place: true,
    },
    Side {
        name: "kyaml, identity",
        commands: |folder, _| vec![command("kyaml", &[&folder.to_string_lossy(), "identity"])],
        in_place: true,
    },
    Side {
        name: "yq",
        commands: |_, files| all(files, command("yq", &["-i", PROGRAM])),
        in_place: true,
    },
    Side {
        name: "gojq, to stdout",
        commands: |_, files| all(files, command("gojq", &GOJQ)),
        in_place: false,
    },
    Side {
        name: "gojq, a process each",
        commands: |_, files| each(files, || command("gojq", &GOJQ)),
        in_place: false,
    },
    Side {
        name: "kustomize, to stdout",
        commands: |folder, _| vec![command("kustomize", &["build", &folder.to_string_lossy()])],
        in_place: false,
    },
];

/// Runs a process to its end: the most memory it was seen to use, in MiB; `None` when it is not
/// there or fails.
fn run(command: &mut Command) -> Option<usize> {
    let mut child: Child = command.spawn().ok()?;
    let mut peak = 0;
    loop {
        peak = peak.max(peak_memory_of(child.id()));
        match child.try_wait().ok()? {
            Some(status) => return status.success().then_some(peak),
            None => std::thread::yield_now(),
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// How many files have other bytes than before anywhere but on the lines of the annotation: a line
/// of the original is gone or another, or a line is new that does not belong to it.
fn touched(originals: &[String], files: &[PathBuf]) -> usize {
    let is_its = |line: &str| {
        let line = line.trim();
        line == "annotations:" || line.starts_with("example.com/owner:")
    };
    let same = |before: &str, after: &str| {
        let mut before = before.split_inclusive('\n').peekable();
        for line in after.split_inclusive('\n') {
            if before.next_if(|expected| *expected == line).is_none() && !is_its(line) {
                return false;
            }
        }
        before.next().is_none()
    };
    let pairs = originals.iter().zip(files);
    pairs
        .filter(|(before, file)| {
            let after = std::fs::read_to_string(file).expect("a file");
            !same(before, &after)
        })
        .count()
}

fn main() {
    let folder = std::env::temp_dir().join(format!("cubit-bulk-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let documents: Vec<String> = documents()
        .into_iter()
        .filter(|text| text.len() < LARGEST && !text.contains("{{"))
        .collect();
    let texts: Vec<String> = documents.iter().cycle().take(UNITS).cloned().collect();
    let files: Vec<PathBuf> = (0..UNITS)
        .map(|n| folder.join(format!("unit-{n:04}.yaml")))
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("set an annotation on {UNITS} files, {bytes} bytes; medians of {ROUNDS} rounds");
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for side in &SIDES {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == side.name) {
            continue;
        }
        let (mut times, mut peak, mut touched_files) = (Vec::new(), 0, 0);
        for _ in 0..ROUNDS {
            for (file, text) in files.iter().zip(&texts) {
                std::fs::write(file, text).expect("a file");
            }
            if side.name.starts_with("kustomize") {
                customization(&folder, &files, &texts);
            }
            let start = Instant::now();
            let peaks: Option<Vec<usize>> = (side.commands)(&folder, &files)
                .iter_mut()
                .map(run)
                .collect();
            let taken = start.elapsed();
            let _ = std::fs::remove_file(folder.join("kustomization.yaml"));
            let Some(peaks) = peaks else { break };
            times.push(taken);
            peak = peak.max(peaks.into_iter().max().unwrap_or_default());
            touched_files = touched(&texts, &files);
        }
        if times.is_empty() {
            println!("{:<22} not found, or it fails", side.name);
            continue;
        }
        let touched = match side.in_place {
            true => format!("{touched_files} files touched elsewhere"),
            false => String::new(),
        };
        println!(
            "{:<22} {:>9.0} ms {peak:>5} MiB  {touched}",
            side.name,
            median(&times).as_secs_f64() * 1e3,
        );
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// kustomize wants its list of files, and no name twice.
fn customization(folder: &Path, files: &[PathBuf], texts: &[String]) {
    let mut list = String::from("commonAnnotations:\n  example.com/owner: team-shop\nresources:\n");
    for (at, (file, text)) in files.iter().zip(texts).enumerate() {
        let config = cubit_configdata::Config::parse(
            cubit_configdata::Toolchain::KubernetesYaml,
            text.as_bytes(),
        );
        let mut config = config.expect("readable YAML");
        let path = cubit_configdata::ResolvedPath(vec![
            cubit_configdata::Step::Key("metadata".to_owned()),
            cubit_configdata::Step::Key("name".to_owned()),
        ]);
        let name = cubit_configdata::Edit::set(0, path, format!("unit-{at}"));
        config.apply(&[name]).expect("an edit");
        std::fs::write(file, config.text().as_bytes()).expect("a file");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        list += &format!("- {name}\n");
    }
    std::fs::write(folder.join("kustomization.yaml"), list).expect("a file");
}
