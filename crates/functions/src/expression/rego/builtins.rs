//! The functions of the language. What they are given in a wrong type makes them undefined, as it
//! does in Rego.

use std::collections::BTreeSet;

use super::run::{Run, holds};
use super::syntax::Binary;
use super::value::{Value, whole};
use crate::expression::meter::Meter;

/// Most bytes of a compiled pattern, and the work of compiling one.
const MAX_PATTERN: usize = 1 << 20;
const PATTERN_WORK: usize = 5_000;
/// Most compiled patterns kept in a run.
const MAX_PATTERNS: usize = 16;

type Answer = Result<Option<Value>, String>;

pub(super) fn binary(meter: &Meter, operator: Binary, left: &Value, right: &Value) -> Answer {
    if operator == Binary::In {
        for (_, item) in right.entries(meter)? {
            if item.order(meter, left)?.is_eq() {
                return Ok(Some(Value::Bool(true)));
            }
        }
        return Ok(Some(Value::Bool(false)));
    }
    if holds(operator, std::cmp::Ordering::Equal).is_some() {
        let order = left.order(meter, right)?;
        return Ok(holds(operator, order).map(Value::Bool));
    }
    Ok(match (left, right) {
        (Value::Number(left), Value::Number(right)) => number(match operator {
            Binary::Add => left + right,
            Binary::Subtract => left - right,
            Binary::Multiply => left * right,
            Binary::Divide if *right != 0.0 => left / right,
            Binary::Remainder if *right != 0.0 => left % right,
            _ => return Ok(None),
        }),
        (Value::Set(_), Value::Set(_)) => {
            let (left, right) = (keys(meter, left)?, keys(meter, right)?);
            meter.charge(left.len() + right.len())?;
            let right: BTreeSet<Value> = right.into_iter().collect();
            let items: Vec<Value> = match operator {
                Binary::And => left
                    .into_iter()
                    .filter(|item| right.contains(item))
                    .collect(),
                Binary::Subtract => left
                    .into_iter()
                    .filter(|item| !right.contains(item))
                    .collect(),
                Binary::Or => left.into_iter().chain(right).collect(),
                _ => return Ok(None),
            };
            Some(Value::set(meter, items)?)
        }
        _ => None,
    })
}

/// What a set or an object holds; every one of them is counted by its weight.
fn keys(meter: &Meter, value: &Value) -> Result<Vec<Value>, String> {
    meter.charge(value.weight().saturating_mul(4))?;
    Ok(value
        .entries(meter)?
        .into_iter()
        .map(|(key, _)| key)
        .collect())
}

fn values(meter: &Meter, value: &Value) -> Result<Vec<Value>, String> {
    Ok(value
        .entries(meter)?
        .into_iter()
        .map(|(_, value)| value)
        .collect())
}

fn number(number: f64) -> Option<Value> {
    number.is_finite().then_some(Value::Number(number))
}

#[expect(clippy::cast_precision_loss, reason = "nothing is that long")]
fn count(count: usize) -> Option<Value> {
    Some(Value::Number(count as f64))
}

fn text(meter: &Meter, text: String) -> Answer {
    meter.bytes(text.len())?;
    Ok(Some(Value::text(text)))
}

