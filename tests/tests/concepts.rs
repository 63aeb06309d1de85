//! The examples of the concept pages, run as a reader would run them.
//!
//! A fence marked `yaml FILE` is a file, one marked `yaml FILE after` what it holds by then, and
//! one marked `console` commands with what they print.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use cubit_tests::binary;

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
fn console(folder: &Path, text: &str) -> String {
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
            .output()
            .unwrap();
        shown.push_str(&format!("$ {command}\n"));
        shown.push_str(&String::from_utf8(output.stdout).unwrap());
    }
    shown
}

#[test]
fn the_page_on_configuration_data_tells_the_truth() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/concepts/configuration-data.md");
    let text = fs::read_to_string(&page).unwrap();
    let folder = std::env::temp_dir().join(format!("cubit-concepts-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut found = text.clone();
    let mut examples = 0;
    for fence in fences(&text) {
        let words: Vec<&str> = fence.words.iter().map(String::as_str).collect();
        let now = match words.as_slice() {
            ["yaml", file] => {
                fs::write(folder.join(file), &fence.text).unwrap();
                continue;
            }
            ["yaml", file, "after"] => fs::read_to_string(folder.join(file)).unwrap(),
            ["console"] => console(&folder, &fence.text),
            other => panic!("line {}: what is {other:?}?", fence.line),
        };
        examples += 1;
        if now != fence.text {
            let (before, after) = (&fence.text, &now);
            let head = format!("```{}\n", fence.words.join(" "));
            found = found.replacen(
                &format!("{head}{before}```"),
                &format!("{head}{after}```"),
                1,
            );
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(examples > 5, "{examples} examples");
    if std::env::var_os("CUBIT_ACCEPT").is_some() {
        fs::write(&page, &found).unwrap();
    } else {
        assert_eq!(
            found, text,
            "run with CUBIT_ACCEPT=1 to take over what is printed"
        );
    }
}
