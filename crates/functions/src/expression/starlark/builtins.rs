//! The functions of the language.

use super::given::{Given, range};
use super::run::Run;
use super::value::{Dict, Key, Value, as_whole, kind};

const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "fail",
    "float",
    "hasattr",
    "int",
    "len",
    "list",
    "max",
    "min",
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
            let value = given.optional("x");
            Value::Bool(value.is_some_and(|value| run.heap.is_true(&value)))
        }
        "dict" => {
            let mut entries = match given.optional("pairs") {
                Some(pairs) => run.heap.entries(&pairs)?,
                None => Dict::new(),
            };
            for (name, value) in given.rest_by_name() {
                entries.insert(Key::Text(name.into()), value);
            }
            run.heap.dict(entries)?
        }
        "enumerate" => {
            let items = run.heap.items(&given.required("x")?)?;
            let start = given.optional_int("start")?.unwrap_or(0);
            let mut pairs = Vec::with_capacity(items.len());
            for (at, item) in (0_i64..).zip(items) {
                let number = Value::Int(start.saturating_add(at));
                pairs.push(run.heap.tuple(vec![number, item])?);
            }
            run.heap.list(pairs)?
        }
        "fail" => {
            let mut parts = Vec::new();
            for part in given.rest() {
                parts.push(run.heap.shown(&part)?);
            }
            return Err(parts.join(" "));
        }
        "float" => match given.optional("x") {
            None => Value::Float(0.0),
            Some(Value::Bool(value)) => Value::Float(f64::from(u8::from(value))),
            Some(value @ Value::Int(_)) => {
                run.heap
                    .binary(super::syntax::Binary::Add, &Value::Float(0.0), &value)?
            }
            Some(value @ Value::Float(_)) => value,
            Some(Value::Text(text)) => Value::Float(
                text.trim()
                    .parse()
                    .map_err(|_| format!("{text:?} is no number"))?,
            ),
            Some(other) => return Err(format!("expected a number, got {}", kind(&other))),
        },
        "hasattr" => {
            let of = given.required("x")?;
            Value::Bool(super::methods::check(&of, &given.text("name")?).is_ok())
        }
        "int" => integer(given)?,
        "len" => Value::Int(length(run, &given.required("x")?)?),
        "list" | "tuple" => {
            let items = match given.optional("x") {
                Some(values) => run.heap.items(&values)?,
                None => Vec::new(),
            };
            match name {
                "list" => run.heap.list(items)?,
                _ => run.heap.tuple(items)?,
            }
        }
        "max" | "min" => extreme(run, name == "max", given)?,
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
            let items = run.heap.items(&given.required("x")?)?;
            let key = given.named("key");
            let backwards = given
                .named("reverse")
                .is_some_and(|value| run.heap.is_true(&value));
            let mut pairs = keyed(run, items, key.as_ref())?;
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
        other => return Err(format!("a {} has no length", kind(other))),
    };
    i64::try_from(length).map_err(|error| error.to_string())
}

fn integer(given: &mut Given) -> Result<Value, String> {
    let value = match given.optional("x") {
        None => 0,
        Some(Value::Bool(value)) => i64::from(value),
        Some(Value::Int(value)) => value,
        Some(Value::Float(value)) => {
            as_whole(value.trunc()).ok_or_else(|| super::operators::TOO_LARGE.to_owned())?
        }
        Some(Value::Text(text)) => {
            let radix = given.optional_int("base")?.unwrap_or(10);
            let radix = u32::try_from(radix)
                .ok()
                .filter(|radix| (2..=36).contains(radix))
                .ok_or("the base must be 2 to 36")?;
            let digits = match radix {
                16 => text.trim_start_matches("0x"),
                8 => text.trim_start_matches("0o"),
                2 => text.trim_start_matches("0b"),
                _ => &text,
            };
            let shown: String = text.chars().take(40).collect();
            i64::from_str_radix(digits, radix)
                .map_err(|_| format!("{shown:?} is no integer of 64 bits"))?
        }
        Some(other) => return Err(format!("expected a number or text, got {}", kind(&other))),
    };
    Ok(Value::Int(value))
}

/// Values with what they are compared by.
fn keyed(
    run: &mut Run<'_>,
    items: Vec<Value>,
    key: Option<&Value>,
) -> Result<Vec<(Value, Value)>, String> {
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let by = match key {
            None | Some(Value::None) => item.clone(),
            Some(key) => run.call(key, vec![item.clone()], vec![])?,
        };
        pairs.push((by, item));
    }
    Ok(pairs)
}

fn extreme(run: &mut Run<'_>, largest: bool, given: &mut Given) -> Result<Value, String> {
    let key = given.named("key");
    let mut items = given.rest();
    if let [only] = items.as_slice() {
        let only = only.clone();
        items = run.heap.items(&only)?;
    }
    let mut found: Option<(Value, Value)> = None;
    for (by, item) in keyed(run, items, key.as_ref())? {
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
