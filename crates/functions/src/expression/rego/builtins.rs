//! The functions of the language. What they are given in a wrong type makes them undefined, as it
//! does in Rego.

use std::collections::BTreeSet;

use super::number::Number;
use super::run::{Run, holds};
use super::sprintf::sprintf;
use super::syntax::Binary;
use super::texts;
use super::value::Value;
use crate::expression::meter::Meter;

pub(super) type Answer = Result<Option<Value>, String>;

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
        (Value::Number(left), Value::Number(right)) => {
            let number = match operator {
                Binary::Add => left.plus(*right)?,
                Binary::Subtract => left.minus(*right)?,
                Binary::Multiply => left.times(*right)?,
                Binary::Divide => left.divided(*right),
                Binary::Remainder => left.remainder(*right),
                _ => None,
            };
            number.map(Value::Number)
        }
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

/// What an array or a set holds; nothing else has a sum or an order.
fn items(meter: &Meter, value: &Value) -> Result<Option<Vec<Value>>, String> {
    match value {
        Value::Array(_) | Value::Set(_) => values(meter, value).map(Some),
        _ => Ok(None),
    }
}

fn number(number: f64) -> Option<Value> {
    Number::of(number).map(Value::Number)
}

pub(super) fn count(count: usize) -> Option<Value> {
    Some(Value::Number(Number::count(count)))
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
            let Some(values) = items(meter, of)? else {
                return Ok(None);
            };
            let mut result = Some(Number::Int(i64::from(name != "sum")));
            for value in values {
                result = match (name, result, value) {
                    ("sum", Some(before), Value::Number(value)) => before.plus(value)?,
                    (_, Some(before), Value::Number(value)) => before.times(value)?,
                    _ => None,
                };
            }
            Ok(result.map(Value::Number))
        }
        ("min" | "max" | "sort", [of]) => {
            meter.charge(of.weight().saturating_mul(16))?;
            let Some(mut values) = items(meter, of)? else {
                return Ok(None);
            };
            values.sort();
            match name {
                "min" => Ok(values.into_iter().next()),
                "max" => Ok(values.into_iter().next_back()),
                _ => Value::array(meter, values).map(Some),
            }
        }
        ("abs", [Value::Number(value)]) => match value.float() < 0.0 {
            true => value.negated().map(|value| Some(Value::Number(value))),
            false => Ok(Some(Value::Number(*value))),
        },
        ("ceil" | "floor" | "round", [Value::Number(Number::Int(value))]) => {
            Ok(Some(Value::Number(Number::Int(*value))))
        }
        ("ceil", [Value::Number(value)]) => Ok(number(value.float().ceil())),
        ("floor", [Value::Number(value)]) => Ok(number(value.float().floor())),
        ("round", [Value::Number(value)]) => Ok(number(value.float().round())),
        ("numbers.range", [Value::Number(from), Value::Number(to)]) => {
            let (Some(from), Some(to)) = (from.whole(), to.whole()) else {
                return Ok(None);
            };
            meter.charge(usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX))?;
            let number = |number| Value::Number(Number::Int(number));
            let items = match from <= to {
                true => (from..=to).map(number).collect(),
                false => (to..=from).rev().map(number).collect(),
            };
            Value::array(meter, items).map(Some)
        }
        ("to_number", [Value::Number(value)]) => Ok(Some(Value::Number(*value))),
        ("to_number", [Value::Text(text)]) => {
            let number = Number::parse(text)?;
            Ok(number.map(Value::Number))
        }
        ("to_number", [Value::Bool(value)]) => Ok(count(usize::from(*value))),
        ("to_number", [Value::Null]) => Ok(count(0)),
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
            let place = |number: &Number| number.whole().map(|at| usize::try_from(at).unwrap_or(0));
            let (Some(from), Some(to)) = (place(from), place(to)) else {
                return Ok(None);
            };
            let items = values(meter, of)?.into_iter();
            let items = items.take(to).skip(from).collect();
            Value::array(meter, items).map(Some)
        }
        ("regex.match", [Value::Text(pattern), Value::Text(text)]) => {
            texts::matches(run, pattern, text)
        }
        ("concat", [Value::Text(between), of]) => match items(meter, of)? {
            Some(parts) => texts::concat(meter, between, &parts),
            None => Ok(None),
        },
        ("sprintf", [Value::Text(pattern), of @ Value::Array(_)]) => {
            let made = sprintf(meter, pattern, values(meter, of)?)?;
            texts::text(meter, made)
        }
        _ => match texts::call(meter, name, given)? {
            Some(answer) => Ok(answer),
            None => unknown(name, given),
        },
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
