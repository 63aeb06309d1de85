//! What text means, and which text is wrong.

use super::{json, parse};
use crate::{Config, Toolchain};

fn roots(text: &str) -> Vec<String> {
    let config = parse(text);
    config
        .documents()
        .iter()
        .map(|document| match document.root() {
            Some(root) => root.value().to_json().to_string(),
            None => "nothing".to_owned(),
        })
        .collect()
}

#[test]
fn blocks_are_documents() {
    let text = r#"# head
terraform { required_version = ">= 1" }

# a role
resource "aws_iam_role" "web" {
  name = "x" // why
}
data aws_ami "old" {}
variable "size" { default = 2 }
a = 1

b = true # two
# end
"#;
    let config = parse(text);
    let parts: Vec<&str> = config
        .documents()
        .iter()
        .map(|document| document.text())
        .collect();
    assert_eq!(
        parts,
        [
            "# head\nterraform { required_version = \">= 1\" }\n",
            "\n# a role\nresource \"aws_iam_role\" \"web\" {\n  name = \"x\" // why\n}\n",
            "data aws_ami \"old\" {}\n",
            "variable \"size\" { default = 2 }\n",
            "a = 1\n\nb = true # two\n# end\n",
        ]
    );
    let names: Vec<String> = config
        .resources()
        .map(|resource| {
            let info = resource.info;
            format!(
                "{} {} {}",
                info.resource_category, info.resource_type, info.resource_name
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "Invalid terraform singleton",
            "Resource aws_iam_role web",
            "DynamicData aws_ami old",
            "Invalid variable size",
            "Invalid attributes singleton",
        ]
    );
    assert_eq!(roots("# only\n/* this */\n"), ["nothing"]);
    assert_eq!(roots(""), ["nothing"]);
}

#[test]
fn values() {
    for (source, meaning) in [
        ("null", "null"),
        ("true", "true"),
        ("-3", "-3"),
        ("007", "7"),
        ("1.50", "1.50"),
        ("1e3", "1e3"),
        (r#""""#, r#""""#),
        (r#""a\tb\"\\\u00e9""#, r#""a\tb\"\\é""#),
        (
            r#""a-${var.b["c"]}-$${d}-%%{e}""#,
            r#""a-${var.b[\"c\"]}-$${d}-%%{e}""#,
        ),
        (r#""\u0024{a}""#, r#""$${a}""#),
        ("var.a", r#""${var.a}""#),
        ("a ? b : c ? d : e", r#""${a ? b : c ? d : e}""#),
        ("(1)", r#""${(1)}""#),
        ("- 1", r#""${- 1}""#),
        ("1 + 2", r#""${1 + 2}""#),
        ("f(a, b...)", r#""${f(a, b...)}""#),
        ("provider::x::f(1)", r#""${provider::x::f(1)}""#),
        ("a.*.b[0][*].0", r#""${a.*.b[0][*].0}""#),
        ("[for x in y : x if x]", r#""${[for x in y : x if x]}""#),
        (
            "{ for k, v in y : k => v... }",
            r#""${{ for k, v in y : k => v... }}""#,
        ),
        ("[1, [\"a\", ],\n b]", r#"[1,["a"],"${b}"]"#),
        ("[1][0]", r#""${[1][0]}""#),
        ("{}", "{}"),
        (
            "{ a = 1, \"b.c\" : 2\n 80 = 3 }",
            r#"{"a":1,"b.c":2,"80":3}"#,
        ),
        ("{ (a) = 1 }", r#""${{ (a) = 1 }}""#),
        ("{ a = 1, a = 2 }", r#"{"a":2}"#),
        ("<<EOT\n a\n  ${b}\n\nEOT", r#"" a\n  ${b}\n\n""#),
        (
            "<<-EOT\n    a\n      b \"\\n\n\n  EOT",
            r#""a\n  b \"\\n\n\n""#,
        ),
        (
            "<<EOT\n${<<IN\nEOT\nIN\n}\nEOT",
            r#""${<<IN\nEOT\nIN\n}\n""#,
        ),
    ] {
        let text = format!("a {{\n  v = {source}\n}}\n");
        let config = parse(&text);
        let root = config.documents()[0].root().expect("a block");
        let value = root.get("v").expect("an attribute").value();
        // Numbers are compared by what they mean.
        assert_eq!(value, json(meaning), "{source}");
    }
}

#[test]
fn nested_blocks_are_lists() {
    let text = r#"resource "a" "b" {
  x { n = 1 }
  y = 2
  dynamic "s" { for_each = var.s }
  x {
    n = 2
    z {
    }
  }
  y {}
}
"#;
    assert_eq!(
        roots(text),
        [concat!(
            r#"{"confighub":{"block_category":"Resource","block_type":"a","block_name":"b"},"#,
            r#""x":[{"n":1},{"n":2,"z":[{}]}],"#,
            r#""dynamic":[{"block_labels":["s"],"for_each":"${var.s}"}],"y":[{}]}"#
        )]
    );
}

#[test]
fn wrong_text_is_refused_with_its_place() {
    for (text, place, message) in [
        (
            "a {\n  b = \n}\n",
            (2, 7),
            "expected a value, found the end of the line",
        ),
        (
            "a {\n",
            (2, 1),
            "expected an attribute, a block or '}', found the end of the text",
        ),
        (
            "a { b = 1 c = 2 }\n",
            (1, 11),
            "expected '}': a block on one line has one attribute, found 'c'",
        ),
        (
            "a = \"x\n\"\n",
            (1, 7),
            "expected '\"' at the end of the string, found the end of the line",
        ),
        (
            "a = \"\\q\"\n",
            (1, 6),
            "unknown escape: expected one of \\n \\r \\t \\\" \\\\ \\uXXXX \\UXXXXXXXX",
        ),
        (
            "x {\n a = 1\n a = 2\n}",
            (3, 2),
            "the attribute a stands here twice",
        ),
        (
            "a = <<E\nx\n",
            (3, 1),
            "expected a line with E alone, the end of the heredoc",
        ),
        (
            "a = \"%{ if b }\"\n",
            (1, 15),
            "expected %{ endif } before the end of the template, found '\"'",
        ),
        (
            "a = 1 b = 2\n",
            (1, 7),
            "expected the end of the line after a block or an attribute, found 'b'",
        ),
        (
            "é = 1\n/* x",
            (2, 1),
            "this comment is not closed: expected */",
        ),
        ("= 1", (1, 1), "expected a block or an attribute, found '='"),
        (
            "a = [1 2]",
            (1, 8),
            "expected ',' or ']' after an element, found '2'",
        ),
    ] {
        let error = Config::parse(Toolchain::OpenTofuHcl, text.as_bytes()).expect_err(text);
        assert_eq!(
            ((error.line, error.column), error.message.as_str()),
            (place, message),
            "{text}"
        );
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("f(", ")"),
        ("a[", "]"),
        ("true ? ", " : 1"),
    ] {
        let deep = |n: usize| format!("a = {}1{}\n", open.repeat(n), close.repeat(n));
        for n in [129, 100_000] {
            let error = Config::parse(Toolchain::OpenTofuHcl, deep(n).as_bytes()).expect_err(open);
            assert!(
                error.message.contains("nested deeper than 128 levels"),
                "{error}"
            );
        }
        parse(&deep(60));
    }
    let blocks = format!("{}{}", "a {\n".repeat(100_000), "}\n".repeat(100_000));
    assert!(Config::parse(Toolchain::OpenTofuHcl, blocks.as_bytes()).is_err());
    parse(&format!("a = {}1\n", "!-".repeat(100_000)));
}
