//! Edits, one small text each: what is asked for happens, and nothing else moves.

use cubit_configdata::{Action, Config, Edit, Number, Path, ResolvedPath, Step, Toolchain, Value};

fn place(text: &str) -> ResolvedPath {
    if text.is_empty() {
        return ResolvedPath::default();
    }
    Path::parse(text)
        .expect("a path")
        .resolved()
        .expect("a plain path")
}

fn edited(before: &str, path: &str, action: Action) -> Result<String, String> {
    let mut config = Config::parse(Toolchain::KubernetesYaml, before.as_bytes()).expect("readable");
    config
        .apply(&[Edit {
            document: 0,
            path: place(path),
            action,
        }])
        .map(|_| config.text().into_owned())
        .map_err(|error| error.to_string())
}

fn set(value: impl Into<Value>) -> Action {
    Action::Set(value.into())
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    )
}

fn list(values: &[Value]) -> Value {
    Value::List(values.to_vec())
}

#[test]
fn setting_a_scalar_keeps_its_style() {
    for (before, value, after) in [
        ("a: 1\n", Value::from(2), "a: 2\n"),
        ("a: 1   # why\nb: 2\n", 2.into(), "a: 2   # why\nb: 2\n"),
        ("a: 'x'\n", "it's".into(), "a: 'it''s'\n"),
        ("a: \"x\"\n", "y".into(), "a: \"y\"\n"),
        ("a: x\n", "y z".into(), "a: y z\n"),
        ("a: x\n", "yes".into(), "a: \"yes\"\n"),
        ("a: x\n", "1".into(), "a: \"1\"\n"),
        ("a: x\n", "a: b # c".into(), "a: \"a: b # c\"\n"),
        ("a: True\n", false.into(), "a: False\n"),
        (
            "a: 1.50\n",
            Value::Number(Number::parse("2.50").expect("a number")),
            "a: 2.50\n",
        ),
        ("a:\nb: 1\n", "x".into(), "a: x\nb: 1\n"),
        ("a:   # nothing yet\n", "x".into(), "a: x   # nothing yet\n"),
        ("a: x\n", Value::Null, "a: null\n"),
        ("a: !!str 1\n", 2.into(), "a: 2\n"),
        ("a: &here 1\n", 2.into(), "a: &here 2\n"),
        (
            "a: |\n  one\n  two\nb: 1\n",
            "three\nfour\n".into(),
            "a: |\n  three\n  four\nb: 1\n",
        ),
        ("a: |\n    one\n", "x".into(), "a: |-\n    x\n"),
        ("a: | # text\n  one\n", 3.into(), "a: 3 # text\n"),
        (
            "a: >-\n  one\n  two\n\nb: 1\n",
            "x y".into(),
            "a: >-\n  x y\n\nb: 1\n",
        ),
        ("a: x\n", "one\ntwo\n".into(), "a: |\n  one\n  two\n"),
        ("a: one\n  two\nb: 1\n", "x".into(), "a: x\nb: 1\n"),
        ("{a: x, b: 'y'}\n", "p, q".into(), "{a: \"p, q\", b: 'y'}\n"),
        ("{\"a\":1}", 2.into(), "{\"a\":2}"),
        (
            "a: x\r\nb: 1\r\n",
            "one\ntwo".into(),
            "a: |-\r\n  one\r\n  two\r\nb: 1\r\n",
        ),
        ("\u{feff}a: 1\n", 2.into(), "\u{feff}a: 2\n"),
        ("a: 1", 2.into(), "a: 2"),
        (
            "%YAML 1.2\n---\na: 1\n...\n",
            2.into(),
            "%YAML 1.2\n---\na: 2\n...\n",
        ),
    ] {
        assert_eq!(
            edited(before, "a", set(value)).as_deref(),
            Ok(after),
            "{before:?}"
        );
    }
}

