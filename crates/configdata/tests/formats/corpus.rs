//! Every edit on every file of a corpus of real application settings, each checked by another
//! reader of its format.
//!
//! The corpus is the folder named by `CUBIT_CORPUS`; without it the test says so and passes.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are what the test is run for"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cubit_configdata::{Config, Edit, NodeRef, ResolvedPath, Toolchain, Value};

use crate::readers::Seen;
use crate::table::FORMATS;
use crate::touch;
use crate::{applied, key, leaves, maps, other_value, values};

fn toolchain(file: &Path) -> Option<Toolchain> {
    Some(match file.extension()?.to_str()? {
        "properties" => Toolchain::AppConfigProperties,
        "ini" | "cnf" | "conf" => Toolchain::AppConfigIni,
        "env" => Toolchain::AppConfigEnv,
        "toml" => Toolchain::AppConfigToml,
        "json" | "jsonc" => Toolchain::AppConfigJson,
        "txt" | "md" => Toolchain::AppConfigText,
        _ => return None,
    })
}

#[derive(Default, Debug)]
struct Figures {
    files: usize,
    sets: usize,
    inserts: usize,
    /// Values that come back spelled another way.
    respelled: BTreeMap<&'static str, usize>,
    refusals: BTreeMap<String, usize>,
    /// Edits that another reader has checked.
    checked: usize,
}

#[test]
fn every_edit_on_every_file() {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS").map(PathBuf::from) else {
        eprintln!("CUBIT_CORPUS is not set: the corpus was not read");
        return;
    };
    let folder = corpus.join("appconfig");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder of settings")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let mut figures: BTreeMap<&str, Figures> = BTreeMap::new();
    for file in &files {
        let Some(format) = toolchain(file)
            .and_then(|toolchain| FORMATS.iter().find(|format| format.toolchain == toolchain))
        else {
            continue;
        };
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).expect("UTF-8");
        let config = Config::parse(format.toolchain, text.as_bytes())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(config.text(), text, "{name}");
        let figures = figures.entry(format.toolchain.name()).or_default();
        figures.files += 1;
        let before = (format.reader)(&text);
        for (path, node) in leaves(&config) {
            set_and_set_back(&config, &path, node, figures, |after, value| {
                let before = before.as_ref()?;
                one_change(
                    before,
                    &(format.reader)(after)?,
                    value,
                    &format!("{name} {path}"),
                );
                Some(())
            });
        }
        for map in maps(&config) {
            let path = map.child(key("cubit-inserted"));
            let edit = Edit::set(0, path.clone(), "here");
            let mut edited = config.clone();
            if let Err(error) = edited.apply(&[edit]) {
                *figures.refusals.entry(error.reason).or_default() += 1;
                continue;
            }
            figures.inserts += 1;
            touch::one_piece(&text, &edited.text(), &format!("{name} {path}"));
            if let (Some(before), Some(after)) = (&before, (format.reader)(&edited.text())) {
                figures.checked += 1;
                one_change(before, &after, &"here".into(), &format!("{name} {path}"));
            }
            let back = applied(&edited, &[Edit::delete(0, path.clone())]);
            if back.text() != text {
                // A table that was there only through those below it keeps its new header.
                let (old, new) = (text.lines().collect::<Vec<_>>(), back.text());
                let left: Vec<&str> = new.lines().filter(|line| !old.contains(line)).collect();
                assert_eq!(left, [format!("[{map}]")], "{name}: deleting {path}");
                assert_eq!(values(&back), values(&config), "{name}: deleting {path}");
                *figures
                    .respelled
                    .entry("header of an implied table")
                    .or_default() += 1;
            }
        }
    }
    assert!(
        !figures.is_empty(),
        "no settings below {}",
        folder.display()
    );
    for (toolchain, figures) in figures {
        println!(
            "corpus {toolchain}: {} files, {} documents; {} edits ({} sets, {} set back, {} inserts, {} deletes; {} read by another reader); refused {:?}; came back different {:?}; wrong meaning 0, comments lost 0, bytes touched elsewhere 0",
            figures.files,
            figures.files,
            2 * (figures.sets + figures.inserts),
            figures.sets,
            figures.sets,
            figures.inserts,
            figures.inserts,
            figures.checked,
            figures.refusals,
            figures.respelled
        );
    }
}

fn set_and_set_back(
    config: &Config,
    path: &ResolvedPath,
    node: NodeRef<'_>,
    figures: &mut Figures,
    check: impl Fn(&str, &Value) -> Option<()>,
) {
    if node.is_collection() {
        return;
    }
    let value = other_value(node);
    let mut edited = config.clone();
    if let Err(error) = edited.apply(&[Edit::set(0, path.clone(), value.clone())]) {
        *figures.refusals.entry(error.reason).or_default() += 1;
        return;
    }
    figures.sets += 1;
    let place = [node.span()];
    touch::only_these(&config.text(), &edited.text(), &place, &path.to_string());
    if check(&edited.text(), &value).is_some() {
        figures.checked += 1;
    }
    let back = applied(&edited, &[Edit::set(0, path.clone(), node.value())]);
    if back.text() != config.text() {
        let (old, new) = (config.text(), back.text());
        // Nothing but the value and the blanks before it may be spelled another way.
        let span = node.span();
        assert!(new.starts_with(old[..span.start].trim_end()), "{path}");
        assert!(
            new.ends_with(old[span.end..].trim_start_matches([' ', '\t'])),
            "{path}"
        );
        let why = match node.source() {
            "" => "empty, with blanks behind the separator",
            source if source.contains('\n') => "over several lines",
            source if source.contains('\\') => "with escapes",
            source if source.contains('_') => "number with underscores",
            _ => "other",
        };
        *figures.respelled.entry(why).or_default() += 1;
    }
}

/// Asserts that one value, new or not, differs between what another reader sees, and is `value`.
pub(crate) fn one_change(before: &Seen, after: &Seen, value: &Value, place: &str) {
    let wanted = match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => panic!("{other:?} is no scalar"),
    };
    let gone: Vec<_> = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .collect();
    assert!(gone.is_empty(), "{place}: {gone:?} are gone");
    let changed: Vec<_> = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(value))
        .collect();
    assert!(
        matches!(changed.as_slice(), [(_, value)] if **value == wanted),
        "{place}: expected {wanted:?}, found {changed:?}"
    );
}
