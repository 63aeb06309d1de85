//! Running a program: statements, names and calls. Expressions are in `evaluate`.

use std::sync::Arc;

use super::syntax::{
    Body, Clause, Expression, ExpressionKind, Function, Name, ParameterKind, Program, Statement,
    StatementKind,
};
use super::value::{Closure, Dict, Frame, Heap, Key, Range, Value, kind};

/// Most calls inside each other.
const MAX_CALLS: usize = 48;

/// A run of a program on one resource.
pub(super) struct Run<'p> {
    pub(super) heap: Heap<'p>,
    program: &'p Program,
    /// The values of the names of the program itself, by name.
    globals: Vec<Option<Value>>,
    /// The frame of what runs now, if it is not the program itself.
    frame: Option<usize>,
    /// The functions that run, by where they stand in memory.
    calls: Vec<*const Function>,
}

/// What comes after a statement.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// What a loop goes through. A list is gone through as it was when the loop began.
enum Items {
    Values(std::vec::IntoIter<Value>),
    Range(Range, usize),
}

impl Iterator for Items {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self {
            Self::Values(values) => values.next(),
            Self::Range(range, at) => {
                *at += 1;
                (*at <= range.count).then(|| Value::Int(range.get(*at - 1)))
            }
        }
    }
}

fn in_line(line: u32, error: String) -> String {
    match error.starts_with("line ") {
        true => error,
        false => format!("line {line}: {error}"),
    }
}

impl<'p> Run<'p> {
    pub(super) fn new(program: &'p Program, heap: Heap<'p>) -> Self {
        Self {
            heap,
            program,
            globals: vec![None; program.names.len()],
            frame: None,
            calls: Vec::new(),
        }
    }

    /// Gives a name of the program a value, if the program uses the name.
    pub(super) fn define(&mut self, name: &str, value: Value) {
        if let Some(name) = self.program.find(name) {
            self.globals[name as usize] = Some(value);
        }
    }

    /// The value that a name of the program has.
    pub(super) fn global(&self, name: &str) -> Option<Value> {
        let name = self.program.find(name)?;
        self.globals[name as usize].clone()
    }

    /// Runs the program itself.
    pub(super) fn program(&mut self) -> Result<(), String> {
        self.block(&self.program.body).map(|_| ())
    }

