//! What operators do with values.

use std::cmp::Ordering;

use super::syntax::Binary;
use super::value::{Dict, Heap, Key, MAX_LEVELS, Value, as_whole, float_text, kind};

/// What an operation on integers that gives none of 64 bits says.
pub(super) const TOO_LARGE: &str = "the result is no integer of 64 bits";

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
            (Value::Dict(at), _) => {
                let key = self.key(item)?;
                Ok(self.dicts[*at].contains_key(&key))
            }
            (Value::Range(range), _) => {
                let number = match item {
                    Value::Int(number) => *number,
                    _ => return Ok(false),
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

    pub(super) fn equal(&self, left: &Value, right: &Value) -> Result<bool, String> {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&self, left: &Value, right: &Value, level: usize) -> Result<bool, String> {
        self.meter.charge(1)?;
        if level > MAX_LEVELS {
            return Err(too_deep());
        }
        Ok(match (left, right) {
            (Value::None, Value::None) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                numbers(left, right).is_eq()
            }
            (Value::Text(left), Value::Text(right)) => {
                self.meter.charge(left.len().min(right.len()) / 16)?;
                left == right
            }
            (Value::Range(left), Value::Range(right)) => left == right,
            (Value::Function(left), Value::Function(right)) => left == right,
            (Value::Builtin(left), Value::Builtin(right)) => left == right,
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                let (left, right) = (&self.lists[*left], &self.lists[*right]);
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.equal_at(left, right, level + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Dict(left), Value::Dict(right)) => {
                let (left, right) = (&self.dicts[*left], &self.dicts[*right]);
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (key, left) in left {
                    self.meter.charge(1)?;
                    match right.get(key) {
                        Some(right) if self.equal_at(left, right, level + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            _ => false,
        })
    }

    pub(super) fn compare(&self, left: &Value, right: &Value) -> Result<Ordering, String> {
        self.compare_at(left, right, 0)
    }

    fn compare_at(&self, left: &Value, right: &Value, level: usize) -> Result<Ordering, String> {
        self.meter.charge(1)?;
        if level > MAX_LEVELS {
            return Err(too_deep());
        }
        Ok(match (left, right) {
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                numbers(left, right)
            }
            (Value::Text(left), Value::Text(right)) => {
                self.meter.charge(left.len().min(right.len()) / 16)?;
                left.cmp(right)
            }
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                let (left, right) = (&self.lists[*left], &self.lists[*right]);
                for (left, right) in left.iter().zip(right) {
                    let order = self.compare_at(left, right, level + 1)?;
                    if order.is_ne() {
                        return Ok(order);
                    }
                }
                left.len().cmp(&right.len())
            }
            _ => {
                return Err(format!(
                    "{} and {} cannot be compared",
                    kind(left),
                    kind(right)
                ));
            }
        })
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
            Value::Function(_) | Value::Builtin(_) | Value::Method(_) => true,
        }
    }

    /// The text of a value, as `str` gives it.
    pub(super) fn shown(&self, value: &Value) -> Result<String, String> {
        match value {
            Value::Text(text) => {
                self.meter.bytes(text.len())?;
                Ok(text.to_string())
            }
            other => self.literal(other),
        }
    }

    /// The text of a value as a program would write it, as `repr` gives it.
    pub(super) fn literal(&self, value: &Value) -> Result<String, String> {
        let mut text = String::new();
        self.show_at(value, &mut text, 0)?;
        Ok(text)
    }

    fn show_at(&self, value: &Value, text: &mut String, level: usize) -> Result<(), String> {
        self.meter.charge(1)?;
        if level > MAX_LEVELS {
            return Err(too_deep());
        }
        match value {
            Value::None => text.push_str("None"),
            Value::Bool(true) => text.push_str("True"),
            Value::Bool(false) => text.push_str("False"),
            Value::Int(number) => text.push_str(&number.to_string()),
            Value::Float(number) => text.push_str(float_text(*number).trim_start_matches('.')),
            Value::Text(part) => self.quote(part, text)?,
            Value::Range(range) => {
                let end = range.get(range.count);
                text.push_str(&format!("range({}, {end}, {})", range.start, range.step));
            }
            Value::Function(at) => {
                let name = &self.closures[*at].function.name;
                self.meter.bytes(name.len())?;
                text.push_str(&format!("<function {name}>"));
            }
            Value::Builtin(name) => text.push_str(&format!("<built-in function {name}>")),
            Value::Method(method) => {
                text.push_str(&format!("<built-in method of {}>", kind(&method.0)));
            }
            Value::List(at) | Value::Tuple(at) => {
                let is_list = matches!(value, Value::List(_));
                text.push(if is_list { '[' } else { '(' });
                let items = &self.lists[*at];
                for (at, item) in items.iter().enumerate() {
                    text.push_str(if at > 0 { ", " } else { "" });
                    self.show_at(item, text, level + 1)?;
                }
                text.push_str(match (is_list, items.len()) {
                    (true, _) => "]",
                    (false, 1) => ",)",
                    (false, _) => ")",
                });
            }
            Value::Dict(at) => {
                text.push('{');
                for (at, (key, value)) in self.dicts[*at].iter().enumerate() {
                    text.push_str(if at > 0 { ", " } else { "" });
                    self.show_key(key, text)?;
                    text.push_str(": ");
                    self.show_at(value, text, level + 1)?;
                }
                text.push('}');
            }
        }
        Ok(())
    }

    fn show_key(&self, key: &Key, text: &mut String) -> Result<(), String> {
        self.meter.charge(1)?;
        match key {
            Key::None => text.push_str("None"),
            Key::Bool(true) => text.push_str("True"),
            Key::Bool(false) => text.push_str("False"),
            Key::Int(number) => text.push_str(&number.to_string()),
            Key::Float(bits) => text.push_str(&float_text(f64::from_bits(*bits))),
            Key::Text(part) => self.quote(part, text)?,
            Key::Tuple(keys) => {
                text.push('(');
                for key in keys {
                    self.show_key(key, text)?;
                    text.push_str(", ");
                }
                text.push(')');
            }
        }
        Ok(())
    }

    fn quote(&self, part: &str, text: &mut String) -> Result<(), String> {
        self.meter.bytes(part.len())?;
        text.push('"');
        for c in part.chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                c => text.push(c),
            }
        }
        text.push('"');
        Ok(())
    }

    /// Sorts: equal values stay in order.
    pub(super) fn sort(&self, items: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, String> {
        // Merges runs that double: each round goes through all once.
        let mut runs: Vec<Vec<(Value, Value)>> = items.into_iter().map(|item| vec![item]).collect();
        while runs.len() > 1 {
            let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
            let mut rest = runs.into_iter();
            while let Some(left) = rest.next() {
                let right = rest.next().unwrap_or_default();
                merged.push(self.merge(left, right)?);
            }
            runs = merged;
        }
        Ok(runs.pop().unwrap_or_default())
    }

    fn merge(
        &self,
        left: Vec<(Value, Value)>,
        right: Vec<(Value, Value)>,
    ) -> Result<Vec<(Value, Value)>, String> {
        self.meter.charge(left.len() + right.len())?;
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
            let from_right = self.compare(&second.0, &first.0)?.is_lt();
            merged.extend(if from_right {
                right.next()
            } else {
                left.next()
            });
        }
        merged.extend(left.chain(right));
        Ok(merged)
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

fn too_deep() -> String {
    format!("a value has more than {MAX_LEVELS} levels, or holds itself")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the nearest float is what is asked for"
)]
fn as_float(value: &Value) -> f64 {
    match value {
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
        _ => f64::NAN,
    }
}

