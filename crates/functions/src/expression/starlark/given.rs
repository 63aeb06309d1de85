//! The arguments that a function of the language is given.

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

    /// The next argument, which may also be given by name; none when it is missing.
    pub(super) fn optional(&mut self, name: &str) -> Option<Value> {
        if let Some(value) = self.positional.next() {
            return Some(value);
        }
        let at = self.named.iter().position(|(known, _)| known == name)?;
        Some(self.named.remove(at).1)
    }

    pub(super) fn required(&mut self, name: &str) -> Result<Value, String> {
        self.optional(name)
            .ok_or_else(|| format!("the argument {name} is missing"))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<std::rc::Rc<str>, String> {
        match self.required(name)? {
            Value::Text(text) => Ok(text),
            other => Err(format!("{name}: expected a string, got {}", kind(&other))),
        }
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<std::rc::Rc<str>>, String> {
        match self.optional(name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(format!("{name}: expected a string, got {}", kind(&other))),
        }
    }

    pub(super) fn optional_int(&mut self, name: &str) -> Result<Option<i64>, String> {
        match self.optional(name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Int(value)) => Ok(Some(value)),
            Some(other) => Err(format!("{name}: expected an int, got {}", kind(&other))),
        }
    }

    /// An argument that is given by name only.
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

/// The numbers from `start` up to and without `stop`.
pub(super) fn range(start: i64, stop: i64, step: i64) -> Result<Range, String> {
    if step == 0 {
        return Err("the step of a range is 0".to_owned());
    }
    let (start_wide, stop, step_wide) = (i128::from(start), i128::from(stop), i128::from(step));
    let span = if step > 0 {
        stop - start_wide
    } else {
        start_wide - stop
    };
    let count = if span <= 0 {
        0
    } else {
        (span + step_wide.abs() - 1) / step_wide.abs()
    };
    let count = usize::try_from(count).map_err(|_| "the range is too long".to_owned())?;
    Ok(Range { start, step, count })
}
