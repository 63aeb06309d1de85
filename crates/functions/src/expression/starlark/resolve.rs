//! What the names of a program stand for. One that nothing gives a value is an error before the
//! program is run.

use std::collections::HashSet;

use super::syntax::{
    Argument, Body, Clause, Expression, ExpressionKind as Kind, Function, Name, ParameterKind,
    Program, Statement, StatementKind,
};

/// What a program is given.
const GIVEN: &[&str] = &["r", "object", "params", "functionContext"];

/// Checks that each name has something that gives it a value.
///
/// # Errors
/// A name that has none, with its line.
pub(super) fn check(program: &Program) -> Result<(), String> {
    let mut names = Names {
        program,
        known: HashSet::new(),
        scopes: Vec::new(),
    };
    names.bind_all(&program.body);
    names.statements(&program.body)
}

struct Names<'p> {
    program: &'p Program,
    /// What the program itself binds.
    known: HashSet<Name>,
    /// What the functions and comprehensions bind that are open.
    scopes: Vec<&'p [Name]>,
}

impl<'p> Names<'p> {
    fn bind_all(&mut self, body: &[Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::Assign(target, _) | StatementKind::Augment(target, ..) => {
                    self.bind(target);
                }
                StatementKind::For(target, _, body) => {
                    self.bind(target);
                    self.bind_all(body);
                }
                StatementKind::If(branches, otherwise) => {
                    branches.iter().for_each(|(_, body)| self.bind_all(body));
                    self.bind_all(otherwise);
                }
                StatementKind::Define(name, _) => {
                    self.known.insert(*name);
                }
                _ => {}
            }
        }
    }

    fn bind(&mut self, target: &Expression) {
        match &target.kind {
            Kind::Name(name) => {
                self.known.insert(*name);
            }
            Kind::List(targets) | Kind::Tuple(targets) => {
                targets.iter().for_each(|target| self.bind(target));
            }
            _ => {}
        }
    }

    fn statements(&mut self, body: &'p [Statement]) -> Result<(), String> {
        body.iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'p Statement) -> Result<(), String> {
        match &statement.kind {
            StatementKind::Expression(value) | StatementKind::Return(Some(value)) => {
                self.expression(value)
            }
            StatementKind::Assign(target, value) | StatementKind::Augment(target, _, value) => {
                self.expression(target)?;
                self.expression(value)
            }
            StatementKind::If(branches, otherwise) => {
                for (test, body) in branches {
                    self.expression(test)?;
                    self.statements(body)?;
                }
                self.statements(otherwise)
            }
            StatementKind::For(target, values, body) => {
                self.expression(target)?;
                self.expression(values)?;
                self.statements(body)
            }
            StatementKind::Define(_, function) => self.function(function),
            StatementKind::Return(None)
            | StatementKind::Break
            | StatementKind::Continue
            | StatementKind::Pass => Ok(()),
        }
    }

    fn function(&mut self, function: &'p Function) -> Result<(), String> {
        for parameter in &function.parameters {
            if let ParameterKind::Plain(Some(value)) | ParameterKind::NameOnly(Some(value)) =
                &parameter.kind
            {
                self.expression(value)?;
            }
        }
        self.scopes.push(&function.locals);
        match &function.body {
            Body::Statements(body) => self.statements(body)?,
            Body::Expression(value) => self.expression(value)?,
        }
        self.scopes.pop();
        Ok(())
    }

    fn expression(&mut self, expression: &'p Expression) -> Result<(), String> {
        match &expression.kind {
            Kind::Name(name) => self.name(expression.line, *name),
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_) => Ok(()),
            Kind::List(parts) | Kind::Tuple(parts) => {
                parts.iter().try_for_each(|part| self.expression(part))
            }
            Kind::Dict(entries) => entries.iter().try_for_each(|(key, value)| {
                self.expression(key)?;
                self.expression(value)
            }),
            Kind::Not(inner)
            | Kind::Negative(inner)
            | Kind::Positive(inner)
            | Kind::Inverted(inner)
            | Kind::Attribute(inner, _) => self.expression(inner),
            Kind::And(left, right)
            | Kind::Or(left, right)
            | Kind::Binary(_, left, right)
            | Kind::Index(left, right) => {
                self.expression(left)?;
                self.expression(right)
            }
            Kind::Conditional {
                then,
                test,
                otherwise,
            } => [then, test, otherwise]
                .into_iter()
                .try_for_each(|part| self.expression(part)),
            Kind::Slice(of, parts) => {
                self.expression(of)?;
                let mut parts = parts.iter().flatten();
                parts.try_for_each(|part| self.expression(part))
            }
            Kind::Call(callee, arguments) => {
                self.expression(callee)?;
                arguments.iter().try_for_each(|argument| match argument {
                    Argument::Positional(value)
                    | Argument::Named(_, value)
                    | Argument::List(value)
                    | Argument::Dict(value) => self.expression(value),
                })
            }
            Kind::Lambda(function) => self.function(function),
            Kind::Comprehension {
                element,
                value,
                clauses,
                locals,
            } => {
                // The first loop goes through what is outside.
                if let Some(Clause::For(_, values)) = clauses.first() {
                    self.expression(values)?;
                }
                self.scopes.push(locals);
                for (at, clause) in clauses.iter().enumerate() {
                    match clause {
                        Clause::For(target, values) => {
                            self.expression(target)?;
                            if at > 0 {
                                self.expression(values)?;
                            }
                        }
                        Clause::If(test) => self.expression(test)?,
                    }
                }
                self.expression(element)?;
                if let Some(value) = value {
                    self.expression(value)?;
                }
                self.scopes.pop();
                Ok(())
            }
        }
    }

    fn name(&self, line: u32, name: Name) -> Result<(), String> {
        let spelling = self.program.name(name);
        let is_known = self.known.contains(&name)
            || self.scopes.iter().any(|scope| scope.contains(&name))
            || GIVEN.contains(&spelling)
            || super::builtins::find(spelling).is_some();
        match (is_known, spelling) {
            (true, _) => Ok(()),
            (false, "print" | "set" | "bytes") => {
                Err(format!("line {line}: {spelling} is not there"))
            }
            (false, _) => Err(format!("line {line}: there is no {spelling}")),
        }
    }
}
