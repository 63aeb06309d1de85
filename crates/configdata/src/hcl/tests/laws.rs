//! Laws that hold for any text, value and edit.

use proptest::prelude::*;

use super::{parse, path};
use crate::value::Value;
use crate::{Config, Edit, NodeRef, ResolvedPath, Toolchain};

fn leaves(config: &Config) -> Vec<(usize, ResolvedPath, Value)> {
    let mut leaves = Vec::new();
    for (document, part) in config.documents().iter().enumerate() {
        if let Some(root) = part.root() {
            root.visit_leaves(&mut |path, node: NodeRef<'_>| {
                leaves.push((document, path.clone(), node.value()));
            });
        }
    }
    leaves
}

fn hcl_text() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "b", "resource", "\"x\"", "\"${", "${", "%{", "}", "{", "{\n", "}\n", "\n", " ",
        " = ", "=", "1", "-", "0.5", "e", "[", "]", "(", ")", ",", ".", "*", "?", ":", "<<E\n",
        "<<-E\n", "\nE\n", "# c\n", "// c", "/* c */", "\"", "\\", "\\n", "$", "$$", "%", "~",
        "if", "for", "in", "endif", "null", "true", "é", "\t", "\r\n", "=>", "...", "&&", "!",
        "\u{feff}",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    let disturbed = (document(), any::<prop::sample::Index>(), piece.clone()).prop_map(
        |(text, place, piece)| {
            let at = text.floor_char_boundary(place.index(text.len()));
            format!("{}{piece}{}", &text[..at], &text[at..])
        },
    );
    prop_oneof![
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        disturbed,
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2",
        "null",
        "true",
        "var.a",
        "\"x\"",
        "\"a ${b} c\"",
        "a + b",
        "f(1, 2)",
        "[]",
        "{}",
        "(1)",
        "[for x in y : x]",
        "\"$${x}\"",
        "\"\\n\\\"\"",
        "c ? 1 : \"d\"",
        "a[0].b",
        "!x",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|items| format!("[\n{},\n]", items.join(", # c\n"))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|items| {
                let entries: Vec<String> = items
                    .iter()
                    .enumerate()
                    .map(|(n, item)| format!("k{n} = {item}"))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }),
            prop::collection::vec(inner, 1..4).prop_map(|items| {
                let entries: Vec<String> = items
                    .iter()
                    .enumerate()
                    .map(|(n, item)| format!("  \"k{n}\" : {item}\n"))
                    .collect();
                format!("{{\n{}}}", entries.concat())
            }),
        ]
    })
}

fn document() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            expression().prop_map(|value| format!("  x# = {value}\n")),
            expression().prop_map(|value| format!("  x# = {value} # c\n\n")),
            expression().prop_map(|value| format!("  in {{\n    y = {value}\n  }}\n")),
            expression().prop_map(|value| format!("  dynamic \"l\" {{ y = {value} }}\n\n")),
            Just("  # c\n".to_owned()),
            Just("  x# = <<-E\n    a\n     b\n  E\n".to_owned()),
        ],
        0..5,
    )
    .prop_map(|items| {
        let items: String = items
            .iter()
            .enumerate()
            .map(|(n, item)| {
                item.replace('#', &n.to_string())
                    .replace(&format!("{n} c"), "# c")
            })
            .collect();
        format!("resource \"t\" \"n\" {{\n{items}}}\n")
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in hcl_text()) {
        if let Ok(config) = Config::parse(Toolchain::OpenTofuHcl, text.as_bytes()) {
            prop_assert_eq!(config.text(), text.as_str());
            for document in config.documents() {
                let alone = Config::parse(Toolchain::OpenTofuHcl, document.text().as_bytes());
                let alone = alone.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(alone.documents().len(), 1);
                let value = |root: Option<NodeRef<'_>>| root.map(NodeRef::value);
                prop_assert_eq!(value(alone.documents()[0].root()), value(document.root()));
            }
        }
    }

    /// What this crate reads, a second reader reads as well.
    #[test]
    fn a_second_reader_agrees(text in hcl_text()) {
        let ours = Config::parse(Toolchain::OpenTofuHcl, text.as_bytes());
        let theirs = hcl::parse(&text);
        if let (Ok(_), Err(error)) = (&ours, &theirs) {
            // It has no keys that stand twice and no mark at the start of the text, ends a heredoc
            // where its word is not alone on the line, and errs at line breaks beside operators.
            let known = text.contains(['-', '!', '*', '?', '&', '%', '.'])
                || text.starts_with('\u{feff}')
                || text.contains("<<")
                || error.to_string().contains("redefined");
            prop_assert!(known, "{error}\n{text}");
        }
    }

    #[test]
    fn set_and_set_back(text in document(), new in any::<bool>()) {
        let config = parse(&text);
        let other: Value = if new { "${other.value}".into() } else { "other".into() };
        for (document, path, value) in leaves(&config) {
            if path.0.len() == 2 && path.to_string().starts_with("confighub")
                || path.to_string().contains("block_labels")
                || matches!(&value, Value::Map(_) | Value::List(_))
            {
                continue;
            }
            let mut edited = config.clone();
            edited.apply(&[Edit::set(document, path.clone(), other.clone())])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            edited.apply(&[Edit::set(document, path.clone(), value.clone())])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let heredoc = value.as_str().is_some_and(|text| text == "a\n b\n");
            if !heredoc {
                prop_assert_eq!(edited.text(), text.as_str(), "{}", path);
            }
        }
    }

    #[test]
    fn insert_and_delete(text in document()) {
        let config = parse(&text);
        let mut places = vec![path("new")];
        for (_, path, value) in leaves(&config) {
            if path.to_string().starts_with("confighub") || path.to_string().contains("block_labels") {
                continue;
            }
            let above = ResolvedPath(path.0[..path.0.len() - 1].to_vec());
            for base in [path, above] {
                let node = config.documents()[0].root().and_then(|root| root.find(&base));
                let Some(node) = node else { continue };
                let step = if node.kind() == crate::Kind::Sequence { "-" } else { "new" };
                if node.is_collection() && node.style() != crate::Style::Lines {
                    places.push(base.child(crate::Step::Key(step.to_owned())));
                }
            }
            let _ = value;
        }
        for place in places {
            let mut edited = config.clone();
            edited.apply(&[Edit::set(0, place.clone(), 7)])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let mut place = place;
            if place.0.last() == Some(&crate::Step::Key("-".to_owned())) {
                place.0.pop();
                let list = config.documents()[0].root().and_then(|root| root.find(&place));
                place.0.push(crate::Step::Index(list.map_or(0, NodeRef::len)));
            }
            edited.apply(&[Edit::delete(0, place.clone())])
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            if !text.contains("{\n}") {
                prop_assert_eq!(edited.text(), text.as_str(), "{}", place);
            }
        }
    }
}
