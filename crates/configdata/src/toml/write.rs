//! Writing TOML keys and values.

use super::date;
use crate::edit::Refusal;
use crate::tree::{NodeRef, Style};
use crate::value::{Number, Value};

/// A value on one line; strings in single quotes where they fit, if `literal`.
///
/// # Errors
/// A null, or an integer of more than 64 bits.
pub(super) fn inline(value: &Value, literal: bool) -> Result<String, Refusal> {
    Ok(match value {
        Value::Null => {
            return Err(Refusal::new(
                0,
                "TOML has no null: delete the entry instead",
            ));
        }
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => number(value)?,
        Value::String(text) if literal && fits_literal(text) => format!("'{text}'"),
        Value::String(text) => basic(text),
        Value::List(values) => {
            let values: Result<Vec<String>, Refusal> =
                values.iter().map(|value| inline(value, literal)).collect();
            format!("[{}]", values?.join(", "))
        }
        Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Map(entries) => {
            let entries: Result<Vec<String>, Refusal> = entries
                .iter()
                .map(|(name, value)| Ok(format!("{} = {}", key(name), inline(value, literal)?)))
                .collect();
            format!("{{ {} }}", entries?.join(", "))
        }
    })
}

/// A value in the place of another: a string keeps its quotes where it fits, a date stays one.
pub(super) fn instead_of(old: NodeRef<'_>, value: &Value) -> Result<String, Refusal> {
    let Value::String(text) = value else {
        return inline(value, old.style() == Style::SingleQuoted);
    };
    let source = old.source();
    let lead = |quotes: &str| {
        let rest = &source[quotes.len()..];
        let breaks = ["\r\n", "\n"]
            .into_iter()
            .find(|lead| rest.starts_with(lead));
        breaks.unwrap_or_default()
    };
    let is_date =
        |text: &str| date::parts(text).is_some() && date::parts(text) == date::parts(source);
    let controls = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    Ok(match old.style() {
        Style::Bare if is_date(text) => text.clone(),
        Style::SingleQuoted if source.starts_with("'''") => {
            let text_only = text.replace("\r\n", "\n");
            if text.contains("'''") || text.ends_with('\'') || text_only.contains(controls) {
                basic(text)
            } else {
                format!("'''{}{text}'''", lead("'''"))
            }
        }
        Style::DoubleQuoted if source.starts_with("\"\"\"") => {
            let text = escape(text).replace("\\r\\n", "\r\n").replace("\\n", "\n");
            format!("\"\"\"{}{text}\"\"\"", lead("\"\"\""))
        }
        Style::SingleQuoted if fits_literal(text) => format!("'{text}'"),
        _ => basic(text),
    })
}

/// A key, in quotes when it needs them.
pub(super) fn key(name: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(bare) {
        name.to_owned()
    } else {
        basic(name)
    }
}

/// Keys joined by dots.
pub(super) fn dotted(keys: &[String]) -> String {
    let keys: Vec<String> = keys.iter().map(|name| key(name)).collect();
    keys.join(".")
}

fn fits_literal(text: &str) -> bool {
    !text.contains(|c: char| c == '\'' || c.is_control() && c != '\t')
}

fn basic(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                out.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out
}

fn number(number: &Number) -> Result<String, Refusal> {
    let spelled = number.as_str();
    let unsigned = spelled.trim_start_matches(['+', '-']);
    match unsigned.to_ascii_lowercase().as_str() {
        ".inf" if spelled.starts_with('-') => return Ok("-inf".to_owned()),
        ".inf" => return Ok("inf".to_owned()),
        ".nan" => return Ok("nan".to_owned()),
        _ => {}
    }
    if let Some(integer) = number.as_integer() {
        let prefixed = unsigned.starts_with("0x") || unsigned.starts_with("0o");
        return Ok(if prefixed && integer >= 0 {
            unsigned.to_owned()
        } else {
            integer.to_string()
        });
    }
    if !unsigned.contains(['.', 'e', 'E']) {
        let reason = format!("{spelled} does not fit the 64 bits that integers have in TOML");
        return Err(Refusal::new(0, reason));
    }
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or_default();
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let plain = !whole.is_empty() && (whole == "0" || !whole.starts_with('0'));
    if plain && fraction.is_none_or(|digits| !digits.is_empty()) {
        return Ok(spelled.to_owned());
    }
    match number.as_float() {
        Some(float) if float.is_finite() => Ok(format!("{float:?}")),
        _ => Err(Refusal::new(
            0,
            format!("{spelled} is too large for a float"),
        )),
    }
}
