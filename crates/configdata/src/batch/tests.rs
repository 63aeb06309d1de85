//! Edits together do what they do one by one, at the price of one.

use proptest::prelude::*;

use super::*;
use crate::parse_error::ParseError;
use crate::toolchain::Toolchain;
use crate::tree::Tree;

/// A format that counts how often it reads.
struct Counted {
    format: &'static dyn Format,
    reads: std::sync::atomic::AtomicUsize,
}

impl Format for Counted {
    fn read(&self, text: &str) -> Result<Vec<crate::format::Segment>, ParseError> {
        self.reads
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.format.read(text)
    }

    fn plan(
        &self,
        text: &str,
        tree: &Tree,
        path: &ResolvedPath,
        action: &Action,
    ) -> Result<Vec<Splice>, Refusal> {
        self.format.plan(text, tree, path, action)
    }

    fn unsaid(&self) -> crate::format::Unsaid {
        self.format.unsaid()
    }
}

fn document(toolchain: Toolchain, text: &str) -> Document {
    let config = crate::Config::parse(toolchain, text.as_bytes()).expect("readable");
    Document::clone(&config.documents()[0])
}

/// The text after edits, and how often it was read.
fn together(toolchain: Toolchain, text: &str, edits: &[Edit]) -> (Option<String>, usize) {
    let counted = Counted {
        format: toolchain.format(),
        reads: std::sync::atomic::AtomicUsize::new(0),
    };
    let after = edited(&counted, &document(toolchain, text), edits).ok();
    let text = after.map(|after| after.map_or(text.to_owned(), |after| String::from(&*after.text)));
    (text, counted.reads.into_inner())
}

fn one_by_one(toolchain: Toolchain, text: &str, edits: &[Edit]) -> Option<String> {
    let mut document = document(toolchain, text);
    for edit in edits {
        match edited(toolchain.format(), &document, std::slice::from_ref(edit)) {
            Ok(Some(after)) => document = after,
            Ok(None) => {}
            Err(_) => return None,
        }
    }
    Some(String::from(&*document.text))
}

fn list(steps: &[Step]) -> ResolvedPath {
    ResolvedPath([&[Step::Key("l".into())], steps].concat())
}

fn edit(step: Step, action: Action) -> Edit {
    Edit {
        document: 0,
        path: list(&[step]),
        action,
    }
}

#[test]
fn a_list_of_edits_is_read_once() {
    let block = "l: # c\n- a\n# of b\n- b\n- c # d\n- d\nm: 1\n";
    let set = |at, value: &str| edit(Step::Index(at), Action::Set(value.into()));
    let insert = |at, value: &str| edit(Step::Index(at), Action::Insert(value.into()));
    let delete = |at| edit(Step::Index(at), Action::Delete);
    let append = |value: &str| edit(Step::Key("-".into()), Action::Set(value.into()));
    for (edits, after, reads) in [
        (
            vec![insert(1, "x"), insert(2, "w"), set(4, "z")],
            "l: # c\n- a\n- x\n- w\n# of b\n- b\n- z # d\n- d\nm: 1\n",
            1,
        ),
        (
            vec![delete(3), delete(2), set(0, "x")],
            "l: # c\n- x\n# of b\n- b\nm: 1\n",
            1,
        ),
        (
            vec![delete(0), delete(0), append("e")],
            "l: # c\n# of b\n- c # d\n- d\n- e\nm: 1\n",
            1,
        ),
        (
            vec![append("e"), append("f"), set(0, "x")],
            "l: # c\n- x\n# of b\n- b\n- c # d\n- d\n- e\n- f\nm: 1\n",
            1,
        ),
    ] {
        let (text, read) = together(Toolchain::AppConfigYaml, block, &edits);
        assert_eq!(text.as_deref(), Some(after), "{edits:?}");
        assert_eq!(read, reads, "{edits:?}");
    }
    // Collections in the place of scalars.
    let list_of = |text: &str| Value::List(vec![text.into()]);
    let edits: Vec<Edit> = (0..4)
        .map(|at| edit(Step::Index(at), Action::Set(list_of("x"))))
        .collect();
    let (text, read) = together(Toolchain::AppConfigYaml, block, &edits);
    assert_eq!(read, 1, "{text:?}");
    let long: Vec<Value> = (0..100).map(|n: i64| n.into()).collect();
    let whole = Edit::set(0, list(&[]), Value::List(long));
    let (text, reads) = together(Toolchain::AppConfigYaml, block, &[whole]);
    assert_eq!(reads, 1, "{text:?}");
    // Of a list with commas, the last element goes by itself.
    let numbers = |count: i64| Value::List((0..count).map(Value::from).collect());
    let json = format!("{{\"l\": {}}}\n", numbers(50).to_json());
    let short = Edit::set(0, list(&[]), numbers(3));
    let (text, reads) = together(Toolchain::AppConfigJson, &json, &[short]);
    assert_eq!(text.as_deref(), Some("{\"l\": [0,1,2]}\n"));
    assert_eq!(reads, 2);
    let from_the_end: Vec<Edit> = (3..50).rev().map(delete).collect();
    let (text, reads) = together(Toolchain::AppConfigJson, &json, &from_the_end);
    assert_eq!(text.as_deref(), Some("{\"l\": [0,1,2]}\n"));
    assert_eq!(reads, 2);
}

