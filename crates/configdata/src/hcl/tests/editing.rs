//! What edits make of a text.

use super::{edit, json};
use crate::Action;

const BLOCK: &str = r#"resource "aws_x" "web" {
  name        = "web" # shop
  count       = 2
  description = var.text

  tags = {
    Name = "a" // first
    "b"  = 1
  }
  list  = ["a", "b"]
  multi = [
    "a", # one
    "b"
  ]
  script = <<-EOT
    one
      two
  EOT

  # open
  ingress {
    from_port = 80
  }

  ingress { from_port = 443 }
}
"#;

/// Applies one edit to [`BLOCK`] and answers the lines that are gone (`-`) and new (`+`).
fn changed(place: &str, action: Action) -> String {
    match edit(BLOCK, place, action) {
        Err(reason) => format!("refused: {reason}"),
        Ok(after) => difference(BLOCK, &after),
    }
}

fn difference(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let gone = old[head..old.len() - tail]
        .iter()
        .map(|line| format!("-{line}"));
    let come = new[head..new.len() - tail]
        .iter()
        .map(|line| format!("+{line}"));
    gone.chain(come).collect::<Vec<_>>().join("\n")
}

#[test]
fn setting() {
    for (place, value, expected) in [
        (
            "name",
            r#""api""#,
            "-  name        = \"web\" # shop\n+  name        = \"api\" # shop",
        ),
        (
            "name",
            r#""${var.name}""#,
            "-  name        = \"web\" # shop\n+  name        = var.name # shop",
        ),
        (
            "name",
            r#""${var.name}-x""#,
            "-  name        = \"web\" # shop\n+  name        = \"${var.name}-x\" # shop",
        ),
        (
            "name",
            r#""${true}""#,
            "-  name        = \"web\" # shop\n+  name        = \"${true}\" # shop",
        ),
        (
            "name",
            r#""${ a }""#,
            "-  name        = \"web\" # shop\n+  name        = \"${ a }\" # shop",
        ),
        (
            "name",
            r#""a\n\"b\" \\${f(\"c\")}""#,
            "-  name        = \"web\" # shop\n+  name        = \"a\\n\\\"b\\\" \\\\${f(\"c\")}\" # shop",
        ),
        (
            "name",
            r#""${a b}""#,
            "refused: ${ begins a template, but what follows is none: write $${ for the text ${",
        ),
        ("count", "null", "-  count       = 2\n+  count       = null"),
        (
            "count",
            r#"{"a": 1, "long": [1, "x"], "f g": {}}"#,
            "-  count       = 2\n+  count       = {\n+    a     = 1\n+    long  = [1, \"x\"]\n+    \"f g\" = {}\n+  }",
        ),
        (
            "count",
            "[1, 2, 3, 4]",
            "-  count       = 2\n+  count       = [\n+    1,\n+    2,\n+    3,\n+    4,\n+  ]",
        ),
        (
            "description",
            r#""x""#,
            "-  description = var.text\n+  description = \"x\"",
        ),
        (
            "description.part",
            "1",
            "refused: var.text is an expression: it can be replaced but not taken apart",
        ),
        (
            "tags.Name",
            "3",
            "-    Name = \"a\" // first\n+    Name = 3 // first",
        ),
        ("tags.c", "3", "+    c    = 3"),
        ("tags.Owner", "3", "+    Owner = 3"),
        (
            "list.0",
            "3",
            "-  list  = [\"a\", \"b\"]\n+  list  = [3, \"b\"]",
        ),
        (
            "list.-",
            "3",
            "-  list  = [\"a\", \"b\"]\n+  list  = [\"a\", \"b\", 3]",
        ),
        (
            "list.5",
            "3",
            "refused: position 5 is past the end: the list has 2 elements",
        ),
        ("multi.2", "3", "-    \"b\"\n+    \"b\",\n+    3"),
        (
            "script",
            r#""one\n  three\n\n""#,
            "-      two\n+      three\n+",
        ),
        (
            "script",
            r#""${a}""#,
            "-  script = <<-EOT\n-    one\n-      two\n-  EOT\n+  script = a",
        ),
        ("size", "1", "+  size = 1"),
        (
            "attribute.a.b",
            "1",
            "+  attribute = {\n+    a = {\n+      b = 1\n+    }\n+  }",
        ),
        ("a b", "1", "refused: \"a b\" is no name for an attribute"),
        ("ingress.0.to_port", "80", "+    to_port = 80"),
        (
            "ingress.1.to_port",
            "443",
            "-  ingress { from_port = 443 }\n+  ingress {\n+    from_port = 443\n+    to_port = 443\n+  }",
        ),
        (
            "ingress.2",
            r#"{"from_port": 8080, "x": [{"a": 1}]}"#,
            "+\n+  ingress {\n+    from_port = 8080\n+\n+    x {\n+      a = 1\n+    }\n+  }",
        ),
        (
            "ingress",
            "[]",
            "refused: this is written as blocks: their entries can be set, and blocks inserted and deleted",
        ),
        (
            "ingress.0",
            "1",
            "refused: this is written as blocks: their entries can be set, and blocks inserted and deleted",
        ),
        (
            "confighub.block_name",
            r#""api""#,
            "-resource \"aws_x\" \"web\" {\n+resource \"aws_x\" \"api\" {",
        ),
        (
            "confighub.block_type",
            r#""aws_y""#,
            "-resource \"aws_x\" \"web\" {\n+resource \"aws_y\" \"web\" {",
        ),
        (
            "confighub.block_category",
            r#""x""#,
            "refused: this follows from what the block is: only a label that is written there can be set, to a string",
        ),
        (
            "confighub.more",
            r#""x""#,
            "refused: a block has the labels that are written there",
        ),
    ] {
        assert_eq!(
            changed(place, Action::Set(json(value))),
            expected,
            "{place} {value}"
        );
    }
}

