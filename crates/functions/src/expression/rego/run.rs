//! Running a policy: every way in which the statements of a body hold, one after the other.
//!
//! A step is given what comes next, and calls it for each way in which it holds. What comes next
//! answers whether that is enough.

use std::collections::HashMap;

use super::builtins;
use super::syntax::{Binary, Head, Kind, Policy, Rule, Statement, StatementKind, Term};
use super::value::Value;
use crate::expression::meter::Meter;

/// Whether what was found is enough.
type Enough = Result<bool, String>;
type Then<'t, 'p> = &'t mut dyn FnMut(&mut Run<'p>) -> Enough;
type With<'t, 'p> = &'t mut dyn FnMut(&mut Run<'p>, Value) -> Enough;

/// A run of a policy on one input.
pub(super) struct Run<'p> {
    pub(super) meter: &'p Meter,
    policy: &'p Policy,
    input: Value,
    /// The variables that have a value, innermost last.
    variables: Vec<(&'p str, Value)>,
    /// The values of rules that were asked for.
    known: HashMap<&'p str, Option<Value>>,
    /// The rules and functions that are being worked out.
    open: Vec<&'p str>,
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
            patterns: HashMap::new(),
        }
    }

    fn variable(&self, name: &str) -> Result<Option<&Value>, String> {
        self.meter.charge(1 + self.variables.len() / 16)?;
        let found = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| *known == name);
        Ok(found.map(|(_, value)| value))
    }

    fn rules(&self, name: &str) -> impl Iterator<Item = &'p Rule> + use<'p> {
        let name = name.to_owned();
        let rules = self.policy.rules.iter();
        rules.filter(move |rule| rule.name == name)
    }

    /// Does something of its own: the variables it gives values have none behind it.
    fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let before = self.variables.len();
        let result = work(self);
        self.variables.truncate(before);
        result
    }

    fn body(&mut self, body: &'p [Statement], then: Then<'_, 'p>) -> Enough {
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
                let found = self.apart(|run| run.term(term, &mut { holds }))?;
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

    /// Whether a term is a pattern with a variable that has no value yet.
    fn is_open(&self, term: &Term) -> Result<bool, String> {
        Ok(match term {
            Term::Variable(name) => {
                name != "input"
                    && self.variable(name)?.is_none()
                    && self.rules(name).next().is_none()
            }
            Term::Array(terms) => {
                let mut open = false;
                for term in terms {
                    open |= self.is_open(term)?;
                }
                open
            }
            Term::Object(entries) => {
                let mut open = false;
                for (_, value) in entries {
                    open |= self.is_open(value)?;
                }
                open
            }
            _ => false,
        })
    }

    /// Makes a pattern the same as a value: its variables get the values that stand there.
    fn unify(&mut self, pattern: &'p Term, value: Value, then: Then<'_, 'p>) -> Enough {
        self.meter.charge(1)?;
        match (pattern, &value) {
            (Term::Variable(name), _) if self.is_open(pattern)? => {
                let before = self.variables.len();
                self.variables.push((name, value));
                let enough = then(self);
                self.variables.truncate(before);
                enough
            }
            (Term::Array(patterns), Value::Array(held)) if self.is_open(pattern)? => {
                match patterns.len() == held.items.len() {
                    true => self.unify_all(patterns, &held.items, then),
                    false => Ok(false),
                }
            }
            (Term::Object(patterns), Value::Object(held)) if self.is_open(pattern)? => {
                if patterns.len() != held.items.len() {
                    return Ok(false);
                }
                self.unify_entries(patterns, &value, then)
            }
            _ => self.term(
                pattern,
                &mut |run, found| match found.order(run.meter, &value)?.is_eq() {
                    true => then(run),
                    false => Ok(false),
                },
            ),
        }
    }

    fn unify_all(&mut self, patterns: &'p [Term], values: &[Value], then: Then<'_, 'p>) -> Enough {
        match (patterns.split_first(), values.split_first()) {
            (Some((pattern, patterns)), Some((value, values))) => {
                self.unify(pattern, value.clone(), &mut |run| {
                    run.unify_all(patterns, values, then)
                })
            }
            _ => then(self),
        }
    }

    fn unify_entries(
        &mut self,
        patterns: &'p [(Term, Term)],
        value: &Value,
        then: Then<'_, 'p>,
    ) -> Enough {
        let Some(((key, pattern), rest)) = patterns.split_first() else {
            return then(self);
        };
        self.term(key, &mut |run, key| match value.get(run.meter, &key)? {
            Some(found) => run.unify(pattern, found, &mut |run| {
                run.unify_entries(rest, value, then)
            }),
            None => Ok(false),
        })
    }

    fn term(&mut self, term: &'p Term, with: With<'_, 'p>) -> Enough {
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
            let object = Value::object(self.meter, before.iter().cloned())?;
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
        let keys = |found: Vec<(Value, Value)>| found.into_iter().map(|(key, _)| key);
        match kind {
            Kind::Array => Value::array(self.meter, keys(found).collect()),
            Kind::Set => Value::set(self.meter, keys(found)),
            Kind::Object => Value::object(self.meter, found),
        }
    }

    /// Works out something by its name, which must not need itself.
    fn within<T>(
        &mut self,
        name: &'p str,
        work: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        if self.open.contains(&name) {
            return Err(format!("{name} needs itself, which is not allowed"));
        }
        self.open.push(name);
        let outside = std::mem::take(&mut self.variables);
        let result = work(self);
        self.variables = outside;
        self.open.pop();
        result
    }

    /// The value of a rule; none when it does not hold.
    pub(super) fn rule(&mut self, name: &str) -> Result<Option<Value>, String> {
        let Some(first) = self.rules(name).next() else {
            return Err(match name {
                "data" => "data is not there: a policy sees nothing but the input".to_owned(),
                _ => format!("{name} has no value: put what gives it one before"),
            });
        };
        let name = first.name.as_str();
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let value = self.within(name, |run| run.work_out(name))?;
        self.known.insert(name, value.clone());
        Ok(value)
    }

    fn work_out(&mut self, name: &'p str) -> Result<Option<Value>, String> {
        let (mut complete, mut default) = (None, None);
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let (mut is_set, mut is_object) = (false, false);
        for rule in self.rules(name) {
            match &rule.head {
                Head::Default(value) => {
                    self.term(value, &mut |_, value| {
                        default = Some(value);
                        Ok(true)
                    })?;
                }
                Head::Complete(value) => {
                    let found = self.first(rule, value)?;
                    self.same(name, &mut complete, found)?;
                }
                Head::Set(value) => {
                    is_set = true;
                    self.body(&rule.body, &mut |run| {
                        run.term(value, &mut |run, value| {
                            run.meter.charge(1)?;
                            items.push(value);
                            Ok(false)
                        })
                    })?;
                }
                Head::Object(key, value) => {
                    is_object = true;
                    self.body(&rule.body, &mut |run| {
                        run.term(key, &mut |run, key| {
                            run.term(value, &mut |run, value| {
                                run.meter.charge(1)?;
                                entries.push((key.clone(), value));
                                Ok(false)
                            })
                        })
                    })?;
                }
                Head::Function(..) => return Err(format!("{name} is a function: call it")),
            }
        }
        Ok(match (is_set, is_object) {
            (true, false) => Some(Value::set(self.meter, items)?),
            (false, true) => Some(Value::object(self.meter, entries)?),
            (true, true) => return Err(format!("{name} is both a set and an object")),
            _ => complete.or(default),
        })
    }

    /// The value of the first part of a rule that holds.
    fn first(&mut self, rule: &'p Rule, value: &'p Term) -> Result<Option<Value>, String> {
        let otherwise = rule.otherwise.iter().map(|(value, body)| (value, body));
        for (value, body) in std::iter::once((value, &rule.body)).chain(otherwise) {
            let mut found = None;
            self.apart(|run| {
                run.body(body, &mut |run| {
                    run.term(value, &mut |_, value| {
                        found = Some(value);
                        Ok(true)
                    })
                })
            })
            .map_err(|error| match error.starts_with("line ") {
                true => error,
                false => format!("line {}: {error}", rule.line),
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Takes in one more value of something that may have one only.
    fn same(
        &self,
        name: &str,
        known: &mut Option<Value>,
        found: Option<Value>,
    ) -> Result<(), String> {
        match (&known, found) {
            (Some(known), Some(found)) if known.order(self.meter, &found)?.is_ne() => {
                Err(format!("{name} has two values"))
            }
            (None, found) => {
                *known = found;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn call(&mut self, name: &str, given: &[Value]) -> Result<Option<Value>, String> {
        self.meter.charge(1)?;
        let Some(first) = self.rules(name).next() else {
            return builtins::call(self, name, given);
        };
        let name = first.name.as_str();
        self.within(name, |run| {
            let mut complete = None;
            for rule in run.rules(name) {
                let Head::Function(parameters, value) = &rule.head else {
                    return Err(format!("{name} is no function"));
                };
                if parameters.len() != given.len() {
                    return Err(format!("{name} takes {} arguments", parameters.len()));
                }
                let mut found = None;
                run.unify_all(parameters, given, &mut |run| {
                    found = run.first(rule, value)?;
                    Ok(true)
                })?;
                run.same(name, &mut complete, found)?;
            }
            Ok(complete)
        })
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
