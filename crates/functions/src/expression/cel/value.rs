//! Values of expressions and data.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map, OptionalValue};
use cubit_configdata::{Number, Value};

use super::known::Known;

/// A value of an expression as data. What is the same as `before` is `before`, spelling and order
/// included; new keys are in alphabetical order.
pub(crate) fn from_cel(value: &cel::Value, before: Option<&Value>) -> Value {
    if let Some(before) = before.filter(|before| to_cel(before) == *value) {
        return before.clone();
    }
    match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(*value),
        cel::Value::Int(value) => Value::from(*value),
        cel::Value::UInt(value) => number(&value.to_string()),
        cel::Value::Float(value) => number(&format!("{value:?}")),
        cel::Value::String(text) => Value::String(text.to_string()),
        cel::Value::List(values) => {
            let known = |at: usize| match before {
                Some(Value::List(before)) => before.get(at),
                _ => None,
            };
            let values = values.iter().enumerate();
            Value::List(
                values
                    .map(|(at, value)| from_cel(value, known(at)))
                    .collect(),
            )
        }
        cel::Value::Map(map) => {
            let known = |key: &str| match before {
                Some(Value::Map(before)) => before.iter().position(|(name, _)| name == key),
                _ => None,
            };
            let mut entries: Vec<(Option<usize>, String, &cel::Value)> = map
                .map
                .iter()
                .map(|(key, value)| (key.to_string(), value))
                .map(|(key, value)| (known(&key), key, value))
                .collect();
            // What was there comes first, in its order.
            entries.sort_by(|a, b| {
                (a.0.unwrap_or(usize::MAX), &a.1).cmp(&(b.0.unwrap_or(usize::MAX), &b.1))
            });
            let entries = entries.into_iter().map(|(_, key, value)| {
                let value = from_cel(value, before.and_then(|before| before.get(&key)));
                (key, value)
            });
            Value::Map(entries.collect())
        }
        cel::Value::Opaque(opaque) => {
            match (
                opaque.downcast_ref::<Known>(),
                opaque.downcast_ref::<OptionalValue>(),
            ) {
                (Some(known), _) => Value::String(known.text()),
                (_, Some(optional)) => optional
                    .value()
                    .map_or(Value::Null, |value| from_cel(value, None)),
                _ => Value::String(opaque.runtime_type_name().to_owned()),
            }
        }
        other => Value::String(format!("{other:?}")),
    }
}

fn number(text: &str) -> Value {
    Number::parse(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

pub(super) fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_integer(), number.as_float()) {
            (Some(integer), _) => cel::Value::Int(integer),
            (None, Some(float)) => cel::Value::Float(float),
            (None, None) => cel::Value::String(Arc::new(number.to_string())),
        },
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::List(values) => cel::Value::List(Arc::new(values.iter().map(to_cel).collect())),
        Value::Map(entries) => {
            let map: HashMap<Key, cel::Value> = entries
                .iter()
                .map(|(key, value)| (Key::String(Arc::new(key.clone())), to_cel(value)))
                .collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}
