//! Texts made of values: `%` and `format`.

use super::given::Given;
use super::value::{Heap, Value, kind};

impl Heap<'_> {
    /// `pattern % values`
    pub(super) fn percent(&mut self, pattern: &str, values: &Value) -> Result<Value, String> {
        self.meter.bytes(pattern.len())?;
        let by_name = matches!(values, Value::Dict(_)) && pattern.contains("%(");
        let mut items = match values {
            Value::Tuple(_) => self.items(values)?,
            other => vec![other.clone()],
        }
        .into_iter();
        let mut made = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('%') {
            made.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('%') {
                made.push('%');
                rest = after;
                continue;
            }
            let value = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                Some((name, after)) if by_name => {
                    rest = after;
                    let name = self.text(name);
                    let key = self.key(&name)?;
                    match values {
                        Value::Dict(at) => self.dicts[*at].get(&key).cloned(),
                        _ => None,
                    }
                    .ok_or_else(|| "%: a name is not in the dict".to_owned())?
                }
                _ => items.next().ok_or("%: too few values")?,
            };
            let conversion = rest.chars().next().ok_or("%: the pattern ends too early")?;
            rest = rest.get(conversion.len_utf8()..).unwrap_or_default();
            made.push_str(&self.convert(conversion, &value)?);
        }
        made.push_str(rest);
        if items.next().is_some() && !by_name {
            return Err("%: too many values".to_owned());
        }
        self.counted(made)
    }

    fn convert(&self, conversion: char, value: &Value) -> Result<String, String> {
        match (conversion, value) {
            ('s', value) => self.shown(value),
            ('r', value) => self.literal(value),
            ('d' | 'i', Value::Int(number)) => Ok(number.to_string()),
            #[expect(clippy::cast_possible_truncation, reason = "it is rounded on purpose")]
            ('d' | 'i', Value::Float(number)) => Ok((number.trunc() as i64).to_string()),
            ('x', Value::Int(number)) => {
                Ok(signed(*number, format!("{:x}", number.unsigned_abs())))
            }
            ('X', Value::Int(number)) => {
                Ok(signed(*number, format!("{:X}", number.unsigned_abs())))
            }
            ('o', Value::Int(number)) => {
                Ok(signed(*number, format!("{:o}", number.unsigned_abs())))
            }
            ('f' | 'F', Value::Float(number)) => Ok(format!("{number:.6}")),
            ('f' | 'F', Value::Int(number)) => Ok(format!("{number}.000000")),
            ('c', Value::Text(text)) if text.chars().count() == 1 => Ok(text.to_string()),
            ('d' | 'i' | 'x' | 'X' | 'o' | 'f' | 'F' | 'c', other) => {
                Err(format!("%{conversion} does not work on {}", kind(other)))
            }
            _ => Err(format!("%: there is no conversion {conversion:?}")),
        }
    }

    /// `pattern.format(values)`
    pub(super) fn format(&mut self, pattern: &str, given: &mut Given) -> Result<Value, String> {
        let (items, named) = (given.rest(), given.rest_by_name());
        let (mut made, mut next, mut rest) = (String::new(), 0, pattern);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, sign) = (rest.get(..at), rest.get(at..=at));
            made.push_str(before.unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            if let Some(sign) = sign
                && let Some(after) = rest.strip_prefix(sign)
            {
                made.push_str(sign);
                rest = after;
                continue;
            }
            let (field, after) = match sign {
                Some("{") => rest.split_once('}').ok_or("a { is not closed")?,
                _ => return Err("a } stands alone: write }}".to_owned()),
            };
            rest = after;
            let (field, as_literal) = match field.strip_suffix("!r") {
                Some(field) => (field, true),
                None => (field.strip_suffix("!s").unwrap_or(field), false),
            };
            self.meter.charge(1 + named.len() / 4)?;
            let value = if field.is_empty() {
                next += 1;
                items.get(next - 1)
            } else if let Ok(at) = field.parse::<usize>() {
                items.get(at)
            } else {
                let found = named.iter().find(|(name, _)| name == field);
                found.map(|(_, value)| value)
            };
            let value = value.ok_or_else(|| {
                let shown: String = field.chars().take(40).collect();
                format!("there is no value for {{{shown}}}")
            })?;
            made.push_str(&match as_literal {
                true => self.literal(value)?,
                false => self.shown(value)?,
            });
        }
        made.push_str(rest);
        self.counted(made)
    }
}

fn signed(number: i64, digits: String) -> String {
    match number < 0 {
        true => format!("-{digits}"),
        false => digits,
    }
}
