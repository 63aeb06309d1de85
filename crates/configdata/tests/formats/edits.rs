//! Edits of the samples.

use std::collections::HashSet;

use cubit_configdata::{Action, Config, Edit, Kind, Value};

use crate::table::FORMATS;
use crate::{applied, key, leaves, maps, meaning, other_value, parse, values};

#[test]
fn what_nobody_touches_stays() {
    for format in FORMATS {
        for (config, text) in format.samples() {
            assert_eq!(config.text(), text, "{}", format.toolchain);
        }
        let empty = parse(format.toolchain, "").expect("an empty text is readable");
        assert_eq!(empty.text(), "");
    }
}

#[test]
fn every_scalar_is_set_and_set_back() {
    for format in FORMATS {
        for (config, text) in format.samples() {
            let mut all = Vec::new();
            for (path, node) in leaves(&config) {
                if node.is_collection() {
                    continue;
                }
                let edit = Edit::set(0, path.clone(), other_value(node));
                let edited = applied(&config, std::slice::from_ref(&edit));
                all.push(edit);
                for comment in format.comments {
                    assert!(
                        edited.text().contains(comment),
                        "{comment}:\n{}",
                        edited.text()
                    );
                }
                crlf_stays(&text, &edited);
                let back = applied(&edited, &[Edit::set(0, path.clone(), node.value())]);
                if format.respelled.contains(&&*path.to_string()) {
                    assert_ne!(back.text(), text, "{}: {path}", format.toolchain);
                    assert_eq!(
                        values(&back),
                        values(&config),
                        "{}: {path}",
                        format.toolchain
                    );
                } else {
                    assert_eq!(back.text(), text, "{}: {path}", format.toolchain);
                }
            }
            assert!(!all.is_empty());
            let together = applied(&config, &all);
            let one_by_one = all.iter().fold(config.clone(), |config, edit| {
                applied(&config, std::slice::from_ref(edit))
            });
            assert_eq!(together.text(), one_by_one.text());
            let backwards = all.iter().rev().fold(config.clone(), |config, edit| {
                applied(&config, std::slice::from_ref(edit))
            });
            assert_eq!(together.text(), backwards.text());
        }
    }
}

#[test]
fn what_is_inserted_is_deleted() {
    for format in FORMATS {
        for (config, text) in format.samples() {
            for map in maps(&config) {
                let path = map.child(key("INSERTED"));
                for action in [
                    Action::Set("here".into()),
                    Action::SetAfter {
                        value: "here".into(),
                        after: None,
                    },
                ] {
                    let insert = Edit {
                        document: 0,
                        path: path.clone(),
                        action,
                    };
                    let edited = applied(&config, &[insert]);
                    crlf_stays(&text, &edited);
                    for comment in format.comments {
                        assert!(
                            edited.text().contains(comment),
                            "{comment}:\n{}",
                            edited.text()
                        );
                    }
                    let back = applied(&edited, &[Edit::delete(0, path.clone())]);
                    assert_eq!(
                        back.text(),
                        text,
                        "{}: {path}\n{}",
                        format.toolchain,
                        edited.text()
                    );
                }
                let root = config.documents()[0].root().expect("a root");
                for (sibling, _) in root.find(&map).expect("a map").entries() {
                    let action = Action::SetAfter {
                        value: "here".into(),
                        after: Some(sibling.into_owned()),
                    };
                    let edited = applied(
                        &config,
                        &[Edit {
                            document: 0,
                            path: path.clone(),
                            action,
                        }],
                    );
                    let back = applied(&edited, &[Edit::delete(0, path.clone())]);
                    assert_eq!(
                        back.text(),
                        text,
                        "{}: {path}\n{}",
                        format.toolchain,
                        edited.text()
                    );
                }
            }
        }
    }
}

