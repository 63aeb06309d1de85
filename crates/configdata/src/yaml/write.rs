//! Writing new values in the style of the document they go into.

use crate::tree::Style;
use crate::value::Value;
use crate::yaml::layout::Habits;
use crate::yaml::scalar::{fits_block, inline, literal, needs_quotes};

/// How strings and keys are to be quoted when there is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoting {
    pub(crate) keys: Style,
    pub(crate) strings: Style,
    /// `"a":1` rather than `"a": 1`.
    pub(crate) tight: bool,
}

impl Quoting {
    pub(crate) const PLAIN: Self = Self {
        keys: Style::Plain,
        strings: Style::Plain,
        tight: false,
    };
}

/// Whether a value is written on the lines below its key rather than beside it.
pub(crate) fn is_block(value: &Value) -> bool {
    match value {
        Value::Map(entries) => !entries.is_empty(),
        Value::List(values) => !values.is_empty(),
        _ => false,
    }
}

/// A value on one line, as inside a flow collection.
pub(crate) fn flow(value: &Value, quoting: Quoting) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => inline(text, quoting.strings, true),
        Value::List(values) => {
            let items: Vec<String> = values.iter().map(|value| flow(value, quoting)).collect();
            format!("[{}]", items.join(if quoting.tight { "," } else { ", " }))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| flow_entry(key, value, quoting))
                .collect();
            format!(
                "{{{}}}",
                entries.join(if quoting.tight { "," } else { ", " })
            )
        }
    }
}

/// `key: value` inside a flow mapping.
pub(crate) fn flow_entry(key: &str, value: &Value, quoting: Quoting) -> String {
    let key = key_text(key, quoting.keys, true);
    let colon = if quoting.tight && key.starts_with('"') {
        ":"
    } else {
        ": "
    };
    format!("{key}{colon}{}", flow(value, quoting))
}

/// A key; one that could not be read back as a plain key is quoted.
pub(crate) fn key_text(key: &str, wish: Style, in_flow: bool) -> String {
    // YAML limits a plain key to one line and 1024 characters; longer keys need `?` and do not
    // occur in practice, so they are only quoted.
    inline(key, wish, in_flow)
}

/// The text of a block value, written from column `indent`: lines are joined by the document's
/// line ending, every line but the first carries its margin.
pub(crate) fn block(value: &Value, indent: usize, habits: Habits) -> String {
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            let lines: Vec<String> = entries
                .iter()
                .map(|(key, value)| entry(key, value, indent, Style::Plain, habits))
                .collect();
            lines.join(&margin(indent, habits))
        }
        Value::List(values) if !values.is_empty() => {
            let items: Vec<String> = values
                .iter()
                .map(|value| item(value, indent, habits))
                .collect();
            items.join(&margin(indent, habits))
        }
        Value::String(text) => string(text, Style::Plain, indent, habits.indent, habits),
        _ => flow(value, Quoting::PLAIN),
    }
}

/// A string in a block context: multi-line text becomes a literal block whose lines stand at
/// column `indent`, `step` columns to the right of its parent.
pub(crate) fn string(
    text: &str,
    wish: Style,
    indent: usize,
    step: usize,
    habits: Habits,
) -> String {
    let block_wish = matches!(wish, Style::Plain | Style::Literal | Style::Folded);
    if block_wish
        && (text.contains('\n') || wish == Style::Literal && !text.is_empty())
        && fits_block(text)
    {
        return literal(text, indent, step, habits.line_ending);
    }
    inline(text, wish, false)
}

/// One entry of a block mapping whose keys stand at column `indent`.
pub(crate) fn entry(
    key: &str,
    value: &Value,
    indent: usize,
    key_style: Style,
    habits: Habits,
) -> String {
    let key = key_text(key, key_style, false);
    format!("{key}:{}", beside_or_below(value, indent, habits))
}

/// What follows the colon of a key at column `indent`, from the blank or line break on.
pub(crate) fn beside_or_below(value: &Value, indent: usize, habits: Habits) -> String {
    match value {
        Value::Map(_) if is_block(value) => {
            let below = indent + habits.indent;
            format!("{}{}", margin(below, habits), block(value, below, habits))
        }
        Value::List(_) if is_block(value) => {
            let below = indent + habits.dash;
            format!("{}{}", margin(below, habits), block(value, below, habits))
        }
        Value::String(text) => format!(
            " {}",
            string(
                text,
                Style::Plain,
                indent + habits.indent,
                habits.indent,
                habits
            )
        ),
        _ => format!(" {}", flow(value, Quoting::PLAIN)),
    }
}

/// One item of a block sequence whose dashes stand at column `indent`.
pub(crate) fn item(value: &Value, indent: usize, habits: Habits) -> String {
    let below = indent + 2;
    match value {
        Value::String(text) => format!("- {}", string(text, Style::Plain, below, 2, habits)),
        _ => format!("- {}", block(value, below, habits)),
    }
}

/// A line break and the blanks of the next line.
pub(crate) fn margin(indent: usize, habits: Habits) -> String {
    format!("{}{}", habits.line_ending, " ".repeat(indent))
}

/// A value as a small YAML document, as mutation records carry it: two blanks of indentation,
/// one line break at the end.
pub(crate) fn document(value: &Value) -> String {
    let habits = Habits {
        indent: 2,
        dash: 0,
        line_ending: "\n",
    };
    let mut text = match value {
        Value::String(text) if !text.contains('\n') && !needs_quotes(text, false) => text.clone(),
        _ => block(value, 0, habits),
    };
    if let Value::String(content) = value
        && text.starts_with('|')
    {
        // At the top of a document the lines of a literal need a margin.
        text = literal(content, 2, 2, "\n");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        Value::Map(vec![
            ("name".into(), "web".into()),
            (
                "args".into(),
                Value::List(vec!["--port=80".into(), "yes".into()]),
            ),
            (
                "limits".into(),
                Value::Map(vec![
                    ("cpu".into(), "100m".into()),
                    ("count".into(), 2.into()),
                ]),
            ),
            ("none".into(), Value::Map(vec![])),
            (
                "list".into(),
                Value::List(vec![Value::Map(vec![
                    ("a".into(), 1.into()),
                    ("b".into(), Value::Null),
                ])]),
            ),
            ("text".into(), "one\ntwo\n".into()),
        ])
    }

    #[test]
    fn writes_blocks() {
        insta::assert_snapshot!(document(&sample()), @r#"
        name: web
        args:
        - --port=80
        - "yes"
        limits:
          cpu: 100m
          count: 2
        none: {}
        list:
        - a: 1
          b: null
        text: |
          one
          two
        "#);
    }

    #[test]
    fn writes_flow() {
        insta::assert_snapshot!(flow(&sample(), Quoting::PLAIN), @r#"{name: web, args: [--port=80, "yes"], limits: {cpu: 100m, count: 2}, none: {}, list: [{a: 1, b: null}], text: "one\ntwo\n"}"#);
    }
}
