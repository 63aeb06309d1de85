//! jq programs within a budget.
//!
//! The program runs on a thread of its own, for its stack. It is rewritten to count what it does
//! (`rewrite`), with filters that count (`natives`) on a meter (`meter`).

mod meter;
mod natives;
mod refuse;
mod rewrite;

use std::rc::Rc;

use cubit_configdata::{Number, Value};
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, unwrap_valr};
use jaq_json::{Map, Num, Val};

use super::cache::Cache;
use meter::Meter;
use natives::{Metered, Run};

/// Most results of one call.
const MAX_RESULTS: usize = 10_000;

/// Definitions of the library that reach for the host.
const HOST: &[&str] = &["stderr", "debug", "halt", "halt_error"];

/// Definitions of the library that have one of this platform instead.
const REPLACED: &[&str] = &["from_entries", "with_entries"];

/// The name the program is compiled under.
const PROGRAM: &str = "run__program";

static PROGRAMS: Cache<Filter<Metered>> = Cache::new();

/// Runs a program on each input: what it yields, or how it failed, in order.
///
/// # Errors
/// The program cannot be read, or the inputs together need more than one call may use.
pub(crate) fn run(
    program: &str,
    inputs: &[Value],
) -> Result<Vec<Result<Vec<Value>, String>>, String> {
    run_within(meter::MAX_WORK, program, inputs)
}

fn run_within(
    work: usize,
    program: &str,
    inputs: &[Value],
) -> Result<Vec<Result<Vec<Value>, String>>, String> {
    refuse::check_text(program)?;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(meter::STACK)
            .spawn_scoped(scope, || run_here(work, program, inputs));
        let thread = thread.map_err(|error| format!("no thread to run the program: {error}"))?;
        thread
            .join()
            .unwrap_or_else(|_| Err("the program could not be run".to_owned()))
    })
}

fn run_here(
    work: usize,
    program: &str,
    inputs: &[Value],
) -> Result<Vec<Result<Vec<Value>, String>>, String> {
    let filter = PROGRAMS.get(program, compile)?;
    let meter = Meter::new(work);
    let mut left = MAX_RESULTS;
    let mut all = Vec::new();
    for input in inputs {
        let input = to_jq(input);
        let weighed = meter.weigh(&input);
        weighed.map_err(meter::Stop::message)?;
        all.push(run_one(&filter, &meter, input, &mut left)?);
    }
    Ok(all)
}

fn run_one(
    filter: &Filter<Metered>,
    meter: &Meter,
    input: Val,
    left: &mut usize,
) -> Result<Result<Vec<Value>, String>, String> {
    let run = Run {
        lut: &filter.lut,
        meter,
    };
    let context = Ctx::<Metered>::new(run, Vars::new([]));
    let mut results = Vec::new();
    for result in filter.id.run((context, input)) {
        // What stopped it comes as an exception that is no error.
        if let Some(stop) = meter.stop() {
            return Err(stop.message());
        }
        if *left == 0 {
            return Err(format!(
                "the program was stopped after {MAX_RESULTS} results"
            ));
        }
        *left -= 1;
        let value = unwrap_valr(result).map_err(|error| error.to_string());
        match value.and_then(|value| of_jq(&value)) {
            Ok(value) => results.push(value),
            Err(error) => return Ok(Err(error)),
        }
    }
    match meter.stop() {
        Some(stop) => Err(stop.message()),
        None => Ok(Ok(results)),
    }
}

fn library() -> Vec<Def<&'static str>> {
    jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .filter(|definition| {
            !HOST.contains(&definition.name) && !REPLACED.contains(&definition.name)
        })
        .map(rewrite::definition)
        .collect()
}

