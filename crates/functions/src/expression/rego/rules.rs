//! Working out rules and calls of functions.

use super::builtins;
use super::run::Run;
use super::syntax::{Head, Rule, Term};
use super::value::Value;

impl<'p> Run<'p> {
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
        let was_closed = std::mem::replace(&mut self.is_closed, false);
        let result = work(self);
        self.is_closed = was_closed;
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

    /// The value of the first part of a rule that holds. All ways in which it holds must give the same.
    fn first(&mut self, rule: &'p Rule, value: &'p Term) -> Result<Option<Value>, String> {
        let otherwise = rule.otherwise.iter().map(|(value, body)| (value, body));
        for (value, body) in std::iter::once((value, &rule.body)).chain(otherwise) {
            let mut found = None;
            // Of a value that is always the same, one way is enough.
            let is_enough = value.is_constant();
            self.apart(|run| {
                run.body(body, &mut |run| {
                    run.term(value, &mut |run, value| {
                        run.same(&rule.name, &mut found, Some(value))?;
                        Ok(is_enough)
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

    pub(super) fn call(&mut self, name: &str, given: &[Value]) -> Result<Option<Value>, String> {
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
