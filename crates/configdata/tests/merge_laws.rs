//! The laws of merging, on generated texts: whatever two sides did, nothing local changes, nothing
//! happens in silence, and doing it again changes nothing.

use std::collections::BTreeMap;

use cubit_configdata::merge::{Local, MergeOptions, Merged, Subject, merge, patch, undo};
use cubit_configdata::mutation::{ResourceMutation, compute, fold, with_index};
use cubit_configdata::{Config, Edit, Kind, NodeRef, ResolvedPath, Step, Toolchain, Value};
use proptest::prelude::*;

fn config(text: &str) -> Config {
    Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable text")
}

/// What a generated document holds below `spec`.
#[derive(Clone, Debug)]
enum Tree {
    Scalar(u8),
    Map(Vec<(u8, Tree)>),
    /// A list with the merge key `name`.
    Containers(Vec<(u8, u8)>),
    /// A list without one.
    Arguments(Vec<u8>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => (0..6u8).prop_map(Tree::Scalar),
        1 => prop::collection::vec((0..5u8, 0..4u8), 1..4).prop_map(Tree::Containers),
        1 => prop::collection::vec(0..5u8, 1..4).prop_map(Tree::Arguments),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop::collection::vec((0..6u8, inner), 1..5).prop_map(Tree::Map)
    })
}

const SCALARS: [&str; 6] = ["1", "two words", "true", "\"7\"", "x", "0.5"];

/// The lines of a tree, some with comments.
fn print(tree: &Tree, key: &str, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match tree {
        Tree::Scalar(value) => {
            let scalar = SCALARS[usize::from(*value)];
            let comment = if *value == 3 { " # as text" } else { "" };
            out.push_str(&format!("{margin}{key}: {scalar}{comment}\n"));
        }
        Tree::Map(entries) => {
            out.push_str(&format!("{margin}{key}:\n"));
            let mut seen = Vec::new();
            for (name, below) in entries {
                let name = match below {
                    Tree::Containers(_) => "containers".to_owned(),
                    Tree::Arguments(_) => "args".to_owned(),
                    _ => format!("k{name}"),
                };
                if !seen.contains(&name) {
                    print(below, &name, indent + 2, out);
                    seen.push(name);
                }
            }
        }
        Tree::Containers(elements) => {
            out.push_str(&format!("{margin}containers: # all of them\n"));
            let mut seen = Vec::new();
            for (name, image) in elements {
                if !seen.contains(name) {
                    out.push_str(&format!(
                        "{margin}- name: c{name}\n{margin}  image: i{image}\n"
                    ));
                    seen.push(*name);
                }
            }
        }
        Tree::Arguments(values) => {
            out.push_str(&format!("{margin}args:\n"));
            for value in values {
                out.push_str(&format!("{margin}- v{value}\n"));
            }
        }
    }
}

fn text(tree: &Tree) -> String {
    let mut out =
        "# a unit\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n".to_owned();
    print(&Tree::Map(vec![(0, tree.clone())]), "spec", 0, &mut out);
    out
}

/// A change somebody makes: its kind, where, and a number to make up the rest from.
type Change = (u8, usize, u8);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((0..7u8, 0..1000usize, 0..6u8), 0..5)
}

/// The collections and leaves below `spec`.
fn places(config: &Config) -> (Vec<ResolvedPath>, Vec<ResolvedPath>) {
    fn walk(
        node: NodeRef<'_>,
        path: &ResolvedPath,
        maps: &mut Vec<ResolvedPath>,
        leaves: &mut Vec<ResolvedPath>,
    ) {
        match node.kind() {
            Kind::Mapping => {
                maps.push(path.clone());
                for (key, value) in node.entries() {
                    walk(
                        value,
                        &path.child(Step::Key(key.into_owned())),
                        maps,
                        leaves,
                    );
                }
            }
            Kind::Sequence => {
                maps.push(path.clone());
                for (at, value) in node.items().enumerate() {
                    walk(value, &path.child(Step::Index(at)), maps, leaves);
                }
            }
            _ => leaves.push(path.clone()),
        }
    }
    let (mut maps, mut leaves) = (Vec::new(), Vec::new());
    let spec = ResolvedPath(vec![Step::Key("spec".into())]);
    if let Some(node) = config.documents()[0]
        .root()
        .and_then(|root| root.find(&spec))
    {
        walk(node, &spec, &mut maps, &mut leaves);
    }
    (maps, leaves)
}