/// The order of two numbers, exactly; what is no number comes last.
fn numbers(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Int(left), Value::Float(right)) => integer_and_float(*left, *right),
        (Value::Float(left), Value::Int(right)) => integer_and_float(*right, *left).reverse(),
        (Value::Float(left), Value::Float(right)) if left == right => Ordering::Equal,
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        _ => Ordering::Equal,
    }
}

fn integer_and_float(integer: i64, float: f64) -> Ordering {
    match as_whole(float.floor()) {
        Some(floor) => integer.cmp(&floor).then(match float > float.floor() {
            true => Ordering::Less,
            false => Ordering::Equal,
        }),
        None if float < 0.0 => Ordering::Greater,
        None => Ordering::Less,
    }
}

fn integers(operator: Binary, left: i64, right: i64) -> Result<Value, String> {
    let shift = u32::try_from(right).ok().filter(|shift| *shift < 64);
    let result = match operator {
        Binary::Add => left.checked_add(right),
        Binary::Subtract => left.checked_sub(right),
        Binary::Multiply => left.checked_mul(right),
        Binary::Divide => {
            return floats(
                operator,
                as_float(&Value::Int(left)),
                as_float(&Value::Int(right)),
            );
        }
        Binary::FloorDivide | Binary::Remainder if right == 0 => {
            return Err("division by zero".to_owned());
        }
        Binary::FloorDivide => left
            .checked_div(right)
            .map(|whole| whole - i64::from(left % right != 0 && ((left < 0) != (right < 0)))),
        Binary::Remainder => left.checked_rem(right).map(|rest| {
            if rest != 0 && ((rest < 0) != (right < 0)) {
                rest + right
            } else {
                rest
            }
        }),
        Binary::BitAnd => Some(left & right),
        Binary::BitOr => Some(left | right),
        Binary::BitXor => Some(left ^ right),
        Binary::ShiftLeft => shift.and_then(|shift| {
            let shifted = left.checked_shl(shift)?;
            (shifted >> shift == left).then_some(shifted)
        }),
        Binary::ShiftRight if right < 0 => return Err("a shift by less than nothing".to_owned()),
        Binary::ShiftRight => Some(left >> shift.unwrap_or(63)),
        _ => None,
    };
    result.map(Value::Int).ok_or_else(|| TOO_LARGE.to_owned())
}

fn floats(operator: Binary, left: f64, right: f64) -> Result<Value, String> {
    let by_zero = || {
        (right == 0.0)
            .then(|| "division by zero".to_owned())
            .map_or(Ok(()), Err)
    };
    Ok(Value::Float(match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => {
            by_zero()?;
            left / right
        }
        Binary::FloorDivide => {
            by_zero()?;
            (left / right).floor()
        }
        Binary::Remainder => {
            by_zero()?;
            left - right * (left / right).floor()
        }
        _ => {
            return Err(format!(
                "the operator {} does not work on float",
                spelling(operator)
            ));
        }
    }))
}

fn spelling(operator: Binary) -> &'static str {
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
