//! What must hold for any bytes: one function a fuzz target.
//!
//! A body panics where something does not hold. libFuzzer runs them on bytes it makes up
//! (`fuzz_targets/`), and `crates/configdata/tests/fuzz_bodies.rs` as property tests.

use std::collections::BTreeMap;

use cubit_configdata::merge::{
    Local, MergeOptions, Merged, Strategy, Subject, merge as merge_texts, patch, undo,
};
use cubit_configdata::mutation::{
    ResourceMutation, blame, compute, fold, reset, source_of, with_index, with_index_paths,
};
use cubit_configdata::{
    Action, Config, Edit, Kind, Missing, NodeRef, Path, ResolvedPath, Step, Toolchain, Value,
    resolve,
};

/// A body.
pub type Body = fn(&[u8]);

/// Every body by the name of its target.
pub const BODIES: [(&str, Body); 11] = [
    ("yaml", yaml),
    ("properties", properties),
    ("ini", ini),
    ("env", env),
    ("toml", toml),
    ("json", json),
    ("hcl", hcl),
    ("path", path),
    ("edit", edit),
    ("diff", diff),
    ("merge", merge),
];

/// Between the texts of one input: the record separator of ASCII.
pub const SEPARATOR: u8 = 0x1e;

/// Reading YAML, as manifests and as settings.
pub fn yaml(bytes: &[u8]) {
    for toolchain in [Toolchain::KubernetesYaml, Toolchain::AppConfigYaml] {
        readable(toolchain, bytes);
    }
}

/// Reading properties.
pub fn properties(bytes: &[u8]) {
    readable(Toolchain::AppConfigProperties, bytes);
}

/// Reading INI.
pub fn ini(bytes: &[u8]) {
    readable(Toolchain::AppConfigIni, bytes);
}

/// Reading environment files.
pub fn env(bytes: &[u8]) {
    readable(Toolchain::AppConfigEnv, bytes);
}

/// Reading TOML.
pub fn toml(bytes: &[u8]) {
    readable(Toolchain::AppConfigToml, bytes);
}

/// Reading JSON.
pub fn json(bytes: &[u8]) {
    readable(Toolchain::AppConfigJson, bytes);
}

/// Reading HCL.
pub fn hcl(bytes: &[u8]) {
    readable(Toolchain::OpenTofuHcl, bytes);
}

/// What is read is printed back byte for byte; every value can be read; everything is a resource
/// or said not to be one.
fn readable(toolchain: Toolchain, bytes: &[u8]) {
    let config = match Config::parse(toolchain, bytes) {
        Ok(config) => config,
        Err(error) => {
            assert!(error.line > 0 && error.column > 0, "{error:?}");
            return;
        }
    };
    let joined: String = config
        .documents()
        .iter()
        .map(|document| document.text())
        .collect();
    assert_eq!(joined.as_bytes(), bytes);
    assert_eq!(config.text(), joined);
    let mut holding = 0;
    for document in config.documents() {
        let Some(root) = document.root() else {
            continue;
        };
        holding += usize::from(!document.is_empty());
        let _ = root.value();
        root.visit_leaves(&mut |path, node| {
            assert_eq!(node.source(), &document.text()[node.span()]);
            assert!(path.0.is_empty() || !path.to_string().is_empty());
            let _ = node.line_comment();
        });
    }
    assert_eq!(config.documents_with_resources().count(), holding);
    config.duplicate_keys().count();
}

/// Reading paths: what is read and shown can be read again, and is the same.
pub fn path(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Ok(path) = Path::parse(text) else {
        return;
    };
    let sample = b"a: {b: [1, {name: x, c: 2}], name: y}\n\"\": 3\n";
    if let Ok(config) = Config::parse(Toolchain::AppConfigYaml, sample)
        && let Some(root) = config.documents()[0].root()
    {
        for missing in [Missing::Skip, Missing::ReportBehindGate, Missing::Create] {
            for found in resolve(root, &path, missing) {
                assert!(found.node.is_some() || missing != Missing::Skip);
            }
        }
    }
    let _ = path.normalized();
    let _ = path.parent();
    if let Some(resolved) = path.resolved() {
        let shown = resolved.to_string();
        let again = Path::parse(&shown).ok().and_then(|path| path.resolved());
        // A quote inside a key that must be quoted has no spelling.
        if !text.contains('"') {
            assert_eq!(again.as_ref(), Some(&resolved), "{shown}");
        }
    }
}