/// The text after some changes; those that cannot be made are left out.
fn changed(before: &str, changes: &[Change]) -> String {
    let mut current = before.to_owned();
    for (kind, at, value) in changes {
        let mut config = config(&current);
        let (maps, leaves) = places(&config);
        let edit = match kind {
            0 | 1 if !leaves.is_empty() => {
                let path = leaves[at % leaves.len()].clone();
                let is_name = path.0.last() == Some(&Step::Key("name".into()));
                if is_name {
                    continue;
                }
                Edit::set(0, path, format!("new{value}"))
            }
            2 if !maps.is_empty() => {
                let path = &maps[at % maps.len()];
                let node = config.documents()[0]
                    .root()
                    .and_then(|root| root.find(path))
                    .expect("a place");
                let is_containers = path.0.last() == Some(&Step::Key("containers".into()));
                let added = match (node.kind(), is_containers) {
                    (Kind::Mapping, _) => Edit::set(
                        0,
                        path.child(Step::Key(format!("n{value}"))),
                        i64::from(*value),
                    ),
                    (_, true) => {
                        let name = ("name".to_owned(), Value::String(format!("d{value}")));
                        let image = ("image".to_owned(), Value::String("new".to_owned()));
                        Edit::set(
                            0,
                            path.child(Step::Key("-".into())),
                            Value::Map(vec![name, image]),
                        )
                    }
                    (_, false) => {
                        Edit::set(0, path.child(Step::Key("-".into())), format!("w{value}"))
                    }
                };
                let twice = node.items().any(|item| {
                    item.get("name")
                        .is_some_and(|name| name.scalar() == format!("d{value}"))
                });
                if twice {
                    continue;
                }
                added
            }
            3 | 4 if maps.len() > 1 || !leaves.is_empty() => {
                let all: Vec<_> = maps.iter().skip(1).chain(&leaves).collect();
                let path = all[at % all.len()];
                if path.0.last() == Some(&Step::Key("name".into())) {
                    continue;
                }
                Edit::delete(0, path.clone())
            }
            5 | 6 => {
                let mut lines: Vec<String> =
                    current.split_inclusive('\n').map(str::to_owned).collect();
                let at = 5 + at % (lines.len() - 4);
                let margin: String = lines
                    .get(at)
                    .map(|line| line.chars().take_while(|c| *c == ' ').collect())
                    .unwrap_or_default();
                let comment = match kind {
                    5 => format!("{margin}# note {value}\n"),
                    _ => "\n".to_owned(),
                };
                lines.insert(at.min(lines.len()), comment);
                current = lines.concat();
                continue;
            }
            _ => continue,
        };
        if config.apply(&[edit]).is_ok() {
            current = config.text().into_owned();
        }
    }
    current
}

/// Every leaf by path; elements of `containers` by name, of other lists by position.
fn leaves(config: &Config) -> BTreeMap<String, String> {
    fn walk(node: NodeRef<'_>, key: &str, path: &str, found: &mut BTreeMap<String, String>) {
        match node.kind() {
            Kind::Mapping if !node.is_empty() => {
                for (key, value) in node.entries() {
                    walk(value, &key, &format!("{path}.{key}"), found);
                }
            }
            Kind::Sequence if !node.is_empty() => {
                for (at, value) in node.items().enumerate() {
                    let segment = match value.get("name").filter(|_| key == "containers") {
                        Some(name) => format!("?name={}", name.scalar()),
                        None => at.to_string(),
                    };
                    walk(value, "", &format!("{path}.{segment}"), found);
                }
            }
            _ => {
                found.insert(
                    path.trim_start_matches('.').to_owned(),
                    format!("{:?}", node.value()),
                );
            }
        }
    }
    let mut found = BTreeMap::new();
    if let Some(root) = config
        .documents()
        .first()
        .and_then(|document| document.root())
    {
        walk(root, "", "", &mut found);
    }
    found
}

fn merged(base: &Config, theirs: &Config, ours: &Config) -> Merged {
    merge(base, theirs, ours, &MergeOptions::default()).expect("a merge")
}

/// Whether a line speaks of a path: at, above or below it.
fn speaks_of(line: &str, path: &str) -> bool {
    line.is_empty()
        || line == path
        || path.starts_with(&format!("{line}."))
        || line.starts_with(&format!("{path}."))
}

/// Whether a path leads through a list without a merge key, where positions shift.
fn through_positions(path: &str) -> bool {
    path.split('.').any(|segment| segment == "args")
}

