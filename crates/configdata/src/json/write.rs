//! Writing JSON values.

use super::read::is_number;
use crate::edit::Refusal;
use crate::value::{Number, Value};

/// How new text is laid out.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    /// What stands between key and value.
    pub(super) colon: &'a str,
    /// By what nested lines are indented, and how lines end; none for all on one line.
    pub(super) lines: Option<(&'a str, &'a str)>,
}

/// A value whose line begins with `margin`.
///
/// # Errors
/// A number that is not finite.
pub(super) fn value(value: &Value, margin: &str, layout: Layout<'_>) -> Result<String, Refusal> {
    let (open, close, children) = match value {
        Value::Null => return Ok("null".to_owned()),
        Value::Bool(value) => return Ok(value.to_string()),
        Value::Number(value) => return number(value),
        Value::String(text) => return Ok(string(text)),
        Value::List(values) => {
            let below = below(margin, layout);
            let children: Result<Vec<String>, Refusal> = values
                .iter()
                .map(|child| self::value(child, &below, layout))
                .collect();
            ('[', ']', children?)
        }
        Value::Map(entries) => {
            let below = below(margin, layout);
            let children: Result<Vec<String>, Refusal> = entries
                .iter()
                .map(|(key, child)| entry(key, child, &below, layout))
                .collect();
            ('{', '}', children?)
        }
    };
    Ok(match layout.lines {
        Some((_, ending)) if !children.is_empty() => {
            let below = below(margin, layout);
            let children = children.join(&format!(",{ending}{below}"));
            format!("{open}{ending}{below}{children}{ending}{margin}{close}")
        }
        _ => {
            let comma = if layout.colon == ":" { "," } else { ", " };
            format!("{open}{}{close}", children.join(comma))
        }
    })
}

fn below(margin: &str, layout: Layout<'_>) -> String {
    format!("{margin}{}", layout.lines.map_or("", |(unit, _)| unit))
}

/// `"key": value`.
pub(super) fn entry(
    key: &str,
    child: &Value,
    margin: &str,
    layout: Layout<'_>,
) -> Result<String, Refusal> {
    let child = value(child, margin, layout)?;
    Ok(format!("{}{}{child}", string(key), layout.colon))
}

/// A string in double quotes.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn number(number: &Number) -> Result<String, Refusal> {
    let spelled = number.as_str();
    if is_number(spelled) {
        return Ok(spelled.to_owned());
    }
    let unsigned = spelled.strip_prefix('+').unwrap_or(spelled);
    if let Some(integer) = number.as_integer() {
        return Ok(integer.to_string());
    }
    if is_number(unsigned) {
        return Ok(unsigned.to_owned());
    }
    match number.as_float() {
        Some(float) if float.is_finite() => Ok(format!("{float:?}")),
        _ => Err(Refusal::new(
            0,
            format!("JSON has no way to write the number {spelled}"),
        )),
    }
}