fn compile(program: &str) -> Result<Filter<Metered>, String> {
    let tokens = jaq_core::load::Lexer::new(program)
        .lex()
        .map_err(|errors| unreadable(program, errors.first().map(|(_, rest)| *rest)))?;
    let term = jaq_core::load::Parser::new(&tokens)
        .parse(jaq_core::load::Parser::term)
        .map_err(|errors| {
            let rest = errors
                .first()
                .and_then(|(_, token)| token.map(|token| token.0));
            unreadable(program, rest)
        })?;
    refuse::check_recursion(&term, &mut Vec::new())?;
    let main = rewrite::definition(Def {
        name: PROGRAM,
        args: vec![],
        body: term,
    });
    let mut definitions: Vec<Def<&str>> = rewrite::own_definitions();
    definitions.extend(library());
    definitions.extend(rewrite::later_definitions());
    definitions.push(main);
    let arena = Arena::default();
    let source = File {
        code: PROGRAM,
        path: (),
    };
    let modules = Loader::new(definitions)
        .load(&arena, source)
        .map_err(|_| "the program cannot be read".to_owned())?;
    Compiler::default()
        .with_funs(natives::filters())
        .compile(modules)
        .map_err(|errors| {
            let names: Vec<String> = errors
                .iter()
                .flat_map(|(_, undefined)| undefined)
                .map(|(name, kind)| format!("the {} {name}", kind.as_str()))
                .collect();
            format!("{} is not defined", names.join(", "))
        })
}

/// Says where a program cannot be read; `rest` is the part of it that was not expected.
fn unreadable(program: &str, rest: Option<&str>) -> String {
    let at = rest.map_or(program.len(), |rest| {
        jaq_core::load::span(program, rest).start.min(program.len())
    });
    let before = program.get(..at).unwrap_or(program);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let next = program.get(at..).unwrap_or_default();
    match next.chars().next() {
        Some(next) => format!("line {line}, column {column}: {next:?} is not expected here"),
        None => format!("line {line}, column {column}: the program ends too early"),
    }
}

fn text(text: &str) -> Val {
    Val::utf8_str(text.to_owned())
}

/// A value of a text as one of jq. Numbers keep their spelling where jq can.
fn to_jq(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(value) => Val::Bool(*value),
        Value::Number(number) => match number.as_integer().map(isize::try_from) {
            Some(Ok(integer)) => Val::Num(Num::Int(integer)),
            _ => match serde_json::from_str::<serde_json::Number>(number.as_str()) {
                Ok(_) => Val::Num(Num::Dec(Rc::new(number.as_str().to_owned()))),
                Err(_) => Val::Num(Num::Float(number.as_float().unwrap_or(f64::NAN))),
            },
        },
        Value::String(string) => text(string),
        Value::List(values) => Val::Arr(Rc::new(values.iter().map(to_jq).collect())),
        Value::Map(entries) => Val::obj(
            entries
                .iter()
                .map(|(key, value)| (text(key), to_jq(value)))
                .collect::<Map>(),
        ),
    }
}

/// A JSON value as one of jq.
fn from_json(json: &serde_json::Value) -> Val {
    to_jq(&Value::from_json(json))
}

/// A value of jq as one of a text. It was weighed, so it is not too deep.
fn of_jq(value: &Val) -> Result<Value, String> {
    let utf8 = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .map_err(|_| "the program yields bytes that are no text".to_owned())
    };
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(value) => Value::Bool(*value),
        Val::Num(number) => {
            let spelling = number.to_string();
            Number::parse(&spelling).map_or(Value::Null, Value::Number)
        }
        Val::TStr(bytes) => Value::String(utf8(bytes)?),
        Val::BStr(_) => return Err("the program yields bytes, which no text can hold".to_owned()),
        Val::Arr(values) => Value::List(values.iter().map(of_jq).collect::<Result<_, _>>()?),
        Val::Obj(entries) => {
            let entries = entries.iter().map(|(key, value)| match key {
                Val::TStr(key) => Ok((utf8(key)?, of_jq(value)?)),
                other => Err(format!("the key {other} is no string")),
            });
            Value::Map(entries.collect::<Result<_, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests;