#[test]
fn inserting_imitates_the_surroundings() {
    for (before, path, value, after) in [
        ("a: 1\n", "b", Value::from(2), "a: 1\nb: 2\n"),
        ("a: 1", "b", 2.into(), "a: 1\nb: 2"),
        (
            "a: 1 # last\n# end\n",
            "b",
            2.into(),
            "a: 1 # last\nb: 2\n# end\n",
        ),
        (
            "a:\n    b: 1\nc: 2\n",
            "a.x.k",
            3.into(),
            "a:\n    b: 1\n    x:\n        k: 3\nc: 2\n",
        ),
        ("a:\n- b: 1\n", "a.0.c", 2.into(), "a:\n- b: 1\n  c: 2\n"),
        (
            "a:\n  - b: 1\n    d:\n      - 1\n",
            "a.0.c",
            list(&[7.into()]),
            "a:\n  - b: 1\n    d:\n      - 1\n    c:\n      - 7\n",
        ),
        ("a: {}\n", "a.b.c", 2.into(), "a: {b: {c: 2}}\n"),
        (
            "a: {b: 1}\n",
            "a.c",
            "x, y".into(),
            "a: {b: 1, c: \"x, y\"}\n",
        ),
        (
            "{\"a\":1,\"b\":2}",
            "c",
            "x".into(),
            "{\"a\":1,\"b\":2,\"c\":\"x\"}",
        ),
        (
            "{\n  \"a\": \"1\",\n  \"b\": \"2\"\n}\n",
            "c",
            "3".into(),
            "{\n  \"a\": \"1\",\n  \"b\": \"2\",\n  \"c\": \"3\"\n}\n",
        ),
        (
            "a: [\n  1, # one\n  2, # two\n]\n",
            "a.-",
            3.into(),
            "a: [\n  1, # one\n  2, # two\n  3,\n]\n",
        ),
        ("a: [1, 2]\n", "a.2", 3.into(), "a: [1, 2, 3]\n"),
        (
            "a:\n- 1\n- 2 # two\nb: 1\n",
            "a.-",
            3.into(),
            "a:\n- 1\n- 2 # two\n- 3\nb: 1\n",
        ),
        ("a:\nb: 1\n", "a.c", 2.into(), "a:\n  c: 2\nb: 1\n"),
        ("a: # why\n", "a.c", 2.into(), "a: # why\n  c: 2\n"),
        (
            "'a': 1\n'b': 2\n",
            "c",
            3.into(),
            "'a': 1\n'b': 2\n'c': 3\n",
        ),
        (
            "a: |\n  text\n\n\nb: 1\n",
            "c",
            3.into(),
            "a: |\n  text\n\n\nb: 1\nc: 3\n",
        ),
        (
            "x:\n  a: |+\n    text\n\nb: 1\n",
            "x.c",
            3.into(),
            "x:\n  a: |+\n    text\n\n  c: 3\nb: 1\n",
        ),
        ("", "a.b", 1.into(), "a:\n  b: 1\n"),
        ("# nothing yet\n", "a", 1.into(), "# nothing yet\na: 1\n"),
        ("a: 1\n", "true", "on".into(), "a: 1\n\"true\": \"on\"\n"),
        ("- - 1\n  - 2\n", "0.-", 3.into(), "- - 1\n  - 2\n  - 3\n"),
    ] {
        assert_eq!(
            edited(before, path, set(value)).as_deref(),
            Ok(after),
            "{before:?} {path}"
        );
    }
    let insert = |before: &str, path: &str| {
        edited(
            before,
            path,
            Action::Insert(map(&[("x", 1.into()), ("k", 2.into())])),
        )
    };
    assert_eq!(
        insert("a:\n- b: 1\n", "a.0").as_deref(),
        Ok("a:\n- x: 1\n  k: 2\n- b: 1\n")
    );
    assert_eq!(
        insert("a:\n- b: 1 # one\n- c: 2\n", "a.1").as_deref(),
        Ok("a:\n- b: 1 # one\n- x: 1\n  k: 2\n- c: 2\n")
    );
    assert_eq!(
        insert("a: [1, 2]\n", "a.1").as_deref(),
        Ok("a: [1, {x: 1, k: 2}, 2]\n")
    );
}