/// Deleting everything one by one, from the front and from the back.
#[test]
fn every_entry_is_deleted() {
    for format in FORMATS {
        for (config, _) in format.samples() {
            let paths: Vec<_> = leaves(&config)
                .into_iter()
                .map(|(path, _)| path)
                .filter(|path| !path.0.is_empty())
                .collect();
            for path in &paths {
                let edited = applied(&config, &[Edit::delete(0, path.clone())]);
                let again = parse(format.toolchain, &edited.text()).expect("readable");
                assert_eq!(meaning(&edited), meaning(&again));
            }
            let edits: Vec<Edit> = paths
                .iter()
                .rev()
                .map(|path| Edit::delete(0, path.clone()))
                .collect();
            let edited = applied(&config, &edits);
            let left = leaves(&edited)
                .iter()
                .filter(|(_, node)| !node.is_collection() && node.kind() != Kind::String)
                .count();
            assert_eq!(left, 0, "{}", edited.text());
        }
    }
}

/// Two edits at different places come to the same text in either order.
#[test]
fn edits_at_different_places_commute() {
    for format in FORMATS {
        let (config, _) = &format.samples()[0];
        let mut edits: Vec<Edit> = leaves(config)
            .into_iter()
            .filter(|(_, node)| !node.is_collection())
            .map(|(path, node)| Edit::set(0, path, other_value(node)))
            .collect();
        let inserted = maps(config)
            .into_iter()
            .map(|map| Edit::set(0, map.child(key("INSERTED")), "here"));
        edits.extend(inserted);
        for a in &edits {
            for b in &edits {
                if a.path == b.path {
                    continue;
                }
                let ab = applied(config, &[a.clone(), b.clone()]);
                let ba = applied(
                    &applied(config, std::slice::from_ref(b)),
                    std::slice::from_ref(a),
                );
                let lines = |config: &Config| {
                    let text = config.text();
                    text.lines().map(str::to_owned).collect::<HashSet<_>>()
                };
                // Two new entries at one place may stand in either order.
                let both_new = config.documents()[0].root().is_some_and(|root| {
                    root.find(&a.path).is_none() && root.find(&b.path).is_none()
                });
                if both_new {
                    assert_eq!(lines(&ab), lines(&ba));
                } else {
                    assert_eq!(
                        ab.text(),
                        ba.text(),
                        "{}: {} and {}",
                        format.toolchain,
                        a.path,
                        b.path
                    );
                }
            }
        }
    }
}

/// Another reader sees just the change that was asked for.
#[test]
fn other_readers_agree() {
    for format in FORMATS {
        let (config, text) = &format.samples()[0];
        let Some(before) = (format.reader)(text) else {
            panic!("{}: the other reader refuses the sample", format.toolchain);
        };
        for (path, node) in leaves(config) {
            if node.is_collection() {
                continue;
            }
            let value = other_value(node);
            let edited = applied(config, &[Edit::set(0, path.clone(), value.clone())]);
            let after = (format.reader)(&edited.text()).expect("readable for the other reader");
            crate::corpus::one_change(
                &before,
                &after,
                &value,
                &format!("{} {path}", format.toolchain),
            );
        }
    }
}

#[test]
fn an_empty_text_is_filled() {
    for format in FORMATS {
        let empty = parse(format.toolchain, "").expect("readable");
        let path = cubit_configdata::ResolvedPath(vec![key("INSERTED")]);
        let mut edited = empty.clone();
        if edited.apply(&[Edit::set(0, path.clone(), "here")]).is_err() {
            let whole = applied(&empty, &[Edit::set(0, path_root(), "here")]);
            assert_eq!(whole.text(), "here", "{}", format.toolchain);
            continue;
        }
        let root = edited.documents()[0].root().expect("a root");
        assert_eq!(
            root.value(),
            Value::Map(vec![("INSERTED".into(), "here".into())])
        );
        assert!(edited.text().ends_with('\n'), "{}", edited.text());
    }
}

fn path_root() -> cubit_configdata::ResolvedPath {
    cubit_configdata::ResolvedPath::default()
}

/// A text with CRLF line ends has no others after an edit.
fn crlf_stays(before: &str, edited: &Config) {
    if before.contains("\r\n") {
        let rest = edited.text().replace("\r\n", "");
        assert!(!rest.contains(['\n', '\r']), "{rest:?}");
    }
}
