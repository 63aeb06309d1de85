//! Expressions of the Common Expression Language within a budget.
//!
//! An expression can only do much in little text by going through lists inside lists, by making
//! texts and lists longer, and by operations that look at the whole of a large value, such as `==`,
//! `in`, `contains` and patterns. These count what they are about to do.

mod format;
mod known;
mod library;
mod lists;
mod network;
mod quantity;
mod text;
mod url;
mod value;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, EntryExpr, Expr};
use cel::common::types::CelNull;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::objects::OptionalValue;
use cel::{Context, Env, ExecutionError, FunctionContext, IdedExpr, extensions};
use cubit_configdata::{NodeRef, Value};
use regex::{Regex, RegexBuilder};

use super::cache::Cache;
use known::Known;
use library::{Function, Left, rename};
pub(crate) use value::from_cel;
use value::to_cel;

/// Longest expression, and deepest nesting of brackets: what the parser is trusted with.
const MAX_LENGTH: usize = 4096;
const MAX_DEPTH: usize = 32;
/// Most characters of operators: the parser and the interpreter recurse along a chain of them.
const MAX_OPERATORS: usize = 512;
/// Units of work of one call of a function, over all resources. A unit is about one node or sixteen
/// bytes of a list that is gone through, of a sum, or of a text that is matched.
const MAX_WORK: usize = 1_000_000;
/// Units of work for a pattern that is compiled, and bytes of its compiled form.
const PATTERN_WORK: usize = 5_000;
const MAX_PATTERN: usize = 1 << 20;

/// Functions that count. No expression can spell their names.
const COUNTED: &str = "!counted";
const MATCHES: &str = "!matches";

/// Operators and functions that do not look at the whole of what they are given, or count it.
const LIGHT: [&str; 8] = [
    "_&&_",
    "_||_",
    "!_",
    "_?_:_",
    "_[_]",
    "@not_strictly_false",
    "_+_",
    MATCHES,
];

/// First halves of the names of functions of the libraries.
const NAMESPACES: [&str; 4] = ["optional", "math", "strings", "lists"];

static PATTERNS: Cache<Regex> = Cache::new();

/// A compiled pattern, paid for when it is not known.
fn pattern(text: &str, left: &Left<'_>) -> Result<Arc<Regex>, String> {
    PATTERNS.get(text, |text| {
        left.take(PATTERN_WORK)?;
        RegexBuilder::new(text)
            .size_limit(MAX_PATTERN)
            .build()
            .map_err(|error| error.to_string())
    })
}

/// The language with the libraries whose functions do no more than what they are given asks for.
static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut language = Env::stdlib();
    for extension in [extensions::strings, extensions::lists, extensions::math] {
        let added = language.add_extension(extension);
        debug_assert!(added.is_ok(), "{added:?}");
    }
    Arc::new(language)
});

/// A compiled expression that counts what it does.
pub(crate) struct Expression {
    program: IdedExpr,
    /// The functions of the libraries that it calls.
    functions: Vec<&'static Function>,
}

static EXPRESSIONS: Cache<Expression> = Cache::new();

/// Data as expressions see it: made once, and not copied when an expression names it.
pub(crate) struct Variable(Box<dyn Val>);

impl From<&Value> for Variable {
    fn from(value: &Value) -> Self {
        let value: Result<Box<dyn Val>, _> = to_cel(value).try_into();
        // Data has no value that the library does not know.
        Self(value.unwrap_or_else(|_| Box::new(CelNull)))
    }
}

impl From<NodeRef<'_>> for Variable {
    fn from(node: NodeRef<'_>) -> Self {
        Self::from(&node.value())
    }
}

/// The variables of an evaluation, by name.
struct Variables<'a>(&'a [(&'a str, &'a Variable)]);

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (_, value) = self.0.iter().find(|(name, _)| *name == variable)?;
        Some(CowVal::Borrowed(value.0.as_ref()))
    }
}

/// What is left of the budget of a call.
pub(crate) struct Budget(Arc<AtomicUsize>);

/// The message of an expression that was stopped.
fn stopped() -> String {
    format!(
        "the expression was stopped: it needs more than the {MAX_WORK} units of work that one call may use"
    )
}