#[test]
fn setting_after_a_sibling() {
    for (place, after, expected) in [
        ("size", Some("name"), "+  size        = 1"),
        ("a_very_long_name", Some("name"), "+  a_very_long_name = 1"),
        ("size", None, "+  size        = 1"),
        ("size", Some("confighub"), "+  size        = 1"),
        ("size", Some("description"), "+  size        = 1"),
        ("size", Some("ingress"), "+  size = 1"),
        ("size", Some("nothing"), "+  size = 1"),
        ("tags.x", Some("Name"), "+    x    = 1"),
        ("tags.x", None, "+    x    = 1"),
    ] {
        let action = Action::SetAfter {
            value: 1.into(),
            after: after.map(str::to_owned),
        };
        assert_eq!(changed(place, action), expected, "{place} after {after:?}");
    }
    let first = Action::SetAfter {
        value: 1.into(),
        after: None,
    };
    assert_eq!(
        edit("a {\n  # old\n\n  # about b\n  b = 2\n}\n", "c", first).as_deref(),
        Ok("a {\n  # old\n\n  c = 1\n  # about b\n  b = 2\n}\n")
    );
}

#[test]
fn inserting_and_deleting() {
    for (place, insert, expected) in [
        (
            "list.0",
            Some("1"),
            "-  list  = [\"a\", \"b\"]\n+  list  = [1, \"a\", \"b\"]",
        ),
        (
            "list.2",
            Some("1"),
            "-  list  = [\"a\", \"b\"]\n+  list  = [\"a\", \"b\", 1]",
        ),
        ("multi.0", Some("1"), "+    1,"),
        (
            "multi.1",
            Some("{\"a\": 1}"),
            "+    {\n+      a = 1\n+    },",
        ),
        (
            "ingress.1",
            Some("{\"p\": 1}"),
            "+  ingress {\n+    p = 1\n+  }\n+",
        ),
        (
            "ingress.0",
            Some("{\"p\": 1}"),
            "+  ingress {\n+    p = 1\n+  }\n+",
        ),
        (
            "ingress.0",
            Some("1"),
            "refused: a block is a map: ingress cannot be anything else",
        ),
        (
            "egress.0",
            Some("{\"block_labels\": [\"x\"]}"),
            "+\n+  egress \"x\" {}",
        ),
        ("name", None, "-  name        = \"web\" # shop"),
        (
            "tags",
            None,
            "-  tags = {\n-    Name = \"a\" // first\n-    \"b\"  = 1\n-  }",
        ),
        ("tags.Name", None, "-    Name = \"a\" // first"),
        ("tags.b", None, "-    \"b\"  = 1"),
        (
            "list.0",
            None,
            "-  list  = [\"a\", \"b\"]\n+  list  = [\"b\"]",
        ),
        (
            "list.1",
            None,
            "-  list  = [\"a\", \"b\"]\n+  list  = [\"a\"]",
        ),
        ("multi.0", None, "-    \"a\", # one"),
        (
            "multi.1",
            None,
            "-    \"a\", # one\n-    \"b\"\n+    \"a\" # one",
        ),
        ("ingress.1", None, "-\n-  ingress { from_port = 443 }"),
        (
            "ingress.1.from_port",
            None,
            "-  ingress { from_port = 443 }\n+  ingress {}",
        ),
        (
            "script",
            None,
            "-  script = <<-EOT\n-    one\n-      two\n-  EOT",
        ),
        ("gone", None, ""),
        (
            "confighub.block_name",
            None,
            "refused: a label of a block can be renamed, but no more",
        ),
    ] {
        let action = match insert {
            Some(value) => Action::Insert(json(value)),
            None => Action::Delete,
        };
        assert_eq!(changed(place, action), expected, "{place} {insert:?}");
    }
}

