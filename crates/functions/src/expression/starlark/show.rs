//! Values as text: what `str` and `repr` give.

use super::compare::too_deep;
use super::value::{Heap, Key, MAX_LEVELS, Value, kind};
use crate::expression::spelling::{quote, shortest};

impl Heap<'_> {
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
        self.show(value, &mut text, &mut Vec::new())?;
        Ok(text)
    }

    /// `around` are the lists and dicts that hold the value: one that holds itself is not gone down
    /// into again.
    fn show(
        &self,
        value: &Value,
        text: &mut String,
        around: &mut Vec<Value>,
    ) -> Result<(), String> {
        self.meter.charge(1)?;
        if around.len() > MAX_LEVELS {
            return Err(too_deep());
        }
        match value {
            Value::None => text.push_str("None"),
            Value::Bool(true) => text.push_str("True"),
            Value::Bool(false) => text.push_str("False"),
            Value::Int(number) => text.push_str(&number.to_string()),
            Value::Float(number) => text.push_str(&with_point(shortest(*number))),
            Value::Text(part) => self.quoted(part, text)?,
            Value::Range(range) => text.push_str(&match (range.start, range.step) {
                (0, 1) => format!("range({})", range.stop),
                (start, 1) => format!("range({start}, {})", range.stop),
                (start, step) => format!("range({start}, {}, {step})", range.stop),
            }),
            Value::Parts(of, parts) => {
                self.quoted(of, text)?;
                text.push_str(&format!(".{}()", parts.name()));
            }
            Value::Function(at) => {
                let name = &self.closures[*at].function.name;
                self.meter.bytes(name.len())?;
                text.push_str(&format!("<function {name}>"));
            }
            Value::Builtin(name) => text.push_str(&format!("<built-in function {name}>")),
            Value::Method(method) => {
                let (of, name) = method.as_ref();
                text.push_str(&format!("<built-in method {name} of {} value>", kind(of)));
            }
            Value::List(at) | Value::Tuple(at) => {
                let is_list = matches!(value, Value::List(_));
                text.push(if is_list { '[' } else { '(' });
                let items = &self.lists[*at];
                if self.is_around(value, around)? {
                    text.push_str("...");
                } else {
                    around.push(value.clone());
                    for (at, item) in items.iter().enumerate() {
                        text.push_str(if at > 0 { ", " } else { "" });
                        self.show(item, text, around)?;
                    }
                    around.pop();
                }
                text.push_str(match (is_list, items.len()) {
                    (true, _) => "]",
                    (false, 1) => ",)",
                    (false, _) => ")",
                });
            }
            Value::Dict(at) => {
                text.push('{');
                if self.is_around(value, around)? {
                    text.push_str("...");
                } else {
                    around.push(value.clone());
                    for (at, (key, value)) in self.dicts[*at].iter().enumerate() {
                        text.push_str(if at > 0 { ", " } else { "" });
                        self.show_key(key, text, around)?;
                        text.push_str(": ");
                        self.show(value, text, around)?;
                    }
                    around.pop();
                }
                text.push('}');
            }
        }
        Ok(())
    }

    fn is_around(&self, value: &Value, around: &[Value]) -> Result<bool, String> {
        self.meter.charge(around.len() / 16)?;
        Ok(around.iter().any(|other| match (other, value) {
            (Value::List(other), Value::List(at)) | (Value::Dict(other), Value::Dict(at)) => {
                other == at
            }
            _ => false,
        }))
    }

    fn show_key(
        &self,
        key: &Key,
        text: &mut String,
        around: &mut Vec<Value>,
    ) -> Result<(), String> {
        self.meter.charge(1)?;
        match key {
            Key::Tuple(keys) => {
                text.push('(');
                for (at, key) in keys.iter().enumerate() {
                    text.push_str(if at > 0 { ", " } else { "" });
                    self.show_key(key, text, around)?;
                }
                text.push_str(if keys.len() == 1 { ",)" } else { ")" });
                Ok(())
            }
            Key::None => self.show(&Value::None, text, around),
            Key::Bool(value) => self.show(&Value::Bool(*value), text, around),
            Key::Int(value) => self.show(&Value::Int(*value), text, around),
            Key::Float(value) => self.show(&Value::Float(*value), text, around),
            Key::Text(part) => self.quoted(part, text),
            Key::Function(at) => self.show(&Value::Function(*at), text, around),
            Key::Builtin(name) => self.show(&Value::Builtin(name), text, around),
        }
    }

    fn quoted(&self, part: &str, text: &mut String) -> Result<(), String> {
        // In quotes it may be a few times as long.
        self.meter.bytes(part.len().saturating_mul(4))?;
        quote(part, text);
        Ok(())
    }
}

/// A float as programs write it: with a point or an exponent.
pub(super) fn with_point(text: String) -> String {
    match text.contains(|c: char| c == '.' || c.is_alphabetic()) {
        true => text,
        false => format!("{text}.0"),
    }
}
