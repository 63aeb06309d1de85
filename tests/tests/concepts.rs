//! The examples of the concept pages, run as a reader would run them.
//!
//! A fence marked `yaml FILE` is a file, one marked `yaml FILE after` what it holds by then, and
//! one marked `console` commands with what they print. The pages about a server get one.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use cubit_tests::{Workplace, binary};

/// A fenced block: its words after the fence, and its lines.
struct Fence {
    words: Vec<String>,
    text: String,
    line: usize,
}

fn fences(page: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some(words), None) => {
                open = Some(Fence {
                    words: words.split_whitespace().map(str::to_owned).collect(),
                    text: String::new(),
                    line: number + 1,
                });
            }
            (None, Some(fence)) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    fences
}

/// Runs the commands of a console block; what they print, under each command.
fn console(folder: &Path, config: &Path, text: &str) -> String {
    let path = format!(
        "{}:{}",
        binary().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut shown = String::new();
    for command in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .current_dir(folder)
            .env("PATH", &path)
            .env("NO_COLOR", "1")
            .env("CUBIT_CONFIG_DIR", config)
            .output()
            .unwrap();
        shown.push_str(&format!("$ {command}\n"));
        shown.push_str(&without_ids(&String::from_utf8(output.stdout).unwrap()));
    }
    shown
}

/// Identifiers are others each time.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| {
        let dashes = [8, 13, 18, 23];
        word.len() == 36
            && word
                .bytes()
                .enumerate()
                .all(|(at, byte)| byte.is_ascii_hexdigit() && !dashes.contains(&at) || byte == b'-')
    };
    let pieces = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let masked = pieces.map(|piece| {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        match is_id(word) {
            true => format!("...{}", &piece[word.len()..]),
            false => piece.to_owned(),
        }
    });
    masked.collect()
}

#[test]
fn the_page_on_configuration_data_tells_the_truth() {
    let config = tempfile::tempdir().unwrap();
    tells_the_truth("configuration-data", config.path());
}

#[test]
fn the_pages_about_a_server_tell_the_truth() {
    for page in ["variants", "triggers", "change-sets"] {
        let workplace = Workplace::new();
        let server = workplace.start();
        tells_the_truth(page, &workplace.config());
        server.kill();
    }
}

/// Runs what a page says, and compares what comes of it with what it says of that.
fn tells_the_truth(name: &str, config: &Path) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/concepts/{name}.md"));
    let text = fs::read_to_string(&page).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut found = String::new();
    let mut rest = text.as_str();
    let mut examples = 0;
    for fence in fences(&text) {
        let words: Vec<&str> = fence.words.iter().map(String::as_str).collect();
        let now = match words.as_slice() {
            ["yaml", file] => {
                fs::write(folder.join(file), &fence.text).unwrap();
                continue;
            }
            ["yaml", file, "after"] => fs::read_to_string(folder.join(file)).unwrap(),
            ["console"] => console(folder, config, &fence.text),
            other => panic!("{name}, line {}: what is {other:?}?", fence.line),
        };
        examples += 1;
        // What stands before the fence stays; fences come in order, so none is taken for another.
        let written = format!("```{}\n{}```", fence.words.join(" "), fence.text);
        let (before, after) = rest.split_once(&written).unwrap();
        found += &format!("{before}```{}\n{now}```", fence.words.join(" "));
        rest = after;
    }
    found += rest;
    assert!(examples >= 3, "{name}: {examples} examples");
    if std::env::var_os("CUBIT_ACCEPT").is_some() {
        fs::write(&page, &found).unwrap();
    } else {
        assert_eq!(
            found, text,
            "run with CUBIT_ACCEPT=1 to take over what is printed"
        );
    }
}
