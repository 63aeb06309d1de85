//! Expressions of the Common Expression Language within a budget.
//!
//! An expression can only do much in little text by going through lists inside lists, by making
//! texts and lists longer, and by operations that look at the whole of a large value, such as `==`,
//! `in`, `contains` and patterns. These count what they are about to do.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cel::common::ast::{CallExpr, EntryExpr, Expr};
use cel::objects::{Key, Map};
use cel::{Context, ExecutionError, IdedExpr, Program};
use cubit_configdata::{Number, Value};
use regex::{Regex, RegexBuilder};

use super::cache::Cache;

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

static PATTERNS: Cache<Regex> = Cache::new();

/// A compiled expression that counts what it does.
pub(crate) struct Expression(IdedExpr);

static EXPRESSIONS: Cache<Expression> = Cache::new();

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
        _ => {}
    }
    total
}

impl Budget {
    /// The budget of one call.
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MAX_WORK)))
    }

    /// The functions that count.
    fn add_to(&self, context: &mut Context<'_, '_>) -> Result<(), String> {
        let left = self.0.clone();
        let counted = move |value: cel::Value| {
            let limit = left.load(Ordering::Relaxed).saturating_add(1);
            charge(&left, weight(&value, limit))?;
            Ok::<_, ExecutionError>(value)
        };
        let left = self.0.clone();
        let matches = move |text: Arc<String>, pattern: Arc<String>| {
            let compile = |pattern: &str| {
                charge(&left, PATTERN_WORK)?;
                RegexBuilder::new(pattern)
                    .size_limit(MAX_PATTERN)
                    .build()
                    .map_err(|error| ExecutionError::function_error("matches", error))
            };
            charge(&left, 1 + (text.len() + pattern.len()) / 16)?;
            let pattern = PATTERNS.get(&pattern, compile)?;
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
            let program = Program::compile(text).map_err(|error| error.to_string())?;
            let mut expression = program.expression().clone();
            count(&mut expression, None);
            Ok(Self(expression))
        })
    }

    /// Evaluates it with values for its variables.
    ///
    /// # Errors
    /// It fails, or the budget does not suffice.
    pub(crate) fn evaluate(
        &self,
        budget: &Budget,
        variables: &[(&str, &Value)],
    ) -> Result<cel::Value, String> {
        let mut context = Context::default();
        budget.add_to(&mut context)?;
        for (name, value) in variables {
            context.add_variable_from_value(*name, to_cel(value));
        }
        let result = context.resolve(&self.0);
        // Some operators pass over errors of what they do not need.
        if budget.0.load(Ordering::Relaxed) == 0 {
            return Err(stopped());
        }
        result.map_err(|error| error.to_string())
    }
}

