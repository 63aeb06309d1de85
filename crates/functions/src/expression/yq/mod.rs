//! The part of the yq language that names places and sets them.
//!
//! Reading: paths, `select(PATH == VALUE)`, pipes and commas. Writing: `PATH = VALUE`,
//! `PATH |= VALUE` and `del(PATH)`, one after another with pipes. Everything else is refused by the
//! name of its operator. A run is counted: every place that is looked at, and what is copied.

mod read;

use std::sync::Arc;

use cubit_configdata::limits::MAX_DEPTH;
use cubit_configdata::{ResolvedPath, Step, Value};

use super::cache::Cache;
use read::Reader;

/// Longest program, in bytes.
const MAX_LENGTH: usize = 64 << 10;
/// Units of work of one call, over all resources: one for each place that is looked at, for each
/// node that is copied and for every sixteen bytes of text in it.
const MAX_WORK: usize = 1_000_000;
/// Most results, or most places that are set, in one call.
const MAX_RESULTS: usize = 10_000;

static PROGRAMS: Cache<Expr> = Cache::new();

/// A part of a program.
#[derive(Debug, PartialEq)]
enum Expr {
    /// What it is given.
    Identity,
    Literal(Value),
    /// Steps down from what another part gives.
    Path(Box<Expr>, Vec<Child>),
    Pipe(Vec<Expr>),
    Comma(Vec<Expr>),
    /// `select(PATH == VALUE)`.
    Select(Box<Expr>, Value),
    /// `PATH = VALUE`, or `PATH |= VALUE` where the value is made from what is at the place.
    Set {
        place: Box<Expr>,
        value: Box<Expr>,
        relative: bool,
    },
    Delete(Box<Expr>),
}

#[derive(Debug, PartialEq)]
enum Child {
    Key(String),
    /// Negative ones count from the end.
    Index(i64),
    Each,
}

impl Expr {
    /// The operator of a part that writes, if there is any.
    fn writes(&self) -> Option<&'static str> {
        match self {
            Self::Set { relative: true, .. } => Some("|="),
            Self::Set { .. } => Some("="),
            Self::Delete(_) => Some("del"),
            Self::Path(inner, _) | Self::Select(inner, _) => inner.writes(),
            Self::Pipe(parts) | Self::Comma(parts) => parts.iter().find_map(Self::writes),
            Self::Identity | Self::Literal(_) => None,
        }
    }
}

/// A program that reads.
pub(crate) struct Query(Arc<Expr>);

/// A program that writes: `PATH = VALUE`, `PATH |= VALUE` and `del(PATH)` in order.
pub(crate) struct Update(Arc<Expr>);

/// What a program wants changed in a resource, in order.
#[derive(Debug, PartialEq)]
pub(crate) enum Change {
    /// The resource becomes this.
    Set(Value),
    /// Removes a place.
    Delete(ResolvedPath),
}

fn compile(text: &str) -> Result<Arc<Expr>, String> {
    PROGRAMS.get(text, |text| {
        if text.len() > MAX_LENGTH {
            return Err(format!("the expression is longer than {MAX_LENGTH} bytes"));
        }
        Reader::new(text).program()
    })
}

/// What is left of the budget of a call.
pub(crate) struct Budget {
    work: usize,
    results: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            work: MAX_WORK,
            results: MAX_RESULTS,
        }
    }

    fn charge(&mut self, work: usize) -> Result<(), String> {
        self.work = self.work.checked_sub(work).ok_or_else(|| {
            format!("the expression was stopped: it needs more than the {MAX_WORK} units of work that one call may use")
        })?;
        Ok(())
    }

    fn result(&mut self) -> Result<(), String> {
        self.results = self.results.checked_sub(1).ok_or_else(|| {
            format!("the expression was stopped: it gives more than the {MAX_RESULTS} results that one call may give")
        })?;
        Ok(())
    }

    /// A copy, paid for.
    fn copy(&mut self, value: &Value) -> Result<Value, String> {
        self.charge_walk(value)?;
        Ok(value.clone())
    }

    fn charge_walk(&mut self, value: &Value) -> Result<(), String> {
        self.charge(1)?;
        match value {
            Value::String(text) => self.charge(text.len() / 16),
            Value::List(values) => values.iter().try_for_each(|value| self.charge_walk(value)),
            Value::Map(entries) => entries.iter().try_for_each(|(key, value)| {
                self.charge(key.len() / 16)?;
                self.charge_walk(value)
            }),
            _ => Ok(()),
        }
    }
}