#[test]
fn an_empty_document_is_filled() {
    let nested = map(&[("b", 1.into())]);
    for (before, path, value, after) in [
        ("", "a.b", Value::from(1), "a:\n  b: 1\n"),
        ("# c\n", "a.b", 1.into(), "# c\na:\n  b: 1\n"),
        ("---\n", "a.b", 1.into(), "---\na:\n  b: 1\n"),
        ("---", "a", 1.into(), "---\na: 1\n"),
        ("--- # c\n", "a", 1.into(), "--- # c\na: 1\n"),
        (
            "---\n# c\n\n# d\n",
            "a",
            1.into(),
            "---\n# c\n\n# d\na: 1\n",
        ),
        ("---\r\n# c\r\n", "a", 1.into(), "---\r\n# c\r\na: 1\r\n"),
        ("%YAML 1.2\n---\n", "a", 1.into(), "%YAML 1.2\n---\na: 1\n"),
        ("---\n# c\n...\n", "a", 1.into(), "---\n# c\na: 1\n...\n"),
        ("---\n", "", 5.into(), "---\n5\n"),
        ("---\n", "", nested.clone(), "---\nb: 1\n"),
        (
            "---\n# c\n---\nb: 2\n",
            "a",
            1.into(),
            "---\n# c\na: 1\n---\nb: 2\n",
        ),
    ] {
        assert_eq!(
            edited(before, path, set(value)),
            Ok(after.to_owned()),
            "{before:?}"
        );
    }
}

