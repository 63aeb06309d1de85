//! Functions on lists: those of Kubernetes, sets, and what goes through a list again and again.

use std::cmp::Ordering;

use cel::Value;

use super::library::{Function, Left, Shape, function, list, wrong};
use super::weight;

pub(super) const FUNCTIONS: [Function; 9] = [
    function(Shape::Member, "isSorted", |given, _| match given {
        [Value::List(values)] => {
            for pair in values.windows(2) {
                if compare(&pair[0], &pair[1])? == Ordering::Greater {
                    return Ok(false.into());
                }
            }
            Ok(true.into())
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "sum", |given, _| match given {
        [Value::List(values)] => values
            .iter()
            .try_fold(None, sum)
            .map(|sum| sum.unwrap_or(Value::Int(0))),
        _ => wrong(given),
    }),
    function(Shape::Member, "min", |given, _| {
        extreme(given, Ordering::Less)
    }),
    function(Shape::Member, "max", |given, _| {
        extreme(given, Ordering::Greater)
    }),
    function(Shape::Member, "distinct", |given, left| match given {
        [Value::List(values)] => {
            left.take(product(&given[0], values.len(), left))?;
            let mut seen: Vec<Value> = Vec::new();
            for value in values.iter() {
                if !seen.contains(value) {
                    seen.push(value.clone());
                }
            }
            Ok(list(seen))
        }
        _ => wrong(given),
    }),
    function(Shape::Of("lists"), "range", |given, left| match given {
        [Value::Int(length)] => {
            let length = usize::try_from(*length).unwrap_or(0);
            left.take(length)?;
            Ok(list((0_i64..).take(length).map(Value::Int).collect()))
        }
        _ => wrong(given),
    }),
    function(Shape::Of("sets"), "contains", |given, left| {
        sets(given, left, |all, some| {
            some.iter().all(|one| all.contains(one))
        })
    }),
    function(Shape::Of("sets"), "equivalent", |given, left| {
        sets(given, left, |one, other| {
            one.iter().all(|value| other.contains(value))
                && other.iter().all(|value| one.contains(value))
        })
    }),
    function(Shape::Of("sets"), "intersects", |given, left| {
        sets(given, left, |one, other| {
            one.iter().any(|value| other.contains(value))
        })
    }),
];

/// A position as expressions have it; -1 is none.
pub(super) fn position(found: Option<usize>) -> Value {
    Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

/// Work of comparing everything in a value with so many others.
fn product(value: &Value, others: usize, left: &Left<'_>) -> usize {
    weight(value, left.there()).saturating_mul(others) / 64
}

fn sets(
    given: &[Value],
    left: &Left<'_>,
    answer: fn(&[Value], &[Value]) -> bool,
) -> Result<Value, String> {
    match given {
        [first @ Value::List(one), second @ Value::List(other)] => {
            left.take(product(first, other.len(), left))?;
            left.take(product(second, one.len(), left))?;
            Ok(answer(one, other).into())
        }
        _ => wrong(given),
    }
}

fn extreme(given: &[Value], wanted: Ordering) -> Result<Value, String> {
    let [Value::List(values)] = given else {
        return wrong(given);
    };
    let mut values = values.iter();
    let mut best = values.next().ok_or("the list is empty")?;
    for value in values {
        if compare(value, best)? == wanted {
            best = value;
        }
    }
    Ok(best.clone())
}

fn compare(one: &Value, other: &Value) -> Result<Ordering, String> {
    one.partial_cmp(other)
        .ok_or_else(|| "the list holds values that cannot be compared".to_owned())
}

fn sum(so_far: Option<Value>, value: &Value) -> Result<Option<Value>, String> {
    let sum = match (so_far, value) {
        (None, Value::Int(_) | Value::UInt(_) | Value::Float(_)) => Some(value.clone()),
        (Some(Value::Int(sum)), Value::Int(value)) => sum.checked_add(*value).map(Value::Int),
        (Some(Value::UInt(sum)), Value::UInt(value)) => sum.checked_add(*value).map(Value::UInt),
        (Some(Value::Float(sum)), Value::Float(value)) => Some(Value::Float(sum + value)),
        _ => return Err("the list holds values that cannot be added".to_owned()),
    };
    sum.map(Some)
        .ok_or_else(|| "the sum is too large".to_owned())
}