    fn block(&mut self, body: &'p [Statement]) -> Result<Flow, String> {
        for statement in body {
            self.heap.meter.charge(1)?;
            let flow = self
                .statement(statement)
                .map_err(|error| in_line(statement.line, error))?;
            if !matches!(flow, Flow::Next) {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &'p Statement) -> Result<Flow, String> {
        match &statement.kind {
            StatementKind::Expression(value) => {
                self.evaluate(value)?;
            }
            StatementKind::Assign(target, value) => {
                let value = self.evaluate(value)?;
                self.assign(target, value)?;
            }
            StatementKind::Augment(target, operator, value) => {
                self.augment(target, *operator, value)?;
            }
            StatementKind::If(branches, otherwise) => {
                for (test, body) in branches {
                    let test = self.evaluate(test)?;
                    if self.heap.is_true(&test) {
                        return self.block(body);
                    }
                }
                return self.block(otherwise);
            }
            StatementKind::For(target, values, body) => {
                let values = self.evaluate(values)?;
                for value in self.each(&values)? {
                    self.heap.meter.charge(1)?;
                    self.assign(target, value)?;
                    match self.block(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        flow @ Flow::Return(_) => return Ok(flow),
                    }
                }
            }
            StatementKind::Define(name, function) => {
                let function = self.close(function)?;
                self.set(*name, function)?;
            }
            StatementKind::Return(None) => return Ok(Flow::Return(Value::None)),
            StatementKind::Return(Some(value)) => return self.evaluate(value).map(Flow::Return),
            StatementKind::Break => return Ok(Flow::Break),
            StatementKind::Continue => return Ok(Flow::Continue),
            StatementKind::Pass => {}
        }
        Ok(Flow::Next)
    }

    fn each(&mut self, values: &Value) -> Result<Items, String> {
        Ok(match values {
            Value::Range(range) => Items::Range(*range, 0),
            other => Items::Values(self.heap.items(other)?.into_iter()),
        })
    }

    pub(super) fn assign(&mut self, target: &'p Expression, value: Value) -> Result<(), String> {
        match &target.kind {
            ExpressionKind::Name(name) => self.set(*name, value),
            ExpressionKind::List(targets) | ExpressionKind::Tuple(targets) => {
                let values = self.heap.items(&value)?;
                if values.len() != targets.len() {
                    return Err(format!(
                        "{} values for {} names",
                        values.len(),
                        targets.len()
                    ));
                }
                targets
                    .iter()
                    .zip(values)
                    .try_for_each(|(target, value)| self.assign(target, value))
            }
            ExpressionKind::Index(of, index) => {
                let of = self.evaluate(of)?;
                let index = self.evaluate(index)?;
                self.put(&of, &index, value)
            }
            _ => Err("nothing can be assigned to this".to_owned()),
        }
    }

    fn put(&mut self, of: &Value, index: &Value, value: Value) -> Result<(), String> {
        match of {
            Value::Dict(at) => {
                let key = self.heap.key(index)?;
                self.heap.put(*at, key, value)
            }
            Value::List(at) => {
                let place = self.position(index, self.heap.lists[*at].len())?;
                self.heap.lists[*at][place] = value;
                Ok(())
            }
            other => Err(format!("a {} cannot be changed", kind(other))),
        }
    }

    fn augment(
        &mut self,
        target: &'p Expression,
        operator: super::syntax::Binary,
        value: &'p Expression,
    ) -> Result<(), String> {
        // What the target consists of is evaluated once.
        let place = match &target.kind {
            ExpressionKind::Index(of, index) => Some((self.evaluate(of)?, self.evaluate(index)?)),
            _ => None,
        };
        let before = match &place {
            Some((of, index)) => self.at(of, index)?,
            None => self.evaluate(target)?,
        };
        let value = self.evaluate(value)?;
        let is_list = matches!(
            (&before, operator),
            (Value::List(_), super::syntax::Binary::Add)
        );
        if is_list && let Value::List(at) = before {
            // A list becomes longer where it is.
            let items = self.heap.items(&value)?;
            self.heap.meter.charge(items.len())?;
            self.heap.lists[at].extend(items);
            return Ok(());
        }
        let after = self.heap.binary(operator, &before, &value)?;
        match place {
            Some((of, index)) => self.put(&of, &index, after),
            None => self.assign(target, after),
        }
    }

    /// Gives a name a value, where the innermost function or comprehension that binds it is.
    fn set(&mut self, name: Name, value: Value) -> Result<(), String> {
        // A comprehension binds its own names only, and nothing else is assigned to inside it.
        if let Some(frame) = self.frame {
            let slots = &mut self.heap.frames[frame].slots;
            self.heap.meter.charge(1 + slots.len() / 16)?;
            if let Some(slot) = slots.iter_mut().find(|(known, _)| *known == name) {
                slot.1 = Some(value);
                return Ok(());
            }
        }
        self.globals[name as usize] = Some(value);
        Ok(())
    }

    pub(super) fn get(&self, name: Name) -> Result<Value, String> {
        let mut frame = self.frame;
        while let Some(at) = frame {
            let Frame { slots, parent } = &self.heap.frames[at];
            self.heap.meter.charge(1 + slots.len() / 16)?;
            if let Some((_, value)) = slots.iter().find(|(known, _)| *known == name) {
                let spelling = self.program.name(name);
                return value
                    .clone()
                    .ok_or_else(|| format!("{spelling} is used before it has a value"));
            }
            frame = *parent;
        }
        if let Some(value) = &self.globals[name as usize] {
            return Ok(value.clone());
        }
        let spelling = self.program.name(name);
        match super::builtins::find(spelling) {
            Some(builtin) => Ok(Value::Builtin(builtin)),
            None => Err(format!("there is no {spelling}")),
        }
    }

    fn push_frame(&mut self, slots: Vec<(Name, Option<Value>)>) -> Result<(), String> {
        self.heap.meter.charge(4 + slots.len())?;
        let parent = self.frame;
        self.heap.frames.push(Frame { slots, parent });
        self.frame = Some(self.heap.frames.len() - 1);
        Ok(())
    }

    /// A function with what is around it.
    pub(super) fn close(&mut self, function: &'p Arc<Function>) -> Result<Value, String> {
        let mut defaults = Vec::with_capacity(function.parameters.len());
        for parameter in &function.parameters {
            defaults.push(match &parameter.kind {
                ParameterKind::Plain(Some(value)) | ParameterKind::NameOnly(Some(value)) => {
                    Some(self.evaluate(value)?)
                }
                _ => None,
            });
        }
        self.heap.meter.charge(4 + defaults.len())?;
        self.heap.closures.push(Closure {
            function,
            frame: self.frame,
            defaults,
        });
        Ok(Value::Function(self.heap.closures.len() - 1))
    }

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

    /// Makes the list or dict of a comprehension.
    pub(super) fn comprehension(
        &mut self,
        element: &'p Expression,
        value: Option<&'p Expression>,
        clauses: &'p [Clause],
        locals: &[Name],
    ) -> Result<Value, String> {
        let before = self.frame;
        self.push_frame(locals.iter().map(|name| (*name, None)).collect())?;
        let made = match value {
            Some(_) => self.heap.dict(Dict::new())?,
            None => self.heap.list(Vec::new())?,
        };
        let result = self.gather(&made, element, value, clauses);
        self.frame = before;
        result.map(|()| made)
    }

    fn gather(
        &mut self,
        made: &Value,
        element: &'p Expression,
        value: Option<&'p Expression>,
        clauses: &'p [Clause],
    ) -> Result<(), String> {
        self.heap.meter.charge(1)?;
        match clauses.split_first() {
            Some((Clause::For(target, values), rest)) => {
                let values = self.evaluate(values)?;
                for item in self.each(&values)? {
                    self.heap.meter.charge(1)?;
                    self.assign(target, item)?;
                    self.gather(made, element, value, rest)?;
                }
            }
            Some((Clause::If(test), rest)) => {
                let test = self.evaluate(test)?;
                if self.heap.is_true(&test) {
                    self.gather(made, element, value, rest)?;
                }
            }
            None => {
                let element = self.evaluate(element)?;
                match (made, value) {
                    (Value::Dict(at), Some(value)) => {
                        let value = self.evaluate(value)?;
                        let key = self.heap.key(&element)?;
                        self.heap.put(*at, key, value)?;
                    }
                    (Value::List(at), _) => {
                        self.heap.meter.charge(1)?;
                        self.heap.lists[*at].push(element);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
