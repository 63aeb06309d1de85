//! A Starlark program from its words: what functions take, and what they are given.

use super::parser::Parser;
use super::syntax::{Argument, ExpressionKind as Kind, Parameter, ParameterKind};

impl Parser {
    /// Parameters up to a sign, which is left.
    pub(super) fn parameters(&mut self, end: &str) -> Result<Vec<Parameter>, String> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let (mut name_only, mut last, mut has_default) = (false, false, false);
        while !self.is(end) {
            if last {
                return self.fail("** must be the last parameter");
            }
            let kind = if self.takes("**") {
                last = true;
                Some(ParameterKind::Dict)
            } else if self.takes("*") {
                if std::mem::replace(&mut name_only, true) {
                    return self.fail("there can be one * only");
                }
                if self.is(",") {
                    self.next();
                    if self.is(end) || self.is("**") {
                        return self.wrong("a parameter behind *");
                    }
                    continue;
                }
                Some(ParameterKind::List)
            } else {
                None
            };
            let name = self.identifier()?;
            let name = self.intern(&name);
            if parameters.iter().any(|parameter| parameter.name == name) {
                return self.fail("a parameter stands twice");
            }
            let kind = match kind {
                Some(kind) => kind,
                None => {
                    let default = match self.takes("=") {
                        true => Some(self.expression()?),
                        false => None,
                    };
                    match name_only {
                        true => ParameterKind::NameOnly(default),
                        false if default.is_none() && has_default => {
                            return self.fail("a parameter without a value stands behind one with");
                        }
                        false => {
                            has_default = default.is_some();
                            ParameterKind::Plain(default)
                        }
                    }
                }
            };
            parameters.push(Parameter { name, kind });
            if !self.takes(",") {
                break;
            }
        }
        Ok(parameters)
    }

    /// Arguments: by position, by name, `*list`, `**dict`, in this order.
    pub(super) fn arguments(&mut self) -> Result<Vec<Argument>, String> {
        let mut arguments: Vec<Argument> = Vec::new();
        while !self.is(")") {
            let argument = if self.takes("**") {
                Argument::Dict(self.expression()?)
            } else if self.takes("*") {
                Argument::List(self.expression()?)
            } else {
                let value = self.expression()?;
                let name = match &value.kind {
                    Kind::Name(name) if self.is("=") => Some(self.spelling(*name)),
                    _ => None,
                };
                match name {
                    Some(name) => {
                        self.next();
                        let is_known = |known: &Argument| matches!(known, Argument::Named(known, _) if *known == name);
                        if arguments.iter().any(is_known) {
                            return self.fail(&format!("{name} is given twice"));
                        }
                        Argument::Named(name, self.expression()?)
                    }
                    None => Argument::Positional(value),
                }
            };
            let rank = |argument: &Argument| match argument {
                Argument::Positional(_) => 0,
                Argument::Named(..) => 1,
                Argument::List(_) => 2,
                Argument::Dict(_) => 3,
            };
            let last = arguments.last().map_or(0, rank);
            if rank(&argument) < last || (last > 1 && rank(&argument) == last) {
                return self.fail(
                    "arguments stand in another order: expected those by position, those by name, one with *, one with **",
                );
            }
            arguments.push(argument);
            if !self.takes(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(arguments)
    }
}
