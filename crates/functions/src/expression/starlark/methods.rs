//! The methods of lists and dicts; those of strings are in `strings`.

use super::given::{Given, clamped};
use super::value::{Heap, Value, kind};

const LIST: &[&str] = &[
    "append", "clear", "extend", "index", "insert", "pop", "remove",
];
const DICT: &[&str] = &[
    "clear",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// The names of the methods of a value.
pub(super) fn names(of: &Value) -> &'static [&'static str] {
    match of {
        Value::Text(_) => super::strings::METHODS,
        Value::List(_) => LIST,
        Value::Dict(_) => DICT,
        _ => &[],
    }
}

/// Checks that a value has a method.
pub(super) fn check(of: &Value, name: &str) -> Result<(), String> {
    if names(of).contains(&name) {
        return Ok(());
    }
    let hint = match of {
        Value::Dict(_) => format!(": the value of a key is [\"{name}\"]"),
        _ => String::new(),
    };
    Err(format!("a {} has no .{name}{hint}", kind(of)))
}

pub(super) fn call(
    heap: &mut Heap<'_>,
    of: &Value,
    name: &str,
    positional: Vec<Value>,
    named: Vec<(String, Value)>,
) -> Result<Value, String> {
    check(of, name)?;
    let mut given = Given::new(positional, named);
    let value = match of {
        Value::Text(text) => super::strings::answer(heap, text, name, &mut given),
        Value::List(at) => list(heap, *at, name, &mut given),
        Value::Dict(at) => dict(heap, *at, name, &mut given),
        _ => Err("there is no such method".to_owned()),
    };
    let value = value.map_err(|error| format!("{name}: {error}"))?;
    given.end().map_err(|error| format!("{name}: {error}"))?;
    Ok(value)
}

fn list(heap: &mut Heap<'_>, at: usize, name: &str, given: &mut Given) -> Result<Value, String> {
    if name != "index" {
        heap.may_change(&Value::List(at))?;
    }
    match name {
        "append" => {
            let value = given.required("x")?;
            heap.meter.charge(1)?;
            heap.lists[at].push(value);
        }
        "clear" => heap.lists[at].clear(),
        "extend" => {
            let items = heap.items(&given.required("x")?)?;
            heap.meter.charge(items.len())?;
            heap.lists[at].extend(items);
        }
        "index" | "remove" => {
            let wanted = given.required("x")?;
            let length = heap.lists[at].len();
            let (mut start, mut end) = (0, length);
            if name == "index" {
                start = given
                    .bound("start")?
                    .map_or(0, |start| clamped(start, length));
                end = given
                    .bound("end")?
                    .map_or(length, |end| clamped(end, length));
            }
            let mut found = None;
            for place in start..end {
                if heap.equal(&heap.lists[at][place], &wanted)? {
                    found = Some(place);
                    break;
                }
            }
            let place = found.ok_or("the value is not in the list")?;
            if name == "index" {
                return i64::try_from(place)
                    .map(Value::Int)
                    .map_err(|error| error.to_string());
            }
            heap.meter.charge(length / 16)?;
            heap.lists[at].remove(place);
        }
        "insert" => {
            let place = given.optional_int("index")?;
            let place = place.ok_or("the argument index is missing")?;
            let value = given.required("x")?;
            let length = heap.lists[at].len();
            heap.meter.charge(1 + length / 16)?;
            heap.lists[at].insert(clamped(place, length), value);
        }
        _ => {
            let place = given.optional_int("index")?.unwrap_or(-1);
            let length = heap.lists[at].len();
            let signed = i64::try_from(length).unwrap_or(i64::MAX);
            let from_start = match place < 0 {
                true => place.saturating_add(signed),
                false => place,
            };
            return match usize::try_from(from_start) {
                Ok(place) if place < length => {
                    heap.meter.charge((length - place) / 16)?;
                    Ok(heap.lists[at].remove(place))
                }
                _ => Err(format!("there is no index {place}: the length is {length}")),
            };
        }
    }
    Ok(Value::None)
}

fn dict(heap: &mut Heap<'_>, at: usize, name: &str, given: &mut Given) -> Result<Value, String> {
    match name {
        "clear" => {
            heap.may_change(&Value::Dict(at))?;
            heap.dicts[at].clear();
        }
        "get" => {
            let key = heap.key(&given.required("key")?)?;
            let default = given.optional().unwrap_or(Value::None);
            return Ok(heap.dicts[at].get(&key).cloned().unwrap_or(default));
        }
        "items" => {
            let keys = heap.items(&Value::Dict(at))?;
            let mut pairs = Vec::with_capacity(keys.len());
            for (place, key) in keys.into_iter().enumerate() {
                let value = heap.dicts[at]
                    .get_index(place)
                    .map(|(_, value)| value.clone());
                pairs.push(heap.tuple(vec![key, value.unwrap_or(Value::None)])?);
            }
            return heap.list(pairs);
        }
        "keys" => {
            let keys = heap.items(&Value::Dict(at))?;
            return heap.list(keys);
        }
        "values" => {
            heap.meter.charge(heap.dicts[at].len())?;
            let values = heap.dicts[at].values().cloned().collect();
            return heap.list(values);
        }
        "pop" => {
            heap.may_change(&Value::Dict(at))?;
            let wanted = given.required("key")?;
            let key = heap.key(&wanted)?;
            let default = given.optional();
            heap.meter.charge(heap.dicts[at].len() / 16)?;
            return match heap.dicts[at].shift_remove(&key).or(default) {
                Some(value) => Ok(value),
                None => Err(format!("there is no key {}", heap.literal(&wanted)?)),
            };
        }
        "popitem" => {
            heap.may_change(&Value::Dict(at))?;
            heap.meter.charge(heap.dicts[at].len() / 16)?;
            let (key, value) = heap.dicts[at]
                .shift_remove_index(0)
                .ok_or("the dict is empty")?;
            let key = heap.of_key(&key)?;
            return heap.tuple(vec![key, value]);
        }
        "setdefault" => {
            let key = heap.key(&given.required("key")?)?;
            let default = given.optional().unwrap_or(Value::None);
            if let Some(value) = heap.dicts[at].get(&key) {
                return Ok(value.clone());
            }
            heap.put(at, key, default.clone())?;
            return Ok(default);
        }
        _ => {
            if let Some(pairs) = given.optional() {
                for (key, value) in heap.entries(&pairs)? {
                    heap.put(at, key, value)?;
                }
            }
            for (key, value) in given.rest_by_name() {
                heap.put(at, super::value::Key::Text(key.into()), value)?;
            }
        }
    }
    Ok(Value::None)
}