pub(super) fn call(run: &mut Run<'_>, name: &str, given: &[Value]) -> Answer {
    let meter = run.meter;
    for value in given {
        meter.charge(match value {
            Value::Text(text) => 1 + text.len() / 8,
            _ => 1,
        })?;
    }
    match (name, given) {
        ("count", [of]) => Ok(of.count().and_then(count)),
        ("sum" | "product", [of]) => {
            let mut result = if name == "sum" { 0.0 } else { 1.0 };
            for value in values(meter, of)? {
                match (name, value) {
                    ("sum", Value::Number(value)) => result += value,
                    (_, Value::Number(value)) => result *= value,
                    _ => return Ok(None),
                }
            }
            Ok(number(result))
        }
        ("min" | "max" | "sort", [of]) => {
            meter.charge(of.weight().saturating_mul(16))?;
            let mut values = values(meter, of)?;
            values.sort();
            match name {
                "min" => Ok(values.into_iter().next()),
                "max" => Ok(values.into_iter().next_back()),
                _ => Value::array(meter, values).map(Some),
            }
        }
        ("abs", [Value::Number(value)]) => Ok(number(value.abs())),
        ("ceil", [Value::Number(value)]) => Ok(number(value.ceil())),
        ("floor", [Value::Number(value)]) => Ok(number(value.floor())),
        ("round", [Value::Number(value)]) => Ok(number(value.round())),
        ("numbers.range", [Value::Number(from), Value::Number(to)]) => {
            let (Some(from), Some(to)) = (whole(*from), whole(*to)) else {
                return Ok(None);
            };
            meter.charge(usize::try_from((to - from).abs()).unwrap_or(usize::MAX))?;
            let step = if from <= to { 1 } else { -1 };
            #[expect(clippy::cast_precision_loss, reason = "they were whole floats")]
            let items = (0..=(to - from).abs()).map(|at| Value::Number((from + at * step) as f64));
            Value::array(meter, items.collect()).map(Some)
        }
        ("to_number", [Value::Number(value)]) => Ok(number(*value)),
        ("to_number", [Value::Text(text)]) => Ok(text.parse().ok().and_then(number)),
        ("to_number", [Value::Bool(value)]) => Ok(number(f64::from(u8::from(*value)))),
        ("type_name", [of]) => Ok(Some(Value::text(of.kind()))),
        (
            "is_null" | "is_boolean" | "is_number" | "is_string" | "is_array" | "is_object"
            | "is_set",
            [of],
        ) => Ok(Some(Value::Bool(
            name.strip_prefix("is_") == Some(of.kind()),
        ))),
        ("object.get", [of @ Value::Object(_), key, default]) => {
            let found = match key {
                Value::Array(_) => {
                    let mut at = Some(of.clone());
                    for step in values(meter, key)? {
                        at = match at {
                            Some(at) => at.get(meter, &step)?,
                            None => None,
                        };
                    }
                    at
                }
                key => of.get(meter, key)?,
            };
            Ok(found.or_else(|| Some(default.clone())))
        }
        ("object.keys", [of @ Value::Object(_)]) => {
            let keys = keys(meter, of)?;
            Value::set(meter, keys).map(Some)
        }
        ("object.remove", [of @ Value::Object(_), gone]) => {
            let mut left = Vec::new();
            for (key, value) in of.entries(meter)? {
                let mut stays = true;
                for gone in keys_or_items(meter, gone)? {
                    stays &= gone.order(meter, &key)?.is_ne();
                }
                if stays {
                    left.push((key, value));
                }
            }
            Value::object(meter, left).map(Some)
        }
        ("array.concat", [left @ Value::Array(_), right @ Value::Array(_)]) => {
            let mut items = values(meter, left)?;
            items.extend(values(meter, right)?);
            Value::array(meter, items).map(Some)
        }
        ("array.reverse", [of @ Value::Array(_)]) => {
            let mut items = values(meter, of)?;
            items.reverse();
            Value::array(meter, items).map(Some)
        }
        ("array.slice", [of @ Value::Array(_), Value::Number(from), Value::Number(to)]) => {
            let place = |number: &f64| whole(*number).map(|at| usize::try_from(at).unwrap_or(0));
            let (Some(from), Some(to)) = (place(from), place(to)) else {
                return Ok(None);
            };
            let items = values(meter, of)?.into_iter();
            let items = items.take(to).skip(from).collect();
            Value::array(meter, items).map(Some)
        }
        ("regex.match", [Value::Text(pattern), Value::Text(text)]) => {
            let known = run.patterns.get(pattern.as_ref()).cloned();
            let pattern = match known {
                Some(known) => known,
                None => {
                    meter.charge(PATTERN_WORK)?;
                    let made = regex::RegexBuilder::new(pattern)
                        .size_limit(MAX_PATTERN)
                        .build()
                        .map_err(|error| format!("regex.match: {error}"))?;
                    if run.patterns.len() >= MAX_PATTERNS {
                        run.patterns.clear();
                    }
                    run.patterns.insert(pattern.to_string(), made.clone());
                    made
                }
            };
            meter.charge(text.len())?;
            Ok(Some(Value::Bool(pattern.is_match(text))))
        }
        ("concat", [Value::Text(between), of]) => {
            let mut joined = String::new();
            for (at, part) in values(meter, of)?.iter().enumerate() {
                let Value::Text(part) = part else {
                    return Ok(None);
                };
                meter.bytes(between.len() + part.len())?;
                if at > 0 {
                    joined.push_str(between);
                }
                joined.push_str(part);
            }
            text(meter, joined)
        }
        ("sprintf", [Value::Text(pattern), of @ Value::Array(_)]) => {
            let made = sprintf(meter, pattern, values(meter, of)?)?;
            text(meter, made)
        }
        ("replace", [Value::Text(of), Value::Text(old), Value::Text(new)]) => {
            let places = of.matches(old.as_ref()).count();
            meter.bytes(places.saturating_mul(new.len()))?;
            text(meter, of.replace(old.as_ref(), new))
        }
        ("split", [Value::Text(of), Value::Text(separator)]) => {
            meter.charge(of.matches(separator.as_ref()).count().saturating_mul(2))?;
            let parts = of.split(separator.as_ref()).map(Value::text).collect();
            Value::array(meter, parts).map(Some)
        }
        ("substring", [Value::Text(of), Value::Number(from), Value::Number(length)]) => {
            let (Some(from), Some(length)) = (whole(*from), whole(*length)) else {
                return Ok(None);
            };
            let Ok(from) = usize::try_from(from) else {
                return Ok(None);
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            text(meter, of.chars().skip(from).take(length).collect())
        }
        ("indexof", [Value::Text(of), Value::Text(part)]) => Ok(match of.find(part.as_ref()) {
            Some(at) => count(of.get(..at).unwrap_or_default().chars().count()),
            None => number(-1.0),
        }),
        ("format_int", [Value::Number(value), Value::Number(base)]) => {
            let Some(value) = whole(value.floor()) else {
                return Ok(None);
            };
            let sign = if value < 0 { "-" } else { "" };
            let value = value.unsigned_abs();
            text(
                meter,
                match whole(*base) {
                    Some(2) => format!("{sign}{value:b}"),
                    Some(8) => format!("{sign}{value:o}"),
                    Some(10) => format!("{sign}{value}"),
                    Some(16) => format!("{sign}{value:x}"),
                    _ => return Ok(None),
                },
            )
        }
        (_, [Value::Text(of)]) => match name {
            "lower" => text(meter, of.to_lowercase()),
            "upper" => text(meter, of.to_uppercase()),
            "trim_space" => text(meter, of.trim().to_owned()),
            _ => unknown(name, given),
        },
        (_, [Value::Text(of), Value::Text(part)]) => {
            let cut = |c: char| part.contains(c);
            match name {
                "trim" | "trim_left" | "trim_right" => {
                    meter.bytes(of.len().saturating_mul(part.len()))?;
                }
                _ => {}
            }
            match name {
                "contains" => Ok(Some(Value::Bool(of.contains(part.as_ref())))),
                "startswith" => Ok(Some(Value::Bool(of.starts_with(part.as_ref())))),
                "endswith" => Ok(Some(Value::Bool(of.ends_with(part.as_ref())))),
                "trim" => text(meter, of.trim_matches(cut).to_owned()),
                "trim_left" => text(meter, of.trim_start_matches(cut).to_owned()),
                "trim_right" => text(meter, of.trim_end_matches(cut).to_owned()),
                "trim_prefix" => text(
                    meter,
                    of.strip_prefix(part.as_ref()).unwrap_or(of).to_owned(),
                ),
                "trim_suffix" => text(
                    meter,
                    of.strip_suffix(part.as_ref()).unwrap_or(of).to_owned(),
                ),
                _ => unknown(name, given),
            }
        }
        _ => unknown(name, given),
    }
}

fn keys_or_items(meter: &Meter, value: &Value) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(_) => values(meter, value),
        other => keys(meter, other),
    }
}