impl Query {
    /// # Errors
    /// What is wrong with the program, with the operator that is not there.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let program = compile(text)?;
        match program.writes() {
            Some(operator) => Err(format!("{operator} changes something: use set-yq")),
            None => Ok(Self(program)),
        }
    }

    /// What the program gives for a value.
    ///
    /// # Errors
    /// A step that is not possible, or the budget does not suffice.
    pub(crate) fn run(&self, input: &Value, budget: &mut Budget) -> Result<Vec<Value>, String> {
        let mut found = Vec::new();
        evaluate(&self.0, Item::root(input), &mut found, budget)?;
        let null = Value::Null;
        let mut results = Vec::with_capacity(found.len());
        for item in found {
            budget.result()?;
            results.push(budget.copy(item.value.unwrap_or(&null))?);
        }
        Ok(results)
    }
}

impl Update {
    /// # Errors
    /// As of [`Query::compile`]; a part that sets nothing.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let program = compile(text)?;
        for part in steps(&program) {
            let (place, value) = match part {
                Expr::Set { place, value, .. } => (place, Some(value)),
                Expr::Delete(place) => (place, None),
                Expr::Identity => continue,
                _ => {
                    return Err("it changes nothing: expected PATH = VALUE, PATH |= VALUE or del(PATH), several joined by |; get-yq reads".to_owned());
                }
            };
            let inner = place
                .writes()
                .or_else(|| value.and_then(|value| value.writes()));
            if let Some(operator) = inner {
                return Err(format!(
                    "{operator} inside of what is set: expected one after another, joined by |"
                ));
            }
        }
        Ok(Self(program))
    }

    /// What the program wants changed in a value, in order. All that is set in a row is one
    /// change: so many single ones cost more to make.
    ///
    /// # Errors
    /// As of [`Query::run`]; a place that is no place.
    pub(crate) fn run(&self, input: &Value, budget: &mut Budget) -> Result<Vec<Change>, String> {
        // Later parts see what earlier ones made.
        let mut current = budget.copy(input)?;
        let mut changes = Vec::new();
        let mut is_set = false;
        for part in steps(&self.0) {
            match part {
                Expr::Set {
                    place,
                    value,
                    relative,
                } => {
                    let values = values(&current, place, value, *relative, budget)?;
                    for (path, value) in values {
                        put(&mut current, &path, value, budget)?;
                    }
                    is_set = true;
                }
                Expr::Delete(place) => {
                    if is_set {
                        changes.push(Change::Set(budget.copy(&current)?));
                        is_set = false;
                    }
                    for path in there(&current, place, budget)? {
                        remove(&mut current, &path, budget)?;
                        changes.push(Change::Delete(path));
                    }
                }
                _ => {}
            }
        }
        if is_set {
            changes.push(Change::Set(current));
        }
        Ok(changes)
    }
}

/// What is to be set, by place.
fn values(
    current: &Value,
    place: &Expr,
    value: &Expr,
    relative: bool,
    budget: &mut Budget,
) -> Result<Vec<(ResolvedPath, Value)>, String> {
    let mut places = Vec::new();
    evaluate(place, Item::root(current), &mut places, budget)?;
    let mut values = Vec::with_capacity(places.len());
    for place in places {
        budget.result()?;
        let from = match relative {
            true => place.clone(),
            false => Item::root(current),
        };
        let value = only(value, from, budget)?;
        values.push((place.path()?, value));
    }
    Ok(values)
}

/// The places that exist, from the end, so that positions in lists stay what they are.
fn there(current: &Value, place: &Expr, budget: &mut Budget) -> Result<Vec<ResolvedPath>, String> {
    let mut places = Vec::new();
    evaluate(place, Item::root(current), &mut places, budget)?;
    let mut paths = Vec::new();
    for place in places.into_iter().filter(|place| place.value.is_some()) {
        budget.result()?;
        paths.push(place.path()?);
    }
    paths.sort();
    paths.dedup();
    paths.reverse();
    Ok(paths)
}

/// The parts of a program that come one after another.
fn steps(program: &Expr) -> Vec<&Expr> {
    match program {
        Expr::Pipe(parts) => parts.iter().flat_map(steps).collect(),
        other => vec![other],
    }
}

/// A value and where it is; no value where nothing is.
#[derive(Clone)]
struct Item<'v> {
    value: Option<&'v Value>,
    path: Option<ResolvedPath>,
}

impl<'v> Item<'v> {
    fn root(value: &'v Value) -> Self {
        Self {
            value: Some(value),
            path: Some(ResolvedPath::default()),
        }
    }

    fn path(self) -> Result<ResolvedPath, String> {
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

fn only(expr: &Expr, input: Item<'_>, budget: &mut Budget) -> Result<Value, String> {
    let mut found = Vec::new();
    evaluate(expr, input, &mut found, budget)?;
    match found.as_slice() {
        [item] => budget.copy(item.value.unwrap_or(&Value::Null)),
        _ => Err(format!("expected one value to set, got {}", found.len())),
    }
}

fn evaluate<'v>(
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

fn too_deep() -> String {
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
fn put(
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
fn remove(root: &mut Value, path: &ResolvedPath, budget: &mut Budget) -> Result<(), String> {
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

#[cfg(test)]
mod tests;
