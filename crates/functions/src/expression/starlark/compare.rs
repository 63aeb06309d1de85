//! What is equal, what comes first, and sorting.

use std::cmp::Ordering;

use super::value::{Heap, MAX_LEVELS, Value, as_whole, kind};

impl Heap<'_> {
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
}

pub(super) fn too_deep() -> String {
    format!("a value has more than {MAX_LEVELS} levels, or holds itself")
}

/// The order of two numbers, exactly. What is no number (NaN) is equal to itself and above all others.
fn numbers(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Int(left), Value::Float(right)) => integer_and_float(*left, *right),
        (Value::Float(left), Value::Int(right)) => integer_and_float(*right, *left).reverse(),
        (Value::Float(left), Value::Float(right)) => left
            .partial_cmp(right)
            .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan())),
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