#[test]
fn comments() {
    for (place, text, expected) in [
        (
            "name",
            "other",
            "-  name        = \"web\" # shop\n+  name        = \"web\" # other",
        ),
        (
            "name",
            "",
            "-  name        = \"web\" # shop\n+  name        = \"web\"",
        ),
        (
            "count",
            "two",
            "-  count       = 2\n+  count       = 2 # two",
        ),
        (
            "tags.Name",
            "x",
            "-    Name = \"a\" // first\n+    Name = \"a\" // x",
        ),
        ("tags", "x", "-  }\n+  } # x"),
        (
            "list.0",
            "x",
            "refused: there is no room for a comment on this line",
        ),
        (
            "script",
            "x",
            "refused: there is no room for a comment on this line",
        ),
    ] {
        assert_eq!(
            changed(place, Action::Comment(text.to_owned())),
            expected,
            "{place} {text}"
        );
    }
}

#[test]
fn layouts() {
    for (text, place, value, expected) in [
        ("a {}\n", "b", "1", "a {\n  b = 1\n}\n"),
        ("a {\n}\n", "b", "1", "a {\n  b = 1\n}\n"),
        ("a {\n  # c\n}\n", "b", "1", "a {\n  # c\n  b = 1\n}\n"),
        (
            "a {\r\n\tx=1\r\n}\r\n",
            "b",
            "{\"c\": 1}",
            "a {\r\n\tx=1\r\n\tb={\r\n\t\tc = 1\r\n\t}\r\n}\r\n",
        ),
        (
            "a {\n  x {\n  }\n}\n",
            "b",
            "1",
            "a {\n  b = 1\n\n  x {\n  }\n}\n",
        ),
        ("a = 1\n", "b", "1", "a = 1\nb = 1\n"),
        ("a = 1", "b", "1", "a = 1\nb = 1"),
        ("a = {}\n", "a.b", "1", "a = {\n  b = 1\n}\n"),
        ("a = [{}]\n", "a.0.b", "1", "a = [{ b = 1 }]\n"),
        (
            "a = [{ x : 1 }]\n",
            "a.0.b",
            "{\"c\": 1}",
            "a = [{ x : 1, b : { c = 1 } }]\n",
        ),
        (
            "a = [\n  {\n    x = 1\n  }\n]\n",
            "a.0.b",
            "1",
            "a = [\n  {\n    x = 1\n    b = 1\n  }\n]\n",
        ),
        ("a = [\n  1, 2,\n]\n", "a.2", "3", "a = [\n  1, 2, 3,\n]\n"),
        (
            "a = {\n  b = 1,\n  c = 2\n}\n",
            "a.d",
            "3",
            "a = {\n  b = 1,\n  c = 2,\n  d = 3\n}\n",
        ),
        (
            "a = {\n  b = 1,\n  c = 2,\n}\n",
            "a.d",
            "3",
            "a = {\n  b = 1,\n  c = 2,\n  d = 3,\n}\n",
        ),
        (
            "a = f({\n})\n",
            "b",
            "\"${f(\\\"x\\\")}\"",
            "a = f({\n})\nb = f(\"x\")\n",
        ),
    ] {
        let after = edit(text, place, Action::Set(json(value)));
        assert_eq!(after.as_deref(), Ok(expected), "{text}");
        let back = edit(expected, place, Action::Delete);
        if !matches!(text, "a = f({\n})\n") {
            let same = back.as_deref().map(|back| back.replace(['\n', ' '], ""));
            assert_eq!(same, Ok(text.replace(['\n', ' '], "")), "{expected}");
        }
    }
}
