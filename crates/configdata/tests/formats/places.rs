//! Where new entries are put and what goes with deleted ones: one small text a rule.

use cubit_configdata::{Action, Config, Edit, Path, Toolchain, Value};

fn edited(toolchain: Toolchain, text: &str, path: &str, action: Action) -> String {
    let mut config =
        Config::parse(toolchain, text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    let path = Path::parse(path)
        .expect("a path")
        .resolved()
        .expect("a plain path");
    let edit = Edit {
        document: 0,
        path,
        action,
    };
    match config.apply(&[edit]) {
        Ok(_) => config.text().into_owned(),
        Err(error) => format!("refused: {}", error.reason),
    }
}

fn check(toolchain: Toolchain, rows: &[(&str, &str, Action, &str)]) {
    for (text, path, action, expected) in rows {
        let after = edited(toolchain, text, path, action.clone());
        assert_eq!(after, *expected, "{path} {action:?} in\n{text}");
    }
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

fn comment(text: &str) -> Action {
    Action::Comment(text.to_owned())
}

#[test]
fn properties() {
    check(
        Toolchain::AppConfigProperties,
        &[
            ("a.x = 1\nb=2\n", "a.y", set(3), "a.x = 1\na.y = 3\nb=2\n"),
            ("a=1\nb=2\n", "a.y", set("é"), "a=1\na.y=\\u00E9\nb=2\n"),
            ("a=ü\n", "a", set("é"), "a=é\n"),
            ("a=1\n", "b", set("\u{1f600}"), "a=1\nb=\\uD83D\\uDE00\n"),
            ("a=1 \\\n  2\nb=3\n", "a", set("x"), "a=x\nb=3\n"),
            ("a=1\n", "b c:", set(" x"), "a=1\nb\\ c\\:=\\ x\n"),
            ("a=1\na.b=2\nc=3\na.d=4\n", "a", Action::Delete, "c=3\n"),
            ("a=1\na=2\n", "a", set(3), "a=1\na=3\n"),
            (
                "a=1\na=2\n",
                "a",
                Action::Delete,
                "refused: the key a stands 2 times: removing one would bring back another",
            ),
            ("a=1\r\rb=2\r", "a", Action::Delete, "\rb=2\r"),
            (
                "a=1\n",
                "b",
                set(map(&[("x", 1.into()), ("y", "z".into())])),
                "a=1\nb.x=1\nb.y=z\n",
            ),
        ],
    );
}

#[test]
fn ini() {
    check(
        Toolchain::AppConfigIni,
        &[
            (
                "[a]\nx = 1\n; end\n\n[b]\ny=2\n",
                "a.z",
                set("on"),
                "[a]\nx = 1\nz = on\n; end\n\n[b]\ny=2\n",
            ),
            (
                "; top\n\n# about a\n[a]\nx = 1\n",
                "y",
                set(2),
                "; top\n\ny = 2\n# about a\n[a]\nx = 1\n",
            ),
            (
                "[a]\nx = 1\n\n[b]\ny = 2\n",
                "a.c.z",
                set(3),
                "[a]\nx = 1\n\n[a.c]\nz = 3\n\n[b]\ny = 2\n",
            ),
            (
                "[a]\nx = 1\n\n[b]\ny = 2\n",
                "a",
                Action::Delete,
                "[b]\ny = 2\n",
            ),
            (
                "[a]\nx = 1\n\n[b]\ny = 2\n",
                "b",
                Action::Delete,
                "[a]\nx = 1\n",
            ),
            ("a = 1 ; one\n", "a", set("x ; y"), "a = \"x ; y\" ; one\n"),
            ("a =\nb = 1\n", "a", set(5), "a = 5\nb = 1\n"),
            ("a = ; c\n", "a", set(5), "a = 5 ; c\n"),
            ("flag\n", "flag", set(true), "flag = true\n"),
            ("a = 1\n", "a", set(Value::Null), "a\n"),
            ("a = 'x'\n", "a", set("it's"), "a = \"it's\"\n"),
            ("a = \"x\"\n", "a", set("C:\\data"), "a = \"C:\\data\"\n"),
            (
                "[a]\nd =\n  x\n  y\n",
                "a.d",
                set("\nx\nz\n\nw"),
                "[a]\nd =\n  x\n  z\n\n  w\n",
            ),
            ("a = 1\n", "a", comment("why"), "a = 1 ; why\n"),
            ("# c\na = 1\n", "a", comment("why"), "# c\na = 1 # why\n"),
            ("x = 1\nx = 2\n", "x", set(3), "x = 1\nx = 3\n"),
        ],
    );
}

#[test]
fn env() {
    check(
        Toolchain::AppConfigEnv,
        &[
            (
                "export A=1\n# end\n",
                "B",
                set("x y"),
                "export A=1\nexport B=\"x y\"\n# end\n",
            ),
            ("A='x'\n", "A", set("it's $5"), "A=\"it's \\$5\"\n"),
            ("A=x\n", "A", set("${HOME}/y"), "A=${HOME}/y\n"),
            ("A= # none\n", "A", set("x"), "A=x # none\n"),
            ("A=1\n", "A", comment("one"), "A=1 # one\n"),
            ("A=1\n", "A", set(true), "A=true\n"),
            (
                "A=1\n",
                "1B",
                set("x"),
                "refused: \"1B\" is no name of a variable: letters, digits, '_', '.' and '-' are",
            ),
        ],
    );
}

#[test]
fn json() {
    check(
        Toolchain::AppConfigJson,
        &[
            (
                "{\n  \"a\": 1\n}\n",
                "b",
                set(2),
                "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            ),
            (
                "{\n  \"a\": 1 // one\n  // end\n}\n",
                "b",
                set(2),
                "{\n  \"a\": 1, // one\n  // end\n  \"b\": 2\n}\n",
            ),
            (
                "{\n  \"a\": 1,\n}\n",
                "b",
                set(2),
                "{\n  \"a\": 1,\n  \"b\": 2,\n}\n",
            ),
            ("{\"a\":1}", "b", set(2), "{\"a\":1,\"b\":2}"),
            ("{\"a\": 1, \"b\": 2}", "a", Action::Delete, "{\"b\": 2}"),
            (
                "{\n  \"a\": 1,\n  \"b\": 2 // two\n}\n",
                "b",
                Action::Delete,
                "{\n  \"a\": 1\n}\n",
            ),
            (
                "{\n  \"a\": {}\n}\n",
                "a.b",
                set(1),
                "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
            ),
            (
                "{\n  \"a\": [1, 2]\n}\n",
                "a.-",
                set(3),
                "{\n  \"a\": [1, 2, 3]\n}\n",
            ),
            (
                "[\n\t1,\n\t2\n]\n",
                "1",
                Action::Insert(map(&[("x", 1.into())])),
                "[\n\t1,\n\t{\n\t\t\"x\": 1\n\t},\n\t2\n]\n",
            ),
            (
                "{\"a\": 1}",
                "a",
                comment("x"),
                "refused: this file is plain JSON, which has no comments",
            ),
            (
                "// c\n{\n  \"a\": 1,\n  \"b\": 2\n}\n",
                "a",
                comment("x"),
                "// c\n{\n  \"a\": 1, // x\n  \"b\": 2\n}\n",
            ),
            ("{\"a\": 1, \"a\": 2}", "a", set(3), "{\"a\": 1, \"a\": 3}"),
        ],
    );
}

#[test]
fn toml() {
    check(
        Toolchain::AppConfigToml,
        &[
            (
                "a.x = 1\nb = 2\n\n[c]\n",
                "a.y",
                set(3),
                "a.x = 1\na.y = 3\nb = 2\n\n[c]\n",
            ),
            (
                "# about c\n[c]\nx = 1\n",
                "a",
                set(2),
                "a = 2\n# about c\n[c]\nx = 1\n",
            ),
            (
                "[a]\nx = 1\n\n[a.b]\ny = 2\n\n# about c\n[c]\n",
                "a.d.z",
                set(3),
                "[a]\nx = 1\n\n[a.b]\ny = 2\n\n[a.d]\nz = 3\n\n# about c\n[c]\n",
            ),
            (
                "[a]\nx = 1\n\n[a.b]\ny = 2\n\n[c]\nz = 3\n",
                "a",
                Action::Delete,
                "[c]\nz = 3\n",
            ),
            (
                "[a.b]\nx = 1\n",
                "a.y",
                set(2),
                "[a]\ny = 2\n\n[a.b]\nx = 1\n",
            ),
            (
                "x = [\n  1, # one\n  2 # two\n]\n",
                "x.-",
                set(3),
                "x = [\n  1, # one\n  2, # two\n  3\n]\n",
            ),
            (
                "x = [\n  1, # one\n  2,\n]\n",
                "x.0",
                Action::Delete,
                "x = [\n  2,\n]\n",
            ),
            (
                "x = { a = 1 }\n",
                "x.b.c",
                set("y"),
                "x = { a = 1, b = { c = \"y\" } }\n",
            ),
            ("x = {}\n", "x.a", set(1), "x = { a = 1 }\n"),
            (
                "[[a]]\nx = 1\n\n[[a]]\nx = 3\n",
                "a.1",
                Action::Insert(map(&[("x", 2.into())])),
                "[[a]]\nx = 1\n\n[[a]]\nx = 2\n\n[[a]]\nx = 3\n",
            ),
            (
                "[[a]]\nx = 1\n\n[a.b]\ny = 1\n\n[[a]]\nx = 2\n",
                "a.0",
                Action::Delete,
                "[[a]]\nx = 2\n",
            ),
            (
                "d = 1979-05-27\n",
                "d",
                set("1980-01-31"),
                "d = 1980-01-31\n",
            ),
            (
                "d = 1979-05-27\n",
                "d",
                set("1980-02-31"),
                "d = \"1980-02-31\"\n",
            ),
            ("a = 'x'\n", "a", set("C:\\y"), "a = 'C:\\y'\n"),
            ("a = 'x'\n", "a", set("it's"), "a = \"it's\"\n"),
            (
                "a = \"\"\"\nx\"\"\"\n",
                "a",
                set("y\nz\""),
                "a = \"\"\"\ny\nz\\\"\"\"\"\n",
            ),
            ("a = 1_000\n", "a", set(2000), "a = 2000\n"),
            (
                "a = 1\n",
                "a",
                set(Value::Null),
                "refused: TOML has no null: delete the entry instead",
            ),
            ("a = 1\n", "b c", set(".inf"), "a = 1\n\"b c\" = \".inf\"\n"),
            (
                "x = [\n  1,\n]\n",
                "x.0",
                comment("one"),
                "x = [\n  1, # one\n]\n",
            ),
        ],
    );
}

#[test]
fn text() {
    check(
        Toolchain::AppConfigText,
        &[(
            "old\n",
            "a",
            set("x"),
            "refused: plain text has no places inside it: only the whole text can be set",
        )],
    );
}
