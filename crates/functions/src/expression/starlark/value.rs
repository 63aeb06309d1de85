//! Values of a run, and where they live.
//!
//! Lists, tuples, dicts, frames and functions live in one heap until the run ends: values are
//! places in it. So values may hold each other, and dropping them never goes down into them.

use std::collections::HashMap;
use std::rc::Rc;

use cubit_configdata::{Number, Value as Data};
use indexmap::IndexMap;

use super::syntax::{Function, Name};
use crate::expression::meter::Meter;

/// Most levels that are gone down into a value.
pub(super) const MAX_LEVELS: usize = 128;

#[derive(Clone, Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    List(usize),
    Tuple(usize),
    Dict(usize),
    Range(Range),
    /// What a text is made of.
    Parts(Rc<str>, Parts),
    Function(usize),
    /// A function of the language, by its name.
    Builtin(&'static str),
    /// A method with what it belongs to.
    Method(Rc<(Value, String)>),
}

/// What a text is gone through by: its characters, or their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Elems,
    ElemOrds,
    Codepoints,
    CodepointOrds,
}

impl Parts {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Elems => "elems",
            Self::ElemOrds => "elem_ords",
            Self::Codepoints => "codepoints",
            Self::CodepointOrds => "codepoint_ords",
        }
    }
}

/// The numbers from `start` on, `count` of them, before `stop`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) start: i64,
    pub(super) stop: i64,
    pub(super) step: i64,
    pub(super) count: usize,
}

impl Range {
    /// The number at a place below `count`.
    pub(super) fn get(self, at: usize) -> i64 {
        // It lies between start and stop; only the product may be too large on the way.
        #[expect(clippy::cast_possible_wrap, reason = "see above")]
        self.start.wrapping_add(self.step.wrapping_mul(at as i64))
    }
}

impl PartialEq for Range {
    /// Whether both hold the same numbers.
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count
            && (self.count == 0 || self.start == other.start)
            && (self.count < 2 || self.step == other.step)
    }
}

pub(super) use super::key::Key;

pub(super) type Dict = IndexMap<Key, Value>;

/// The names of a call or a comprehension, with their values.
pub(super) struct Frame {
    pub(super) slots: Vec<(Name, Option<Value>)>,
    /// The frame around it; none when the program itself is around it.
    pub(super) parent: Option<usize>,
}

/// A function with the frame it was made in and the values its parameters have by default.
#[derive(Clone)]
pub(super) struct Closure<'p> {
    pub(super) function: &'p Function,
    pub(super) frame: Option<usize>,
    pub(super) defaults: Vec<Option<Value>>,
}

/// Where the values of a run live.
pub(super) struct Heap<'p> {
    pub(super) meter: &'p Meter,
    pub(super) lists: Vec<Vec<Value>>,
    pub(super) dicts: Vec<Dict>,
    pub(super) frames: Vec<Frame>,
    pub(super) closures: Vec<Closure<'p>>,
    /// The lists and dicts that are gone through now.
    busy: Vec<Value>,
}

impl<'p> Heap<'p> {
    pub(super) fn new(meter: &'p Meter) -> Self {
        Self {
            meter,
            lists: Vec::new(),
            dicts: Vec::new(),
            frames: Vec::new(),
            closures: Vec::new(),
            busy: Vec::new(),
        }
    }

    /// From now on a list or dict must not change, until the matching `end`. A run that fails in
    /// between is over.
    pub(super) fn begin(&mut self, of: &Value) {
        self.busy.push(of.clone());
    }

    pub(super) fn end(&mut self) {
        self.busy.pop();
    }

