//! Texts made of values, as `sprintf` makes them. Where Go would write a mistake into the text
//! (`%!d(string=a)`), this is an error.

use super::number::Number;
use super::value::Value;
use crate::expression::meter::Meter;
use crate::expression::spelling::{quote, shortest};

/// Most characters that a value is filled up to.
const MAX_WIDTH: usize = 1_000;

/// What stands behind a percent sign.
#[derive(Default)]
struct Verb {
    to_the_left: bool,
    with_zeros: bool,
    width: usize,
    precision: Option<usize>,
}

pub(super) fn sprintf(meter: &Meter, pattern: &str, values: Vec<Value>) -> Result<String, String> {
    let mut values = values.into_iter();
    let mut made = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        made.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            made.push('%');
            rest = after;
            continue;
        }
        let (verb, after) = read(after)?;
        let conversion = after
            .chars()
            .next()
            .ok_or("sprintf: a % stands at the end")?;
        rest = after.get(conversion.len_utf8()..).unwrap_or_default();
        let value = values.next().ok_or("sprintf: too few values")?;
        meter.bytes(verb.width + verb.precision.unwrap_or(0))?;
        made.push_str(&verb.fill(&verb.convert(meter, conversion, &value)?));
    }
    if values.next().is_some() {
        return Err("sprintf: too many values".to_owned());
    }
    made.push_str(rest);
    Ok(made)
}

fn read(text: &str) -> Result<(Verb, &str), String> {
    let mut verb = Verb::default();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix(['-', '0']) {
        match rest.starts_with('-') {
            true => verb.to_the_left = true,
            false => verb.with_zeros = true,
        }
        rest = after;
    }
    let (width, after) = digits(rest)?;
    verb.width = width.unwrap_or(0);
    rest = after;
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after)?;
        verb.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    Ok((verb, rest))
}

fn digits(text: &str) -> Result<(Option<usize>, &str), String> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(length);
    if number.is_empty() {
        return Ok((None, rest));
    }
    let number = number.parse().ok().filter(|number| *number <= MAX_WIDTH);
    match number {
        Some(number) => Ok((Some(number), rest)),
        None => Err(format!("sprintf: a width is more than {MAX_WIDTH}")),
    }
}

impl Verb {
    fn convert(&self, meter: &Meter, conversion: char, value: &Value) -> Result<String, String> {
        let is_plain = self.precision.is_none();
        match (conversion, value) {
            ('s' | 'v', Value::Text(text)) if is_plain => {
                meter.bytes(text.len())?;
                Ok(text.to_string())
            }
            ('v', Value::Number(number)) if is_plain => Ok(match number {
                Number::Int(number) => number.to_string(),
                Number::Float(number) => shortest(*number),
            }),
            ('s', Value::Number(_)) => {
                Err("sprintf: %s does not work on a number: use %v".to_owned())
            }
            ('s' | 'v', value) if is_plain => value.print(meter),
            ('q', Value::Text(text)) if is_plain => {
                meter.bytes(text.len().saturating_mul(2))?;
                let mut quoted = String::new();
                quote(text, &mut quoted);
                Ok(quoted)
            }
            ('d', Value::Number(Number::Int(number))) if is_plain => Ok(number.to_string()),
            ('x', Value::Number(Number::Int(number))) if is_plain => {
                let sign = if *number < 0 { "-" } else { "" };
                Ok(format!("{sign}{:x}", number.unsigned_abs()))
            }
            ('f', Value::Number(Number::Float(number))) => {
                Ok(format!("{number:.*}", self.precision.unwrap_or(6)))
            }
            ('s' | 'v' | 'q' | 'd' | 'x' | 'f', value) => Err(format!(
                "sprintf: %{conversion} does not work on {}{}",
                match value {
                    Value::Number(Number::Int(_)) => "a whole number",
                    Value::Number(Number::Float(_)) => "a number that is not whole",
                    value => value.kind(),
                },
                if is_plain { "" } else { " with a precision" }
            )),
            _ => Err(format!(
                "sprintf: there is no %{conversion}: expected %s, %v, %d, %f, %q, %x or %%"
            )),
        }
    }

    fn fill(&self, text: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) if self.with_zeros => ("-", digits),
            _ => ("", text),
        };
        match (self.to_the_left, self.with_zeros) {
            (true, _) => format!("{text}{}", " ".repeat(missing)),
            (false, true) => format!("{sign}{}{digits}", "0".repeat(missing)),
            (false, false) => format!("{}{text}", " ".repeat(missing)),
        }
    }
}
