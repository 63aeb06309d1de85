//! Every edit on every Kubernetes file of a corpus of real configuration, checked by a second,
//! independent YAML reader.
//!
//! The corpus is the folder named by `CUBIT_CORPUS`; without it the test says so and passes.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are what the test is run for"
)]

mod touch;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use cubit_configdata::{
    Action, Config, Edit, Kind, NodeRef, Number, ResolvedPath, Step, Style, Toolchain, Value,
};
use serde::Deserialize;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("CUBIT_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("CUBIT_CORPUS is not set: the corpus was not read");
    }
    folder
}

fn yaml_files(folder: &FilePath, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(path);
        }
    }
}

#[derive(Default)]
struct Figures {
    files: usize,
    documents: usize,
    sets: usize,
    respelled: BTreeMap<&'static str, usize>,
    inserts: usize,
    refusals: BTreeMap<String, usize>,
}

#[test]
fn every_edit_on_every_manifest() {
    let Some(corpus) = corpus() else { return };
    let mut files = Vec::new();
    yaml_files(&corpus.join("kubernetes"), &mut files);
    files.sort();
    assert!(!files.is_empty(), "no manifests below {}", corpus.display());
    let mut figures = Figures::default();
    for file in &files {
        let bytes = std::fs::read(file).expect("a readable file");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(config.text(), text, "{}", file.display());
        figures.files += 1;
        for index in 0..config.documents().len() {
            figures.documents += 1;
            exercise(&config, index, &file.display().to_string(), &mut figures);
        }
    }
    let edits = 2 * (figures.sets + figures.inserts);
    println!(
        "corpus Kubernetes/YAML: {} files, {} documents; {edits} edits ({} sets, {} set back, {} inserts, {} deletes); refused {:?}; came back different {:?}; wrong meaning 0, comments lost 0, bytes touched elsewhere 0",
        figures.files,
        figures.documents,
        figures.sets,
        figures.sets,
        figures.inserts,
        figures.inserts,
        figures.refusals,
        figures.respelled,
    );
    assert!(edits >= 30_000, "only {edits} edits");
}

fn exercise(config: &Config, index: usize, name: &str, figures: &mut Figures) {
    let document = &config.documents()[index];
    let Some(root) = document.root() else { return };
    let mut leaves = Vec::new();
    root.visit_leaves(&mut |path, node| leaves.push((path.clone(), node)));
    let mut mappings = Vec::new();
    collect_mappings(root, &mut ResolvedPath::default(), &mut mappings);
    // A whole document is read twice for each batch: keep the batches of a large one few.
    let batches = if document.text().len() < 8 * 1024 {
        usize::MAX
    } else {
        8
    };
    for batch in leaves.chunks(leaves.len().div_ceil(batches).max(1)) {
        set_and_set_back(config, index, name, batch, figures);
    }
    for batch in mappings.chunks(mappings.len().div_ceil(batches).max(1)) {
        insert_and_delete(config, index, name, batch, figures);
    }
}

fn other_value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Bool => Value::Bool(node.as_bool() != Some(true)),
        Kind::Integer => Value::from(4242),
        Kind::Float => Value::Number(Number::parse("42.5").expect("a number")),
        _ => Value::from("cubit-was-here"),
    }
}

