//! Every way YAML has to write a scalar, and every edit on each.

use cubit_configdata::{Action, Config, Edit, Path, ResolvedPath, Style, Toolchain, Value};

fn place(text: &str) -> ResolvedPath {
    let path = Path::parse(text).expect("a path");
    path.resolved().expect("a plain path")
}

fn edited(before: &str, path: &str, action: Action) -> Result<String, String> {
    let mut config = Config::parse(Toolchain::KubernetesYaml, before.as_bytes()).expect("readable");
    let edit = Edit {
        document: 0,
        path: place(path),
        action,
    };
    config
        .apply(&[edit])
        .map(|_| config.text().into_owned())
        .map_err(|error| error.to_string())
}

/// Every way to write the scalar at `a`, with something after it.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for style in ["|", ">"] {
        for chomping in ["", "-", "+"] {
            for digit in ["", "2"] {
                for header in [
                    format!("{style}{digit}{chomping}"),
                    format!("{style}{chomping}{digit} # why"),
                ] {
                    for body in [
                        "  one\n",
                        "  one\n  two\n",
                        "  one\n\n  two\n",
                        "  one\n    two\n  three\n",
                        "  one\n\n",
                        "  one # no comment\n\n\n",
                    ] {
                        texts.push(format!("a: {header}\n{body}z: 1\n"));
                        texts.push(format!("# top\na: {header}\n{body}# of z\nz: 1\n"));
                    }
                    if !digit.is_empty() {
                        texts.push(format!("a: {header}\n    one\n   two\nz: 1\n"));
                    }
                }
            }
        }
    }
    for text in [
        "a: one\n  two\n  three\nz: 1\n",
        "a: one\n\n  two\nz: 1\n",
        "a:\n  one\n  two\nz: 1\n",
        "a: 'one\n  two'\nz: 1\n",
        "a: \"one\n  two\\\n  three\"   # why\nz: 1\n",
        "a: \"one\\ntwo\"\nz: 1\n",
        "a: one\t\nz: 1\n",
        "a: one\t# why\nz: 1\n",
        "a:\tone\nz: 1\n",
        "a: !!str one\nz: 1\n",
        "a: !local one\nz: 1\n",
        "a: &x one\nz: 1\n",
        "%YAML 1.2\n---\na: one\nz: 1\n...\n",
        "--- # doc\na: one\nz: 1\n",
        "? a\n: one\nz: 1\n",
        "? a\n: |\n  one\n  two\nz: 1\n",
        "# c\n\na: one # c\n\n# c\n\nz: 1\n# c\n",
        "a:   # c\n  # c\n  one\n# c\nz: 1\n",
    ] {
        texts.push(text.to_owned());
    }
    texts.push(format!("a: {}\nz: 1\n", "long ".repeat(2000).trim_end()));
    texts
}

/// The same scalars as elements of a list, at `a.0`.
fn listed() -> Vec<String> {
    let texts = texts();
    let simple = texts.iter().filter(|text| text.starts_with("a: "));
    simple
        .map(|text| {
            let items = text.replacen("a: ", "- ", 1).replace("z: 1\n", "- 1\n");
            format!("a:\n{items}z: 1\n")
        })
        .collect()
}

/// Value and style of the node at a path.
fn at(text: &str, path: &str) -> Option<(Value, Style)> {
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes())
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = config.documents()[0].root()?;
    let node = root.find(&place(path))?;
    Some((node.value(), node.style()))
}

fn value(text: &str, path: &str) -> Option<Value> {
    at(text, path).map(|(value, _)| value)
}

fn done(text: &str, path: &str, action: Action) -> String {
    edited(text, path, action).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn each_is_set_and_set_back() {
    let texts = texts().into_iter().map(|text| (text, "a"));
    for (text, path) in texts.chain(listed().into_iter().map(|text| (text, "a.0"))) {
        let (old, style) = at(&text, path).expect("a value");
        let block = matches!(style, Style::Literal | Style::Folded);
        // A break around a line that begins with a blank does not fold.
        let folds = style != Style::Folded || !old.as_str().is_some_and(|old| old.contains("\n "));
        for new in ["x", "one\ntwo\n", "one\n\ntwo", "", "  blank\nfirst\n"] {
            let there = done(&text, path, Action::Set(new.into()));
            assert_eq!(value(&there, path), Some(new.into()), "{text}\n{there}");
            let back = done(&there, path, Action::Set(old.clone()));
            assert_eq!(value(&back, path), Some(old.clone()), "{text}\n{back}");
            // Text of several lines makes a block of a plain scalar, and a block stays one unless
            // text stood there meanwhile that fits none.
            let kept = match new {
                "" | "  blank\nfirst\n" => false,
                "x" => block || !old.as_str().is_some_and(|old| old.contains('\n')),
                _ => block,
            };
            if kept && folds {
                assert_eq!(
                    at(&back, path).map(|(_, style)| style),
                    Some(style),
                    "{text} via {new:?}\n{back}"
                );
            }
        }
    }
}

#[test]
fn entries_come_and_go_beside_each() {
    for text in texts() {
        for after in [Some("a"), None, Some("z")] {
            let action = Action::SetAfter {
                value: 9.into(),
                after: after.map(str::to_owned),
            };
            let there = done(&text, "n", action);
            assert_eq!(
                done(&there, "n", Action::Delete),
                text,
                "after {after:?}\n{there}"
            );
        }
        let gone = done(&text, "a", Action::Delete);
        assert_eq!(value(&gone, "a"), None, "{gone}");
    }
    for text in listed() {
        for place in ["a.0", "a.1", "a.2"] {
            let there = done(&text, place, Action::Insert(9.into()));
            assert_eq!(
                done(&there, place, Action::Delete),
                text,
                "{place}\n{there}"
            );
        }
        let gone = done(&text, "a.0", Action::Delete);
        assert_eq!(value(&gone, "a.0"), Some(1.into()), "{gone}");
    }
}
