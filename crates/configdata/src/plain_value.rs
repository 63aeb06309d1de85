//! Values in formats without types, where every value is a piece of text.

use crate::edit::Refusal;
use crate::tree::Style;
use crate::value::Value;

/// How an unquoted value is read: as a boolean or a plain decimal number when it is spelled just
/// so, and else as a string, `null`, `yes`, `007` and `1e3` among them.
pub(crate) fn style_of(text: &str) -> Style {
    if matches!(text, "true" | "false") || is_decimal(text) {
        Style::Plain
    } else {
        Style::Bare
    }
}

/// A decimal number without a plus sign, leading zeros or an exponent.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

/// The text of a scalar value, to be written at a place near `offset`.
///
/// # Errors
/// A null or a collection.
pub(crate) fn text_of(value: &Value, offset: usize) -> Result<String, Refusal> {
    Ok(match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null => {
            return Err(Refusal::new(
                offset,
                "this format has no null: delete the entry, or set it to an empty string",
            ));
        }
        Value::List(_) => {
            return Err(Refusal::new(
                offset,
                "this format has no lists: give the value as the string the application expects",
            ));
        }
        Value::Map(_) => return Err(Refusal::new(offset, "a map cannot be written here")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_spellings_have_a_type() {
        for (text, plain) in [
            ("true", true),
            ("True", false),
            ("0", true),
            ("-1", true),
            ("12.50", true),
            ("007", false),
            ("+1", false),
            ("1e3", false),
            ("1.", false),
            (".5", false),
            ("-", false),
            ("0x1F", false),
            ("", false),
            ("null", false),
            ("1 ", false),
        ] {
            assert_eq!(style_of(text) == Style::Plain, plain, "{text:?}");
        }
    }
}
