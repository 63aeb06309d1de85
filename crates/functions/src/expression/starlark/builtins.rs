//! The functions of the language.

use super::arithmetic::{TOO_LARGE, as_float};
use super::given::{Given, as_int, range};
use super::run::Run;
use super::value::{Dict, Key, Parts, Value, as_whole, kind};

const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "chr",
    "dict",
    "dir",
    "enumerate",
    "fail",
    "float",
    "getattr",
    "hasattr",
    "hash",
    "int",
    "len",
    "list",
    "max",
    "min",
    "ord",
    "range",
    "repr",
    "reversed",
    "sorted",
    "str",
    "tuple",
    "type",
    "zip",
];

/// A function by its name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    BUILTINS.iter().find(|known| **known == name).copied()
}

pub(super) fn call(
    run: &mut Run<'_>,
    name: &'static str,
    positional: Vec<Value>,
    named: Vec<(String, Value)>,
) -> Result<Value, String> {
    let mut given = Given::new(positional, named);
    let value = answer(run, name, &mut given).map_err(|error| format!("{name}: {error}"))?;
    given.end().map_err(|error| format!("{name}: {error}"))?;
    Ok(value)
}

fn answer(run: &mut Run<'_>, name: &str, given: &mut Given) -> Result<Value, String> {
    Ok(match name {
        "abs" => match given.required("x")? {
            Value::Int(value) => Value::Int(value.checked_abs().ok_or("the number is too large")?),
            Value::Float(value) => Value::Float(value.abs()),
            other => return Err(format!("expected a number, got {}", kind(&other))),
        },
        "all" | "any" => {
            let items = run.heap.items(&given.required("x")?)?;
            let mut truths = items.iter().map(|item| run.heap.is_true(item));
            Value::Bool(match name {
                "all" => truths.all(|truth| truth),
                _ => truths.any(|truth| truth),
            })
        }
        "bool" => {
            let value = given.optional();
            Value::Bool(value.is_some_and(|value| run.heap.is_true(&value)))
        }
        "chr" => {
            let code = as_int("i", &given.required("i")?)?;
            let c = u32::try_from(code).ok().and_then(char::from_u32);
            let c = c.ok_or_else(|| format!("{code} is the number of no character"))?;
            run.heap.counted(c.to_string())?
        }
        "dict" => {
            let mut entries = match given.optional() {
                Some(pairs) => run.heap.entries(&pairs)?,
                None => Dict::new(),
            };
            for (name, value) in given.rest_by_name() {
                entries.insert(Key::Text(name.into()), value);
            }
            run.heap.dict(entries)?
        }
        "dir" => {
            let names = super::methods::names(&given.required("x")?);
            run.heap.meter.charge(names.len().saturating_mul(2))?;
            let names = names.iter().map(|name| run.heap.text(*name)).collect();
            run.heap.list(names)?
        }
        "enumerate" => {
            let items = run.heap.items(&given.required("x")?)?;
            let start = given.optional_int("start")?.unwrap_or(0);
            let mut pairs = Vec::with_capacity(items.len());
            for (at, item) in (0_i64..).zip(items) {
                let number = start.checked_add(at).ok_or(TOO_LARGE)?;
                let number = Value::Int(number);
                pairs.push(run.heap.tuple(vec![number, item])?);
            }
            run.heap.list(pairs)?
        }
        "fail" => {
            let between = match given.named("sep") {
                None => " ".into(),
                Some(Value::Text(between)) => between,
                Some(other) => return Err(format!("sep: expected a string, got {}", kind(&other))),
            };
            let mut parts = Vec::new();
            for part in given.rest() {
                run.heap.meter.bytes(between.len())?;
                parts.push(run.heap.shown(&part)?);
            }
            return Err(parts.join(&between));
        }
        "float" => match given.optional() {
            None => Value::Float(0.0),
            Some(Value::Bool(value)) => Value::Float(f64::from(u8::from(value))),
            Some(value @ Value::Int(_)) => Value::Float(as_float(&value)),
            Some(value @ Value::Float(_)) => value,
            Some(Value::Text(text)) => float(&text)?,
            Some(other) => return Err(format!("expected a number, got {}", kind(&other))),
        },
        "getattr" => {
            let of = given.required("x")?;
            let (name, default) = (given.text("name")?, given.optional());
            match (super::methods::check(&of, &name), default) {
                (Ok(()), _) => {
                    run.heap.meter.bytes(name.len())?;
                    Value::Method(std::rc::Rc::new((of, name.to_string())))
                }
                (Err(_), Some(default)) => default,
                (Err(error), None) => return Err(error),
            }
        }
        "hasattr" => {
            let of = given.required("x")?;
            Value::Bool(super::methods::check(&of, &given.text("name")?).is_ok())
        }
        "hash" => {
            let text = given.text("x")?;
            run.heap.meter.bytes(text.len())?;
            let hash = text.encode_utf16().fold(0_i32, |hash, unit| {
                hash.wrapping_mul(31).wrapping_add(unit.into())
            });
            Value::Int(hash.into())
        }
        "int" => integer(given)?,
        "len" => Value::Int(length(run, &given.required("x")?)?),
        "list" | "tuple" => {
            let items = match given.optional() {
                Some(values) => run.heap.items(&values)?,
                None => Vec::new(),
            };
            match name {
                "list" => run.heap.list(items)?,
                _ => run.heap.tuple(items)?,
            }
        }
        "max" | "min" => extreme(run, name == "max", given)?,
        "ord" => {
            let text = given.text("x")?;
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Value::Int(u32::from(c).into()),
                _ => return Err("expected one character".to_owned()),
            }
        }
        "range" => {
            let first = given
                .optional_int("start")?
                .ok_or("the argument stop is missing")?;
            let second = given.optional_int("stop")?;
            let step = given.optional_int("step")?.unwrap_or(1);
            let (start, stop) = second.map_or((0, first), |second| (first, second));
            Value::Range(range(start, stop, step)?)
        }
        "repr" => {
            let text = run.heap.literal(&given.required("x")?)?;
            run.heap.counted(text)?
        }
        "reversed" => {
            let mut items = run.heap.items(&given.required("x")?)?;
            items.reverse();
            run.heap.list(items)?
        }
        "sorted" => {
            let values = given
                .either("iterable")
                .ok_or("the argument iterable is missing")?;
            let key = given.either("key");
            let backwards = match given.either("reverse") {
                None => false,
                Some(Value::Bool(backwards)) => backwards,
                Some(other) => {
                    return Err(format!("reverse: expected a bool, got {}", kind(&other)));
                }
            };
            let mut pairs = keyed(run, &values, key.as_ref())?;
            // Backwards, equal values stay in order all the same.
            if backwards {
                pairs.reverse();
            }
            let mut sorted: Vec<Value> = run
                .heap
                .sort(pairs)?
                .into_iter()
                .map(|pair| pair.1)
                .collect();
            if backwards {
                sorted.reverse();
            }
            run.heap.list(sorted)?
        }
        "str" => {
            let value = given.required("x")?;
            let text = run.heap.shown(&value)?;
            run.heap.counted(text)?
        }
        "type" => run.heap.text(kind(&given.required("x")?)),
        "zip" => {
            let mut columns = Vec::new();
            for values in given.rest() {
                columns.push(run.heap.items(&values)?.into_iter());
            }
            let mut rows = Vec::new();
            while !columns.is_empty() {
                let row: Option<Vec<Value>> = columns.iter_mut().map(Iterator::next).collect();
                let Some(row) = row else { break };
                rows.push(run.heap.tuple(row)?);
            }
            run.heap.list(rows)?
        }
        _ => return Err("there is no such function".to_owned()),
    })
}