/// A toolchain by its digit, in the order of [`Toolchain::all`].
fn toolchain(byte: u8) -> Toolchain {
    let all: Vec<Toolchain> = Toolchain::all().collect();
    all[usize::from(byte.wrapping_sub(b'0')) % all.len()]
}

/// The toolchain that the first byte names, and the texts behind it.
fn texts(bytes: &[u8], count: usize) -> Option<Vec<Config>> {
    let (first, rest) = bytes.split_first()?;
    let parts: Vec<&[u8]> = rest.splitn(count, |byte| *byte == SEPARATOR).collect();
    if parts.len() != count {
        return None;
    }
    parts
        .into_iter()
        .map(|part| Config::parse(toolchain(*first), part).ok())
        .collect()
}

/// Edits. The first line says what to do: a byte for the toolchain, then three an edit (action,
/// place, value), six edits at most. The rest is the text.
///
/// An edit that is made leaves a text that can be read, means what the tree says, and holds the
/// value at the place and all else as before. One that is refused changes nothing. All of them at
/// once have the same outcome.
pub fn edit(bytes: &[u8]) {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let Some((first, steps)) = bytes[..end].split_first() else {
        return;
    };
    let toolchain = toolchain(*first);
    let Ok(before) = Config::parse(toolchain, &bytes[end + 1..]) else {
        return;
    };
    let mut config = before.clone();
    let mut made = Vec::new();
    for step in steps.chunks_exact(3).take(6) {
        let [action, place, value] =
            [step[0], step[1], step[2]].map(|byte| byte.wrapping_sub(b'0'));
        if let Some(edit) = chosen(&config, action, usize::from(place), value)
            && apply_one(&mut config, &edit, action % 7 == 1)
        {
            made.push(edit);
        }
    }
    let mut together = before.clone();
    if together.apply(&made).is_ok() {
        assert_eq!(meaning(&together), meaning(&config), "{made:?}");
    }
}

/// A value to write.
fn new_value(choice: u8) -> Value {
    match choice % 12 {
        0 => "new".into(),
        1 => 42.into(),
        2 => true.into(),
        3 => "".into(),
        4 => "a # b: c".into(),
        5 => "two\nlines\n".into(),
        6 => "1".into(),
        7 => Value::Null,
        8 => Value::Map(vec![("a".into(), 1.into()), ("b".into(), "x y".into())]),
        9 => Value::List(vec!["x".into(), 2.into()]),
        10 => "${a.b} \"q\" \\ é".into(),
        _ => Value::Map(vec![(
            "c".into(),
            Value::List(vec![Value::Map(vec![("d".into(), false.into())])]),
        )]),
    }
}

/// An edit at one of the places of the text.
fn chosen(config: &Config, action: u8, place: usize, value: u8) -> Option<Edit> {
    let mut places = Vec::new();
    for (document, root) in config.documents().iter().enumerate() {
        if let Some(root) = root.root() {
            collect(root, &ResolvedPath::default(), document, &mut places);
        }
    }
    let (document, path, node) = places.get(place % places.len().max(1))?;
    let new = new_value(value);
    let child = || match node.kind() {
        Kind::Sequence => path.child(Step::Key("-".into())),
        _ => path.child(Step::Key("cubit_new".into())),
    };
    let (path, action) = match action % 7 {
        0 => (path.clone(), Action::Set(new)),
        1 => (path.clone(), Action::Set(node.value())),
        2 => (child(), Action::Set(new)),
        3 => {
            let after = node.entries().next().map(|(key, _)| key.into_owned());
            (child(), Action::SetAfter { value: new, after })
        }
        4 => (path.clone(), Action::Insert(new)),
        5 => (path.clone(), Action::Delete),
        _ => (path.clone(), Action::Comment("a note".into())),
    };
    Some(Edit {
        document: *document,
        path,
        action,
    })
}