#[test]
fn deleting_takes_its_lines_and_no_others() {
    for (before, path, after) in [
        ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\n\n# about b\nb: 2\n", "b", "a: 1\n\n# about b\n"),
        ("a: 1\nb: 2", "b", "a: 1"),
        ("a:\n  b: 1\nc: 2\n", "a.b", "a: {}\nc: 2\n"),
        ("a: # why\n  b: 1\n", "a.b", "a: {} # why\n"),
        ("a:\n- b: 1\n  c: 2\n", "a.0.b", "a:\n- c: 2\n"),
        (
            "a:\n- b: 1 # one\n  # about c\n  c: 2\n",
            "a.0.b",
            "a:\n- # about c\n  c: 2\n",
        ),
        ("a:\n- b: 1\n", "a.0.b", "a:\n- {}\n"),
        ("a:\n- 1\n- 2\n", "a.0", "a:\n- 2\n"),
        ("a:\n- 1\n", "a.0", "a: []\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a.b", "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a.c", "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "a.d", "a: {b: 1, c: 2}\n"),
        ("a: {b: 1}\n", "a.b", "a: {}\n"),
        (
            "a: [\n  1, # one\n  2 # two\n]\n",
            "a.1",
            "a: [\n  1 # one\n]\n",
        ),
        ("a: |\n  text\nb: 1\n", "a", "b: 1\n"),
        ("a: 1\n", "a", "{}\n"),
        ("a: 1\n", "b.c", "a: 1\n"),
        ("- - 1\n  - 2\n", "0.0", "- - 2\n"),
        ("a: 1\r\nb: 2\r\n", "a", "b: 2\r\n"),
    ] {
        assert_eq!(
            edited(before, path, Action::Delete).as_deref(),
            Ok(after),
            "{before:?} {path}"
        );
    }
}

#[test]
fn replacing_collections() {
    for (before, path, value, after) in [
        (
            "a: # c\n  x: 1 # one\n  y: 2\nb: 3\n",
            "a",
            Value::from(5),
            "a: 5 # c\nb: 3\n",
        ),
        (
            "a: 5 # c\nb: 3\n",
            "a",
            map(&[("x", 1.into())]),
            "a: # c\n  x: 1\nb: 3\n",
        ),
        ("a: {x: 1}\n", "a", list(&[1.into()]), "a:\n- 1\n"),
        (
            "a:\n- 1\nb: 2\n",
            "a",
            map(&[("x", 1.into())]),
            "a:\n  x: 1\nb: 2\n",
        ),
        (
            "- 1\n- 2\n",
            "0",
            map(&[("x", 1.into()), ("k", 2.into())]),
            "- x: 1\n  k: 2\n- 2\n",
        ),
        // What stays the same keeps its comments.
        (
            "a:\n  x: 1 # one\n  y: 2 # two\n  z: 3\n",
            "a",
            map(&[("x", 1.into()), ("y", 5.into()), ("w", 4.into())]),
            "a:\n  x: 1 # one\n  y: 5 # two\n  w: 4\n",
        ),
        (
            "a:\n- 1 # one\n- 2\n- 3 # three\n",
            "a",
            list(&[1.into(), 3.into()]),
            "a:\n- 1 # one\n- 3 # three\n",
        ),
        (
            "a:\n- 1 # one\n- 3 # three\n",
            "a",
            list(&[1.into(), 2.into(), 3.into()]),
            "a:\n- 1 # one\n- 2\n- 3 # three\n",
        ),
    ] {
        assert_eq!(
            edited(before, path, set(value)).as_deref(),
            Ok(after),
            "{before:?} {path}"
        );
    }
}

#[test]
fn line_comments() {
    for (before, path, comment, after) in [
        ("a: 1\n", "a", "why", "a: 1 # why\n"),
        ("a: 1   # old\n", "a", "new", "a: 1   # new\n"),
        ("a: 1   # old\n", "a", "", "a: 1\n"),
        ("a: |\n  text\n", "a", "why", "a: | # why\n  text\n"),
        ("a:\n  b: 1\n", "a", "why", "a: # why\n  b: 1\n"),
        ("a: 'x # y'\n", "a", "why", "a: 'x # y' # why\n"),
    ] {
        assert_eq!(
            edited(before, path, Action::Comment(comment.to_owned())).as_deref(),
            Ok(after),
            "{before:?}"
        );
    }
}

#[test]
fn refusals_say_where_and_why() {
    for (before, path, action, reason) in [
        (
            "a: &x {b: 1}\nc: *x\n",
            "c.b",
            set(2),
            "cannot change c.b at line 2, column 4: *x is an alias",
        ),
        (
            "a: &x {b: 1}\nc: *x\n",
            "a.b",
            set(2),
            "anchored as &x and used again",
        ),
        ("a: &x 1\nc: *x\n", "a", Action::Delete, "anchored as &x"),
        (
            "a: 1\nb: 2\na: 3\n",
            "a",
            Action::Delete,
            "the key a stands 2 times",
        ),
        (
            "a: 1\n",
            "a.b",
            set(2),
            "expected a map or a list here, found the int 1",
        ),
        (
            "a: [1]\n",
            "a.5",
            set(2),
            "position 5 is past the end: the list has 1 elements",
        ),
        ("a: [1]\n", "a.x", set(2), "expected a position in the list"),
        ("a: !Ref x\n", "a", set(2), "tagged !Ref"),
        (
            "{a: 1, b: 2}\n",
            "a",
            Action::Comment("c".into()),
            "no room for a comment",
        ),
        ("a: 1\n", "a", Action::Comment("c\nd".into()), "one line"),
        (
            "a: 1\n",
            "b",
            Action::Comment("c".into()),
            "nothing at this path",
        ),
        ("a: 1\n", "", Action::Delete, "a whole document"),
    ] {
        let error = edited(before, path, action).expect_err(before);
        assert!(error.contains(reason), "{before:?} {path}: {error}");
    }
    assert_eq!(
        edited("a: &x 1\nc: *x\n", "c", set(2)).as_deref(),
        Ok("a: &x 1\nc: 2\n"),
        "an alias itself may be replaced"
    );
}

#[test]
fn edits_are_made_together_or_not_at_all() {
    let text = "a: 1\n---\na: &x [1]\nb: *x\n";
    let mut config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
    let error = config
        .apply(&[Edit::set(0, place("a"), 2), Edit::set(1, place("b.0"), 2)])
        .expect_err("shared");
    assert_eq!(error.position.line, 4, "{error}");
    assert_eq!(config.text(), text);
    let changed = config.apply(&[
        Edit::set(0, place("a"), 2),
        Edit::set(0, place("b.c"), 1),
        Edit::set(0, place("b.d"), 2),
        Edit::set(1, place("c"), "x"),
        Edit::delete(0, place("a")),
    ]);
    assert_eq!(changed.map_err(|error| error.to_string()), Ok(true));
    assert_eq!(
        config.text(),
        "b:\n  c: 1\n  d: 2\n---\na: &x [1]\nb: *x\nc: x\n"
    );
    assert_eq!(
        config
            .apply(&[Edit::set(1, place("c"), "x")])
            .map_err(|error| error.to_string()),
        Ok(false)
    );
}

/// A batch is the same as its edits one by one: what is so already may not be so by then.
#[test]
fn later_edits_see_what_earlier_ones_did() {
    for (text, edits, expected) in [
        ("a: 1\n", [("a", set(2)), ("a", set(1))], "a: 1\n"),
        ("a: 1\n", [("b", set(2)), ("b", Action::Delete)], "a: 1\n"),
        (
            "a: 1\nb: 2\n",
            [("a", Action::Delete), ("a", set(1))],
            "b: 2\na: 1\n",
        ),
        (
            "- 1\n- 2\n- 3\n",
            [("0", Action::Delete), ("1", set(4))],
            "- 2\n- 4\n",
        ),
        (
            "a: 1 # x\n",
            [
                ("a", Action::Comment("y".into())),
                ("a", Action::Comment("x".into())),
            ],
            "a: 1 # x\n",
        ),
        (
            "a: 1\n",
            [("b", set(2)), ("b", Action::Comment("new".into()))],
            "a: 1\nb: 2 # new\n",
        ),
    ] {
        let mut config =
            Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
        let shown = format!("{edits:?}");
        let edits = edits.map(|(path, action)| Edit {
            document: 0,
            path: place(path),
            action,
        });
        config.apply(&edits).expect("an edit");
        assert_eq!(config.text(), expected, "{shown}");
    }
}

#[test]
fn reading() {
    let text = "# head\na: &x {b: [1, two]}\nc: *x\nd: ~\ne: 0644\n---\n---\n# only a comment\n---\nf: 1\nf: 2\n";
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
    assert_eq!(config.text(), text);
    let roots: Vec<bool> = config
        .documents()
        .iter()
        .map(|document| document.root().is_some())
        .collect();
    assert_eq!(
        (config.documents().len(), config.documents()[0].is_empty()),
        (4, false),
        "{roots:?}"
    );
    let root = config.documents()[0].root().expect("a root");
    let get = |path: &str| {
        root.find(&place(path))
            .map(|node| (node.kind().to_string(), node.scalar().into_owned()))
    };
    assert_eq!(
        get("c.b.1"),
        Some(("string".into(), "two".into())),
        "through an alias"
    );
    assert_eq!(get("d"), Some(("null".into(), "~".into())));
    assert_eq!(
        root.get("e")
            .and_then(cubit_configdata::NodeRef::as_integer),
        Some(420),
        "octal, as Kubernetes reads it"
    );
    let duplicates: Vec<String> = config
        .duplicate_keys()
        .map(|key| format!("{} {}", key.key, key.position))
        .collect();
    assert_eq!(duplicates, ["f line 11, column 1"]);
    assert_eq!(
        config.documents()[3]
            .root()
            .and_then(|root| root.get("f"))
            .and_then(cubit_configdata::NodeRef::as_integer),
        Some(2),
        "the last one counts"
    );
}

#[test]
fn hostile_texts_are_refused_with_a_place() {
    let deep = "[".repeat(200);
    let bomb = {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let item = format!("*a{}", level - 1);
            text.push_str(&format!(
                "a{level}: &a{level} [{}]\n",
                [item.as_str(); 10].join(", ")
            ));
        }
        text
    };
    for (text, message) in [
        (
            b"a: \xff".as_slice(),
            "line 1, column 4: byte 0xff is not UTF-8 text",
        ),
        (b"a: 1\nb: \0", "line 2, column 4: a NUL byte"),
        (b"a:\n\tb: 1\n", "indented with a tab"),
        (b"a: [1, 2\nb: 3\n", "line 2"),
        (b"a: 'open\n", "line "),
        (b"a: *missing\n", "line 1, column 4"),
        (b"a: &x [*x]\n", "stands inside the value it names"),
        (deep.as_bytes(), "line 1"),
        (bomb.as_bytes(), "aliases write this document out"),
    ] {
        let error = Config::parse(Toolchain::KubernetesYaml, text).expect_err("hostile");
        assert!(error.to_string().contains(message), "{error}");
    }
    let block_deep: String = (0..200)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    assert!(Config::parse(Toolchain::KubernetesYaml, block_deep.as_bytes()).is_err());
}