fn length(run: &Run<'_>, value: &Value) -> Result<i64, String> {
    let length = match value {
        Value::Text(text) => {
            run.heap.meter.bytes(text.len())?;
            text.chars().count()
        }
        Value::List(at) | Value::Tuple(at) => run.heap.lists[*at].len(),
        Value::Dict(at) => run.heap.dicts[*at].len(),
        Value::Range(range) => range.count,
        Value::Parts(text, Parts::Elems | Parts::ElemOrds) => {
            run.heap.meter.bytes(text.len())?;
            text.chars().count()
        }
        other => return Err(format!("a {} has no length", kind(other))),
    };
    i64::try_from(length).map_err(|error| error.to_string())
}

fn float(text: &str) -> Result<Value, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is no number")
    };
    let number: f64 = text.parse().map_err(|_| wrong())?;
    // What is too large for a float is none, unless infinity is what it says.
    if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    Ok(Value::Float(number))
}

fn integer(given: &mut Given) -> Result<Value, String> {
    let value = given.either("x").ok_or("the argument x is missing")?;
    let base = given.either("base").map(|base| as_int("base", &base));
    let value = match (value, base.transpose()?) {
        (Value::Text(text), base) => parse(&text, base.unwrap_or(10))?,
        (_, Some(_)) => return Err("only a text can have a base".to_owned()),
        (Value::Bool(value), None) => i64::from(value),
        (Value::Int(value), None) => value,
        (Value::Float(value), None) => {
            as_whole(value.trunc()).ok_or_else(|| TOO_LARGE.to_owned())?
        }
        (other, None) => return Err(format!("expected a number or text, got {}", kind(&other))),
    };
    Ok(Value::Int(value))
}