#[test]
fn a_list_that_loses_all_is_empty() {
    for (toolchain, text) in TEXTS {
        let all: Vec<Edit> = (0..6)
            .rev()
            .map(|at| edit(Step::Index(at), Action::Delete))
            .collect();
        let (after, _) = together(toolchain, text, &all);
        let after = after.expect("removed");
        let document = document(toolchain, &after);
        let left = find(&document, &list(&[])).map(NodeRef::len);
        assert!(matches!(left, None | Some(0)), "{after}");
        // What is not of the list stays.
        assert_eq!(after.contains("x"), text.contains("x"), "{after}");
    }
}

#[test]
fn a_refused_removal_is_named_as_it_was_asked_for() {
    let text = "l:\n- a\n- &x b\n- *x\n- c\n";
    let refused = |edits: &[usize]| {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|at| edit(Step::Index(*at), Action::Delete))
            .collect();
        let yaml = Toolchain::AppConfigYaml;
        let error = edited(yaml.format(), &document(yaml, text), &edits).err();
        error.map(|error| error.path)
    };
    assert_eq!(refused(&[3, 1, 0]).as_deref(), Some("l.1"));
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let collection = |value: i64| match value % 3 {
        0 => Value::List(vec![value.into(), "a".into()]),
        1 => Value::Map(vec![("k".to_owned(), value.into())]),
        _ => Value::Map(vec![
            ("m".to_owned(), value.into()),
            ("n".to_owned(), Value::List(vec![value.into()])),
        ]),
    };
    let one = prop_oneof![
        (0..9usize, 0..100i64)
            .prop_map(move |(at, value)| edit(Step::Index(at), Action::Set(collection(value)))),
        (0..9usize, 0..100i64)
            .prop_map(|(at, value)| edit(Step::Index(at), Action::Insert(value.into()))),
        (0..9usize, 0..100i64)
            .prop_map(|(at, value)| edit(Step::Index(at), Action::Set(value.into()))),
        (0..9usize).prop_map(|at| edit(Step::Index(at), Action::Delete)),
        (0..9usize).prop_map(|at| edit(Step::Key(at.to_string()), Action::Delete)),
        (0..100i64).prop_map(|value| edit(Step::Key("-".into()), Action::Set(value.into()))),
        (0..9usize, 0..100i64).prop_map(|(at, value)| Edit::set(
            0,
            list(&[Step::Index(at), Step::Key("k".into())]),
            value
        )),
        (0..9usize).prop_map(|at| Edit::delete(0, list(&[Step::Index(at), Step::Key("k".into())]))),
    ];
    prop::collection::vec(one, 1..7)
}

const TEXTS: [(Toolchain, &str); 6] = [
    (
        Toolchain::AppConfigYaml,
        "l:\n- 1 # one\n- k: 2\n  # of m\n  m: 3\n\n# of four\n- 4\n- k: 5\n- 6\n- 7\n# end\nx: 1\n",
    ),
    (
        Toolchain::AppConfigYaml,
        "l: [1, {k: 2, m: 3}, 4, {k: 5}, 6, 7] # c\n",
    ),
    (Toolchain::AppConfigYaml, "l:\n    - 1\n    - 2\n"),
    (
        Toolchain::AppConfigJson,
        "{\n  \"l\": [\n    1, // one\n    {\"k\": 2, \"m\": 3},\n    4,\n    {\"k\": 5},\n    6,\n    7\n  ]\n}\n",
    ),
    (
        Toolchain::AppConfigToml,
        "l = [\n  1, # one\n  {k = 2, m = 3},\n  4,\n  {k = 5},\n  6,\n  7,\n]\nx = 1\n",
    ),
    (
        Toolchain::AppConfigToml,
        "[[l]]\nk = 1 # one\n\n[[l]]\nk = 2\nm = 3\n\n[[l]]\nm = 4\n[x]\n",
    ),
];

proptest! {
    #[test]
    fn together_as_one_by_one(edits in edits(), which in 0..TEXTS.len()) {
        let (toolchain, text) = TEXTS[which];
        let (all, _) = together(toolchain, text, &edits);
        let each = one_by_one(toolchain, text, &edits);
        prop_assert_eq!(all, each, "{:?}", edits);
    }

    /// But for a list that loses all: it is emptied in one go, and the brackets come together.
    #[test]
    fn removals_from_the_end_as_one_by_one(
        gone in prop::collection::btree_set(1..9usize, 1..7),
        which in 0..TEXTS.len(),
    ) {
        let (toolchain, text) = TEXTS[which];
        let gone = gone.into_iter().rev();
        let edits: Vec<Edit> = gone.map(|at| edit(Step::Index(at), Action::Delete)).collect();
        let (all, _) = together(toolchain, text, &edits);
        let each = one_by_one(toolchain, text, &edits);
        prop_assert_eq!(all, each, "{:?}", edits);
    }
}