fn set_and_set_back(
    config: &Config,
    index: usize,
    name: &str,
    leaves: &[(ResolvedPath, NodeRef<'_>)],
    figures: &mut Figures,
) {
    let before = config.documents()[index].text();
    let leaves: Vec<_> = leaves
        .iter()
        .filter(|(_, node)| !node.is_collection())
        .collect();
    let mut wanted = second_reader(before);
    let mut changed = config.clone();
    let mut made = Vec::new();
    for (path, node) in &leaves {
        let value = other_value(*node);
        let edit = Edit::set(index, path.clone(), value.clone());
        if leaves.len() == 1
            && let Err(error) = changed.apply(std::slice::from_ref(&edit))
        {
            *figures.refusals.entry(error.reason).or_default() += 1;
            continue;
        }
        if let Some(wanted) = wanted.as_mut() {
            set_in(wanted, &path.0, &value);
        }
        made.push((path, node, edit));
    }
    if leaves.len() > 1 {
        let edits: Vec<Edit> = made.iter().map(|(_, _, edit)| edit.clone()).collect();
        changed
            .apply(&edits)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    figures.sets += made.len();
    let after = changed.documents()[index].text().to_owned();
    let places: Vec<_> = made.iter().map(|(_, node, _)| node.span()).collect();
    touch::only_these(before, &after, &places, name);
    if let Some(wanted) = wanted {
        assert_eq!(
            second_reader(&after),
            Some(wanted),
            "{name}: after setting {:?}\n{after}",
            made.first().map(|m| m.0.to_string())
        );
    }
    let back: Vec<Edit> = made
        .iter()
        .map(|(path, node, _)| Edit::set(index, (*path).clone(), node.value()))
        .collect();
    changed
        .apply(&back)
        .unwrap_or_else(|error| panic!("{name}: setting back: {error}"));
    let restored = &changed.documents()[index];
    if restored.text() == before {
        return;
    }
    // What is not byte for byte as before must be the same value spelled another way, and nothing
    // around it may have moved.
    let mut expected = String::new();
    let mut at = 0;
    for (path, node, _) in &made {
        let new = restored
            .root()
            .and_then(|root| root.find(path))
            .expect("still there");
        if new.source() != node.source() {
            *figures.respelled.entry(spelling(node)).or_default() += 1;
            expected.push_str(&before[at..node.span().start]);
            expected.push_str(new.source());
            at = node.span().end;
        }
    }
    expected.push_str(&before[at..]);
    assert_eq!(restored.text(), expected, "{name}: something else moved");
}

/// Why a value comes back spelled another way.
fn spelling(node: &NodeRef<'_>) -> &'static str {
    let many_lines = node.source().contains('\n');
    match node.style() {
        Style::Folded => "folded block",
        Style::Literal => "literal block with odd indentation",
        Style::Plain if many_lines => "plain over several lines",
        Style::Plain => "plain word that YAML 1.1 reads otherwise, or a null spelled its own way",
        Style::SingleQuoted | Style::DoubleQuoted if many_lines => "quoted over several lines",
        Style::DoubleQuoted => "double-quoted with escapes",
        Style::SingleQuoted => "single-quoted",
        _ => "other",
    }
}

fn collect_mappings(node: NodeRef<'_>, path: &mut ResolvedPath, out: &mut Vec<ResolvedPath>) {
    if node.kind() == Kind::Mapping {
        out.push(path.clone());
        for (key, value) in node.entries() {
            path.0.push(Step::Key(key.into_owned()));
            collect_mappings(value, path, out);
            path.0.pop();
        }
    } else {
        for (index, value) in node.items().enumerate() {
            path.0.push(Step::Index(index));
            collect_mappings(value, path, out);
            path.0.pop();
        }
    }
}

fn insert_and_delete(
    config: &Config,
    index: usize,
    name: &str,
    mappings: &[ResolvedPath],
    figures: &mut Figures,
) {
    let before = config.documents()[index].text();
    let key = Step::Key("cubit-inserted".to_owned());
    let value = Value::from("here");
    let mut wanted = second_reader(before);
    let mut changed = config.clone();
    let inserts: Vec<Edit> = mappings
        .iter()
        .map(|path| Edit::set(index, path.child(key.clone()), value.clone()))
        .collect();
    if let Err(error) = changed.apply(&inserts) {
        assert_eq!(mappings.len(), 1, "{name}: {error}");
        *figures.refusals.entry(error.reason).or_default() += 1;
        return;
    }
    figures.inserts += inserts.len();
    let after = changed.documents()[index].text().to_owned();
    touch::nothing_lost(before, &after, name);
    if let Some(mut wanted) = wanted.take() {
        for path in mappings {
            set_in(&mut wanted, &path.child(key.clone()).0, &value);
        }
        assert_eq!(
            second_reader(&after),
            Some(wanted),
            "{name}: after inserting at {:?}\n{after}",
            mappings.first()
        );
    }
    let deletes: Vec<Edit> = mappings
        .iter()
        .map(|path| Edit {
            document: index,
            path: path.child(key.clone()),
            action: Action::Delete,
        })
        .collect();
    changed
        .apply(&deletes)
        .unwrap_or_else(|error| panic!("{name}: {error}\n{after}"));
    assert_eq!(
        changed.documents()[index].text(),
        before,
        "{name}: deleting what was inserted at {:?}",
        mappings.first()
    );
}

/// The first document of a text as another YAML reader sees it; `None` when it refuses the text
/// (it does not accept duplicate keys).
fn second_reader(text: &str) -> Option<serde_norway::Value> {
    let document = serde_norway::Deserializer::from_str(text).next()?;
    serde_norway::Value::deserialize(document).ok()
}

fn set_in(value: &mut serde_norway::Value, path: &[Step], new: &Value) {
    use serde_norway::Value as Yaml;
    let Some((step, rest)) = path.split_first() else {
        *value = match new {
            Value::Bool(value) => Yaml::Bool(*value),
            Value::Number(number) => serde_norway::from_str(number.as_str()).expect("a number"),
            Value::String(text) => Yaml::String(text.clone()),
            _ => unreachable!("only scalars are set here"),
        };
        return;
    };
    match (value, step) {
        (Yaml::Mapping(map), Step::Key(key)) => {
            let known = map.keys().find(|other| text_of(other) == *key).cloned();
            let entry = map
                .entry(known.unwrap_or_else(|| Yaml::String(key.clone())))
                .or_insert(Yaml::Null);
            set_in(entry, rest, new);
        }
        (Yaml::Sequence(items), Step::Index(index)) => set_in(&mut items[*index], rest, new),
        (value, step) => panic!("{step:?} does not fit {value:?}"),
    }
}

fn text_of(value: &serde_norway::Value) -> String {
    match value {
        serde_norway::Value::String(text) => text.clone(),
        other => serde_norway::to_string(other)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}
