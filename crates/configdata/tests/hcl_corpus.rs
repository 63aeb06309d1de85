//! Every edit on every HCL file of a corpus of real configuration, checked by a second,
//! independent reader.
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
    Action, Config, Edit, Kind, NodeRef, ResolvedPath, Step, Style, Toolchain, Value,
};

fn files(folder: &FilePath, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| e == "tf" || e == "hcl" || e == "tfvars" || e == "tofu")
        {
            found.push(path);
        }
    }
}

#[derive(Default)]
struct Figures {
    documents: usize,
    sets: usize,
    expressions: usize,
    inserts: usize,
    respelled: BTreeMap<String, usize>,
    refusals: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

#[test]
fn every_edit_on_every_file() {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS").map(PathBuf::from) else {
        eprintln!("CUBIT_CORPUS is not set: the corpus was not read");
        return;
    };
    let mut found = Vec::new();
    files(&corpus.join("hcl"), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no HCL below {}", corpus.display());
    let mut figures = Figures::default();
    for file in &found {
        let text = std::fs::read_to_string(file).expect("a readable file");
        let config = Config::parse(Toolchain::OpenTofuHcl, text.as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(config.text(), text, "{}", file.display());
        for index in 0..config.documents().len() {
            figures.documents += 1;
            exercise(&config, index, &mut figures);
        }
    }
    println!(
        "corpus OpenTofu/HCL: {} files, {} documents; {} edits ({} sets, {} set back, {} inserts, {} deletes; {} at expressions); refused {:?}; came back different {:?}; wrong meaning {}, comments lost 0, bytes touched elsewhere 0",
        found.len(),
        figures.documents,
        2 * (figures.sets + figures.inserts),
        figures.sets,
        figures.sets,
        figures.inserts,
        figures.inserts,
        figures.expressions,
        figures.refusals,
        figures.respelled,
        figures.wrong.len()
    );
    assert!(figures.wrong.is_empty(), "{}", figures.wrong.join("\n\n"));
}

/// What the second reader makes of a document, as the same kind of value.
fn second_opinion(text: &str) -> Value {
    let body = hcl::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let Some(hcl::Structure::Block(block)) = body.into_iter().next() else {
        return Value::Null;
    };
    body_value(&block.body)
}

fn body_value(body: &hcl::Body) -> Value {
    let mut entries: Vec<(String, Value)> = Vec::new();
    for structure in body {
        match structure {
            hcl::Structure::Attribute(attribute) => {
                entries.push((attribute.key.to_string(), value(&attribute.expr)));
            }
            hcl::Structure::Block(block) => {
                let mut inside = body_value(&block.body);
                if let Value::Map(entries) = &mut inside
                    && !block.labels.is_empty()
                {
                    let labels = block.labels.iter().map(|label| label.as_str().into());
                    entries.insert(0, ("block_labels".into(), Value::List(labels.collect())));
                }
                let name = block.identifier.to_string();
                match entries.iter_mut().find(|(key, _)| *key == name) {
                    Some((_, Value::List(list))) => list.push(inside),
                    _ => entries.push((name, Value::List(vec![inside]))),
                }
            }
        }
    }
    Value::Map(entries)
}

fn value(expression: &hcl::Expression) -> Value {
    use hcl::Expression as E;
    match expression {
        E::Null => Value::Null,
        E::Bool(value) => (*value).into(),
        E::Number(number) => {
            cubit_configdata::Number::parse(&number.to_string()).map_or(Value::Null, Value::Number)
        }
        // How the second reader spells templates is its own affair: they are compared without
        // blanks and escapes.
        E::String(text) => squeezed(text),
        E::Array(items) => Value::List(items.iter().map(value).collect()),
        E::Object(object) => Value::Map(
            object
                .iter()
                .map(|(key, item)| (key.to_string(), value(item)))
                .collect(),
        ),
        E::TemplateExpr(template) => squeezed(&template.to_string()),
        other => {
            let source = hcl::format::to_string(other).unwrap_or_default();
            squeezed(&format!("${{{source}}}"))
        }
    }
}

fn squeezed(text: &str) -> Value {
    let quoted = text.trim_matches('"').replace("$${", "${");
    Value::String(
        quoted
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\\'))
            .collect(),
    )
}

fn squeeze(value: &Value) -> Value {
    match value {
        Value::String(text) => squeezed(text),
        Value::List(items) => Value::List(items.iter().map(squeeze).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .filter(|(key, _)| key != "confighub")
                .map(|(key, value)| (key.clone(), squeeze(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Whether the second reader sees the same values in a document.
fn agrees(config: &Config, index: usize) -> bool {
    let document = &config.documents()[index];
    let Some(root) = document.root() else {
        return true;
    };
    let ours = squeeze(&root.value());
    let theirs = second_opinion(document.text());
    same(&ours, &theirs)
}

fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter().any(|(other, theirs)| {
                        squeezed(other) == squeezed(key) && same(value, theirs)
                    })
                })
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        // An object with a computed key is one piece for us.
        (Value::String(text), Value::Map(_)) => text.starts_with("${{"),
        (Value::String(text), Value::List(_)) => text.starts_with("${["),
        // Comments inside an expression are part of its source.
        (Value::String(a), Value::String(b)) => a == b || a.contains('#') && a.starts_with("${"),
        _ => ours == theirs,
    }
}

fn exercise(config: &Config, index: usize, figures: &mut Figures) {
    if !agrees(config, index) {
        figures
            .wrong
            .push(format!("read: {}", config.documents()[index].text()));
        return;
    }
    let Some(root) = config.documents()[index].root() else {
        return;
    };
    let mut places = Vec::new();
    collect(root, &ResolvedPath::default(), &mut places);
    for (path, node) in places {
        if node.is_collection() {
            insert_and_delete(config, index, &path, node, figures);
        }
        if !node.is_collection() {
            set_and_back(config, index, &path, node, figures);
        }
    }
}

fn collect<'a>(
    node: NodeRef<'a>,
    path: &ResolvedPath,
    places: &mut Vec<(ResolvedPath, NodeRef<'a>)>,
) {
    places.push((path.clone(), node));
    for (key, value) in node.entries() {
        if key != "confighub" && key != "block_labels" {
            collect(value, &path.child(Step::Key(key.into_owned())), places);
        }
    }
    for (at, value) in node.items().enumerate() {
        collect(value, &path.child(Step::Index(at)), places);
    }
}

fn set_and_back(
    config: &Config,
    index: usize,
    path: &ResolvedPath,
    node: NodeRef<'_>,
    figures: &mut Figures,
) {
    let old = node.value();
    let mut others: Vec<Value> = vec![
        "${other.thing[0]}".into(),
        4711.into(),
        "text \"x\" ${a}".into(),
    ];
    if node.style() == Style::Literal {
        others = vec![format!("{}more\n", node.scalar()).into()];
    }
    for other in others {
        let mut edited = config.clone();
        match edited.apply(&[Edit::set(index, path.clone(), other.clone())]) {
            Ok(_) => {}
            Err(error) => {
                *figures.refusals.entry(error.reason).or_default() += 1;
                continue;
            }
        }
        let there = edited.documents()[index]
            .root()
            .and_then(|root| root.find(path))
            .map(NodeRef::value);
        if there != Some(other.clone()) || !agrees(&edited, index) {
            figures
                .wrong
                .push(format!("{path}: {}", edited.documents()[index].text()));
            continue;
        }
        let (before, after) = (config.text(), edited.text());
        let start = config.documents()[..index]
            .iter()
            .map(|document| document.text().len())
            .sum::<usize>();
        let span = node.span();
        let place = start + span.start..start + span.end;
        touch::only_these(&before, &after, &[place], &path.to_string());
        match edited.apply(&[Edit::set(index, path.clone(), old.clone())]) {
            Ok(_) if edited.text() == config.text() => {
                figures.sets += 1;
                figures.expressions += usize::from(node.style() == Style::Expression);
            }
            Ok(_) => {
                *figures
                    .respelled
                    .entry(node.source().to_owned())
                    .or_default() += 1;
            }
            Err(error) => figures.wrong.push(format!("{path} set back: {error}")),
        }
    }
}

fn insert_and_delete(
    config: &Config,
    index: usize,
    path: &ResolvedPath,
    node: NodeRef<'_>,
    figures: &mut Figures,
) {
    let value = if node.kind() == Kind::Sequence && node.style() == Style::Lines {
        Value::Map(vec![
            ("x".into(), 1.into()),
            ("text".into(), "${a.b}".into()),
        ])
    } else {
        Value::from("new")
    };
    let mut actions = Vec::new();
    if node.kind() == Kind::Mapping {
        let place = path.child(Step::Key("zzz_new".into()));
        actions.push((place.clone(), Action::Set(value.clone())));
        actions.push((
            place.clone(),
            Action::SetAfter {
                value: value.clone(),
                after: None,
            },
        ));
        for (key, _) in node.entries() {
            actions.push((
                place.clone(),
                Action::SetAfter {
                    value: value.clone(),
                    after: Some(key.into_owned()),
                },
            ));
        }
    } else {
        for at in 0..=node.len() {
            actions.push((path.child(Step::Index(at)), Action::Insert(value.clone())));
        }
    }
    for (place, action) in actions {
        let mut edited = config.clone();
        let edit = Edit {
            document: index,
            path: place.clone(),
            action: action.clone(),
        };
        if let Err(error) = edited.apply(&[edit]) {
            *figures.refusals.entry(error.reason).or_default() += 1;
            continue;
        }
        let there = edited.documents()[index]
            .root()
            .and_then(|root| root.find(&place))
            .map(NodeRef::value);
        if there.as_ref() != Some(&value) || !agrees(&edited, index) {
            figures
                .wrong
                .push(format!("{place}: {}", edited.documents()[index].text()));
            continue;
        }
        touch::one_piece(&config.text(), &edited.text(), &place.to_string());
        match edited.apply(&[Edit::delete(index, place.clone())]) {
            Ok(_) if edited.text() == config.text() => figures.inserts += 1,
            Ok(_) => figures.wrong.push(format!(
                "{place} {action:?} and deleted:\n{}",
                edited.documents()[index].text()
            )),
            Err(error) => figures.wrong.push(format!("{place} deleted: {error}")),
        }
    }
}
