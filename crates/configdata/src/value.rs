//! Values: what a node means, free of how it is written.

use std::fmt;

/// A value read from, or to be written into, configuration text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer or decimal number.
    Number(Number),
    /// Text.
    String(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by key, in the order they are written.
    Map(Vec<(String, Value)>),
}

/// A number, as it is spelled: `1.10` stays `1.10` and large numbers lose no digit.
/// Two numbers are equal when they mean the same number.
#[derive(Clone, Debug)]
pub struct Number(String);

impl Number {
    /// A number from its spelling; `None` when the text is no number of YAML's core schema.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (is_integer(text) || is_float(text)).then(|| Self(text.to_owned()))
    }

    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The integer it means, when it is one that fits. A leading zero means octal, as Kubernetes
    /// reads it (YAML 1.1).
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        integer(&self.0).and_then(|value| i64::try_from(value).ok())
    }

    /// The nearest floating point number.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        if let Some(value) = integer(&self.0) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest float is what is asked for"
            )]
            return Some(value as f64);
        }
        match self
            .0
            .trim_start_matches(['+', '-'])
            .to_ascii_lowercase()
            .as_str()
        {
            ".inf" => Some(if self.0.starts_with('-') {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }),
            ".nan" => Some(f64::NAN),
            _ => self.0.parse().ok(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        if self.0 == other.0 {
            return true;
        }
        match (integer(&self.0), integer(&other.0)) {
            (Some(a), Some(b)) => a == b,
            // Beyond 128 bits, or one of them no integer: equal only as floats that are exact.
            (None, None) if !is_integer(&self.0) && !is_integer(&other.0) => {
                self.as_float() == other.as_float()
            }
            _ => false,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn integer(text: &str) -> Option<i128> {
    if !is_integer(text) {
        return None;
    }
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = if let Some(hex) = digits.strip_prefix("0x") {
        i128::from_str_radix(hex, 16)
    } else if let Some(octal) = digits.strip_prefix("0o") {
        i128::from_str_radix(octal, 8)
    } else if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b < b'8') {
        i128::from_str_radix(digits, 8)
    } else {
        digits.parse()
    }
    .ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// YAML 1.2 core schema integers: decimal, `0o` octal, `0x` hexadecimal.
pub(crate) fn is_integer(text: &str) -> bool {
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| (b'0'..b'8').contains(&b));
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// YAML 1.2 core schema floats, including `.inf` and `.nan`, excluding integers.
pub(crate) fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let some_digit = !whole.is_empty() || fraction.is_some_and(|f| !f.is_empty());
    digits(whole)
        && fraction.is_none_or(digits)
        && some_digit
        && (fraction.is_some() || exponent.is_some())
}

impl Value {
    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a key of a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value as JSON. Numbers keep their value; `.inf` and `.nan` become strings, as JSON has
    /// no word for them.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => number
                .as_integer()
                .map(Json::from)
                .or_else(|| {
                    number
                        .as_float()
                        .and_then(serde_json::Number::from_f64)
                        .map(Json::Number)
                })
                .unwrap_or_else(|| Json::String(number.to_string())),
            Self::String(text) => Json::String(text.clone()),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }

    /// The value that JSON text means.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(Number(number.to_string())),
            Json::String(text) => Self::String(text.clone()),
            Json::Array(values) => Self::List(values.iter().map(Self::from_json).collect()),
            Json::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_spelling() {
        for (text, integer, float) in [
            ("1", Some(1), Some(1.0)),
            ("-12", Some(-12), Some(-12.0)),
            ("0644", Some(420), Some(420.0)),
            ("0o17", Some(15), Some(15.0)),
            ("0x1F", Some(31), Some(31.0)),
            ("1.10", None, Some(1.1)),
            ("1e3", None, Some(1000.0)),
            (".5", None, Some(0.5)),
            ("-.inf", None, Some(f64::NEG_INFINITY)),
        ] {
            let number = Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"));
            assert_eq!(
                (number.as_integer(), number.as_float()),
                (integer, float),
                "{text}"
            );
        }
        for text in [
            "", "-", "1.2.3", "e3", ".", "1e", "0x", "0o8", "500m", "1_000", "+",
        ] {
            assert!(Number::parse(text).is_none(), "{text} is no number");
        }
    }

    #[test]
    fn equal_numbers_may_be_spelled_differently() {
        let number = |text| Number::parse(text).expect("a number");
        assert_eq!(number("1.10"), number("1.1"));
        assert_eq!(number("0x10"), number("16"));
        assert_ne!(
            number("1"),
            number("1.0"),
            "an integer and a decimal are different types"
        );
        assert_ne!(
            number("9007199254740993"),
            number("9007199254740992"),
            "no digit is lost"
        );
    }
}