/// The first places of a document, from its root down.
fn collect<'a>(
    node: NodeRef<'a>,
    path: &ResolvedPath,
    document: usize,
    out: &mut Vec<(usize, ResolvedPath, NodeRef<'a>)>,
) {
    if out.len() > 255 {
        return;
    }
    out.push((document, path.clone(), node));
    for (key, value) in node.entries() {
        collect(
            value,
            &path.child(Step::Key(key.into_owned())),
            document,
            out,
        );
    }
    for (at, value) in node.items().enumerate() {
        collect(value, &path.child(Step::Index(at)), document, out);
    }
}

/// Makes one edit and looks at the outcome; whether it was made.
fn apply_one(config: &mut Config, edit: &Edit, is_same: bool) -> bool {
    let before = config.clone();
    let Ok(changed) = config.apply(std::slice::from_ref(edit)) else {
        assert_eq!(config.text(), before.text(), "refused: {edit:?}");
        return false;
    };
    assert_eq!(changed, config.text() != before.text(), "{edit:?}");
    assert!(
        !(is_same && changed),
        "an equal value was written: {edit:?}"
    );
    let again = Config::parse(config.toolchain(), config.text().as_bytes())
        .unwrap_or_else(|error| panic!("unreadable after {edit:?}: {error}\n{}", config.text()));
    assert_eq!(meaning(config), meaning(&again), "{edit:?}");
    let root = |config: &Config| -> Option<Value> {
        Some(config.documents()[edit.document].root()?.value())
    };
    if let Action::Set(value) | Action::SetAfter { value, .. } = &edit.action {
        let mut path = edit.path.clone();
        if path.0.last() == Some(&Step::Key("-".into())) {
            path.0.pop();
            let above = again.documents()[edit.document]
                .root()
                .and_then(|root| root.find(&path));
            // A map may have such a key.
            path = path.child(match above {
                Some(list) if list.kind() == Kind::Sequence => {
                    Step::Index(list.len().saturating_sub(1))
                }
                _ => Step::Key("-".into()),
            });
        }
        let found = again.documents()[edit.document]
            .root()
            .and_then(|root| root.find(&path));
        let found = found.map_or(Value::Null, NodeRef::value);
        assert!(
            same(&found, value),
            "{edit:?} left {found:?}\n{}",
            config.text()
        );
    }
    for (at, (old, new)) in before.documents().iter().zip(again.documents()).enumerate() {
        assert!(at == edit.document || old.text() == new.text(), "{edit:?}");
    }
    // What is in no list, at, above or below the place is as before.
    if let (Some(Value::Map(old)), Some(Value::Map(new))) = (root(&before), root(&again))
        && let Some(Step::Key(first)) = edit.path.0.first()
    {
        for (key, value) in &old {
            let is_there = new.iter().any(|(other, new)| other == key && new == value);
            assert!(key == first || is_there, "{key} changed with {edit:?}");
        }
    }
    true
}

/// Whether two values are the same; text that says a number is the number, for formats that know
/// no other values than text.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.iter().any(|(other, b)| key == other && same(a, b)))
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        // Formats without lists keep one as entries by position.
        (Value::Map(a), Value::List(b)) => {
            a.len() == b.len()
                && b.iter().enumerate().all(|(at, b)| {
                    a.iter()
                        .any(|(key, a)| *key == at.to_string() && same(a, b))
                })
        }
        (a, b) => a == b || spelled(a).is_some() && spelled(a) == spelled(b),
    }
}

