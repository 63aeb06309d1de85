//! A Rego policy from its words: terms.

use super::lexer::Token;
use super::parser::Parser;
use super::syntax::{Binary, Kind, Term};

/// Binary operators by how tightly they bind, the loosest first.
const LEVELS: &[&[(&str, Binary)]] = &[
    &[("in", Binary::In)],
    &[
        ("==", Binary::Equal),
        ("!=", Binary::NotEqual),
        ("<=", Binary::LessOrEqual),
        (">=", Binary::GreaterOrEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
    ],
    &[("|", Binary::Or)],
    &[("&", Binary::And)],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[
        ("*", Binary::Multiply),
        ("/", Binary::Divide),
        ("%", Binary::Remainder),
    ],
];

/// Most operators of one level behind each other.
const MAX_CHAIN: usize = 32;

impl Parser {
    pub(super) fn term(&mut self) -> Result<Term, String> {
        self.nested(|parser| parser.binary(0, true))
    }

    /// A term without `in`, which comes next.
    pub(super) fn simple(&mut self) -> Result<Term, String> {
        self.nested(|parser| parser.binary(1, true))
    }

    /// A term in which `|` is no operator, because it ends the head of a comprehension.
    fn element(&mut self) -> Result<Term, String> {
        self.nested(|parser| parser.binary(0, false))
    }

    fn binary(&mut self, level: usize, with_or: bool) -> Result<Term, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.reference();
        };
        let mut left = self.binary(level + 1, with_or)?;
        let mut chain = 0;
        loop {
            let operator = operators.iter().find(|(sign, _)| self.is(sign));
            let Some((_, operator)) = operator else {
                return Ok(left);
            };
            if *operator == Binary::Or && !with_or {
                return Ok(left);
            }
            chain += 1;
            if chain > MAX_CHAIN {
                return self.fail(&format!(
                    "more than {MAX_CHAIN} operators behind each other"
                ));
            }
            self.skip();
            self.lines();
            let right = self.binary(level + 1, with_or)?;
            left = Term::Binary(*operator, Box::new(left), Box::new(right));
        }
    }

    /// Terms separated by commas, up to a bracket, which is taken.
    pub(super) fn terms(&mut self, end: &str) -> Result<Vec<Term>, String> {
        let mut terms = Vec::new();
        loop {
            self.lines();
            if self.takes(end) {
                return Ok(terms);
            }
            terms.push(self.term()?);
            self.lines();
            if !self.takes(",") && !self.is(end) {
                return self.wrong(end);
            }
        }
    }

    fn reference(&mut self) -> Result<Term, String> {
        let mut of = self.atom()?;
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > MAX_CHAIN {
                return self.fail(&format!("more than {MAX_CHAIN} steps of one path"));
            }
            if !self.is_joined() {
                return Ok(of);
            }
            if self.takes(".") {
                let key = Term::Text(self.name()?);
                of = Term::Ref(Box::new(of), Box::new(key));
            } else if self.takes("[") {
                let key = self.term()?;
                self.expect("]")?;
                of = Term::Ref(Box::new(of), Box::new(key));
            } else if self.is("(") {
                let name =
                    spelled(&of).map_or_else(|| self.fail("only a name can be called"), Ok)?;
                self.skip();
                of = Term::Call(name, self.terms(")")?);
            } else {
                return Ok(of);
            }
        }
    }

    fn atom(&mut self) -> Result<Term, String> {
        let token = self.peek().clone();
        self.skip();
        match token {
            Token::Number(number) => Ok(Term::Number(number)),
            Token::Text(text) => Ok(Term::Text(text)),
            Token::Name(name) => Ok(match name.as_str() {
                "null" => Term::Null,
                "true" => Term::Bool(true),
                "false" => Term::Bool(false),
                "_" => {
                    self.wildcards += 1;
                    Term::Variable(format!("_{}", self.wildcards))
                }
                // An empty set is written as a call.
                "set" if self.is("(") && self.is_joined() => {
                    self.skip();
                    self.expect(")")?;
                    Term::Set(vec![])
                }
                "not" | "some" | "every" | "with" | "if" | "else" | "contains"
                    if !(self.is("(") && self.is_joined()) =>
                {
                    return self.fail(&format!("{name} is not expected here"));
                }
                _ => Term::Variable(name),
            }),
            Token::Sign("-") => match self.peek().clone() {
                Token::Number(number) => {
                    self.skip();
                    Ok(Term::Number(number.negated()?))
                }
                _ => self.wrong("a number"),
            },
            Token::Sign("(") => {
                self.lines();
                let inner = self.term()?;
                self.lines();
                self.expect(")")?;
                Ok(inner)
            }
            Token::Sign("[") => self.array(),
            Token::Sign("{") => self.braces(),
            _ => {
                self.back();
                self.wrong("a value")
            }
        }
    }

    fn array(&mut self) -> Result<Term, String> {
        self.lines();
        if self.takes("]") {
            return Ok(Term::Array(vec![]));
        }
        let first = self.element()?;
        if self.takes("|") {
            let body = self.statements("]")?;
            return Ok(Term::Comprehension(
                Kind::Array,
                Box::new((first, Term::Null)),
                body,
            ));
        }
        let mut terms = vec![first];
        self.lines();
        if self.takes(",") {
            terms.extend(self.terms("]")?);
        } else {
            self.expect("]")?;
        }
        Ok(Term::Array(terms))
    }

    /// A set, an object, or a comprehension of one of them.
    fn braces(&mut self) -> Result<Term, String> {
        self.lines();
        if self.takes("}") {
            return Ok(Term::Object(vec![]));
        }
        let first = self.element()?;
        self.lines();
        if self.takes("|") {
            let body = self.statements("}")?;
            return Ok(Term::Comprehension(
                Kind::Set,
                Box::new((first, Term::Null)),
                body,
            ));
        }
        if !self.takes(":") {
            let mut terms = vec![first];
            if self.takes(",") {
                terms.extend(self.terms("}")?);
            } else {
                self.expect("}")?;
            }
            return Ok(Term::Set(terms));
        }
        self.lines();
        let value = self.element()?;
        if self.takes("|") {
            let body = self.statements("}")?;
            return Ok(Term::Comprehension(
                Kind::Object,
                Box::new((first, value)),
                body,
            ));
        }
        let mut entries = vec![(first, value)];
        loop {
            self.lines();
            if self.takes("}") {
                return Ok(Term::Object(entries));
            }
            self.expect(",")?;
            self.lines();
            if self.takes("}") {
                return Ok(Term::Object(entries));
            }
            let key = self.term()?;
            self.expect(":")?;
            self.lines();
            entries.push((key, self.term()?));
        }
    }
}

/// A name with dots, such as `regex.match`.
fn spelled(term: &Term) -> Option<String> {
    match term {
        Term::Variable(name) => Some(name.clone()),
        Term::Ref(of, key) => match key.as_ref() {
            Term::Text(key) => Some(format!("{}.{key}", spelled(of)?)),
            _ => None,
        },
        _ => None,
    }
}