proptest! {
    #[test]
    fn nothing_upstream_changes_nothing(tree in tree(), ours in changes()) {
        let base = text(&tree);
        let ours = config(&changed(&base, &ours));
        let merged = merged(&config(&base), &config(&base), &ours);
        prop_assert_eq!(merged.config.text(), ours.text());
        prop_assert!(merged.report.is_empty());
    }

    #[test]
    fn without_local_changes_theirs_is_the_result(tree in tree(), theirs in changes()) {
        let base = text(&tree);
        let theirs = config(&changed(&base, &theirs));
        let result = merged(&config(&base), &theirs, &config(&base));
        prop_assert_eq!(result.config.text(), theirs.text());
        prop_assert_eq!(result.held_back().count(), 0);
        let result = merged(&config(&base), &theirs, &theirs);
        prop_assert_eq!(result.config.text(), theirs.text());
        prop_assert_eq!(result.held_back().count(), 0);
    }

    #[test]
    fn local_values_stay_and_nothing_is_silent(
        tree in tree(), theirs in changes(), ours in changes()
    ) {
        let text = text(&tree);
        let base = config(&text);
        let (theirs, ours) = (config(&changed(&text, &theirs)), config(&changed(&text, &ours)));
        let result = merged(&base, &theirs, &ours);
        let [base, upstream, local, after] =
            [&base, &theirs, &ours, &result.config].map(leaves);
        for (path, value) in &local {
            // An empty collection may be filled.
            let is_empty = value.starts_with("Map") || value.starts_with("List");
            if base.get(path) != Some(value) && !is_empty && !through_positions(path) {
                prop_assert_eq!(after.get(path), Some(value), "local {}", path);
            }
        }
        for path in base.keys().chain(upstream.keys()).chain(local.keys()) {
            let is_empty = |side: &BTreeMap<String, String>| {
                side.get(path)
                    .is_some_and(|value| value.starts_with("Map") || value.starts_with("List"))
            };
            if through_positions(path) || [&base, &upstream, &local].into_iter().any(is_empty) {
                continue;
            }
            // What differs from ours was changed by theirs, and a line says so.
            let told = result.report.iter().any(|line| speaks_of(&line.path, path));
            if after.get(path) != local.get(path) {
                prop_assert_eq!(after.get(path), upstream.get(path), "from nowhere: {}", path);
                prop_assert!(told, "silent: {}", path);
            }
            // What theirs changed is there, or a line says why not.
            if base.get(path) != upstream.get(path) && after.get(path) != upstream.get(path) {
                let held = result.held_back().any(|line| speaks_of(&line.path, path));
                prop_assert!(held, "lost: {} in {:?}", path, result.report);
            }
        }
        // What was deleted locally stays deleted.
        for path in base.keys() {
            if !local.contains_key(path) && !through_positions(path) && after.contains_key(path) {
                prop_assert!(false, "{} came back", path);
            }
        }
        // Every line about a value tells the truth.
        for line in &result.report {
            let is_leaf = [&base, &upstream, &local]
                .iter()
                .any(|side| side.contains_key(&line.path));
            if line.subject == Subject::Value && is_leaf && !through_positions(&line.path) {
                let same = after.get(&line.path) == upstream.get(&line.path);
                prop_assert_eq!(same, !line.is_held_back(), "{:?}", line);
            }
        }
        // Once more changes nothing.
        let again = merged(&config(&text), &theirs, &result.config);
        if !base.keys().chain(local.keys()).chain(upstream.keys()).any(|path| through_positions(path)) {
            prop_assert_eq!(leaves(&again.config), after);
        }
    }

    #[test]
    fn disjoint_changes_meet(tree in tree(), left in 0..6u8, right in 0..6u8, both in any::<bool>()) {
        let text = text(&tree);
        let base = config(&text);
        let add = |name: String, value: i64, config: &Config| {
            let mut config = config.clone();
            let path = ResolvedPath(vec![Step::Key("spec".into()), Step::Key(name)]);
            config.apply(&[Edit::set(0, path, value)]).expect("room");
            config
        };
        let theirs = add(format!("left{left}"), 1, &base);
        let mut ours = add(format!("right{right}"), 2, &base);
        if both {
            ours = add("x".into(), 3, &ours);
        }
        let result = merged(&base, &theirs, &ours);
        let expected = add(format!("left{left}"), 1, &ours);
        prop_assert_eq!(leaves(&result.config), leaves(&expected));
        prop_assert_eq!(result.held_back().count(), 0);
    }

    #[test]
    fn a_difference_as_a_patch_is_the_difference(tree in tree(), theirs in changes()) {
        let text = text(&tree);
        let (before, after) = (config(&text), config(&changed(&text, &theirs)));
        let mutations = compute(&before, &after, 0);
        let options = MergeOptions { local: Local::Nothing, ..MergeOptions::default() };
        let once = patch(&before, &mutations, &options).expect("a patch");
        prop_assert_eq!(compute(&once.config, &after, 0), vec![]);
        let twice = patch(&once.config, &mutations, &options).expect("a patch");
        prop_assert_eq!(twice.config.text(), once.config.text());
    }

    #[test]
    fn undo_takes_the_change_out_again(tree in tree(), change in changes()) {
        let text = text(&tree);
        let (before, after) = (config(&text), config(&changed(&text, &change)));
        let undone = undo(&before, &after, &after, &MergeOptions::default()).expect("an undo");
        prop_assert_eq!(undone.config.text(), before.text());
    }

    #[test]
    fn recorded_local_paths_never_change(
        tree in tree(), theirs in changes(), ours in changes(), again in changes()
    ) {
        let text = text(&tree);
        let base = config(&text);
        let middle = config(&changed(&text, &ours));
        let ours = config(&changed(&middle.text(), &again));
        let mut sources = with_index(compute(&config(""), &base, 0), 1);
        sources = fold(sources, with_index(compute(&base, &middle, 0), 2));
        sources = fold(sources, with_index(compute(&middle, &ours, 0), 3));
        for resource in &mut sources {
            for info in resource.path_mutation_map.values_mut() {
                info.predicate = info.index != 3;
            }
        }
        let options = MergeOptions { local: Local::Recorded(&sources), ..MergeOptions::default() };
        let theirs = config(&changed(&text, &theirs));
        let result = merge(&base, &theirs, &ours, &options).expect("a merge");
        let (local, after) = (leaves(&ours), leaves(&result.config));
        for resource in &sources {
            for (path, info) in &resource.path_mutation_map {
                if info.predicate || through_positions(path) {
                    continue;
                }
                for (leaf, value) in &local {
                    if leaf == path || leaf.starts_with(&format!("{path}.")) {
                        let deeper = resource.path_mutation_map.iter().any(|(other, info)| {
                            info.predicate && other.len() > path.len() && speaks_of(other, leaf)
                        });
                        if !deeper {
                            prop_assert_eq!(after.get(leaf), Some(value), "{}", leaf);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn folding_is_associative_on_disjoint_paths(
        tree in tree(), first in changes(), second in changes()
    ) {
        let text = text(&tree);
        let start = config(&text);
        let middle = config(&changed(&text, &first));
        let end = config(&changed(&middle.text(), &second));
        let sources = with_index(compute(&config(""), &start, 0), 1);
        let first = with_index(compute(&start, &middle, 0), 2);
        let second = with_index(compute(&middle, &end, 0), 3);
        let paths = |list: &[ResourceMutation]| -> Vec<String> {
            list.iter()
                .flat_map(|mutation| mutation.path_mutation_map.keys().cloned())
                .collect()
        };
        let apart = paths(&first)
            .iter()
            .all(|a| paths(&second).iter().all(|b| !speaks_of(a, b)));
        if apart {
            let one_by_one = fold(fold(sources.clone(), first.clone()), second.clone());
            let together = fold(sources, fold(first, second));
            prop_assert_eq!(one_by_one, together);
        }
    }

    #[test]
    fn edits_at_disjoint_places_commute(
        tree in tree(), one in 0..1000usize, other in 0..1000usize, delete in any::<bool>()
    ) {
        let text = text(&tree);
        let (maps, leaves) = places(&config(&text));
        if leaves.is_empty() {
            return Ok(());
        }
        let set = leaves[one % leaves.len()].clone();
        let place = match delete {
            true => leaves[other % leaves.len()].clone(),
            false => maps[other % maps.len()].child(Step::Key("added".into())),
        };
        let in_list = |path: &ResolvedPath| path.0.iter().any(|step| matches!(step, Step::Index(_)));
        if set == place || in_list(&place) || place.0.last() == set.0.last() {
            return Ok(());
        }
        let first = Edit::set(0, set, "changed");
        let second = match delete {
            true => Edit::delete(0, place),
            false => Edit::set(0, place, 1),
        };
        let apply = |edits: [&Edit; 2]| {
            let mut config = config(&text);
            let made = edits
                .into_iter()
                .all(|edit| config.apply(std::slice::from_ref(edit)).is_ok());
            made.then(|| config.text().into_owned())
        };
        let (forth, back) = (apply([&first, &second]), apply([&second, &first]));
        prop_assert_eq!(&forth, &back);
        // And together they do the same.
        if let Some(text_after) = forth {
            let mut together = config(&text);
            together.apply(&[first, second]).expect("both edits");
            prop_assert_eq!(together.text(), text_after);
        }
    }

    #[test]
    fn no_three_texts_make_it_panic(
        base in "[-a-c:# \\[\\]{}\n\"'|>0-2]{0,60}",
        theirs in "[-a-c:# \\[\\]{}\n\"'|>0-2]{0,60}",
        ours in "[-a-c:# \\[\\]{}\n\"'|>0-2]{0,60}",
    ) {
        let parsed = [&base, &theirs, &ours]
            .map(|text| Config::parse(Toolchain::AppConfigYaml, text.as_bytes()));
        if let [Ok(base), Ok(theirs), Ok(ours)] = parsed {
            let _ = merge(&base, &theirs, &ours, &MergeOptions::default());
        }
    }
}
