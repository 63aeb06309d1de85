//! Running a program: expressions.

use super::run::Run;
use super::syntax::{Argument, Binary, Expression, ExpressionKind as Kind};
use super::value::{Dict, Key, Range, Value, kind};

impl<'p> Run<'p> {
    pub(super) fn evaluate(&mut self, expression: &'p Expression) -> Result<Value, String> {
        self.heap.meter.charge(1)?;
        match &expression.kind {
            Kind::Name(name) => self.get(*name),
            Kind::None => Ok(Value::None),
            Kind::Bool(value) => Ok(Value::Bool(*value)),
            Kind::Int(value) => Ok(Value::Int(*value)),
            Kind::Float(value) => Ok(Value::Float(*value)),
            Kind::Text(text) => {
                self.heap.meter.bytes(text.len())?;
                Ok(self.heap.text(text.as_ref()))
            }
            Kind::List(parts) => {
                let items = self.all(parts)?;
                self.heap.list(items)
            }
            Kind::Tuple(parts) => {
                let items = self.all(parts)?;
                self.heap.tuple(items)
            }
            Kind::Dict(entries) => self.dict(entries),
            Kind::Not(inner) => {
                let value = self.evaluate(inner)?;
                Ok(Value::Bool(!self.heap.is_true(&value)))
            }
            Kind::Negative(inner) => match self.evaluate(inner)? {
                Value::Float(value) => Ok(Value::Float(-value)),
                value => self.heap.binary(Binary::Subtract, &Value::Int(0), &value),
            },
            Kind::Positive(inner) => {
                let value = self.evaluate(inner)?;
                self.heap.binary(Binary::Add, &Value::Int(0), &value)
            }
            Kind::Inverted(inner) => match self.evaluate(inner)? {
                Value::Int(value) => Ok(Value::Int(!value)),
                other => Err(format!("the operator ~ does not work on {}", kind(&other))),
            },
            Kind::And(left, right) => {
                let value = self.evaluate(left)?;
                match self.heap.is_true(&value) {
                    true => self.evaluate(right),
                    false => Ok(value),
                }
            }
            Kind::Or(left, right) => {
                let value = self.evaluate(left)?;
                match self.heap.is_true(&value) {
                    true => Ok(value),
                    false => self.evaluate(right),
                }
            }
            Kind::Binary(operator, left, right) => {
                let left = self.evaluate(left)?;
                let right = self.evaluate(right)?;
                self.heap.binary(*operator, &left, &right)
            }
            Kind::Conditional {
                then,
                test,
                otherwise,
            } => {
                let test = self.evaluate(test)?;
                match self.heap.is_true(&test) {
                    true => self.evaluate(then),
                    false => self.evaluate(otherwise),
                }
            }
            Kind::Attribute(of, name) => {
                let of = self.evaluate(of)?;
                super::methods::check(&of, name)?;
                self.heap.meter.bytes(name.len())?;
                Ok(Value::Method(std::rc::Rc::new((of, name.clone()))))
            }
            Kind::Index(of, index) => {
                let of = self.evaluate(of)?;
                let index = self.evaluate(index)?;
                self.at(&of, &index)
            }
            Kind::Slice(of, parts) => self.slice(of, parts),
            Kind::Call(callee, arguments) => self.call_expression(callee, arguments),
            Kind::Lambda(function) => self.close(function),
            Kind::Comprehension {
                element,
                value,
                clauses,
                locals,
            } => self.comprehension(element, value.as_deref(), clauses, locals),
        }
    }

    fn all(&mut self, parts: &'p [Expression]) -> Result<Vec<Value>, String> {
        parts.iter().map(|part| self.evaluate(part)).collect()
    }

    fn dict(&mut self, entries: &'p [(Expression, Expression)]) -> Result<Value, String> {
        let mut dict = Dict::new();
        for (key, value) in entries {
            let key = self.evaluate(key)?;
            let value = self.evaluate(value)?;
            let key = self.heap.key(&key)?;
            if dict.insert(key, value).is_some() {
                return Err("a key stands twice in one dict".to_owned());
            }
        }
        self.heap.dict(dict)
    }

    fn call_expression(
        &mut self,
        callee: &'p Expression,
        arguments: &'p [Argument],
    ) -> Result<Value, String> {
        let method = match &callee.kind {
            Kind::Attribute(of, name) => Some((self.evaluate(of)?, name)),
            _ => None,
        };
        let function = match &method {
            Some(_) => Value::None,
            None => self.evaluate(callee)?,
        };
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for argument in arguments {
            match argument {
                Argument::Positional(value) => positional.push(self.evaluate(value)?),
                Argument::Named(name, value) => {
                    self.heap.meter.bytes(name.len())?;
                    named.push((name.clone(), self.evaluate(value)?));
                }
                Argument::List(values) => {
                    let values = self.evaluate(values)?;
                    positional.extend(self.heap.items(&values)?);
                }
                Argument::Dict(values) => {
                    let values = self.evaluate(values)?;
                    let Value::Dict(_) = values else {
                        return Err(format!("expected a dict behind **, got {}", kind(&values)));
                    };
                    for (name, value) in self.heap.entries(&values)? {
                        let Key::Text(name) = name else {
                            return Err("a key behind ** is no text".to_owned());
                        };
                        self.heap
                            .meter
                            .charge(1 + name.len() / 16 + named.len() / 4)?;
                        if named.iter().any(|(known, _)| *known == *name) {
                            return Err(format!("{name} is given twice"));
                        }
                        named.push((name.to_string(), value));
                    }
                }
            }
        }
        match method {
            Some((of, name)) => {
                self.heap.meter.charge(1 + positional.len() + named.len())?;
                super::methods::call(&mut self.heap, &of, name, positional, named)
            }
            None => self.call(&function, positional, named),
        }
    }