/// The integer that a text spells, to a base; 0 stands for the base that the text itself names.
fn parse(text: &str, base: i64) -> Result<i64, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is no integer of 64 bits to the base {base}")
    };
    if base != 0 && !(2..=36).contains(&base) {
        return Err("the base must be 0 or 2 to 36".to_owned());
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = digits.get(..2).map(str::to_ascii_lowercase);
    let named = match prefix.as_deref() {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => 0,
    };
    let has_prefix = named != 0 && digits.len() > 2 && (base == 0 || base == named);
    let (base, digits) = match (has_prefix, base) {
        (true, _) => (named, digits.get(2..).unwrap_or_default()),
        // Without a base, a number that begins with 0 would be octal in other languages.
        (false, 0) if digits.starts_with('0') && digits.bytes().any(|digit| digit != b'0') => {
            return Err(wrong());
        }
        (false, 0) => (10, digits),
        (false, base) => (base, digits),
    };
    if digits.starts_with(['+', '-']) {
        return Err(wrong());
    }
    let radix = u32::try_from(base).map_err(|_| wrong())?;
    i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| wrong())
}

/// Values with what they are compared by. They must not change while the key is asked for.
fn keyed(
    run: &mut Run<'_>,
    values: &Value,
    key: Option<&Value>,
) -> Result<Vec<(Value, Value)>, String> {
    let items = run.heap.items(values)?;
    run.heap.begin(values);
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let by = match key {
            None => item.clone(),
            Some(key) => run.call(key, vec![item.clone()], vec![])?,
        };
        pairs.push((by, item));
    }
    run.heap.end();
    Ok(pairs)
}

fn extreme(run: &mut Run<'_>, largest: bool, given: &mut Given) -> Result<Value, String> {
    let key = given.named("key");
    let items = given.rest();
    let values = match items.as_slice() {
        [] => return Err("there are no values".to_owned()),
        [only] => only.clone(),
        _ => run.heap.tuple(items)?,
    };
    let mut found: Option<(Value, Value)> = None;
    for (by, item) in keyed(run, &values, key.as_ref())? {
        let better = match &found {
            None => true,
            Some((best, _)) => {
                let order = run.heap.compare(&by, best)?;
                if largest {
                    order.is_gt()
                } else {
                    order.is_lt()
                }
            }
        };
        if better {
            found = Some((by, item));
        }
    }
    found
        .map(|(_, item)| item)
        .ok_or_else(|| "there are no values".to_owned())
}