/// Takes work off a budget. One that did not suffice is empty from then on.
fn charge(left: &AtomicUsize, work: usize) -> Result<(), ExecutionError> {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        Some(left.saturating_sub(work))
    });
    match taken {
        Ok(before) if before > work => Ok(()),
        _ => Err(ExecutionError::function_error("budget", stopped())),
    }
}

/// Work of going through a value, as the tree it looks like; `limit` or more when it is that large.
fn weight(value: &cel::Value, limit: usize) -> usize {
    let mut total = 1;
    match value {
        cel::Value::String(text) => total += text.len() / 16,
        cel::Value::Bytes(bytes) => total += bytes.len() / 16,
        cel::Value::List(values) => {
            for value in values.iter() {
                if total >= limit {
                    break;
                }
                total += weight(value, limit - total);
            }
        }
        cel::Value::Map(entries) => {
            for value in entries.map.values() {
                if total >= limit {
                    break;
                }
                total += 1 + weight(value, limit - total);
            }
        }
        cel::Value::Opaque(opaque) => {
            if let Some(inner) = opaque.downcast_ref().and_then(OptionalValue::value) {
                total += weight(inner, limit);
            }
            if let Some(Known::Url(url)) = opaque.downcast_ref() {
                total += url.text.len() / 8;
            }
        }
        _ => {}
    }
    total
}

impl Budget {
    /// The budget of one call.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MAX_WORK)))
    }

    /// The functions that count, and those that an expression calls.
    fn add_to(
        &self,
        context: &mut Context<'_, '_>,
        functions: &[&'static Function],
    ) -> Result<(), String> {
        for &function in functions {
            let left = self.0.clone();
            let call = move |given: &FunctionContext<'_, '_>| {
                let values: Result<Vec<cel::Value>, ExecutionError> = given
                    .args
                    .iter()
                    .map(|value| cel::Value::try_from(value.as_ref()))
                    .collect();
                (function.behaviour)(&values?, &Left(&left))
                    .map_err(|error| ExecutionError::function_error(function.name, error))
            };
            context
                .add_function(&function.id(), call)
                .map_err(|error| error.to_string())?;
        }
        let left = self.0.clone();
        let counted = move |value: cel::Value| {
            let limit = left.load(Ordering::Relaxed).saturating_add(1);
            charge(&left, weight(&value, limit))?;
            Ok::<_, ExecutionError>(value)
        };
        let left = self.0.clone();
        let matches = move |text: Arc<String>, wanted: Arc<String>| {
            charge(&left, 1 + (text.len() + wanted.len()) / 16)?;
            let pattern = pattern(&wanted, &Left(&left))
                .map_err(|error| ExecutionError::function_error("matches", error))?;
            Ok::<bool, ExecutionError>(pattern.is_match(&text))
        };
        context
            .add_function(COUNTED, counted)
            .and_then(|()| context.add_function(MATCHES, matches))
            .map_err(|error| error.to_string())
    }
}

impl Expression {
    /// Compiles an expression, or finds it compiled.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn compile(text: &str) -> Result<Arc<Self>, String> {
        EXPRESSIONS.get(text, |text| {
            if text.len() > MAX_LENGTH {
                return Err(format!(
                    "the expression is longer than {MAX_LENGTH} characters"
                ));
            }
            check_shape(text)?;
            let program = LANGUAGE.compile(text).map_err(|error| error.to_string())?;
            let mut program = program.expression().clone();
            let mut functions: Vec<&'static Function> = Vec::new();
            count(&mut program, None, &mut functions);
            functions.sort_by_key(|function| function.id());
            functions.dedup_by_key(|function| function.id());
            Ok(Self { program, functions })
        })
    }

    /// Evaluates it with values for its variables.
    ///
    /// # Errors
    /// It fails, or the budget does not suffice.
    pub(crate) fn evaluate(
        &self,
        budget: &Budget,
        variables: &[(&str, &Variable)],
    ) -> Result<cel::Value, String> {
        let variables = Variables(variables);
        let mut context = Context::with_env(LANGUAGE.clone());
        budget.add_to(&mut context, &self.functions)?;
        context.set_variable_resolver(&variables);
        let result = context.resolve(&self.program);
        // Some operators pass over errors of what they do not need.
        if budget.0.load(Ordering::Relaxed) == 0 {
            return Err(stopped());
        }
        result.map_err(|error| error.to_string())
    }
}

