//! Laws that hold for any text, value and edit.

use cubit_configdata::mutation::{compute, fold};
use cubit_configdata::{Action, Config, Edit, Path, ResolvedPath, Step, Toolchain, Value};
use proptest::prelude::*;
use serde::Deserialize;

fn parse(text: &str) -> Option<Config> {
    Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).ok()
}

/// Text that is YAML more often than not.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "key",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "\"",
        "'",
        "# c",
        " # c\n",
        "|",
        ">",
        "|-\n  ",
        ">+\n  ",
        "&x ",
        "*x",
        "!!str ",
        "!t ",
        "---\n",
        "...\n",
        "? ",
        "~",
        "1",
        "0.5",
        "true",
        "yes",
        "\r\n",
        "\t",
        "é",
        "\u{feff}",
        "%YAML 1.2\n",
        "<<: ",
        "\nm: &x {a: 1, b: {c: 2}}\nn:\n  <<: *x\n  d: 3\n",
        "\\",
        "\n- a: 1\n  b: 2\n",
        "\nspec:\n  containers:\n  - name: x\n",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~éλ\t\n]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "yes",
            "1",
            "1.5",
            "0x1",
            "2001-01-01",
            "a: b",
            "- a",
            "#",
            "",
            " ",
            "\n",
            "a\n",
            "a\n\n",
            "\na",
            "  a\nb",
            "<<"
        ])
        .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-z.]{1,4}|y|1|-|a b", inner, 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// Everything a tree says, but for the places of documents.
fn tree(config: &Config) -> String {
    let mut lines = String::new();
    for document in config.documents() {
        if let Some(root) = document.root() {
            root.visit_leaves(&mut |path, node| {
                lines.push_str(&format!(
                    "{path} {:?} {:?} {:?} {:?}\n",
                    node.span(),
                    node.style(),
                    node.value(),
                    node.line_comment()
                ));
            });
        }
    }
    lines
}

/// Every place of a text, in every document.
fn places(config: &Config) -> Vec<(usize, ResolvedPath)> {
    let mut places = Vec::new();
    for (index, document) in config.documents().iter().enumerate() {
        if let Some(root) = document.root() {
            root.visit_leaves(&mut |path, node| {
                let _ = (
                    node.source(),
                    node.scalar(),
                    node.line_comment(),
                    node.value(),
                );
                places.push((index, path.clone()));
                if let Some(parent) = path.0.len().checked_sub(1) {
                    places.push((index, ResolvedPath(path.0[..parent].to_vec())));
                }
            });
        }
    }
    places
}

/// 2,000 cases, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_kept_or_refused(text in yamlish()) {
        if let Some(config) = parse(&text) {
            prop_assert_eq!(config.text(), text.as_str());
            places(&config);
        }
    }

    #[test]
    fn any_edit_is_made_or_refused_whole(text in yamlish(), new in value(), comment in "[a-z]{0,3}") {
        let Some(config) = parse(&text) else { return Ok(()) };
        for (document, path) in places(&config) {
            let child = |step: Step| path.child(step);
            for (path, action) in [
                (path.clone(), Action::Set(new.clone())),
                (path.clone(), Action::Delete),
                (path.clone(), Action::Insert(new.clone())),
                (path.clone(), Action::Comment(comment.clone())),
                (child(Step::Key("inserted".into())), Action::Set(new.clone())),
                (child(Step::Key("-".into())), Action::Set(new.clone())),
            ] {
                let mut edited = config.clone();
                let edit = Edit { document, path: path.clone(), action: action.clone() };
                match edited.apply(std::slice::from_ref(&edit)) {
                    Err(_) => prop_assert_eq!(edited.text(), text.as_str()),
                    Ok(changed) => {
                        prop_assert_eq!(changed, edited.text() != text, "{:?} {:?}", &path, &action);
                        let again = parse(&edited.text());
                        let Some(again) = again else {
                            return Err(TestCaseError::fail(format!("unreadable after {path} {action:?}: {:?}", edited.text())));
                        };
                        prop_assert_eq!(tree(&edited), tree(&again), "the tree kept is the tree read again: {:?}", edited.text());
                        if matches!(action, Action::Set(_) | Action::Comment(_)) {
                            let step = path.0.last() == Some(&Step::Key("-".into()));
                            let once = edited.text().into_owned();
                            if !step {
                                edited.apply(&[edit]).expect("the same edit again");
                                prop_assert_eq!(edited.text(), once, "the same edit again changes nothing");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(new in value()) {
        let mut config = parse("a: 1\nb:\n- c: 2\n").expect("readable");
        let place = |text: &str| Path::parse(text).expect("a path").resolved().expect("a plain path");
        config.apply(&[Edit::set(0, place("b.0.d"), new.clone()), Edit::set(0, place("e"), new.clone())]).expect("can be written");
        let root = config.documents()[0].root().expect("a root");
        for path in ["b.0.d", "e"] {
            prop_assert_eq!(root.find(&place(path)).map(cubit_configdata::NodeRef::value), Some(new.clone()), "{}", config.text());
        }
        // Another reader sees the same strings.
        let text = config.text().into_owned();
        let other = serde_norway::Value::deserialize(serde_norway::Deserializer::from_str(&text)).expect("readable for another reader");
        if let Value::String(new) = &new {
            prop_assert_eq!(other.get("e").and_then(|e| e.as_str()), Some(new.as_str()), "{}", text);
        }
    }

    #[test]
    fn no_change_no_mutation_and_any_change_some(a in value(), b in value()) {
        let config = |value: &Value| {
            let mut config = parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").expect("readable");
            let data = Path::parse("data").expect("a path").resolved().expect("plain");
            config.apply(&[Edit::set(0, data, value.clone())]).expect("can be written");
            config
        };
        let (old, new) = (config(&a), config(&b));
        prop_assert!(compute(&old, &old, 0).is_empty());
        let mutations = compute(&old, &new, 0);
        prop_assert_eq!(mutations.is_empty(), same(&a, &b), "{:?} {:?}", &a, &b);
        let sources = fold(compute(&parse("").expect("readable"), &old, 1), mutations.clone());
        prop_assert_eq!(fold(sources.clone(), mutations), sources, "folding the same change again changes nothing");
    }

    #[test]
    fn paths_read_back(keys in prop::collection::vec("[a-z./~#*?@| =&é0-9-]{0,6}", 1..4)) {
        // No quotes: inside a key that needs quoting they have no spelling.
        let path = ResolvedPath(keys.into_iter().map(Step::Key).collect());
        let read = Path::parse(&path.to_string());
        prop_assert_eq!(read.as_ref().ok().and_then(Path::resolved), Some(path.clone()), "{}", path);
    }

    #[test]
    fn any_path_is_read_or_refused(text in "[a-z.*?=|#@~:0-9&; é-]{0,24}|[a-z.\"~1]{0,9}") {
        match Path::parse(&text) {
            Ok(path) => {
                let shown = path.to_string();
                prop_assert_eq!(Path::parse(&shown).map(|again| again.to_string()), Ok(shown), "{}", text);
            }
            Err(error) => prop_assert!(error.position <= text.len() + 1, "{error}"),
        }
    }
}

/// Values that mean the same: the order of keys does not matter.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter()
                        .any(|(other, other_value)| key == other && same(value, other_value))
                })
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => a == b,
    }
}
