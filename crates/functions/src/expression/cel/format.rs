//! Named formats of texts.

use std::sync::Arc;

use cel::Value;
use cel::objects::OptionalValue;

use super::known::Known;
use super::library::{Function, Shape, function, list, string, text_of, wrong};
use super::url::Url;

/// A format: what is wrong with a text, if anything.
type Check = fn(&str) -> Option<&'static str>;

const FORMATS: [(&str, Check); 13] = [
    ("dns1123Label", dns1123_label),
    ("dns1123Subdomain", dns1123_subdomain),
    ("dns1035Label", dns1035_label),
    ("dns1123LabelPrefix", |text| of_prefix(text, dns1123_label)),
    ("dns1123SubdomainPrefix", |text| {
        of_prefix(text, dns1123_subdomain)
    }),
    ("dns1035LabelPrefix", |text| of_prefix(text, dns1035_label)),
    ("qualifiedName", qualified_name),
    ("labelValue", |text| {
        if text.is_empty() { None } else { name(text) }
    }),
    ("uri", |text| {
        Url::read(text)
            .is_none()
            .then_some("expected an absolute URL or an absolute path")
    }),
    ("uuid", |text| {
        (!is_uuid(text)).then_some("expected a UUID, such as 00000000-0000-4000-8000-000000000000")
    }),
    ("byte", |text| {
        (!is_base64(text)).then_some("expected base64")
    }),
    ("date", |text| {
        (!is_date(text)).then_some("expected a date, such as 2021-01-31")
    }),
    ("datetime", |text| {
        (!is_datetime(text)).then_some("expected a date and time, such as 2021-01-31T23:59:59Z")
    }),
];

macro_rules! of_name {
    ($name:literal) => {
        function(Shape::Of("format"), $name, |given, _| match given {
            [] => Ok(Known::Format($name).into()),
            _ => wrong(given),
        })
    };
}

pub(super) const FUNCTIONS: [Function; 15] = [
    function(Shape::Of("format"), "named", |given, _| match given {
        [Value::String(wanted)] => {
            let found = FORMATS.iter().find(|(name, _)| *name == wanted.as_str());
            Ok(optional(found.map(|(name, _)| Known::Format(name).into())))
        }
        _ => wrong(given),
    }),
    function(Shape::Member, "validate", |given, _| match given {
        [format, Value::String(text)] => {
            let Some(Known::Format(wanted)) = Known::of(format) else {
                return wrong(given);
            };
            let fault = FORMATS
                .iter()
                .find(|(name, _)| name == wanted)
                .and_then(|(_, check)| check(text));
            Ok(optional(fault.map(|fault| list(vec![string(fault)]))))
        }
        [_, value] if text_of(value).is_none() => Err("expected a text to validate".to_owned()),
        _ => wrong(given),
    }),
    of_name!("dns1123Label"),
    of_name!("dns1123Subdomain"),
    of_name!("dns1035Label"),
    of_name!("dns1123LabelPrefix"),
    of_name!("dns1123SubdomainPrefix"),
    of_name!("dns1035LabelPrefix"),
    of_name!("qualifiedName"),
    of_name!("labelValue"),
    of_name!("uri"),
    of_name!("uuid"),
    of_name!("byte"),
    of_name!("date"),
    of_name!("datetime"),
];

fn optional(value: Option<Value>) -> Value {
    Value::Opaque(Arc::new(match value {
        Some(value) => OptionalValue::of(value),
        None => OptionalValue::none(),
    }))
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Letters and digits at both ends, and hyphens between.
fn is_label(text: &str) -> bool {
    text.starts_with(is_lower)
        && text.ends_with(is_lower)
        && text.chars().all(|c| is_lower(c) || c == '-')
}

fn dns1123_label(text: &str) -> Option<&'static str> {
    (text.len() > 63 || !is_label(text)).then_some(
        "expected up to 63 lower case letters, digits and hyphens, with a letter or digit at both ends",
    )
}

fn dns1123_subdomain(text: &str) -> Option<&'static str> {
    (text.len() > 253 || !text.split('.').all(is_label)).then_some(
        "expected up to 253 lower case letters, digits, hyphens and dots, with a letter or digit at both ends of each part",
    )
}

fn dns1035_label(text: &str) -> Option<&'static str> {
    (text.len() > 63 || !is_label(text) || !text.starts_with(|c: char| c.is_ascii_lowercase()))
        .then_some("expected up to 63 lower case letters, digits and hyphens, with a letter first and a letter or digit last")
}

/// The beginning of a name may end in a hyphen.
fn of_prefix(text: &str, check: Check) -> Option<&'static str> {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => check(&format!("{rest}a")),
        _ => check(text),
    }
}

fn name(text: &str) -> Option<&'static str> {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    let is_name = text.len() <= 63
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| is_end(c) || "-_.".contains(c));
    (!is_name).then_some("expected up to 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends")
}

fn qualified_name(text: &str) -> Option<&'static str> {
    match text.split_once('/') {
        Some((prefix, rest)) => dns1123_subdomain(prefix).or_else(|| name(rest)),
        None => name(text),
    }
}

fn is_uuid(text: &str) -> bool {
    let text = text.as_bytes();
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit);
    match text.len() {
        32 => digits(text),
        36 => text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }),
        _ => false,
    }
}

fn is_base64(text: &str) -> bool {
    let digits = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(text);
    text.len().is_multiple_of(4)
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// The number that some digits at a place of a text are.
fn digits(text: &str, from: usize, to: usize) -> Option<u32> {
    let digits = text.get(from..to)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

fn is_date(text: &str) -> bool {
    let (Some(year), Some(month), Some(day)) =
        (digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10))
    else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && (1..=days).contains(&day)
}

fn is_datetime(text: &str) -> bool {
    let clock = |text: &str, from: usize| {
        digits(text, from, from + 2).is_some_and(|hour| hour < 24)
            && text.get(from + 2..from + 3) == Some(":")
            && digits(text, from + 3, from + 5).is_some_and(|minute| minute < 60)
    };
    let (Some(date), Some(rest)) = (text.get(..10), text.get(19..)) else {
        return false;
    };
    let fraction = rest.strip_prefix('.').unwrap_or(rest);
    let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    let has_digits = rest.starts_with('.') == (zone.len() < fraction.len());
    let is_zone = match zone {
        "Z" | "z" => true,
        zone => zone.len() == 6 && zone.starts_with(['+', '-']) && clock(zone, 1),
    };
    is_date(date)
        && matches!(text.get(10..11), Some("T" | "t"))
        && clock(text, 11)
        && text.get(16..17) == Some(":")
        && digits(text, 17, 19).is_some_and(|second| second <= 60)
        && has_digits
        && is_zone
}
