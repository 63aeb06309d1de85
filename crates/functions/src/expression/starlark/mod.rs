//! Starlark programs within a budget.
//!
//! The interpreter is our own. Those there are count statements only, now and then, and say
//! themselves that they are no protection: one `x * 1000000000`, or `x += x` in a loop, is past
//! every limit before it is looked at. Here everything is counted before it is done. The language
//! is that of the specification of Starlark, without `load`, `print`, sets, bytes and integers of
//! more than 64 bits.
//!
//! A program is read (`lexer`, `parser`, `parse_expression`, `parse_call`), its names are checked
//! (`resolve`), and it is run (`run`, `call`, `evaluate`) on values in a heap (`value`), by operators,
//! functions and methods that count (`expression/meter.rs`).

mod arithmetic;
mod builtins;
mod call;
mod compare;
mod evaluate;
mod format;
mod given;
mod key;
mod lexer;
mod methods;
mod operators;
mod parse_call;
mod parse_expression;
mod parser;
mod resolve;
mod run;
mod show;
mod split;
mod strings;
mod syntax;
mod value;

use cubit_configdata::Value as Data;

use super::cache::Cache;
use super::meter::{self, Meter};

use run::Run;
use syntax::Program;
use value::{Heap, Value};

/// Stack of the thread that a program runs on: enough for the deepest program with the most calls
/// inside each other.
const STACK: usize = 128 << 20;

static PROGRAMS: Cache<Program> = Cache::new();

/// What is asked of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    /// What it made of the resource.
    Resource,
    /// What a function that it defines answers for the resource.
    Answer(&'static str),
}

/// A program with what it sees besides the resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) program: &'a str,
    pub(crate) wanted: Wanted,
    pub(crate) params: &'a Data,
    pub(crate) context: &'a Data,
}

/// Runs a program on each resource: the result, or how it failed, in order.
///
/// # Errors
/// The program is empty or cannot be read, or the resources together need more than one call may
/// use.
pub(crate) fn run(
    request: Request<'_>,
    resources: &[Data],
) -> Result<Vec<Result<Data, String>>, String> {
    if request.program.trim().is_empty() {
        return Err("the program is empty".to_owned());
    }
    run_within(meter::MAX_WORK, request, resources)
}

fn run_within(
    work: usize,
    request: Request<'_>,
    resources: &[Data],
) -> Result<Vec<Result<Data, String>>, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                let program = PROGRAMS.get(request.program, parser::parse)?;
                let meter = Meter::new(work);
                resources
                    .iter()
                    .map(|resource| {
                        let result = run_one(&program, &meter, request, resource);
                        match result {
                            Err(error) if meter.is_empty() => Err(error),
                            result => Ok(result),
                        }
                    })
                    .collect()
            })
            .map_err(|error| format!("no thread to run the program: {error}"))?;
        thread
            .join()
            .unwrap_or_else(|_| Err("the program could not be run".to_owned()))
    })
}

fn run_one(
    program: &Program,
    meter: &Meter,
    request: Request<'_>,
    resource: &Data,
) -> Result<Data, String> {
    let mut heap = Heap::new(meter);
    let given = heap.read(resource)?;
    let params = heap.read(request.params)?;
    let context = heap.read(request.context)?;
    let mut run = Run::new(program, heap);
    for (name, value) in [
        ("r", &given),
        ("object", &given),
        ("params", &params),
        ("functionContext", &context),
    ] {
        run.define(name, value.clone());
    }
    run.program()?;
    match request.wanted {
        Wanted::Answer(name) => {
            let function = run
                .global(name)
                .ok_or_else(|| format!("expected the program to define {name}(r)"))?;
            let answer = run.call(&function, vec![given], vec![])?;
            run.heap.write(&answer, None)
        }
        Wanted::Resource => {
            // A program that gives one of the names another value means that one.
            let is_other = |value: &Value| match (value, &given) {
                (Value::Dict(now), Value::Dict(before)) => now != before,
                (Value::List(now), Value::List(before)) => now != before,
                (Value::Dict(_), _) | (_, Value::Dict(_)) => true,
                _ => false,
            };
            let assigned = ["r", "object"]
                .iter()
                .filter_map(|name| run.global(name))
                .find(is_other);
            let value = assigned.unwrap_or(given);
            run.heap.write(&value, Some(resource))
        }
    }
}

#[cfg(test)]
mod tests;
