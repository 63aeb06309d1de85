//! What the measurements share: the documents of a corpus, a server, rounds, and medians.

pub mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cubit_configdata::{Config, Toolchain};

/// The Kubernetes documents of the corpus named by `CUBIT_CORPUS`, one text each, that have a
/// `metadata.name`.
///
/// # Panics
/// When the variable is not set or a file cannot be read.
#[must_use]
pub fn documents() -> Vec<String> {
    let folder =
        std::env::var_os("CUBIT_CORPUS").expect("CUBIT_CORPUS names the folder of the corpus");
    let mut files = Vec::new();
    walk(&Path::new(&folder).join("kubernetes"), &mut files);
    files.sort();
    let mut documents = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).expect("a readable file");
        let config = Config::parse(Toolchain::KubernetesYaml, &bytes).expect("readable YAML");
        documents.extend(
            config
                .resources()
                .map(|resource| config.documents()[resource.document].text().to_owned()),
        );
    }
    documents
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
}

/// How long something takes.
pub fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// The middle one of several durations.
#[must_use]
pub fn median(durations: &[Duration]) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// The duration that so many hundredths of them do not exceed.
#[must_use]
pub fn percentile(durations: &[Duration], hundredths: usize) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * hundredths).div_ceil(100).max(1) - 1]
}

/// Resident size of a process now, in MiB; 0 where the system does not say.
#[must_use]
pub fn memory_of(process: u32) -> usize {
    memory_line(process, "VmRSS:")
}

/// Largest resident size of this process so far, in MiB; 0 where the system does not say.
#[must_use]
pub fn peak_memory() -> usize {
    peak_memory_of(std::process::id())
}

/// Largest resident size of a process so far, in MiB; 0 where the system does not say.
#[must_use]
pub fn peak_memory_of(process: u32) -> usize {
    memory_line(process, "VmHWM:")
}

fn memory_line(process: u32, name: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok())
        .unwrap_or(0)
        / 1024
}

/// Runs a script of another language over texts: it reads a JSON list of texts and answers
/// `[seconds, [text or null, ...]]`. `None` when the language or its package is not installed.
#[must_use]
pub fn script(
    program: &str,
    flag: &str,
    script: &str,
    texts: &[String],
) -> Option<(Duration, Vec<Option<String>>)> {
    let mut child = Command::new(program)
        .args([flag, script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let input = serde_json::to_vec(texts).ok()?;
    child.stdin.take()?.write_all(&input).ok()?;
    let output = child
        .wait_with_output()
        .ok()
        .filter(|output| output.status.success())?;
    let (seconds, results): (f64, Vec<Option<String>>) =
        serde_json::from_slice(&output.stdout).ok()?;
    Some((Duration::from_secs_f64(seconds), results))
}
