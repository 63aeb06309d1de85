//! Running a program: calls of functions.

use super::run::{Flow, Run};
use super::syntax::{Body, Function, Name, ParameterKind};
use super::value::{Closure, Dict, Key, Value, kind};

/// Most calls inside each other.
const MAX_CALLS: usize = 48;

impl<'p> Run<'p> {
    pub(super) fn call(
        &mut self,
        callee: &Value,
        positional: Vec<Value>,
        named: Vec<(String, Value)>,
    ) -> Result<Value, String> {
        self.heap.meter.charge(1 + positional.len() + named.len())?;
        match callee {
            Value::Function(at) => {
                let closure = self.heap.closures[*at].clone();
                self.call_function(&closure, positional, named)
            }
            Value::Builtin(name) => super::builtins::call(self, name, positional, named),
            Value::Method(method) => {
                super::methods::call(&mut self.heap, &method.0, &method.1, positional, named)
            }
            other => Err(format!("a {} cannot be called", kind(other))),
        }
    }

    fn call_function(
        &mut self,
        closure: &Closure<'p>,
        positional: Vec<Value>,
        named: Vec<(String, Value)>,
    ) -> Result<Value, String> {
        let function: &'p Function = closure.function;
        let name = &function.name;
        let itself = std::ptr::from_ref(function);
        if self.calls.contains(&itself) {
            return Err(format!("the function {name} calls itself: use a loop"));
        }
        if self.calls.len() >= MAX_CALLS {
            return Err(format!(
                "the program was stopped: more than {MAX_CALLS} calls inside each other"
            ));
        }
        let slots = self
            .bind_parameters(closure, positional, named)
            .map_err(|error| format!("{name}: {error}"))?;
        let before = std::mem::replace(&mut self.frame, closure.frame);
        self.push_frame(slots)?;
        self.calls.push(itself);
        let result = match &function.body {
            Body::Statements(body) => self.block(body).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::None,
            }),
            Body::Expression(value) => self.evaluate(value),
        };
        self.calls.pop();
        self.frame = before;
        result
    }

    fn bind_parameters(
        &mut self,
        closure: &Closure<'p>,
        positional: Vec<Value>,
        mut named: Vec<(String, Value)>,
    ) -> Result<Vec<(Name, Option<Value>)>, String> {
        let function = closure.function;
        self.heap.meter.charge(function.locals.len())?;
        let mut slots: Vec<(Name, Option<Value>)> =
            function.locals.iter().map(|name| (*name, None)).collect();
        let mut positional = positional.into_iter();
        // Parameters are the first names.
        for (at, parameter) in function.parameters.iter().enumerate() {
            let spelling = self.program.name(parameter.name);
            self.heap.meter.charge(1 + named.len())?;
            let given = named.iter().position(|(name, _)| name == spelling);
            let takes_name = matches!(
                parameter.kind,
                ParameterKind::Plain(_) | ParameterKind::NameOnly(_)
            );
            let by_name = given
                .filter(|_| takes_name)
                .map(|given| named.remove(given).1);
            let value = match parameter.kind {
                ParameterKind::Plain(_) => match (positional.next(), by_name) {
                    (Some(_), Some(_)) => return Err(format!("{spelling} is given twice")),
                    (by_position, by_name) => by_position.or(by_name),
                },
                ParameterKind::NameOnly(_) => by_name,
                ParameterKind::List => Some(self.heap.tuple(positional.by_ref().collect())?),
                ParameterKind::Dict => {
                    let rest = std::mem::take(&mut named);
                    let entries: Dict = rest
                        .into_iter()
                        .map(|(name, value)| (Key::Text(name.into()), value))
                        .collect();
                    Some(self.heap.dict(entries)?)
                }
            };
            let value = value.or_else(|| closure.defaults.get(at).cloned().flatten());
            if value.is_none() {
                return Err(format!("the argument {spelling} is missing"));
            }
            slots[at].1 = value;
        }
        if positional.next().is_some() {
            return Err("too many arguments".to_owned());
        }
        match named.first() {
            Some((name, _)) => Err(format!("there is no parameter {name}")),
            None => Ok(slots),
        }
    }
}
