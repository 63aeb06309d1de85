//! Rego policies within a budget.
//!
//! The evaluator is our own, of the part of the language that policies about one resource use. The
//! library there (regorus) bounds the time of a policy only, not what it makes: `array.concat(x, x)`
//! in functions that call each other, or comparing what holds itself many times, is past every
//! bound before it looks.

mod builtins;
mod lexer;
mod number;
mod parse_term;
mod parser;
mod pattern;
mod rules;
mod run;
mod sprintf;
mod syntax;
mod texts;
mod unify;
mod value;

use serde_json::Value as Json;

use super::cache::Cache;
use super::meter::{MAX_WORK, Meter};
use run::Run;
use syntax::{Head, Policy};
use value::Value;

/// Stack of the thread that a policy runs on. Nothing may need itself, so that no part of a policy
/// is on it twice.
const STACK: usize = 256 << 20;

static POLICIES: Cache<Policy> = Cache::new();

/// What a policy says about an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The messages of `deny` and `violation`: it passes when there are none.
    pub(crate) denied: Vec<String>,
    /// The messages of `warn`.
    pub(crate) warned: Vec<String>,
}

/// Runs a policy on each input: what it says, or how it failed, in order.
///
/// # Errors
/// The policy cannot be read, or the inputs together need more than one call may use.
pub(crate) fn run(policy: &str, inputs: &[Json]) -> Result<Vec<Result<Judgement, String>>, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                let policy = POLICIES.get(policy, compile)?;
                let meter = Meter::new(MAX_WORK);
                inputs
                    .iter()
                    .map(|input| match judge(&policy, &meter, input) {
                        Err(error) if meter.is_empty() => Err(error),
                        result => Ok(result),
                    })
                    .collect()
            })
            .map_err(|error| format!("no thread to run the policy: {error}"))?;
        thread
            .join()
            .unwrap_or_else(|_| Err("the policy could not be run".to_owned()))
    })
}

/// What a rule is for, by its name.
fn purpose(name: &str) -> Option<bool> {
    let is = |word: &str| name == word || name.starts_with(&format!("{word}_"));
    match name {
        _ if is("deny") || is("violation") => Some(true),
        _ if is("warn") => Some(false),
        _ => None,
    }
}

fn compile(text: &str) -> Result<Policy, String> {
    let policy = parser::parse(text)?;
    let mut rules = policy.rules.iter();
    match rules.any(|rule| purpose(&rule.name).is_some()) {
        true => Ok(policy),
        false => Err("expected a rule deny, violation or warn".to_owned()),
    }
}

fn judge(policy: &Policy, meter: &Meter, input: &Json) -> Result<Judgement, String> {
    let input = Value::read(meter, input)?;
    let mut run = Run::new(policy, meter, input);
    let mut judgement = Judgement::default();
    let mut names: Vec<&str> = Vec::new();
    for rule in &policy.rules {
        let Some(denies) = purpose(&rule.name) else {
            continue;
        };
        if names.contains(&rule.name.as_str()) || matches!(rule.head, Head::Function(..)) {
            continue;
        }
        names.push(&rule.name);
        let messages = match denies {
            true => &mut judgement.denied,
            false => &mut judgement.warned,
        };
        match run.rule(&rule.name)? {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => messages.push(rule.name.clone()),
            Some(value @ (Value::Set(_) | Value::Object(_) | Value::Array(_))) => {
                for (_, item) in value.entries(meter)? {
                    messages.push(message(&item.write(meter)?));
                }
            }
            Some(value) => messages.push(message(&value.write(meter)?)),
        }
    }
    Ok(judgement)
}

/// A message: a text, or an object with one in `msg`.
fn message(found: &Json) -> String {
    match found.get("msg").unwrap_or(found) {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
