//! What operators do with values.

use super::arithmetic::{as_float, floats, integers};
use super::syntax::Binary;
use super::value::{Dict, Heap, Value, as_whole, kind};

impl Heap<'_> {
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: &Value,
        right: &Value,
    ) -> Result<Value, String> {
        Ok(match operator {
            Binary::Equal => Value::Bool(self.equal(left, right)?),
            Binary::NotEqual => Value::Bool(!self.equal(left, right)?),
            Binary::Less => Value::Bool(self.compare(left, right)?.is_lt()),
            Binary::LessOrEqual => Value::Bool(self.compare(left, right)?.is_le()),
            Binary::Greater => Value::Bool(self.compare(left, right)?.is_gt()),
            Binary::GreaterOrEqual => Value::Bool(self.compare(left, right)?.is_ge()),
            Binary::In => Value::Bool(self.contains(right, left)?),
            Binary::NotIn => Value::Bool(!self.contains(right, left)?),
            _ => return self.combine(operator, left, right),
        })
    }

    fn combine(&mut self, operator: Binary, left: &Value, right: &Value) -> Result<Value, String> {
        match (operator, left, right) {
            (_, Value::Int(left), Value::Int(right)) => integers(operator, *left, *right),
            (_, Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                floats(operator, as_float(left), as_float(right))
            }
            (Binary::Add, Value::Text(left), Value::Text(right)) => {
                self.meter.bytes(left.len() + right.len())?;
                Ok(self.text([left.as_ref(), right.as_ref()].concat()))
            }
            (Binary::Add, Value::List(_), Value::List(_))
            | (Binary::Add, Value::Tuple(_), Value::Tuple(_)) => {
                let mut items = self.items(left)?;
                items.extend(self.items(right)?);
                self.like(left, items)
            }
            (Binary::Multiply, of, Value::Int(times)) => self.repeat(of, *times),
            (Binary::Multiply, Value::Int(times), of) => self.repeat(of, *times),
            (Binary::Remainder, Value::Text(pattern), _) => self.percent(pattern, right),
            (Binary::BitOr, Value::Dict(left), Value::Dict(right)) => {
                let all = self.dicts[*left].len() + self.dicts[*right].len();
                self.meter.charge(all.saturating_mul(8))?;
                let mut entries = self.dicts[*left].clone();
                for (key, value) in &self.dicts[*right] {
                    entries.insert(key.clone(), value.clone());
                }
                self.dict(entries)
            }
            _ => Err(format!(
                "the operator {} does not work on {} and {}",
                spelling(operator),
                kind(left),
                kind(right)
            )),
        }
    }

    /// A list or tuple, as another one is.
    fn like(&mut self, of: &Value, items: Vec<Value>) -> Result<Value, String> {
        match of {
            Value::Tuple(_) => self.tuple(items),
            _ => self.list(items),
        }
    }

    fn repeat(&mut self, of: &Value, times: i64) -> Result<Value, String> {
        let times = usize::try_from(times).unwrap_or(0);
        match of {
            Value::Text(text) => {
                self.meter.bytes(text.len().saturating_mul(times))?;
                Ok(self.text(text.repeat(times)))
            }
            Value::List(at) | Value::Tuple(at) => {
                let length = self.lists[*at].len().saturating_mul(times);
                self.meter.charge(length)?;
                let items = self.lists[*at].iter().cycle().take(length);
                let items = items.cloned().collect();
                self.like(of, items)
            }
            other => Err(format!(
                "the operator * does not work on {} and int",
                kind(other)
            )),
        }
    }

    pub(super) fn contains(&self, of: &Value, item: &Value) -> Result<bool, String> {
        match (of, item) {
            (Value::Text(of), Value::Text(part)) => {
                self.meter.bytes(of.len())?;
                Ok(of.contains(part.as_ref()))
            }
            // What cannot be a key is in no dict.
            (Value::Dict(_), Value::List(_) | Value::Dict(_) | Value::Range(_)) => Ok(false),
            (Value::Dict(at), _) => {
                let key = self.key(item)?;
                Ok(self.dicts[*at].contains_key(&key))
            }
            (Value::Range(range), Value::Int(_) | Value::Float(_)) => {
                let number = match item {
                    Value::Int(number) => Some(*number),
                    Value::Float(number) => as_whole(*number),
                    _ => None,
                };
                let Some(number) = number else {
                    return Ok(false);
                };
                let from_start = i128::from(number) - i128::from(range.start);
                let step = i128::from(range.step);
                Ok(from_start % step == 0
                    && usize::try_from(from_start / step).is_ok_and(|at| at < range.count))
            }
            (Value::List(at) | Value::Tuple(at), _) => {
                for known in &self.lists[*at] {
                    if self.equal(known, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(format!(
                "the operator in does not work on {} and {}",
                kind(item),
                kind(of)
            )),
        }
    }

    pub(super) fn is_true(&self, value: &Value) -> bool {
        match value {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(at) | Value::Tuple(at) => !self.lists[*at].is_empty(),
            Value::Dict(at) => !self.dicts[*at].is_empty(),
            Value::Range(range) => range.count > 0,
            Value::Parts(..) | Value::Function(_) | Value::Builtin(_) | Value::Method(_) => true,
        }
    }

    /// A dict of entries, each given as a key and a value.
    pub(super) fn entries(&mut self, of: &Value) -> Result<Dict, String> {
        if let Value::Dict(at) = of {
            self.meter.charge(self.dicts[*at].len().saturating_mul(8))?;
            return Ok(self.dicts[*at].clone());
        }
        let mut entries = Dict::new();
        for pair in self.items(of)? {
            let [key, value] = <[Value; 2]>::try_from(self.items(&pair)?).map_err(|items| {
                format!("expected a key and a value, got {} items", items.len())
            })?;
            self.meter.charge(8)?;
            entries.insert(self.key(&key)?, value);
        }
        Ok(entries)
    }
}

pub(super) fn spelling(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::FloorDivide => "//",
        Binary::Remainder => "%",
        Binary::Equal => "==",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessOrEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterOrEqual => ">=",
        Binary::In => "in",
        Binary::NotIn => "not in",
        Binary::BitAnd => "&",
        Binary::BitOr => "|",
        Binary::BitXor => "^",
        Binary::ShiftLeft => "<<",
        Binary::ShiftRight => ">>",
    }
}