/// Makes an expression count: lists that are gone through, what is compared, searched, measured or
/// copied into lists and maps, sums and matches. `gathered` is the
/// variable of a comprehension whose step is looked at: what is appended to it is left as the
/// library wants to see it.
fn count(
    expression: &mut IdedExpr,
    gathered: Option<&str>,
    functions: &mut Vec<&'static Function>,
) {
    let mut is_counted = false;
    match &mut expression.expr {
        Expr::Comprehension(comprehension) => {
            let step = comprehension.accu_var.clone();
            count(&mut comprehension.iter_range, None, functions);
            counted(&mut comprehension.iter_range);
            count(&mut comprehension.accu_init, None, functions);
            count(&mut comprehension.loop_cond, None, functions);
            count(&mut comprehension.loop_step, Some(&step), functions);
            count(&mut comprehension.result, None, functions);
        }
        Expr::Call(call) => {
            if call.func_name == "matches" {
                MATCHES.clone_into(&mut call.func_name);
                let target = call.target.take().map(|target| *target);
                call.args.splice(0..0, target);
            }
            functions.extend(rename(call));
            if call.func_name == "string" && call.target.is_none() {
                // Quantities, addresses and so on have a text, which the library does not know.
                functions.push(&network::TEXT);
                call.args
                    .iter_mut()
                    .for_each(|argument| wrap(argument, network::TEXT.id()));
            }
            let appends = call.args.first().is_some_and(
                |first| matches!(&first.expr, Expr::Ident(name) if Some(name.as_str()) == gathered),
            );
            is_counted = call.func_name == "_+_" && !appends;
            let looks = !appends && !LIGHT.contains(&call.func_name.as_str());
            let inner = call.target.as_deref_mut().into_iter().chain(&mut call.args);
            for part in inner {
                // The first half of the names of functions is no value.
                let is_name =
                    matches!(&part.expr, Expr::Ident(name) if NAMESPACES.contains(&name.as_str()));
                let is_literal = matches!(part.expr, Expr::Literal(_));
                count(part, gathered, functions);
                if looks && !is_literal && !is_name {
                    counted(part);
                }
            }
        }
        Expr::List(list) => list
            .elements
            .iter_mut()
            .for_each(|element| copied(element, functions)),
        Expr::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| entries(&mut entry.expr, functions)),
        Expr::Struct(fields) => fields
            .entries
            .iter_mut()
            .for_each(|entry| entries(&mut entry.expr, functions)),
        Expr::Select(select) => count(&mut select.operand, None, functions),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
    if is_counted {
        counted(expression);
    }
}

fn entries(entry: &mut EntryExpr, functions: &mut Vec<&'static Function>) {
    match entry {
        EntryExpr::StructField(field) => copied(&mut field.value, functions),
        EntryExpr::MapEntry(entry) => {
            copied(&mut entry.key, functions);
            copied(&mut entry.value, functions);
        }
    }
}

/// What becomes part of a new list or map is copied.
fn copied(expression: &mut IdedExpr, functions: &mut Vec<&'static Function>) {
    let is_literal = matches!(expression.expr, Expr::Literal(_));
    count(expression, None, functions);
    if !is_literal {
        counted(expression);
    }
}

fn counted(expression: &mut IdedExpr) {
    wrap(expression, COUNTED.to_owned());
}

/// Makes an expression the argument of a function.
fn wrap(expression: &mut IdedExpr, func_name: String) {
    let id = expression.id;
    let inner = std::mem::take(expression);
    *expression = IdedExpr {
        id,
        expr: Expr::Call(CallExpr {
            func_name,
            target: None,
            args: vec![inner],
        }),
    };
}

/// Refuses expressions whose evaluation could take the process down: the library recurses for
/// every bracket and operator.
fn check_shape(expression: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut operators = 0;
    let mut quote = None;
    let mut escaped = false;
    for c in expression.chars() {
        if let Some(end) = quote {
            if !escaped && c == end {
                quote = None;
            }
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '&' | '|' | '?' | '.' => {
                operators += 1;
            }
            _ => {}
        }
        if open > MAX_DEPTH {
            return Err(format!("brackets are nested more than {MAX_DEPTH} deep"));
        }
        if operators > MAX_OPERATORS {
            return Err(format!("more than {MAX_OPERATORS} operators"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod library_tests;
#[cfg(test)]
mod tests;