    /// Checks that a list or dict may be changed.
    pub(super) fn may_change(&self, of: &Value) -> Result<(), String> {
        self.meter.charge(self.busy.len() / 16)?;
        let hint = match of {
            Value::List(_) => "list(x)",
            _ => "x.keys() or x.items()",
        };
        let is_busy = self.busy.iter().any(|busy| match (busy, of) {
            (Value::List(busy), Value::List(at)) | (Value::Dict(busy), Value::Dict(at)) => {
                busy == at
            }
            _ => false,
        });
        match is_busy {
            true => Err(format!(
                "a {} is changed while a loop goes through it: go through {hint} instead",
                kind(of)
            )),
            false => Ok(()),
        }
    }

    /// A text, whose bytes were counted before they were made.
    pub(super) fn text(&self, text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// A text that is no longer than those it was made of; its bytes are counted now.
    pub(super) fn counted(&self, text: String) -> Result<Value, String> {
        self.meter.bytes(text.len())?;
        Ok(self.text(text))
    }

    fn sequence(&mut self, items: Vec<Value>) -> Result<usize, String> {
        self.meter.charge(2 + items.len())?;
        self.lists.push(items);
        Ok(self.lists.len() - 1)
    }

    pub(super) fn list(&mut self, items: Vec<Value>) -> Result<Value, String> {
        self.sequence(items).map(Value::List)
    }

    pub(super) fn tuple(&mut self, items: Vec<Value>) -> Result<Value, String> {
        self.sequence(items).map(Value::Tuple)
    }

    pub(super) fn dict(&mut self, entries: Dict) -> Result<Value, String> {
        self.meter.charge(8 + entries.len().saturating_mul(8))?;
        self.dicts.push(entries);
        Ok(Value::Dict(self.dicts.len() - 1))
    }

    /// Puts a value into a dict.
    pub(super) fn put(&mut self, dict: usize, key: Key, value: Value) -> Result<(), String> {
        self.may_change(&Value::Dict(dict))?;
        self.meter.charge(8)?;
        self.dicts[dict].insert(key, value);
        Ok(())
    }

    /// The values that a loop goes through, of everything but a range.
    pub(super) fn items(&mut self, value: &Value) -> Result<Vec<Value>, String> {
        let items = match value {
            Value::List(at) | Value::Tuple(at) => {
                self.meter.charge(self.lists[*at].len())?;
                self.lists[*at].clone()
            }
            Value::Range(range) => {
                self.meter.charge(range.count)?;
                (0..range.count)
                    .map(|at| Value::Int(range.get(at)))
                    .collect()
            }
            Value::Dict(at) => {
                self.meter.charge(self.dicts[*at].len())?;
                let keys: Vec<Key> = self.dicts[*at].keys().cloned().collect();
                let keys: Result<_, String> = keys.iter().map(|key| self.of_key(key)).collect();
                keys?
            }
            Value::Parts(text, parts) => {
                self.meter.charge(text.len())?;
                let chars = text.chars();
                match parts {
                    Parts::Elems | Parts::Codepoints => chars
                        .map(|c| self.text(c.encode_utf8(&mut [0; 4]) as &str))
                        .collect(),
                    Parts::ElemOrds | Parts::CodepointOrds => {
                        chars.map(|c| Value::Int(u32::from(c).into())).collect()
                    }
                }
            }
            other => {
                return Err(format!(
                    "expected a list, a tuple, a dict or a range, got {}",
                    kind(other)
                ));
            }
        };
        Ok(items)
    }

    /// A value of a text as one of the run. It is counted by its size only: what a text may hold is
    /// bounded elsewhere.
    pub(super) fn read(&mut self, data: &Data) -> Result<Value, String> {
        self.meter.charge(1)?;
        Ok(match data {
            Data::Null => Value::None,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(number) => match (number.as_integer(), number.as_float()) {
                (Some(integer), _) => Value::Int(integer),
                (None, float) => Value::Float(float.unwrap_or(f64::NAN)),
            },
            Data::String(text) => {
                self.meter.charge(text.len() / 16)?;
                self.text(text.as_str())
            }
            Data::List(values) => {
                let values: Result<_, String> =
                    values.iter().map(|value| self.read(value)).collect();
                self.lists.push(values?);
                Value::List(self.lists.len() - 1)
            }
            Data::Map(entries) => {
                let mut dict = Dict::new();
                for (key, value) in entries {
                    dict.insert(Key::Text(key.as_str().into()), self.read(value)?);
                }
                self.dicts.push(dict);
                Value::Dict(self.dicts.len() - 1)
            }
        })
    }

    /// A value of the run as one of a text. Numbers that are still what they were in `before` keep
    /// their spelling.
    pub(super) fn write(&self, value: &Value, before: Option<&Data>) -> Result<Data, String> {
        self.write_at(value, before, 0)
    }

    fn write_at(&self, value: &Value, before: Option<&Data>, level: usize) -> Result<Data, String> {
        self.meter.charge(1)?;
        if level > MAX_LEVELS {
            return Err(format!(
                "the result has more than {MAX_LEVELS} levels, or holds itself"
            ));
        }
        Ok(match value {
            Value::None => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Int(integer) => match before {
                Some(Data::Number(number)) if number.as_integer() == Some(*integer) => {
                    Data::Number(number.clone())
                }
                _ => number(&integer.to_string())?,
            },
            Value::Float(float) => match before {
                Some(Data::Number(number))
                    if number.as_integer().is_none()
                        && number.as_float().is_some_and(|before| {
                            before == *float || (before.is_nan() && float.is_nan())
                        }) =>
                {
                    Data::Number(number.clone())
                }
                _ => number(&float_text(*float))?,
            },
            Value::Text(text) => {
                self.meter.charge(text.len() / 16)?;
                Data::String(text.to_string())
            }
            Value::List(at) | Value::Tuple(at) => {
                let before = match before {
                    Some(Data::List(values)) => values.as_slice(),
                    _ => &[],
                };
                let values: Result<_, String> = self.lists[*at]
                    .iter()
                    .enumerate()
                    .map(|(at, value)| self.write_at(value, before.get(at), level + 1))
                    .collect();
                Data::List(values?)
            }
            Value::Dict(at) => {
                let before: HashMap<&str, &Data> = match before {
                    Some(Data::Map(entries)) => entries
                        .iter()
                        .map(|(key, value)| (key.as_str(), value))
                        .collect(),
                    _ => HashMap::new(),
                };
                let entries: Result<_, String> = self.dicts[*at]
                    .iter()
                    .map(|(key, value)| match key {
                        Key::Text(key) => {
                            self.meter.charge(key.len() / 16)?;
                            let before = before.get(key.as_ref()).copied();
                            let value = self.write_at(value, before, level + 1)?;
                            Ok((key.to_string(), value))
                        }
                        _ => Err("a key of the result is no text".to_owned()),
                    })
                    .collect();
                Data::Map(entries?)
            }
            other => return Err(format!("no text can hold a {}", kind(other))),
        })
    }
}

fn number(spelling: &str) -> Result<Data, String> {
    Number::parse(spelling)
        .map(Data::Number)
        .ok_or_else(|| format!("no text can hold the number {spelling}"))
}

/// A float that is a whole number.
pub(super) fn as_whole(value: f64) -> Option<i64> {
    let within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within")]
    (within && value.fract() == 0.0).then_some(value as i64)
}

/// How a float is written: always so that it reads back as one.
pub(super) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:?}");
    match text.contains(['.', 'e']) {
        true => text,
        false => format!("{text}.0"),
    }
}

/// The name of the type of a value.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Text(_) => "string",
        Value::List(_) => "list",
        Value::Tuple(_) => "tuple",
        Value::Dict(_) => "dict",
        Value::Range(_) => "range",
        Value::Parts(_, Parts::Elems | Parts::ElemOrds) => "string.elems",
        Value::Parts(..) => "string.codepoints",
        Value::Function(_) => "function",
        Value::Builtin(_) | Value::Method(_) => "builtin_function_or_method",
    }
}
