//! A Rego policy from its words: rules and statements. Terms are in `parse_term`.

use std::collections::{HashMap, HashSet};

use super::lexer::{Placed, Token, tokens};
use super::syntax::{Head, Policy, Rule, Statement, StatementKind, Term};

/// Most bytes and words of a policy.
const MAX_LENGTH: usize = 64 << 10;
const MAX_WORDS: usize = 8_192;
/// Most terms and bodies inside each other.
const MAX_DEPTH: usize = 48;

const KEY_IN: &str = "a key and a value before in are not there: use some k, v in";

/// Words that cannot be names of rules.
const KEYWORDS: &[&str] = &[
    "as", "data", "default", "else", "every", "false", "if", "import", "in", "input", "not",
    "null", "package", "some", "true", "with",
];

/// Reads a policy.
///
/// # Errors
/// What cannot be read, with its line.
pub(super) fn parse(text: &str) -> Result<Policy, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("the policy is longer than {MAX_LENGTH} bytes"));
    }
    let tokens = tokens(text)?;
    if tokens.len() > MAX_WORDS {
        return Err(format!(
            "the policy has more than {MAX_WORDS} words and signs"
        ));
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        wildcards: 0,
    };
    parser.policy()
}

pub(super) struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    pub(super) wildcards: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        self.tokens
            .get(self.at)
            .map_or(&Token::End, |placed| &placed.2)
    }

    /// Whether the next token follows the last one without space.
    pub(super) fn is_joined(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|placed| !placed.1)
    }

    pub(super) fn line(&self) -> u32 {
        let at = self.at.min(self.tokens.len().saturating_sub(1));
        self.tokens.get(at).map_or(1, |placed| placed.0)
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn lines(&mut self) {
        while *self.peek() == Token::Newline {
            self.at += 1;
        }
    }

    pub(super) fn fail<T>(&self, message: &str) -> Result<T, String> {
        Err(format!("line {}: {message}", self.line()))
    }

    pub(super) fn wrong<T>(&self, expected: &str) -> Result<T, String> {
        let found = match self.peek() {
            Token::Name(name) => name.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Number(number) => number.float().to_string(),
            Token::Text(_) => "a text".to_owned(),
            Token::Newline => "the end of the line".to_owned(),
            Token::End => "the end of the policy".to_owned(),
        };
        self.fail(&format!("expected {expected}, got {found}"))
    }

    pub(super) fn is(&self, text: &str) -> bool {
        match self.peek() {
            Token::Name(found) => found == text,
            Token::Sign(found) => *found == text,
            _ => false,
        }
    }

    pub(super) fn takes(&mut self, text: &str) -> bool {
        let found = self.is(text);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), String> {
        match self.takes(text) {
            true => Ok(()),
            false => self.wrong(text),
        }
    }

    pub(super) fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::Name(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.wrong("a name"),
        }
    }

    /// Goes one level deeper, if that is allowed.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(&format!("more than {MAX_DEPTH} terms inside each other"));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn policy(&mut self) -> Result<Policy, String> {
        self.lines();
        self.expect("package")?;
        self.path()?;
        let mut rules = Vec::new();
        loop {
            self.lines();
            if *self.peek() == Token::End {
                check(&rules)?;
                return Ok(Policy::new(rules));
            }
            if self.takes("import") {
                let path = self.path()?;
                if path != "rego.v1" && !path.starts_with("future.keywords") {
                    return self.fail(
                        "only rego.v1 and future.keywords can be imported: a policy is one file",
                    );
                }
                continue;
            }
            rules.push(self.rule()?);
            if self.is(",") {
                return self.fail(KEY_IN);
            }
            if !matches!(self.peek(), Token::Newline | Token::End) {
                return self.wrong("the end of the rule");
            }
        }
    }

    fn path(&mut self) -> Result<String, String> {
        let mut path = self.name()?;
        while self.takes(".") {
            path = format!("{path}.{}", self.name()?);
        }
        Ok(path)
    }

    fn rule(&mut self) -> Result<Rule, String> {
        let line = self.line();
        let is_default = self.takes("default");
        let name = self.name()?;
        if KEYWORDS.contains(&name.as_str()) {
            return self.fail(&format!("a rule cannot have the name {name}"));
        }
        if self.is(".") {
            return self.fail("names of rules with dots are not there");
        }
        if is_default {
            if self.is("(") {
                return self.fail("a default for a function is not there: use else");
            }
            if !self.takes(":=") {
                self.expect("=")?;
            }
            let value = self.term()?;
            if !value.is_constant() {
                return self.fail("a default cannot depend on anything");
            }
            return Ok(Rule {
                line,
                name,
                head: Head::Default(value),
                body: vec![],
                otherwise: vec![],
            });
        }
        let head = if self.takes("(") {
            let parameters = self.terms(")")?;
            if parameters.is_empty() {
                return self.fail("a function has no parameters: expected a rule without ()");
            }
            Head::Function(parameters, self.head_value()?)
        } else if self.takes("[") {
            let key = self.term()?;
            self.expect("]")?;
            // `deny[message] { ... }` is how sets were written before `contains`.
            match self.is(":=") || self.is("=") {
                true => Head::Object(key, self.head_value()?),
                false => Head::Set(key),
            }
        } else if self.takes("contains") {
            Head::Set(self.term()?)
        } else {
            Head::Complete(self.head_value()?)
        };
        let body = self.rule_body()?;
        let mut otherwise = Vec::new();
        loop {
            let before = self.at;
            self.lines();
            if !self.takes("else") {
                self.at = before;
                break;
            }
            let value = self.head_value()?;
            otherwise.push((value, self.rule_body()?));
        }
        Ok(Rule {
            line,
            name,
            head,
            body,
            otherwise,
        })
    }

    fn head_value(&mut self) -> Result<Term, String> {
        match self.takes(":=") || self.takes("=") {
            true => self.term(),
            false => Ok(Term::Bool(true)),
        }
    }

    /// The body of a rule: none, one statement behind `if`, or statements in braces.
    fn rule_body(&mut self) -> Result<Vec<Statement>, String> {
        let has_if = self.takes("if");
        if has_if {
            self.lines();
        }
        if self.takes("{") {
            return self.statements("}");
        }
        match has_if {
            true => Ok(vec![self.statement()?]),
            false => Ok(vec![]),
        }
    }

    /// Statements up to a bracket, which is taken.
    pub(super) fn statements(&mut self, end: &str) -> Result<Vec<Statement>, String> {
        self.nested(|parser| {
            let mut body = Vec::new();
            loop {
                parser.lines();
                if parser.takes(end) {
                    return match body.is_empty() {
                        true => parser.fail("a body is empty"),
                        false => Ok(body),
                    };
                }
                body.push(parser.statement()?);
                let is_over = parser.is(end) || *parser.peek() == Token::Newline;
                if !(parser.takes(";") || is_over) {
                    return parser.wrong("the end of the statement");
                }
            }
        })
    }

    fn statement(&mut self) -> Result<Statement, String> {
        let line = self.line();
        let kind = if self.takes("not") {
            StatementKind::Not(self.term()?)
        } else if self.takes("some") {
            self.some()?
        } else if self.takes("every") {
            let (key, value) = self.key_and_value()?;
            self.expect("in")?;
            let of = self.term()?;
            self.expect("{")?;
            StatementKind::Every(key, value, of, self.statements("}")?)
        } else {
            let left = self.term()?;
            if self.is(",") {
                return self.fail(KEY_IN);
            }
            match self.takes(":=") || self.takes("=") {
                true => StatementKind::Unify(left, self.term()?),
                false => StatementKind::Holds(left),
            }
        };
        if self.is("with") {
            return self.fail("with is not there");
        }
        Ok(Statement { line, kind })
    }

    /// One or two terms before `in`.
    fn key_and_value(&mut self) -> Result<(Option<Term>, Term), String> {
        let first = self.simple()?;
        match self.takes(",") {
            true => Ok((Some(first), self.simple()?)),
            false => Ok((None, first)),
        }
    }

    fn some(&mut self) -> Result<StatementKind, String> {
        let before = self.at;
        let (key, value) = self.key_and_value()?;
        if self.takes("in") {
            return Ok(StatementKind::SomeIn(key, value, self.term()?));
        }
        self.at = before;
        let mut names = vec![self.name()?];
        while self.takes(",") {
            names.push(self.name()?);
        }
        Ok(StatementKind::Some(names))
    }
}

/// Checks that all rules of a name are of one kind.
fn check(rules: &[Rule]) -> Result<(), String> {
    let mut known: HashMap<&str, &Head> = HashMap::new();
    let mut defaults = HashSet::new();
    for Rule {
        line, name, head, ..
    } in rules
    {
        if matches!(head, Head::Default(_)) {
            if !defaults.insert(name.as_str()) {
                return Err(format!("line {line}: {name} has two defaults"));
            }
            continue;
        }
        let first = *known.entry(name).or_insert(head);
        let is_same = match (first, head) {
            (Head::Function(first, _), Head::Function(other, _)) => first.len() == other.len(),
            _ => std::mem::discriminant(first) == std::mem::discriminant(head),
        };
        if !is_same {
            return Err(format!(
                "line {line}: the rules {name} are of different kinds"
            ));
        }
    }
    Ok(())
}
