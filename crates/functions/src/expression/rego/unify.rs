//! Making patterns the same as values.

use super::run::{Enough, Run, Then};
use super::syntax::Term;
use super::value::Value;

impl<'p> Run<'p> {
    /// Whether a term is a pattern with a variable that has no value yet.
    pub(super) fn is_open(&self, term: &Term) -> Result<bool, String> {
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
    pub(super) fn unify(&mut self, pattern: &'p Term, value: Value, then: Then<'_, 'p>) -> Enough {
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

    pub(super) fn unify_all(
        &mut self,
        patterns: &'p [Term],
        values: &[Value],
        then: Then<'_, 'p>,
    ) -> Enough {
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
}
