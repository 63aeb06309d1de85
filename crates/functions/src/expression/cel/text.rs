//! Functions on texts whose work or result can outgrow what they are given.

use std::sync::Arc;

use cel::Value;

use super::library::{Function, Left, Shape, function, list, string, wrong};
use super::{lists, pattern};

pub(super) const FUNCTIONS: [Function; 7] = [
    function(Shape::Member, "find", |given, left| match given {
        [Value::String(text), Value::String(wanted)] => {
            let found = pattern(wanted, left)?
                .find(text)
                .map_or("", |found| found.as_str());
            Ok(string(found))
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "findAll", |given, left| match given {
        [Value::String(text), Value::String(wanted)] => find_all(text, wanted, None, left),
        [Value::String(text), Value::String(wanted), Value::Int(most)] => {
            find_all(text, wanted, usize::try_from(*most).ok(), left)
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "replace", |given, left| match given {
        [Value::String(text), Value::String(from), Value::String(to)] => {
            replace(text, from, to, usize::MAX, left)
        }
        [
            Value::String(text),
            Value::String(from),
            Value::String(to),
            Value::Int(most),
        ] => replace(text, from, to, limit(*most), left),
        _ => wrong(given),
    }),
    function(Shape::Member, "split", |given, left| match given {
        [Value::String(text), Value::String(separator)] => split(text, separator, usize::MAX, left),
        [
            Value::String(text),
            Value::String(separator),
            Value::Int(most),
        ] => split(text, separator, limit(*most), left),
        _ => wrong(given),
    }),
    function(Shape::Member, "join", |given, left| match given {
        [Value::List(parts)] => join(parts, "", left),
        [Value::List(parts), Value::String(separator)] => join(parts, separator, left),
        _ => wrong(given),
    }),
    function(Shape::Member, "indexOf", |given, _| match given {
        [Value::String(text), Value::String(wanted)] => index_of(text, wanted, 0),
        [Value::String(text), Value::String(wanted), Value::Int(from)] => {
            index_of(text, wanted, *from)
        }
        [Value::List(values), wanted] => Ok(lists::position(
            values.iter().position(|value| value == wanted),
        )),
        _ => wrong(given),
    }),
    function(Shape::Member, "lastIndexOf", |given, _| match given {
        [Value::String(text), Value::String(wanted)] => Ok(last_index_of(text, wanted)),
        [Value::String(text), Value::String(wanted), Value::Int(from)] => {
            // The match may begin at that character, and so end behind it.
            let from = byte_of(text, *from)?;
            let end = (from + wanted.len()).min(text.len());
            let end = (end..=text.len()).find(|end| text.is_char_boundary(*end));
            Ok(last_index_of(&text[..end.unwrap_or(text.len())], wanted))
        }
        [Value::List(values), wanted] => Ok(lists::position(
            values.iter().rposition(|value| value == wanted),
        )),
        _ => wrong(given),
    }),
];

/// Negative limits are none.
fn limit(most: i64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}

fn find_all(
    text: &str,
    wanted: &str,
    most: Option<usize>,
    left: &Left<'_>,
) -> Result<Value, String> {
    let pattern = pattern(wanted, left)?;
    let mut found = Vec::new();
    for each in pattern.find_iter(text).take(most.unwrap_or(usize::MAX)) {
        // A match may look far ahead before it turns out to be short.
        left.take(1 + (text.len() - each.start()) / 64)?;
        found.push(string(each.as_str()));
    }
    Ok(list(found))
}

fn replace(
    text: &str,
    from: &str,
    to: &str,
    most: usize,
    left: &Left<'_>,
) -> Result<Value, String> {
    let count = text.matches(from).take(most).count();
    left.take((text.len() / 16).saturating_add(count.saturating_mul(1 + to.len() / 16)))?;
    Ok(string(text.replacen(from, to, most)))
}

fn split(text: &str, separator: &str, most: usize, left: &Left<'_>) -> Result<Value, String> {
    if most == 0 {
        return Ok(list(Vec::new()));
    }
    let mut parts = Vec::new();
    if separator.is_empty() {
        let mut rest = text;
        while let Some(first) = rest.chars().next().filter(|_| parts.len() + 1 < most) {
            left.take(1)?;
            let (part, after) = rest.split_at(first.len_utf8());
            parts.push(string(part));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(string(rest));
        }
        return Ok(list(parts));
    }
    for part in text.splitn(most, separator) {
        left.take(1 + part.len() / 16)?;
        parts.push(string(part));
    }
    Ok(list(parts))
}

fn join(parts: &[Value], separator: &str, left: &Left<'_>) -> Result<Value, String> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let Value::String(part) = part else {
            return Err(format!(
                "expected a list of texts, element {at} is of another type"
            ));
        };
        if at > 0 {
            left.take(separator.len() / 16)?;
            text.push_str(separator);
        }
        text.push_str(part);
    }
    Ok(Value::String(Arc::new(text)))
}

/// The byte at which a character begins, or at which the text ends.
fn byte_of(text: &str, character: i64) -> Result<usize, String> {
    usize::try_from(character)
        .ok()
        .and_then(|character| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .nth(character)
        })
        .ok_or_else(|| format!("index out of range: {character}"))
}

fn characters(text: &str) -> Value {
    Value::Int(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
}

fn index_of(text: &str, wanted: &str, from: i64) -> Result<Value, String> {
    let from = byte_of(text, from)?;
    Ok(match text[from..].find(wanted) {
        Some(at) => characters(&text[..from + at]),
        None => Value::Int(-1),
    })
}

fn last_index_of(text: &str, wanted: &str) -> Value {
    match text.rfind(wanted) {
        Some(at) => characters(&text[..at]),
        None => Value::Int(-1),
    }
}
