//! The part of the yq language that names places and sets them.
//!
//! Reading: paths, `select(PATH == VALUE)`, pipes and commas. Writing: `PATH = VALUE`,
//! `PATH |= VALUE` and `del(PATH)`, one after another with pipes. Everything else is refused by the
//! name of its operator. A run is counted: every place that is looked at, and what is copied.

mod change;
mod evaluate;
mod read;

use std::sync::Arc;

use cubit_configdata::{ResolvedPath, Value};

use super::cache::Cache;
use change::{put, remove};
use evaluate::{Item, evaluate, only};
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

#[cfg(test)]
mod tests;
