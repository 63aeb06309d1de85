//! What a part of a program finds, and where.

use cubit_configdata::limits::MAX_DEPTH;
use cubit_configdata::{ResolvedPath, Step, Value};

use super::change::too_deep;
use super::{Budget, Child, Expr};

/// A value and where it is; no value where nothing is.
#[derive(Clone)]
pub(super) struct Item<'v> {
    pub(super) value: Option<&'v Value>,
    path: Option<ResolvedPath>,
}

impl<'v> Item<'v> {
    pub(super) fn root(value: &'v Value) -> Self {
        Self {
            value: Some(value),
            path: Some(ResolvedPath::default()),
        }
    }

    pub(super) fn path(self) -> Result<ResolvedPath, String> {
        self.path
            .filter(|path| !path.0.is_empty())
            .ok_or_else(|| "expected a path before = and in del, such as .spec.replicas".to_owned())
    }

    fn child(&self, step: Step, value: Option<&'v Value>) -> Self {
        Self {
            value,
            path: self.path.as_ref().map(|path| path.child(step)),
        }
    }

    /// The name of the place in messages.
    fn shown(&self) -> String {
        match &self.path {
            Some(path) if !path.0.is_empty() => format!(".{path}"),
            Some(_) => "the resource".to_owned(),
            None => "the value".to_owned(),
        }
    }
}

pub(super) fn only(expr: &Expr, input: Item<'_>, budget: &mut Budget) -> Result<Value, String> {
    let mut found = Vec::new();
    evaluate(expr, input, &mut found, budget)?;
    match found.as_slice() {
        [item] => budget.copy(item.value.unwrap_or(&Value::Null)),
        _ => Err(format!("expected one value to set, got {}", found.len())),
    }
}

pub(super) fn evaluate<'v>(
    expr: &'v Expr,
    input: Item<'v>,
    found: &mut Vec<Item<'v>>,
    budget: &mut Budget,
) -> Result<(), String> {
    budget.charge(1)?;
    match expr {
        Expr::Identity => found.push(input),
        Expr::Literal(value) => found.push(Item {
            value: Some(value),
            path: None,
        }),
        Expr::Path(start, path) => {
            let mut current = Vec::new();
            evaluate(start, input, &mut current, budget)?;
            for child in path {
                let mut next = Vec::new();
                for parent in current {
                    children(&parent, child, &mut next, budget)?;
                }
                current = next;
            }
            found.extend(current);
        }
        Expr::Pipe(parts) => {
            let mut current = vec![input];
            for part in parts {
                let mut next = Vec::new();
                for item in current {
                    evaluate(part, item, &mut next, budget)?;
                }
                current = next;
            }
            found.extend(current);
        }
        Expr::Comma(parts) => {
            for part in parts {
                evaluate(part, input.clone(), found, budget)?;
            }
        }
        Expr::Select(tested, wanted) => {
            let mut values = Vec::new();
            evaluate(tested, input.clone(), &mut values, budget)?;
            for value in values {
                budget.charge_walk(wanted)?;
                if value.value.unwrap_or(&Value::Null) == wanted {
                    found.push(input.clone());
                }
            }
        }
        // Programs that write are not evaluated as a whole.
        Expr::Set { .. } | Expr::Delete(_) => return Err("it changes something".to_owned()),
    }
    Ok(())
}

fn children<'v>(
    parent: &Item<'v>,
    child: &Child,
    found: &mut Vec<Item<'v>>,
    budget: &mut Budget,
) -> Result<(), String> {
    let depth = parent.path.as_ref().map_or(0, |path| path.0.len());
    if depth >= MAX_DEPTH {
        return Err(too_deep());
    }
    budget.charge(1 + depth / 16)?;
    let value = parent.value.filter(|value| **value != Value::Null);
    match (child, value) {
        (Child::Key(key), None) => found.push(parent.child(Step::Key(key.clone()), None)),
        (Child::Key(key), Some(Value::Map(entries))) => {
            budget.charge((entries.len() + key.len()) / 16)?;
            let entry = entries.iter().find(|(name, _)| name == key);
            found.push(parent.child(Step::Key(key.clone()), entry.map(|(_, value)| value)));
        }
        (Child::Index(index), None | Some(Value::List(_))) => {
            let values = match value {
                Some(Value::List(values)) => values.as_slice(),
                _ => &[],
            };
            let from_end = || {
                values
                    .len()
                    .checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
            };
            let at = usize::try_from(*index).ok().or_else(from_end);
            let at = at.ok_or_else(|| {
                format!(
                    "{} has {} elements, so no {index}",
                    parent.shown(),
                    values.len()
                )
            })?;
            found.push(parent.child(Step::Index(at), values.get(at)));
        }
        (Child::Each, None) => {}
        (Child::Each, Some(Value::List(values))) => {
            budget.charge(values.len() * (1 + depth / 16))?;
            found.extend(
                values
                    .iter()
                    .enumerate()
                    .map(|(at, value)| parent.child(Step::Index(at), Some(value))),
            );
        }
        (Child::Each, Some(Value::Map(entries))) => {
            budget.charge(entries.len() * (1 + depth / 16))?;
            found.extend(
                entries
                    .iter()
                    .map(|(key, value)| parent.child(Step::Key(key.clone()), Some(value))),
            );
        }
        (_, Some(value)) => {
            let expected = match child {
                Child::Key(key) => format!("a map, to take .{key} of it"),
                Child::Index(index) => format!("a list, to take [{index}] of it"),
                Child::Each => "a list or a map, to go through it".to_owned(),
            };
            let kind = match value {
                Value::List(_) => "a list",
                Value::Map(_) => "a map",
                Value::String(_) => "a text",
                Value::Number(_) => "a number",
                Value::Bool(_) | Value::Null => "true or false",
            };
            return Err(format!("{} is {kind}: expected {expected}", parent.shown()));
        }
    }
    Ok(())
}