fn spelled(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Everything a text means, and where.
fn meaning(config: &Config) -> Vec<BTreeMap<String, String>> {
    config
        .documents()
        .iter()
        .map(|document| {
            let mut found = BTreeMap::new();
            if let Some(root) = document.root() {
                root.visit_leaves(&mut |path, node| {
                    let seen = format!("{:?} {:?}", node.value(), node.line_comment());
                    found.insert(format!("{path:?}"), seen);
                });
            }
            found
        })
        .collect()
}

/// Differences. A byte for the toolchain, then two texts.
///
/// A text does not differ from itself; two that differ do so by values that can be found.
pub fn diff(bytes: &[u8]) {
    let Some(texts) = texts(bytes, 2) else {
        return;
    };
    let [old, new] = [&texts[0], &texts[1]];
    for config in [old, new] {
        assert_eq!(compute(config, config, 0), vec![]);
    }
    let sources = sources(old, new);
    let shown = with_index_paths(&sources, new);
    for mutation in &shown {
        for path in mutation.path_mutation_map.keys() {
            let _ = source_of(mutation, path);
        }
    }
    for line in blame(new, &sources) {
        let root = new.documents()[line.document].root();
        assert!(
            root.is_some_and(|root| root.find(&line.path).is_some()),
            "{line:?}"
        );
    }
    let mut emptied = new.clone();
    if reset(&mut emptied, &sources).is_ok() {
        again(&emptied);
    }
}

/// What a unit would have recorded that began with one text and has another now.
fn sources(old: &Config, new: &Config) -> Vec<ResourceMutation> {
    let Ok(nothing) = Config::parse(old.toolchain(), b"") else {
        return vec![];
    };
    let first = with_index(compute(&nothing, old, 0), 1);
    fold(first, with_index(compute(old, new, 0), 2))
}

fn again(config: &Config) {
    Config::parse(config.toolchain(), config.text().as_bytes())
        .unwrap_or_else(|error| panic!("unreadable: {error}\n{}", config.text()));
}

/// Merges. A byte for the toolchain, then three texts: base, theirs, ours.
pub fn merge(bytes: &[u8]) {
    let Some(texts) = texts(bytes, 3) else {
        return;
    };
    let [base, theirs, ours] = [&texts[0], &texts[1], &texts[2]];
    let mut sources = sources(base, ours);
    for mutation in &mut sources {
        for info in mutation.path_mutation_map.values_mut() {
            info.predicate = info.index != 2;
        }
    }
    for local in [
        Local::Differences,
        Local::Recorded(&sources),
        Local::Nothing,
    ] {
        let options = MergeOptions {
            local,
            ..MergeOptions::default()
        };
        merged(base, theirs, ours, &options);
        let nothing = merge_texts(base, base, ours, &options).expect("nothing to merge");
        assert_eq!(nothing.config.text(), ours.text());
        assert!(nothing.report.is_empty(), "{:?}", nothing.report);
    }
    let options = MergeOptions::default();
    let plain = merged(base, theirs, base, &options).expect("nothing is local");
    // Comments may be: where theirs is nothing but comments, there is no resource to put them at.
    let mut held = plain.held_back().map(|line| line.subject);
    assert!(
        held.all(|subject| matches!(subject, Subject::Comment | Subject::Layout)),
        "{:?}",
        plain.report
    );
    let taking = MergeOptions {
        strategy: Strategy::TakeUpstream,
        ..options
    };
    merged(base, theirs, ours, &taking);
    if let Ok(done) = undo(base, theirs, ours, &options) {
        again(&done.config);
    }
    if let Ok(done) = patch(ours, &compute(base, theirs, 0), &options) {
        again(&done.config);
    }
}

/// A merge whose outcome can be read again.
fn merged(
    base: &Config,
    theirs: &Config,
    ours: &Config,
    options: &MergeOptions<'_>,
) -> Option<Merged> {
    let done = merge_texts(base, theirs, ours, options).ok()?;
    again(&done.config);
    let is_same = done.config.text() == ours.text();
    let is_told = !done.report.is_empty();
    assert!(
        is_same || is_told,
        "changed without a word: {}",
        done.config.text()
    );
    Some(done)
}