/// Makes an expression count: lists that are gone through, what is compared, searched or measured,
/// sums and matches. `gathered` is the
/// variable of a comprehension whose step is looked at: what is appended to it is left as the
/// library wants to see it.
fn count(expression: &mut IdedExpr, gathered: Option<&str>) {
    let mut is_counted = false;
    match &mut expression.expr {
        Expr::Comprehension(comprehension) => {
            let step = comprehension.accu_var.clone();
            count(&mut comprehension.iter_range, None);
            counted(&mut comprehension.iter_range);
            count(&mut comprehension.accu_init, None);
            count(&mut comprehension.loop_cond, None);
            count(&mut comprehension.loop_step, Some(&step));
            count(&mut comprehension.result, None);
        }
        Expr::Call(call) => {
            if call.func_name == "matches" {
                MATCHES.clone_into(&mut call.func_name);
                let target = call.target.take().map(|target| *target);
                call.args.splice(0..0, target);
            }
            let appends = call.args.first().is_some_and(
                |first| matches!(&first.expr, Expr::Ident(name) if Some(name.as_str()) == gathered),
            );
            is_counted = call.func_name == "_+_" && !appends;
            let looks = !appends && !LIGHT.contains(&call.func_name.as_str());
            let inner = call.target.as_deref_mut().into_iter().chain(&mut call.args);
            for part in inner {
                // `optional` is the first half of the names of functions, not a value.
                let is_name = matches!(&part.expr, Expr::Ident(name) if name == "optional");
                let is_literal = matches!(part.expr, Expr::Literal(_));
                count(part, gathered);
                if looks && !is_literal && !is_name {
                    counted(part);
                }
            }
        }
        Expr::List(list) => list
            .elements
            .iter_mut()
            .for_each(|element| count(element, None)),
        Expr::Map(map) => map
            .entries
            .iter_mut()
            .for_each(|entry| entries(&mut entry.expr)),
        Expr::Struct(fields) => fields
            .entries
            .iter_mut()
            .for_each(|entry| entries(&mut entry.expr)),
        Expr::Select(select) => count(&mut select.operand, None),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
    if is_counted {
        counted(expression);
    }
}

fn entries(entry: &mut EntryExpr) {
    match entry {
        EntryExpr::StructField(field) => count(&mut field.value, None),
        EntryExpr::MapEntry(entry) => {
            count(&mut entry.key, None);
            count(&mut entry.value, None);
        }
    }
}

fn counted(expression: &mut IdedExpr) {
    let id = expression.id;
    let inner = std::mem::take(expression);
    *expression = IdedExpr {
        id,
        expr: Expr::Call(CallExpr {
            func_name: COUNTED.to_owned(),
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

/// A value of an expression as data. What is the same as `before` is `before`, spelling and order
/// included; new keys are in alphabetical order.
pub(crate) fn from_cel(value: &cel::Value, before: Option<&Value>) -> Value {
    if let Some(before) = before.filter(|before| to_cel(before) == *value) {
        return before.clone();
    }
    match value {
        cel::Value::Null => Value::Null,
        cel::Value::Bool(value) => Value::Bool(*value),
        cel::Value::Int(value) => Value::from(*value),
        cel::Value::UInt(value) => number(&value.to_string()),
        cel::Value::Float(value) => number(&format!("{value:?}")),
        cel::Value::String(text) => Value::String(text.to_string()),
        cel::Value::List(values) => {
            let known = |at: usize| match before {
                Some(Value::List(before)) => before.get(at),
                _ => None,
            };
            let values = values.iter().enumerate();
            Value::List(
                values
                    .map(|(at, value)| from_cel(value, known(at)))
                    .collect(),
            )
        }
        cel::Value::Map(map) => {
            let known = |key: &str| match before {
                Some(Value::Map(before)) => before.iter().position(|(name, _)| name == key),
                _ => None,
            };
            let mut entries: Vec<(Option<usize>, String, &cel::Value)> = map
                .map
                .iter()
                .map(|(key, value)| (key.to_string(), value))
                .map(|(key, value)| (known(&key), key, value))
                .collect();
            // What was there comes first, in its order.
            entries.sort_by(|a, b| {
                (a.0.unwrap_or(usize::MAX), &a.1).cmp(&(b.0.unwrap_or(usize::MAX), &b.1))
            });
            let entries = entries.into_iter().map(|(_, key, value)| {
                let value = from_cel(value, before.and_then(|before| before.get(&key)));
                (key, value)
            });
            Value::Map(entries.collect())
        }
        other => Value::String(format!("{other:?}")),
    }
}

fn number(text: &str) -> Value {
    Number::parse(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_integer(), number.as_float()) {
            (Some(integer), _) => cel::Value::Int(integer),
            (None, Some(float)) => cel::Value::Float(float),
            (None, None) => cel::Value::String(Arc::new(number.to_string())),
        },
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::List(values) => cel::Value::List(Arc::new(values.iter().map(to_cel).collect())),
        Value::Map(entries) => {
            let map: HashMap<Key, cel::Value> = entries
                .iter()
                .map(|(key, value)| (Key::String(Arc::new(key.clone())), to_cel(value)))
                .collect();
            cel::Value::Map(Map { map: Arc::new(map) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_cannot_be_bounded_are_refused() {
        for (expression, message) in [
            (format!("1{}>0", "+1".repeat(2000)), "operators"),
            (format!("{}1{}", "(".repeat(40), ")".repeat(40)), "brackets"),
        ] {
            let error = check_shape(&expression).expect_err("refused");
            assert!(error.contains(message), "{error}");
        }
        for expression in [
            "r.spec.containers.all(c, c.ports.exists(p, p.port == 80)) && [1].map(x, x) == [1]",
            "r.a == '((((((((((((((((((((((((((((((((((((((((('",
            r#"r.a == "\"" && [1].all(x, x > 0)"#,
        ] {
            assert_eq!(check_shape(expression), Ok(()), "{expression}");
        }
    }

    fn evaluate(expression: &str) -> Result<cel::Value, String> {
        let numbers = Value::List((0..2000_i64).map(Value::from).collect());
        let text = Value::from("a".repeat(65_536));
        Expression::compile(expression)?
            .evaluate(&Budget::new(), &[("numbers", &numbers), ("text", &text)])
    }

    #[test]
    fn expressions_give_what_they_gave() {
        for (expression, expected) in [
            ("numbers.all(n, n >= 0) && numbers.exists(n, n == 7)", true),
            ("numbers.exists_one(n, n == 7)", true),
            ("numbers.map(n, n + 1).filter(n, n > 1999) == [2000]", true),
            ("[1, 2].all(a, [3, 4].all(b, [5].all(c, a + b < c)))", false),
            ("text.matches('^a+$') && !'b'.matches('a')", true),
            ("matches('abc', 'b')", true),
            ("type(1) == int && type(text) == string", true),
            ("optional.of(1).hasValue()", true),
            ("1u < 2u && 1.5 < 2.5 && b'a' == b'a' && null == null", true),
            ("has({'a': {'b': 1}}.a.b) && 'a' in {'a': 1}", true),
            ("'a' + 'b' == 'ab' && [1] + [2] == [1, 2]", true),
            ("{'a': 1}.all(k, k == 'a')", true),
            ("size(numbers.map(n, n > 1, n * 2)) == 1998", true),
        ] {
            assert_eq!(evaluate(expression), Ok(expected.into()), "{expression}");
        }
    }

    #[test]
    fn expressions_that_need_too_much_are_stopped() {
        for expression in [
            "numbers.all(a, numbers.all(b, numbers.all(c, true)))",
            "numbers.all(a, numbers.exists(b, b < 0) || true)",
            "numbers.map(a, numbers.map(b, numbers.filter(c, c > b))) == []",
            "numbers.map(a, text + text + text) == []",
            "numbers.map(a, [text, text].map(t, t + t)) == []",
            "numbers.all(a, text.matches('(a*)*b') || true)",
            "numbers.all(a, 'x'.matches('x' + string(a)) || true)",
            "numbers.all(a, numbers == numbers)",
            "numbers.all(a, !(-1 in numbers))",
            "numbers.all(a, !text.contains('b'))",
            "numbers.exists(a, size(numbers + numbers) == 0)",
        ] {
            let error = evaluate(expression).expect_err(expression);
            assert!(error.contains("the expression was stopped"), "{error}");
        }
        let error = evaluate("'a'.matches('((a{100}){100}){100}')").expect_err("too large");
        assert!(error.contains("size limit"), "{error}");
    }
}
