//! Parse, set one attribute, print: every `.tf` file of the corpus, by this engine and by the
//! lossless editor of crates.io (hcl-edit), in turns. Each result is read again by hcl-edit: it
//! must be the file with just that change; and the bytes outside the value must be untouched.

use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use cubit_benches::{median, time};
use cubit_configdata::{Config, Edit, Path, Toolchain};
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

const ROUNDS: usize = 5;
const NEW_VALUE: &str = "set-by-the-benchmark";

/// A file, and where its first attribute in a top-level block stands: block and name.
struct File {
    text: String,
    block: usize,
    name: String,
}

fn files(folder: &FilePath, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            out.push(path);
        }
    }
}

fn task(text: String) -> Option<File> {
    let body: Body = text.parse().ok()?;
    // Documents of this engine are blocks and runs of attributes: only files of blocks are taken.
    if body.attributes().next().is_some() {
        return None;
    }
    let (block, name) = body.blocks().enumerate().find_map(|(at, block)| {
        let attribute = block.body.attributes().next()?;
        Some((at, attribute.key.as_str().to_owned()))
    })?;
    Some(File { text, block, name })
}

fn cubit(file: &File) -> Option<String> {
    let mut config = Config::parse(Toolchain::OpenTofuHcl, file.text.as_bytes()).ok()?;
    let path = Path::parse(&file.name).ok()?.resolved()?;
    config
        .apply(&[Edit::set(file.block, path, NEW_VALUE)])
        .ok()?;
    Some(config.text().into_owned())
}

fn hcl_edit(file: &File) -> Option<String> {
    Some(changed(file)?.to_string())
}

/// The file with the change, by hcl-edit.
fn changed(file: &File) -> Option<Body> {
    let mut body: Body = file.text.parse().ok()?;
    let block = body.blocks_mut().nth(file.block)?;
    let mut attribute = block.body.get_attribute_mut(&file.name)?;
    *attribute.value_mut() = Expression::from(NEW_VALUE);
    Some(body)
}

/// How many results are missing, mean something else, or touched other bytes.
fn judge(files: &[File], results: &[Option<String>]) -> (usize, usize, usize) {
    let (mut refused, mut wrong, mut touched) = (0, 0, 0);
    for (file, after) in files.iter().zip(results) {
        let Some(after) = after else {
            refused += 1;
            continue;
        };
        // Equality of bodies looks at values, not at what stands between them.
        let read: Option<Body> = after.parse().ok();
        if read.is_none() || read != changed(file) {
            wrong += 1;
            continue;
        }
        let clean = after
            .split_once(&format!("\"{NEW_VALUE}\""))
            .is_some_and(|(head, tail)| file.text.starts_with(head) && file.text.ends_with(tail));
        touched += usize::from(!clean);
    }
    (refused, wrong, touched)
}

fn main() {
    let folder =
        std::env::var_os("CUBIT_CORPUS").expect("CUBIT_CORPUS names the folder of the corpus");
    let mut paths = Vec::new();
    files(&FilePath::new(&folder).join("hcl"), &mut paths);
    paths.sort();
    let found = paths.len();
    let texts = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a readable file"));
    let files: Vec<File> = texts.filter_map(task).collect();
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    println!(
        "{} of {found} files, {bytes} bytes; parse, set one attribute, print; {ROUNDS} rounds in turn, medians",
        files.len()
    );
    type Side = (&'static str, fn(&File) -> Option<String>);
    let sides: [Side; 2] = [("cubit", cubit), ("hcl-edit", hcl_edit)];
    let mut rounds: [(Vec<Duration>, Vec<Option<String>>); 2] = Default::default();
    for _ in 0..ROUNDS {
        for ((_, edit), (durations, results)) in sides.iter().zip(&mut rounds) {
            let (duration, made) = time(|| files.iter().map(edit).collect::<Vec<_>>());
            durations.push(duration);
            *results = made;
        }
    }
    for ((name, _), (durations, results)) in sides.iter().zip(&rounds) {
        let middle = median(durations);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let speed = bytes as f64 / 1e6 / middle.as_secs_f64();
        let (refused, wrong, touched) = judge(&files, results);
        println!(
            "{name:<12} {:>9.2} ms {speed:>8.1} MB/s   refused {refused:>3}   wrong {wrong:>3}   touched elsewhere {touched:>4}",
            middle.as_secs_f64() * 1e3
        );
    }
}
