//! The functions of the language that work on texts.

use super::builtins::{Answer, count};
use super::number::Number;
use super::pattern::translated;
use super::run::Run;
use super::value::Value;
use crate::expression::letters;
use crate::expression::meter::Meter;

/// Most bytes of a compiled pattern, and the work of compiling one.
const MAX_PATTERN: usize = 1 << 20;
const PATTERN_WORK: usize = 5_000;
/// Most compiled patterns kept in a run.
const MAX_PATTERNS: usize = 16;

pub(super) fn text(meter: &Meter, text: String) -> Answer {
    meter.bytes(text.len())?;
    Ok(Some(Value::text(text)))
}

pub(super) fn matches(run: &mut Run<'_>, pattern: &str, text: &str) -> Answer {
    let meter = run.meter;
    let known = run.patterns.get(pattern).cloned();
    let pattern = match known {
        Some(known) => known,
        None => {
            meter.charge(PATTERN_WORK)?;
            meter.bytes(pattern.len().saturating_mul(12))?;
            let wrong = |error: String| format!("regex.match: {error}");
            let made = regex::RegexBuilder::new(&translated(pattern).map_err(wrong)?)
                .size_limit(MAX_PATTERN)
                .build()
                .map_err(|error| wrong(error.to_string()))?;
            if run.patterns.len() >= MAX_PATTERNS {
                run.patterns.clear();
            }
            run.patterns.insert(pattern.to_owned(), made.clone());
            made
        }
    };
    meter.charge(text.len())?;
    Ok(Some(Value::Bool(pattern.is_match(text))))
}

pub(super) fn concat(meter: &Meter, between: &str, parts: &[Value]) -> Answer {
    let mut joined = String::new();
    for (at, part) in parts.iter().enumerate() {
        let Value::Text(part) = part else {
            return Ok(None);
        };
        meter.bytes(between.len() + part.len())?;
        if at > 0 {
            joined.push_str(between);
        }
        joined.push_str(part);
    }
    text(meter, joined)
}

/// The answer of a function of texts; none when there is no such function, or it does not work on
/// what it is given.
pub(super) fn call(
    meter: &Meter,
    name: &str,
    given: &[Value],
) -> Result<Option<Option<Value>>, String> {
    let answer = match (name, given) {
        ("replace", [Value::Text(of), Value::Text(old), Value::Text(new)]) => {
            let places = of.matches(old.as_ref()).count();
            meter.bytes(places.saturating_mul(new.len()))?;
            text(meter, of.replace(old.as_ref(), new))
        }
        ("split", [Value::Text(of), Value::Text(separator)]) => {
            meter.charge(of.matches(separator.as_ref()).count().saturating_mul(2))?;
            let parts = match separator.is_empty() {
                true => of.chars().map(|c| Value::text(c.to_string())).collect(),
                false => of.split(separator.as_ref()).map(Value::text).collect(),
            };
            Value::array(meter, parts).map(Some)
        }
        ("substring", [Value::Text(of), Value::Number(from), Value::Number(length)]) => {
            let (Some(from), Some(length)) = (from.whole(), length.whole()) else {
                return Ok(Some(None));
            };
            let Ok(from) = usize::try_from(from) else {
                return Ok(Some(None));
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            text(meter, of.chars().skip(from).take(length).collect())
        }
        ("indexof", [Value::Text(_), Value::Text(part)]) if part.is_empty() => Ok(None),
        ("indexof", [Value::Text(of), Value::Text(part)]) => Ok(match of.find(part.as_ref()) {
            Some(at) => count(of.get(..at).unwrap_or_default().chars().count()),
            None => Some(Value::Number(Number::Int(-1))),
        }),
        ("format_int", [Value::Number(value), Value::Number(base)]) => {
            let value = match *value {
                Number::Int(value) => Some(value),
                Number::Float(value) => Number::of(value.trunc()).and_then(Number::whole),
            };
            let Some(value) = value else {
                return Ok(Some(None));
            };
            let sign = if value < 0 { "-" } else { "" };
            let value = value.unsigned_abs();
            text(
                meter,
                match base.whole() {
                    Some(2) => format!("{sign}{value:b}"),
                    Some(8) => format!("{sign}{value:o}"),
                    Some(10) => format!("{sign}{value}"),
                    Some(16) => format!("{sign}{value:x}"),
                    _ => return Ok(Some(None)),
                },
            )
        }
        ("lower", [Value::Text(of)]) => text(meter, of.chars().map(letters::lower).collect()),
        ("upper", [Value::Text(of)]) => text(meter, of.chars().map(letters::upper).collect()),
        ("trim_space", [Value::Text(of)]) => text(meter, of.trim().to_owned()),
        (_, [Value::Text(of), Value::Text(part)]) => {
            let cut = |c: char| part.contains(c);
            if matches!(name, "trim" | "trim_left" | "trim_right") {
                meter.bytes(of.len().saturating_mul(part.len()))?;
            }
            match name {
                "contains" => Ok(Some(Value::Bool(of.contains(part.as_ref())))),
                "startswith" => Ok(Some(Value::Bool(of.starts_with(part.as_ref())))),
                "endswith" => Ok(Some(Value::Bool(of.ends_with(part.as_ref())))),
                "trim" => text(meter, of.trim_matches(cut).to_owned()),
                "trim_left" => text(meter, of.trim_start_matches(cut).to_owned()),
                "trim_right" => text(meter, of.trim_end_matches(cut).to_owned()),
                "trim_prefix" => text(
                    meter,
                    of.strip_prefix(part.as_ref()).unwrap_or(of).to_owned(),
                ),
                "trim_suffix" => text(
                    meter,
                    of.strip_suffix(part.as_ref()).unwrap_or(of).to_owned(),
                ),
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    answer.map(Some)
}
