//! Running a program: statements, names and calls. Expressions are in `evaluate`.

use std::sync::Arc;

use super::syntax::{
    Binary, Clause, Expression, ExpressionKind, Function, Name, ParameterKind, Program, Statement,
    StatementKind,
};
use super::value::{Closure, Dict, Frame, Heap, Range, Value, kind};

/// A run of a program on one resource.
pub(super) struct Run<'p> {
    pub(super) heap: Heap<'p>,
    pub(super) program: &'p Program,
    /// The values of the names of the program itself, by name.
    globals: Vec<Option<Value>>,
    /// The frame of what runs now, if it is not the program itself.
    pub(super) frame: Option<usize>,
    /// The functions that run, by where they stand in memory.
    pub(super) calls: Vec<*const Function>,
}

/// What a comprehension makes of each round.
struct Made<'p> {
    into: Value,
    element: &'p Expression,
    value: Option<&'p Expression>,
}

/// What comes after a statement.
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// What a loop goes through.
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

    pub(super) fn block(&mut self, body: &'p [Statement]) -> Result<Flow, String> {
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
                self.heap.begin(&values);
                let flow = self.repeat(target, &values, body)?;
                self.heap.end();
                return Ok(flow);
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

    fn repeat(
        &mut self,
        target: &'p Expression,
        values: &Value,
        body: &'p [Statement],
    ) -> Result<Flow, String> {
        for value in self.each(values)? {
            self.heap.meter.charge(1)?;
            self.assign(target, value)?;
            match self.block(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
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
                self.heap.may_change(of)?;
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
        operator: Binary,
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
        match (&before, operator, &value) {
            // A list becomes longer where it is.
            (Value::List(at), Binary::Add, _) => {
                self.heap.may_change(&before)?;
                let items = self.heap.items(&value)?;
                self.heap.meter.charge(items.len())?;
                self.heap.lists[*at].extend(items);
                return Ok(());
            }
            // So does a dict.
            (Value::Dict(at), Binary::BitOr, Value::Dict(_)) => {
                for (key, value) in self.heap.entries(&value)? {
                    self.heap.put(*at, key, value)?;
                }
                return Ok(());
            }
            _ => {}
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

    pub(super) fn push_frame(&mut self, slots: Vec<(Name, Option<Value>)>) -> Result<(), String> {
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

    /// Makes the list or dict of a comprehension.
    pub(super) fn comprehension(
        &mut self,
        element: &'p Expression,
        value: Option<&'p Expression>,
        clauses: &'p [Clause],
        locals: &[Name],
    ) -> Result<Value, String> {
        // What the first loop goes through is no part of the comprehension's own names.
        let Some((Clause::For(target, values), rest)) = clauses.split_first() else {
            return Err("a comprehension begins with for".to_owned());
        };
        let values = self.evaluate(values)?;
        let before = self.frame;
        self.push_frame(locals.iter().map(|name| (*name, None)).collect())?;
        let made = Made {
            into: match value {
                Some(_) => self.heap.dict(Dict::new())?,
                None => self.heap.list(Vec::new())?,
            },
            element,
            value,
        };
        let result = self.gather_each(&made, target, &values, rest);
        self.frame = before;
        result.map(|()| made.into)
    }

    fn gather_each(
        &mut self,
        made: &Made<'p>,
        target: &'p Expression,
        values: &Value,
        rest: &'p [Clause],
    ) -> Result<(), String> {
        self.heap.begin(values);
        for item in self.each(values)? {
            self.heap.meter.charge(1)?;
            self.assign(target, item)?;
            self.gather(made, rest)?;
        }
        self.heap.end();
        Ok(())
    }

    fn gather(&mut self, made: &Made<'p>, clauses: &'p [Clause]) -> Result<(), String> {
        self.heap.meter.charge(1)?;
        match clauses.split_first() {
            Some((Clause::For(target, values), rest)) => {
                let values = self.evaluate(values)?;
                self.gather_each(made, target, &values, rest)?;
            }
            Some((Clause::If(test), rest)) => {
                let test = self.evaluate(test)?;
                if self.heap.is_true(&test) {
                    self.gather(made, rest)?;
                }
            }
            None => {
                let element = self.evaluate(made.element)?;
                match (&made.into, made.value) {
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
