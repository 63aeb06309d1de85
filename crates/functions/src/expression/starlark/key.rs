//! What a dict can be asked for.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::value::{Heap, Value, as_whole, kind};

/// Most values in the key of a dict, which may be a tuple of tuples.
const MAX_KEY: usize = 8;

/// The key of a dict. A whole float is the same key as the integer, but stays a float.
#[derive(Clone, Debug)]
pub(super) enum Key {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    Tuple(Vec<Key>),
    Function(usize),
    Builtin(&'static str),
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => {
                left == right || (left.is_nan() && right.is_nan())
            }
            (Self::Int(integer), Self::Float(float)) | (Self::Float(float), Self::Int(integer)) => {
                as_whole(*float) == Some(*integer)
            }
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Tuple(left), Self::Tuple(right)) => left == right,
            (Self::Function(left), Self::Function(right)) => left == right,
            (Self::Builtin(left), Self::Builtin(right)) => left == right,
            _ => false,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::None => {}
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
            Self::Float(value) => match as_whole(*value) {
                Some(whole) => whole.hash(state),
                None if value.is_nan() => f64::NAN.to_bits().hash(state),
                None => value.to_bits().hash(state),
            },
            Self::Text(text) => text.hash(state),
            Self::Tuple(keys) => keys.hash(state),
            Self::Function(at) => at.hash(state),
            Self::Builtin(name) => name.hash(state),
        }
    }
}

impl Heap<'_> {
    /// The value that a key stands for.
    pub(super) fn of_key(&mut self, key: &Key) -> Result<Value, String> {
        Ok(match key {
            Key::None => Value::None,
            Key::Bool(value) => Value::Bool(*value),
            Key::Int(value) => Value::Int(*value),
            Key::Float(value) => Value::Float(*value),
            Key::Text(text) => Value::Text(text.clone()),
            Key::Tuple(keys) => {
                let items: Result<_, String> = keys.iter().map(|key| self.of_key(key)).collect();
                return self.tuple(items?);
            }
            Key::Function(at) => Value::Function(*at),
            Key::Builtin(name) => Value::Builtin(name),
        })
    }

    /// A value as the key of a dict.
    pub(super) fn key(&self, value: &Value) -> Result<Key, String> {
        self.key_part(value, &mut 0)
    }

    fn key_part(&self, value: &Value, parts: &mut usize) -> Result<Key, String> {
        self.meter.charge(1)?;
        *parts += 1;
        if *parts > MAX_KEY {
            return Err(format!("the key of a dict has more than {MAX_KEY} parts"));
        }
        Ok(match value {
            Value::None => Key::None,
            Value::Bool(value) => Key::Bool(*value),
            Value::Int(value) => Key::Int(*value),
            Value::Float(value) => Key::Float(*value),
            Value::Text(text) => {
                self.meter.bytes(text.len())?;
                Key::Text(text.clone())
            }
            Value::Tuple(at) => {
                let items = self.lists[*at].iter();
                let keys: Result<_, String> =
                    items.map(|item| self.key_part(item, parts)).collect();
                Key::Tuple(keys?)
            }
            Value::Function(at) => Key::Function(*at),
            Value::Builtin(name) => Key::Builtin(name),
            other => return Err(format!("a {} cannot be the key of a dict", kind(other))),
        })
    }
}