/// The names of all functions and how many arguments they take.
const NAMES: &[(&str, usize)] = &[
    ("abs", 1),
    ("array.concat", 2),
    ("array.reverse", 1),
    ("array.slice", 3),
    ("ceil", 1),
    ("concat", 2),
    ("contains", 2),
    ("count", 1),
    ("endswith", 2),
    ("floor", 1),
    ("format_int", 2),
    ("indexof", 2),
    ("is_array", 1),
    ("is_boolean", 1),
    ("is_null", 1),
    ("is_number", 1),
    ("is_object", 1),
    ("is_set", 1),
    ("is_string", 1),
    ("lower", 1),
    ("max", 1),
    ("min", 1),
    ("numbers.range", 2),
    ("object.get", 3),
    ("object.keys", 1),
    ("object.remove", 2),
    ("product", 1),
    ("regex.match", 2),
    ("replace", 3),
    ("round", 1),
    ("sort", 1),
    ("split", 2),
    ("sprintf", 2),
    ("startswith", 2),
    ("substring", 3),
    ("sum", 1),
    ("to_number", 1),
    ("trim", 2),
    ("trim_left", 2),
    ("trim_prefix", 2),
    ("trim_right", 2),
    ("trim_space", 1),
    ("trim_suffix", 2),
    ("type_name", 1),
    ("upper", 1),
];

/// A call of nothing, or of something with what it does not work on.
fn unknown(name: &str, given: &[Value]) -> Answer {
    match NAMES.iter().find(|(known, _)| *known == name) {
        Some((_, count)) if *count == given.len() => Ok(None),
        Some((_, count)) => Err(format!("{name} takes {count} arguments")),
        None => Err(format!("there is no function {name}")),
    }
}

fn sprintf(meter: &Meter, pattern: &str, values: Vec<Value>) -> Result<String, String> {
    let mut values = values.into_iter();
    let mut made = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        let conversion = after.chars().next();
        rest = conversion.map_or("", |c| after.get(c.len_utf8()..).unwrap_or_default());
        let shown = match conversion {
            Some('%') => "%".to_owned(),
            Some(conversion @ ('s' | 'v' | 'd' | 'q' | 'f')) => match (conversion, values.next()) {
                (_, None) => return Err("sprintf: too few values".to_owned()),
                ('q', Some(value)) => value.write(meter)?.to_string(),
                ('f', Some(Value::Number(number))) => format!("{number:.6}"),
                (_, Some(Value::Text(text))) => {
                    meter.bytes(text.len())?;
                    text.to_string()
                }
                (_, Some(value)) => value.write(meter)?.to_string(),
            },
            _ => return Err("sprintf: expected %s, %v, %d, %f, %q or %%".to_owned()),
        };
        made.push_str(&shown);
    }
    made.push_str(rest);
    Ok(made)
}