#[test]
fn a_plain_step_is_a_key_in_a_map_and_an_index_in_a_list() {
    let config =
        Config::parse(Toolchain::KubernetesYaml, b"a: {0: x}\nb: [y]\n").expect("readable");
    let root = config.documents()[0].root().expect("a root");
    for (path, value) in [("a.0", "x"), ("b.0", "y")] {
        assert_eq!(
            root.find(&place(path))
                .map(|node| node.scalar().into_owned())
                .as_deref(),
            Some(value)
        );
    }
    assert_eq!(
        root.find(&ResolvedPath(vec![Step::Key("a".into()), Step::Index(0)]))
            .map(|n| n.scalar().into_owned())
            .as_deref(),
        Some("x")
    );
}

#[test]
fn a_new_entry_stands_after_its_sibling() {
    for (before, path, after, expected) in [
        ("a: 1\nb: 2\n", "x", Some("a"), "a: 1\nx: 9\nb: 2\n"),
        ("a: 1\nb: 2\n", "x", Some("b"), "a: 1\nb: 2\nx: 9\n"),
        ("a: 1\nb: 2\n", "x", Some("c"), "a: 1\nb: 2\nx: 9\n"),
        ("a: 1\nb: 2\n", "x", None, "x: 9\na: 1\nb: 2\n"),
        (
            "a: 1 # one\n# two\nb: 2\n",
            "x",
            Some("a"),
            "a: 1 # one\nx: 9\n# two\nb: 2\n",
        ),
        (
            "m:\n  a:\n    c: 1\n    # of c\n  # of b\n  b: 2\n",
            "m.x",
            Some("a"),
            "m:\n  a:\n    c: 1\n    # of c\n  x: 9\n  # of b\n  b: 2\n",
        ),
        ("a:\nb: 2\n", "x", Some("a"), "a:\nx: 9\nb: 2\n"),
        ("a: # why\nb: 2\n", "x", Some("a"), "a: # why\nx: 9\nb: 2\n"),
        (
            "a:\n- 1\n- 2\n\nb: 2\n",
            "x",
            Some("a"),
            "a:\n- 1\n- 2\nx: 9\n\nb: 2\n",
        ),
        (
            "a: |\n  one\n  two\nb: 2\n",
            "x",
            Some("a"),
            "a: |\n  one\n  two\nx: 9\nb: 2\n",
        ),
        (
            "a: |-\n  one\n\nb: 2\n",
            "x",
            Some("a"),
            "a: |-\n  one\nx: 9\n\nb: 2\n",
        ),
        (
            "a: |+\n  one\n\nb: 2\n",
            "x",
            Some("a"),
            "a: |+\n  one\n\nx: 9\nb: 2\n",
        ),
        (
            "a: one\n  two\nb: 2\n",
            "x",
            Some("a"),
            "a: one\n  two\nx: 9\nb: 2\n",
        ),
        (
            "a: &p 1\nb: *p\nc: 3\n",
            "x",
            Some("b"),
            "a: &p 1\nb: *p\nx: 9\nc: 3\n",
        ),
        ("# head\na: 1\n", "x", None, "# head\nx: 9\na: 1\n"),
        (
            "---\n# head\na: 1\n",
            "x",
            None,
            "---\n# head\nx: 9\na: 1\n",
        ),
        (
            "# head\n\n# of a\na: 1\n",
            "x",
            None,
            "# head\n\nx: 9\n# of a\na: 1\n",
        ),
        (
            "m:\n  # of a\n  a: 1\n",
            "m.x",
            None,
            "m:\n  x: 9\n  # of a\n  a: 1\n",
        ),
        (
            "m:\n- a: 1\n  b: 2\n",
            "m.0.x",
            None,
            "m:\n- x: 9\n  a: 1\n  b: 2\n",
        ),
        (
            "m:\n- a: 1\n  b: 2\n",
            "m.0.x",
            Some("a"),
            "m:\n- a: 1\n  x: 9\n  b: 2\n",
        ),
        ("? a\n: 1\nb: 2\n", "x", Some("a"), "? a\n: 1\nx: 9\nb: 2\n"),
        (
            "\"a\": 1\r\n\"b\": 2\r\n",
            "x",
            Some("a"),
            "\"a\": 1\r\n\"x\": 9\r\n\"b\": 2\r\n",
        ),
        (
            "m: {a: 1, b: 2}\n",
            "m.x",
            Some("a"),
            "m: {a: 1, x: 9, b: 2}\n",
        ),
        ("m: {a: 1, b: 2}\n", "m.x", None, "m: {x: 9, a: 1, b: 2}\n"),
        (
            "m: {a: 1, b: 2}\n",
            "m.x",
            Some("b"),
            "m: {a: 1, b: 2, x: 9}\n",
        ),
        (
            "{\"a\":1,\"b\":2}\n",
            "x",
            Some("a"),
            "{\"a\":1,\"x\":9,\"b\":2}\n",
        ),
        (
            "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            "x",
            Some("a"),
            "{\n  \"a\": 1,\n  \"x\": 9,\n  \"b\": 2\n}\n",
        ),
    ] {
        let action = Action::SetAfter {
            value: 9.into(),
            after: after.map(str::to_owned),
        };
        let there = edited(before, path, action).expect(before);
        assert_eq!(there, expected, "{path} after {after:?}");
        assert_eq!(
            edited(&there, path, Action::Delete).expect(&there),
            before,
            "{path} deleted"
        );
    }
}