    /// The place of an index, which counts from the end when it is negative.
    pub(super) fn position(&self, index: &Value, length: usize) -> Result<usize, String> {
        let Value::Int(index) = index else {
            return Err(format!("expected an index, got {}", kind(index)));
        };
        let signed = i64::try_from(length).unwrap_or(i64::MAX);
        let at = if *index < 0 {
            index.saturating_add(signed)
        } else {
            *index
        };
        usize::try_from(at)
            .ok()
            .filter(|at| *at < length)
            .ok_or_else(|| format!("there is no index {index}: the length is {length}"))
    }

    /// `of[index]`
    pub(super) fn at(&mut self, of: &Value, index: &Value) -> Result<Value, String> {
        match of {
            Value::Dict(at) => {
                let key = self.heap.key(index)?;
                if let Some(value) = self.heap.dicts[*at].get(&key) {
                    return Ok(value.clone());
                }
                Err(format!("there is no key {}", self.heap.literal(index)?))
            }
            Value::List(at) | Value::Tuple(at) => {
                let place = self.position(index, self.heap.lists[*at].len())?;
                Ok(self.heap.lists[*at][place].clone())
            }
            Value::Range(range) => {
                let place = self.position(index, range.count)?;
                Ok(Value::Int(range.get(place)))
            }
            Value::Text(text) => {
                self.heap.meter.bytes(text.len())?;
                let place = self.position(index, text.chars().count())?;
                let part: String = text.chars().skip(place).take(1).collect();
                self.heap.counted(part)
            }
            other => Err(format!("a {} has no places", kind(other))),
        }
    }

    fn slice(
        &mut self,
        of: &'p Expression,
        parts: &'p [Option<Box<Expression>>; 3],
    ) -> Result<Value, String> {
        let of = self.evaluate(of)?;
        let mut bounds = [None; 3];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            *bound = match part {
                None => None,
                Some(part) => match self.evaluate(part)? {
                    Value::None => None,
                    Value::Int(value) if i32::try_from(value).is_err() => {
                        return Err(format!("the place {value} is out of range"));
                    }
                    Value::Int(value) => Some(value),
                    other => {
                        return Err(format!("expected an index, got {}", kind(&other)));
                    }
                },
            };
        }
        if let Value::Text(text) = &of {
            self.heap.meter.bytes(text.len())?;
            let chars: Vec<char> = text.chars().collect();
            let places = places(bounds, chars.len())?;
            let part = places.iter().filter_map(|at| chars.get(*at)).collect();
            return self.heap.counted(part);
        }
        if let Value::Range(range) = of {
            return part_of_range(range, bounds);
        }
        if !matches!(of, Value::List(_) | Value::Tuple(_)) {
            return Err(format!("a {} has no parts", kind(&of)));
        }
        let items = self.heap.items(&of)?;
        let places = places(bounds, items.len())?;
        let part = places
            .iter()
            .filter_map(|at| items.get(*at).cloned())
            .collect();
        match of {
            Value::Tuple(_) => self.heap.tuple(part),
            _ => self.heap.list(part),
        }
    }
}

/// Where a slice begins, where it ends, and its step.
fn span([start, stop, step]: [Option<i64>; 3], length: usize) -> Result<[i64; 3], String> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err("the step of a slice is 0".to_owned());
    }
    let (lowest, highest) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        };
        bound.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 {
        (lowest, highest)
    } else {
        (highest, lowest)
    };
    Ok([start.map_or(first, clamp), stop.map_or(last, clamp), step])
}

/// The places that a slice names.
fn places(bounds: [Option<i64>; 3], length: usize) -> Result<Vec<usize>, String> {
    let [mut at, stop, step] = span(bounds, length)?;
    let mut places = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        places.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    Ok(places)
}

/// The slice of a range, which is a range.
fn part_of_range(range: Range, bounds: [Option<i64>; 3]) -> Result<Value, String> {
    let [start, stop, step] = span(bounds, range.count)?;
    let number = |place: i64| {
        let number = range.step.checked_mul(place);
        let number = number.and_then(|number| number.checked_add(range.start));
        number.ok_or_else(|| super::arithmetic::TOO_LARGE.to_owned())
    };
    let step = range
        .step
        .checked_mul(step)
        .ok_or_else(|| super::arithmetic::TOO_LARGE.to_owned())?;
    super::given::range(number(start)?, number(stop)?, step).map(Value::Range)
}
