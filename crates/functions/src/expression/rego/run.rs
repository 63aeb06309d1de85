//! Running a policy: every way in which the statements of a body hold, one after the other.
//!
//! A step is given what comes next, and calls it for each way in which it holds. What comes next
//! answers whether that is enough.

use std::collections::HashMap;

use super::builtins;
use super::syntax::{Binary, Kind, Policy, Rule, Statement, StatementKind, Term};
use super::value::Value;
use crate::expression::meter::Meter;

/// Whether what was found is enough.
pub(super) type Enough = Result<bool, String>;
pub(super) type Then<'t, 'p> = &'t mut dyn FnMut(&mut Run<'p>) -> Enough;
pub(super) type With<'t, 'p> = &'t mut dyn FnMut(&mut Run<'p>, Value) -> Enough;

/// A run of a policy on one input.
pub(super) struct Run<'p> {
    pub(super) meter: &'p Meter,
    pub(super) policy: &'p Policy,
    input: Value,
    /// The variables that have a value, innermost last.
    pub(super) variables: Vec<(&'p str, Value)>,
    /// The values of rules that were asked for.
    pub(super) known: HashMap<&'p str, Option<Value>>,
    /// The rules and functions that are being worked out.
    pub(super) open: Vec<&'p str>,
    /// Whether nothing may give a variable a value now.
    pub(super) is_closed: bool,
    pub(super) patterns: HashMap<String, regex::Regex>,
}

impl<'p> Run<'p> {
    pub(super) fn new(policy: &'p Policy, meter: &'p Meter, input: Value) -> Self {
        Self {
            meter,
            policy,
            input,
            variables: Vec::new(),
            known: HashMap::new(),
            open: Vec::new(),
            is_closed: false,
            patterns: HashMap::new(),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Result<Option<&Value>, String> {
        self.meter.charge(1 + self.variables.len() / 16)?;
        let found = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| *known == name);
        Ok(found.map(|(_, value)| value))
    }

    pub(super) fn rules(&self, name: &str) -> impl Iterator<Item = &'p Rule> + use<'p> {
        self.policy.named(name)
    }

    /// Does something of its own: the variables it gives values have none behind it.
    pub(super) fn apart<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        let before = self.variables.len();
        let result = work(self);
        self.variables.truncate(before);
        result
    }

    pub(super) fn body(&mut self, body: &'p [Statement], then: Then<'_, 'p>) -> Enough {
        let Some((first, rest)) = body.split_first() else {
            return then(self);
        };
        self.meter.charge(1)?;
        self.statement(first, &mut |run| run.body(rest, then))
            .map_err(|error| match error.starts_with("line ") {
                true => error,
                false => format!("line {}: {error}", first.line),
            })
    }

