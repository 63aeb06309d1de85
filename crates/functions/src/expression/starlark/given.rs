//! The arguments that a function of the language is given.

use std::rc::Rc;

use super::value::{Range, Value, kind};

/// Arguments that are taken one after the other.
pub(super) struct Given {
    positional: std::vec::IntoIter<Value>,
    named: Vec<(String, Value)>,
}

impl Given {
    pub(super) fn new(positional: Vec<Value>, named: Vec<(String, Value)>) -> Self {
        Self {
            positional: positional.into_iter(),
            named,
        }
    }

    /// The next argument by position; none when it is missing.
    pub(super) fn optional(&mut self) -> Option<Value> {
        self.positional.next()
    }

    /// The next argument by position. `name` is what the message about its absence calls it.
    pub(super) fn required(&mut self, name: &str) -> Result<Value, String> {
        self.optional()
            .ok_or_else(|| format!("the argument {name} is missing"))
    }

    /// The next argument by position, or the one of a name.
    pub(super) fn either(&mut self, name: &str) -> Option<Value> {
        self.optional().or_else(|| self.named(name))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Rc<str>, String> {
        as_text(name, self.required(name)?)
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<Rc<str>>, String> {
        let value = self.optional();
        value.map(|value| as_text(name, value)).transpose()
    }

    pub(super) fn optional_int(&mut self, name: &str) -> Result<Option<i64>, String> {
        let value = self.optional();
        value.map(|value| as_int(name, &value)).transpose()
    }

    /// A place, where None is as good as nothing.
    pub(super) fn bound(&mut self, name: &str) -> Result<Option<i64>, String> {
        match self.optional() {
            None | Some(Value::None) => Ok(None),
            Some(value) => as_int(name, &value).map(Some),
        }
    }

    /// An argument by its name only.
    pub(super) fn named(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().position(|(known, _)| known == name)?;
        Some(self.named.remove(at).1)
    }

    /// All that is left, given by position.
    pub(super) fn rest(&mut self) -> Vec<Value> {
        self.positional.by_ref().collect()
    }

    /// All that is left, given by name.
    pub(super) fn rest_by_name(&mut self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.named)
    }

    /// Refuses what was not taken.
    pub(super) fn end(mut self) -> Result<(), String> {
        if let Some((name, _)) = self.named.first() {
            return Err(format!("there is no parameter {name}"));
        }
        match self.positional.next() {
            Some(_) => Err("too many arguments".to_owned()),
            None => Ok(()),
        }
    }
}

fn as_text(name: &str, value: Value) -> Result<Rc<str>, String> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(format!("{name}: expected a string, got {}", kind(&other))),
    }
}

pub(super) fn as_int(name: &str, value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(value) => Ok(*value),
        other => Err(format!("{name}: expected an int, got {}", kind(other))),
    }
}

/// A place of a list or text of some length, counted from the end when it is negative, and moved to
/// one of its ends when it is beyond.
pub(super) fn clamped(place: i64, length: usize) -> usize {
    let signed = i64::try_from(length).unwrap_or(i64::MAX);
    let place = match place < 0 {
        true => place.saturating_add(signed),
        false => place,
    };
    usize::try_from(place.clamp(0, signed)).unwrap_or(length)
}

/// The numbers from `start` up to and without `stop`.
pub(super) fn range(start: i64, stop: i64, step: i64) -> Result<Range, String> {
    if step == 0 {
        return Err("the step of a range is 0".to_owned());
    }
    let (from, to, wide) = (i128::from(start), i128::from(stop), i128::from(step));
    let span = if step > 0 { to - from } else { from - to };
    let count = match span <= 0 {
        true => 0,
        false => (span + wide.abs() - 1) / wide.abs(),
    };
    let count = i64::try_from(count)
        .ok()
        .and_then(|count| usize::try_from(count).ok())
        .ok_or("the range is too long")?;
    Ok(Range {
        start,
        stop,
        step,
        count,
    })
}
