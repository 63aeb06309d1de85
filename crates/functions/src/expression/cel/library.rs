//! The functions that expressions have besides those of the language: what Kubernetes has, and
//! those functions on texts and lists whose work is not in proportion to what they are given.
//!
//! A call is found when an expression is compiled, and gets a name that no expression can spell;
//! what it is given is counted before it runs, and it counts itself what it does beyond that.

use std::sync::atomic::{AtomicUsize, Ordering};

use cel::Value;
use cel::common::ast::{CallExpr, Expr};

use super::known::Known;
use super::{charge, format, lists, network, quantity, text, url};

/// How a function is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `quantity(x)`
    Global,
    /// `x.add(y)`
    Member,
    /// `sets.contains(x, y)`
    Of(&'static str),
}

/// What is left of a budget, for functions that use more of it than what they are given.
pub(super) struct Left<'a>(pub(super) &'a AtomicUsize);

impl Left<'_> {
    pub(super) fn take(&self, work: usize) -> Result<(), String> {
        charge(self.0, work).map_err(|error| error.to_string())
    }

    pub(super) fn there(&self) -> usize {
        self.0.load(Ordering::Relaxed).saturating_add(1)
    }
}

/// What a function does with its arguments; what it is called on comes first.
pub(super) type Behaviour = fn(&[Value], &Left<'_>) -> Result<Value, String>;

/// A function.
pub(super) struct Function {
    pub(super) shape: Shape,
    pub(super) name: &'static str,
    pub(super) behaviour: Behaviour,
}

pub(super) const fn function(shape: Shape, name: &'static str, behaviour: Behaviour) -> Function {
    Function {
        shape,
        name,
        behaviour,
    }
}

impl Function {
    /// A name that no expression can spell.
    pub(super) fn id(&self) -> String {
        match self.shape {
            Shape::Global => format!("!{}", self.name),
            Shape::Member => format!("!.{}", self.name),
            Shape::Of(namespace) => format!("!{namespace}.{}", self.name),
        }
    }
}

/// The tables of all functions.
const TABLES: [&[Function]; 6] = [
    &quantity::FUNCTIONS,
    &network::FUNCTIONS,
    &url::FUNCTIONS,
    &format::FUNCTIONS,
    &text::FUNCTIONS,
    &lists::FUNCTIONS,
];

/// Makes a call of one of the functions a call by its own name, with what it is called on as the
/// first argument.
pub(super) fn rename(call: &mut CallExpr) -> Option<&'static Function> {
    let namespace = match call.target.as_deref().map(|target| &target.expr) {
        Some(Expr::Ident(name)) => Some(name.as_str()),
        _ => None,
    };
    let found = TABLES.iter().copied().flatten().filter(|function| {
        function.name == call.func_name
            && match function.shape {
                Shape::Global => call.target.is_none(),
                Shape::Member => call.target.is_some(),
                Shape::Of(wanted) => namespace == Some(wanted),
            }
    });
    // `ip.isCanonical(x)` is not the function of a variable `ip`.
    let function = found.max_by_key(|function| matches!(function.shape, Shape::Of(_)))?;
    let target = call.target.take().map(|target| *target);
    if function.shape == Shape::Member {
        call.args.splice(0..0, target);
    }
    call.func_name = function.id();
    Some(function)
}

pub(super) fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()),
        _ => None,
    }
}

pub(super) fn string(text: impl Into<String>) -> Value {
    Value::String(std::sync::Arc::new(text.into()))
}

pub(super) fn list(values: Vec<Value>) -> Value {
    Value::List(std::sync::Arc::new(values))
}

/// The message about arguments that a function does not take.
pub(super) fn wrong(given: &[Value]) -> Result<Value, String> {
    let types: Vec<String> = given
        .iter()
        .map(|value| match Known::of(value) {
            Some(known) => cel::objects::Opaque::runtime_type_name(known).to_owned(),
            None => value.type_of().to_string(),
        })
        .collect();
    Err(format!("it does not take ({})", types.join(", ")))
}
