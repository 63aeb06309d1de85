//! Setting and removing places of a value.

use cubit_configdata::limits::MAX_DEPTH;
use cubit_configdata::{ResolvedPath, Step, Value};

use super::Budget;

pub(super) fn too_deep() -> String {
    format!("the result is nested more than {MAX_DEPTH} deep")
}

/// How deep collections are nested in a value.
fn depth(value: &Value) -> usize {
    match value {
        Value::List(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, value)| depth(value))
                .max()
                .unwrap_or(0)
        }
        _ => 0,
    }
}

/// Sets a place in a value; what is missing on the way to it is made.
pub(super) fn put(
    root: &mut Value,
    path: &ResolvedPath,
    value: Value,
    budget: &mut Budget,
) -> Result<(), String> {
    if path.0.len() + depth(&value) > MAX_DEPTH {
        return Err(too_deep());
    }
    let mut place = root;
    for step in &path.0 {
        budget.charge(1)?;
        if *place == Value::Null {
            *place = match step {
                Step::Key(_) => Value::Map(Vec::new()),
                Step::Index(_) => Value::List(Vec::new()),
            };
        }
        place = match (step, place) {
            (Step::Key(key), Value::Map(entries)) => {
                budget.charge(entries.len() / 16)?;
                let known = entries.iter().position(|(name, _)| name == key);
                let at = known.unwrap_or(entries.len());
                if known.is_none() {
                    entries.push((key.clone(), Value::Null));
                }
                &mut entries[at].1
            }
            (Step::Index(index), Value::List(values)) => {
                let length = values.len();
                if *index > length {
                    return Err(format!(
                        ".{path}: the list has {length} elements: the next is [{length}], not [{index}]"
                    ));
                }
                if *index == length {
                    values.push(Value::Null);
                }
                &mut values[*index]
            }
            _ => return Err(format!(".{path}: something else is there by now")),
        };
    }
    *place = value;
    Ok(())
}

/// Removes a place from a value, if it is there.
pub(super) fn remove(
    root: &mut Value,
    path: &ResolvedPath,
    budget: &mut Budget,
) -> Result<(), String> {
    let Some((last, above)) = path.0.split_last() else {
        return Ok(());
    };
    let mut place = root;
    for step in above {
        budget.charge(1)?;
        let inner = match (step, place) {
            (Step::Key(key), Value::Map(entries)) => {
                budget.charge(entries.len() / 16)?;
                entries
                    .iter_mut()
                    .find(|(name, _)| name == key)
                    .map(|(_, value)| value)
            }
            (Step::Index(index), Value::List(values)) => values.get_mut(*index),
            _ => None,
        };
        let Some(inner) = inner else { return Ok(()) };
        place = inner;
    }
    match (last, place) {
        (Step::Key(key), Value::Map(entries)) => {
            budget.charge(entries.len() / 16)?;
            entries.retain(|(name, _)| name != key);
        }
        (Step::Index(index), Value::List(values)) if *index < values.len() => {
            budget.charge(values.len() / 16)?;
            values.remove(*index);
        }
        _ => {}
    }
    Ok(())
}