#[test]
fn merge_keys_are_followed() {
    let text = "base: &base {a: 1, b: 2}\nmore: &more\n  b: 3\n  c: {d: 4}\nall:\n  c: 5\n  <<: [*base, *more]\ntwo:\n  <<: *more\n  e: 6\n";
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
    let root = config.documents()[0].root().expect("a map");
    for (path, value) in [
        ("all", r#"{"c":5,"a":1,"b":2}"#),
        ("all.b", "2"),
        ("two", r#"{"e":6,"b":3,"c":{"d":4}}"#),
        ("two.c.d", "4"),
    ] {
        let node = root.find(&place(path)).expect(path);
        assert_eq!(node.value().to_json().to_string(), value, "{path}");
    }
    assert_eq!(root.find(&place("two")).expect("a map").len(), 3);

    for (path, action, expected) in [
        ("all.a", set(7), "  <<: [*base, *more]\n  a: 7\ntwo"),
        ("two.c", set("x"), "  e: 6\n  c: x\n"),
        ("two.b", set(3), "  e: 6\n"),
        (
            "two.b",
            Action::SetAfter {
                value: 7.into(),
                after: Some("<<".into()),
            },
            "  <<: *more\n  b: 7\n  e: 6\n",
        ),
        ("all.new", set(7), "  <<: [*base, *more]\n  new: 7\ntwo"),
        ("all.c", Action::Delete, "the key c is merged (<<) as well"),
        ("two.e", Action::Delete, "  <<: *more\n"),
        (
            "all.a",
            Action::Delete,
            "line 1, column 17: this is merged from here",
        ),
        (
            "two.c.d",
            set(1),
            "line 4, column 6: this is merged from here",
        ),
        (
            "two.c.x",
            set(1),
            "line 4, column 6: this is merged from here",
        ),
        ("two.<<", Action::Delete, "would change as well"),
        ("more.b", set(1), "the value is anchored as &more"),
        (
            "two",
            set(map(&[
                ("e", 6.into()),
                ("b", 8.into()),
                ("c", map(&[("d", 4.into())])),
            ])),
            "  e: 6\n  b: 8\n",
        ),
    ] {
        let there = edited(text, path, action.clone());
        let there = there.unwrap_or_else(|error| error);
        assert!(there.contains(expected), "{path} {action:?}:\n{there}");
    }
    // What the merge key names must be a map; a quoted one is a key like any other.
    for (text, value) in [
        ("a: {<<: 1}\n", r#"{"a":{"<<":1}}"#),
        ("a: {\"<<\": {b: 1}}\n", r#"{"a":{"<<":{"b":1}}}"#),
        (
            "a: {<<: {b: 1, b: 2}, c: 3, c: 4}\n",
            r#"{"a":{"c":4,"b":2}}"#,
        ),
    ] {
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
        let root = config.documents()[0].root().expect("a map");
        assert_eq!(root.value().to_json().to_string(), value, "{text}");
    }
    let mut bomb = "m0: &m0 {k0: 1}\n".to_owned();
    for n in 1..3000 {
        bomb.push_str(&format!("m{n}: &m{n} {{<<: *m{}, k{n}: 1}}\n", n - 1));
    }
    let error = Config::parse(Toolchain::KubernetesYaml, bomb.as_bytes()).expect_err("too much");
    assert!(
        error.message.contains("aliases write this document out"),
        "{error}"
    );
}