    fn statement(&mut self, statement: &'p Statement, then: Then<'_, 'p>) -> Enough {
        match &statement.kind {
            StatementKind::Holds(term) => self.term(term, &mut |run, value| match value {
                Value::Bool(false) => Ok(false),
                _ => then(run),
            }),
            StatementKind::Not(term) => {
                let holds = |_: &mut Self, value| Ok(!matches!(value, Value::Bool(false)));
                let before = std::mem::replace(&mut self.is_closed, true);
                // What a call or an operator works on must be there: only what it answers is negated.
                for operand in term.operands() {
                    if !self.apart(|run| run.term(operand, &mut |_, _| Ok(true)))? {
                        self.is_closed = before;
                        return Ok(false);
                    }
                }
                let found = self.apart(|run| run.term(term, &mut { holds }))?;
                self.is_closed = before;
                if found { Ok(false) } else { then(self) }
            }
            StatementKind::Unify(left, right) => {
                if let Term::Variable(name) = left
                    && self.variable(name)?.is_none()
                    && self.rules(name).next().is_some()
                {
                    return Err(format!("{name} is the name of a rule: take another one"));
                }
                let (pattern, of) = match self.is_open(right)? && !self.is_open(left)? {
                    true => (right, left),
                    false => (left, right),
                };
                self.term(of, &mut |run, value| run.unify(pattern, value, then))
            }
            StatementKind::Some(names) => {
                for name in names {
                    self.must_be_new(name)?;
                }
                then(self)
            }
            StatementKind::SomeIn(key, value, of) => {
                for term in key.iter().chain([value]) {
                    if let Term::Variable(name) = term {
                        self.must_be_new(name)?;
                    }
                }
                self.term(of, &mut |run, of| {
                    for (at, item) in of.entries(run.meter)? {
                        let mut inner = |run: &mut Self| run.unify(value, item.clone(), then);
                        let enough = match key {
                            Some(key) => run.unify(key, at, &mut inner)?,
                            None => inner(run)?,
                        };
                        if enough {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                })
            }
            StatementKind::Every(key, value, of, body) => self.term(of, &mut |run, of| {
                for (at, item) in of.entries(run.meter)? {
                    let holds = run.apart(|run| {
                        let mut inner = |run: &mut Self| {
                            run.unify(value, item.clone(), &mut |run| {
                                run.body(body, &mut |_| Ok(true))
                            })
                        };
                        match key {
                            Some(key) => run.unify(key, at, &mut inner),
                            None => inner(run),
                        }
                    })?;
                    if !holds {
                        return Ok(false);
                    }
                }
                then(run)
            }),
        }
    }

    fn must_be_new(&self, name: &str) -> Result<(), String> {
        if self.rules(name).next().is_some() {
            return Err(format!("{name} is the name of a rule: take another one"));
        }
        match self.variable(name)? {
            Some(_) => Err(format!("{name} has a value already: take another name")),
            None => Ok(()),
        }
    }

    pub(super) fn term(&mut self, term: &'p Term, with: With<'_, 'p>) -> Enough {
        self.meter.charge(1)?;
        match term {
            Term::Null => with(self, Value::Null),
            Term::Bool(value) => with(self, Value::Bool(*value)),
            Term::Number(value) => with(self, Value::Number(*value)),
            Term::Text(text) => {
                self.meter.bytes(text.len())?;
                with(self, Value::text(text.as_str()))
            }
            Term::Variable(name) if name == "input" => {
                let input = self.input.clone();
                with(self, input)
            }
            Term::Variable(name) => {
                if let Some(value) = self.variable(name)?.cloned() {
                    return with(self, value);
                }
                match self.rule(name)? {
                    Some(value) => with(self, value),
                    None => Ok(false),
                }
            }
            Term::Array(terms) => self.all(terms, &mut Vec::new(), &mut |run, items| {
                let array = Value::array(run.meter, items.to_vec())?;
                with(run, array)
            }),
            Term::Set(terms) => self.all(terms, &mut Vec::new(), &mut |run, items| {
                let set = Value::set(run.meter, items.to_vec())?;
                with(run, set)
            }),
            Term::Object(entries) => self.object(entries, &mut Vec::new(), with),
            Term::Ref(of, key) => self.term(of, &mut |run, of| run.step(&of, key, with)),
            Term::Call(name, terms) => self.all(
                terms,
                &mut Vec::new(),
                &mut |run, given| match run.call(name, given)? {
                    Some(value) => with(run, value),
                    None => Ok(false),
                },
            ),
            Term::Binary(operator, left, right) => self.term(left, &mut |run, left| {
                run.term(right, &mut |run, right| match builtins::binary(
                    run.meter, *operator, &left, &right,
                )? {
                    Some(value) => with(run, value),
                    None => Ok(false),
                })
            }),
            Term::Comprehension(kind, head, body) => {
                let made = self.comprehension(*kind, &head.0, &head.1, body)?;
                with(self, made)
            }
        }
    }

    /// The values of terms, one after the other.
    fn all(
        &mut self,
        terms: &'p [Term],
        values: &mut Vec<Value>,
        with: &mut dyn FnMut(&mut Self, &[Value]) -> Enough,
    ) -> Enough {
        let Some((first, rest)) = terms.split_first() else {
            self.meter.charge(values.len())?;
            return with(self, values);
        };
        self.term(first, &mut |run, value| {
            values.push(value);
            let enough = run.all(rest, values, with);
            values.pop();
            enough
        })
    }

    fn object(
        &mut self,
        entries: &'p [(Term, Term)],
        before: &mut Vec<(Value, Value)>,
        with: With<'_, 'p>,
    ) -> Enough {
        let Some(((key, value), rest)) = entries.split_first() else {
            let object = Value::object_of(self.meter, before.iter().cloned(), true)?;
            return with(self, object);
        };
        self.term(key, &mut |run, key| {
            run.term(value, &mut |run, value| {
                before.push((key.clone(), value));
                let enough = run.object(rest, before, with);
                before.pop();
                enough
            })
        })
    }

    /// `of[key]`: what is there, or all there is when the key is a variable without a value.
    fn step(&mut self, of: &Value, key: &'p Term, with: With<'_, 'p>) -> Enough {
        if self.is_open(key)? {
            if self.is_closed {
                return Err(
                    "a variable has no value, and not gives it none: put what gives it one before, or use a rule".to_owned(),
                );
            }
            for (at, item) in of.entries(self.meter)? {
                if self.unify(key, at, &mut |run| with(run, item.clone()))? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        self.term(key, &mut |run, key| match of.get(run.meter, &key)? {
            Some(value) => with(run, value),
            None => Ok(false),
        })
    }

    fn comprehension(
        &mut self,
        kind: Kind,
        head: &'p Term,
        value: &'p Term,
        body: &'p [Statement],
    ) -> Result<Value, String> {
        let mut found = Vec::new();
        let before = std::mem::replace(&mut self.is_closed, false);
        self.apart(|run| {
            run.body(body, &mut |run| {
                run.term(head, &mut |run, key| {
                    run.term(value, &mut |run, value| {
                        run.meter.charge(2)?;
                        found.push((key.clone(), value));
                        Ok(false)
                    })
                })
            })
        })?;
        self.is_closed = before;
        let keys = |found: Vec<(Value, Value)>| found.into_iter().map(|(key, _)| key);
        match kind {
            Kind::Array => Value::array(self.meter, keys(found).collect()),
            Kind::Set => Value::set(self.meter, keys(found)),
            Kind::Object => Value::object(self.meter, found),
        }
    }
}

/// A binary operator that a comparison is made of.
pub(super) fn holds(operator: Binary, order: std::cmp::Ordering) -> Option<bool> {
    Some(match operator {
        Binary::Equal => order.is_eq(),
        Binary::NotEqual => order.is_ne(),
        Binary::Less => order.is_lt(),
        Binary::LessOrEqual => order.is_le(),
        Binary::Greater => order.is_gt(),
        Binary::GreaterOrEqual => order.is_ge(),
        _ => return None,
    })
}
