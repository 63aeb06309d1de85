//! Texts made of values: `%` and `format`.

use super::given::Given;
use super::show::with_point;
use super::value::{Heap, Value, as_whole, kind};
use crate::expression::spelling::{fixed, scientific, shortest};

impl Heap<'_> {
    /// `pattern % values`
    pub(super) fn percent(&mut self, pattern: &str, values: &Value) -> Result<Value, String> {
        self.meter.bytes(pattern.len())?;
        let items = match values {
            Value::Tuple(_) => self.items(values)?,
            other => vec![other.clone()],
        };
        // A name takes the turn of a value, too.
        let (mut made, mut rest, mut turn) = (String::new(), pattern, 0);
        while let Some((before, after)) = rest.split_once('%') {
            made.push_str(before);
            rest = after;
            if let Some(after) = rest.strip_prefix('%') {
                made.push('%');
                rest = after;
                continue;
            }
            let value = if let Some(after) = rest.strip_prefix('(') {
                let (name, after) = after.split_once(')').ok_or("%: a ( is not closed")?;
                rest = after;
                let Value::Dict(at) = values else {
                    return Err(format!("%: expected a dict, got {}", kind(values)));
                };
                self.meter.bytes(name.len())?;
                let key = self.key(&self.text(name))?;
                let found = self.dicts[*at].get(&key).cloned();
                found.ok_or("%: a name is not in the dict")?
            } else {
                items.get(turn).cloned().ok_or("%: too few values")?
            };
            turn += 1;
            let conversion = rest.chars().next().ok_or("%: the pattern ends too early")?;
            rest = rest.get(conversion.len_utf8()..).unwrap_or_default();
            made.push_str(&self.convert(conversion, &value)?);
        }
        made.push_str(rest);
        if turn < items.len() && !matches!(values, Value::Dict(_)) {
            return Err("%: too many values".to_owned());
        }
        self.counted(made)
    }

    fn convert(&self, conversion: char, value: &Value) -> Result<String, String> {
        let wrong = || format!("%{conversion} does not work on {}", kind(value));
        match conversion {
            's' => self.shown(value),
            'r' => self.literal(value),
            '%' => Ok("%".to_owned()),
            'd' | 'i' | 'x' | 'X' | 'o' => {
                let number = match value {
                    Value::Int(number) => *number,
                    Value::Float(number) => as_whole(number.trunc())
                        .ok_or_else(|| super::arithmetic::TOO_LARGE.to_owned())?,
                    _ => return Err(wrong()),
                };
                let digits = number.unsigned_abs();
                let digits = match conversion {
                    'x' => format!("{digits:x}"),
                    'X' => format!("{digits:X}"),
                    'o' => format!("{digits:o}"),
                    _ => digits.to_string(),
                };
                Ok(format!("{}{digits}", if number < 0 { "-" } else { "" }))
            }
            'e' | 'f' | 'g' | 'E' | 'G' => {
                let number = match value {
                    Value::Int(_) | Value::Float(_) => super::arithmetic::as_float(value),
                    _ => return Err(wrong()),
                };
                Ok(match conversion {
                    'e' => scientific(number),
                    'E' => scientific(number).replace('e', "E"),
                    'g' => with_point(shortest(number)),
                    'G' => with_point(shortest(number)).replace('e', "E"),
                    _ => fixed(number),
                })
            }
            'c' => match value {
                Value::Text(text) if text.chars().count() == 1 => Ok(text.to_string()),
                Value::Int(number) => u32::try_from(*number)
                    .ok()
                    .and_then(char::from_u32)
                    .map(String::from)
                    .ok_or_else(|| format!("%c: {number} is no character")),
                _ => Err(wrong()),
            },
            other => Err(format!("%: there is no conversion {other:?}")),
        }
    }

    /// `pattern.format(values)`
    pub(super) fn format(&mut self, pattern: &str, given: &mut Given) -> Result<Value, String> {
        let (items, named) = (given.rest(), given.rest_by_name());
        let (mut made, mut rest) = (String::new(), pattern);
        let (mut next, mut numbered) = (0, false);
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
            if field.contains(':') {
                return Err("nothing can stand behind a : in braces".to_owned());
            }
            let (field, as_literal) = match field.split_once('!') {
                None | Some((_, "s")) => (field.split('!').next().unwrap_or_default(), false),
                Some((field, "r")) => (field, true),
                Some((_, other)) => {
                    let shown: String = other.chars().take(40).collect();
                    return Err(format!("there is no conversion !{shown}"));
                }
            };
            self.meter.charge(1 + named.len() / 4)?;
            let is_number = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit());
            if (field.is_empty() && numbered) || (is_number && next > 0) {
                return Err("fields with and without numbers cannot be mixed".to_owned());
            }
            numbered |= is_number;
            let value = if field.is_empty() {
                next += 1;
                items.get(next - 1)
            } else if is_number {
                field.parse().ok().and_then(|at: usize| items.get(at))
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
