//! Values of a run. What holds others knows how deep and how large it is, so that going down into it
//! can be counted before.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value as Json;

use super::number::Number;
use crate::expression::meter::Meter;
use crate::expression::spelling::quote;

/// Most levels of a value.
const MAX_LEVELS: u16 = 128;

/// Values that are held, with their levels and their size in units of work.
#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) items: T,
    levels: u16,
    weight: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(Rc<str>),
    Array(Rc<Held<Vec<Value>>>),
    Set(Rc<Held<BTreeSet<Value>>>),
    Object(Rc<Held<BTreeMap<Value, Value>>>),
}

impl Value {
    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(text.into())
    }

    fn levels(&self) -> u16 {
        match self {
            Self::Array(held) => held.levels,
            Self::Set(held) => held.levels,
            Self::Object(held) => held.levels,
            _ => 0,
        }
    }

    /// The units of work of going through it once.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::Array(held) => held.weight,
            Self::Set(held) => held.weight,
            Self::Object(held) => held.weight,
            _ => 1,
        }
    }

    fn held<T>(
        meter: &Meter,
        items: T,
        parts: impl Iterator<Item = (u16, usize)>,
    ) -> Result<Rc<Held<T>>, String> {
        let (mut levels, mut weight) = (0, 4_usize);
        for (level, part) in parts {
            meter.charge(2)?;
            levels = levels.max(level);
            weight = weight.saturating_add(part);
        }
        if levels >= MAX_LEVELS {
            return Err(format!("a value has more than {MAX_LEVELS} levels"));
        }
        Ok(Rc::new(Held {
            items,
            levels: levels + 1,
            weight,
        }))
    }

    pub(super) fn array(meter: &Meter, items: Vec<Self>) -> Result<Self, String> {
        let parts: Vec<_> = items
            .iter()
            .map(|item| (item.levels(), item.weight()))
            .collect();
        Self::held(meter, items, parts.into_iter()).map(Self::Array)
    }

    pub(super) fn set(
        meter: &Meter,
        items: impl IntoIterator<Item = Self>,
    ) -> Result<Self, String> {
        let mut set = BTreeSet::new();
        for item in items {
            meter.charge(4 + item.weight().saturating_mul(depth_of(set.len())))?;
            set.insert(item);
        }
        let parts: Vec<_> = set
            .iter()
            .map(|item| (item.levels(), item.weight()))
            .collect();
        Self::held(meter, set, parts.into_iter()).map(Self::Set)
    }

    /// An object; one key must not have two values.
    pub(super) fn object(
        meter: &Meter,
        entries: impl IntoIterator<Item = (Self, Self)>,
    ) -> Result<Self, String> {
        Self::object_of(meter, entries, false)
    }

    /// An object, where the last value of a key counts if `last_counts`.
    pub(super) fn object_of(
        meter: &Meter,
        entries: impl IntoIterator<Item = (Self, Self)>,
        last_counts: bool,
    ) -> Result<Self, String> {
        let mut object: BTreeMap<Self, Self> = BTreeMap::new();
        for (key, value) in entries {
            meter.charge(8 + key.weight().saturating_mul(depth_of(object.len())))?;
            if let Some(known) = object.get(&key).filter(|_| !last_counts) {
                meter.charge(known.weight().min(value.weight()))?;
                if *known != value {
                    return Err("one key of an object has two values".to_owned());
                }
            }
            object.insert(key, value);
        }
        let parts: Vec<_> = object
            .iter()
            .map(|(key, value)| {
                let levels = key.levels().max(value.levels());
                (levels, key.weight().saturating_add(value.weight()))
            })
            .collect();
        Self::held(meter, object, parts.into_iter()).map(Self::Object)
    }

    /// What is at a key: an element, an entry, or what is in a set.
    pub(super) fn get(&self, meter: &Meter, key: &Self) -> Result<Option<Self>, String> {
        let count = self.count().unwrap_or(0);
        meter.charge(key.weight().saturating_mul(depth_of(count)))?;
        Ok(match (self, key) {
            (Self::Array(held), Self::Number(Number::Int(at))) => usize::try_from(*at)
                .ok()
                .and_then(|at| held.items.get(at).cloned()),
            (Self::Object(held), key) => held.items.get(key).cloned(),
            (Self::Set(held), key) => held.items.get(key).cloned(),
            _ => None,
        })
    }

    /// How many values it holds, or characters.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Array(held) => Some(held.items.len()),
            Self::Set(held) => Some(held.items.len()),
            Self::Object(held) => Some(held.items.len()),
            _ => None,
        }
    }

    /// What it holds, with the keys.
    pub(super) fn entries(&self, meter: &Meter) -> Result<Vec<(Self, Self)>, String> {
        meter.charge(self.count().unwrap_or(0))?;
        Ok(match self {
            Self::Array(held) => {
                let items = held.items.iter().enumerate();
                items
                    .map(|(at, item)| (Self::Number(Number::count(at)), item.clone()))
                    .collect()
            }
            Self::Set(held) => held
                .items
                .iter()
                .map(|item| (item.clone(), item.clone()))
                .collect(),
            Self::Object(held) => {
                let entries = held.items.iter();
                entries
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect()
            }
            _ => Vec::new(),
        })
    }

    /// Whether two values are the same, which is counted.
    pub(super) fn order(&self, meter: &Meter, other: &Self) -> Result<Ordering, String> {
        meter.charge(self.weight().min(other.weight()))?;
        Ok(self.cmp(other))
    }

    pub(super) fn read(meter: &Meter, json: &Json) -> Result<Self, String> {
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Number::Int(number),
                (None, number) => Number::Float(number.unwrap_or_default()),
            }),
            Json::String(text) => {
                meter.charge(text.len() / 16)?;
                Self::text(text.as_str())
            }
            Json::Array(items) => {
                let items: Result<_, String> =
                    items.iter().map(|item| Self::read(meter, item)).collect();
                Self::array(meter, items?)?
            }
            Json::Object(entries) => {
                let entries: Result<Vec<_>, String> = entries
                    .iter()
                    .map(|(key, value)| Ok((Self::text(key.as_str()), Self::read(meter, value)?)))
                    .collect();
                Self::object(meter, entries?)?
            }
        })
    }

    /// As JSON; a set is an array, and a key that is no text is written as one.
    pub(super) fn write(&self, meter: &Meter) -> Result<Json, String> {
        meter.charge(self.weight())?;
        Ok(self.json())
    }

    fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(Number::Int(number)) => Json::from(*number),
            Self::Number(Number::Float(number)) => Json::from(*number),
            Self::Text(text) => Json::from(text.as_ref()),
            Self::Array(held) => held.items.iter().map(Self::json).collect(),
            Self::Set(held) => held.items.iter().map(Self::json).collect(),
            Self::Object(held) => Json::Object(
                held.items
                    .iter()
                    .map(|(key, value)| {
                        let key = match key {
                            Self::Text(text) => text.to_string(),
                            other => other.json().to_string(),
                        };
                        (key, value.json())
                    })
                    .collect(),
            ),
        }
    }

    /// As a policy would write it.
    pub(super) fn print(&self, meter: &Meter) -> Result<String, String> {
        // A text in quotes may be a few times as long.
        meter.charge(self.weight().saturating_mul(4))?;
        let mut text = String::new();
        self.print_to(&mut text);
        Ok(text)
    }

    fn print_to(&self, text: &mut String) {
        let (open, items, close): (_, Vec<_>, _) = match self {
            Self::Text(part) => return quote(part, text),
            Self::Array(held) => (
                "[",
                held.items.iter().map(|item| (None, item)).collect(),
                "]",
            ),
            Self::Set(held) if held.items.is_empty() => return text.push_str("set()"),
            Self::Set(held) => (
                "{",
                held.items.iter().map(|item| (None, item)).collect(),
                "}",
            ),
            Self::Object(held) => {
                let items = held.items.iter();
                (
                    "{",
                    items.map(|(key, item)| (Some(key), item)).collect(),
                    "}",
                )
            }
            other => return text.push_str(&other.json().to_string()),
        };
        text.push_str(open);
        for (at, (key, item)) in items.into_iter().enumerate() {
            text.push_str(if at > 0 { ", " } else { "" });
            if let Some(key) = key {
                key.print_to(text);
                text.push_str(": ");
            }
            item.print_to(text);
        }
        text.push_str(close);
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Number(_) => 2,
            Self::Text(_) => 3,
            Self::Array(_) => 4,
            Self::Object(_) => 5,
            Self::Set(_) => 6,
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
        }
    }
}

/// How many comparisons finding one of so many takes.
fn depth_of(count: usize) -> usize {
    1 + count.checked_ilog2().unwrap_or(0) as usize
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Array(left), Self::Array(right)) => left.items.cmp(&right.items),
            (Self::Set(left), Self::Set(right)) => left.items.cmp(&right.items),
            (Self::Object(left), Self::Object(right)) => left.items.cmp(&right.items),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}
