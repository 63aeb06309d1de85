//! A Starlark program from its words: statements. Expressions are in `parse_expression`.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexer::{Token, tokens};
use super::syntax::{
    Binary, Body, Expression, ExpressionKind, Function, Name, Program, Statement, StatementKind,
};

/// Most bytes and words of a program.
const MAX_LENGTH: usize = 64 << 10;
const MAX_WORDS: usize = 16_384;

/// Words that cannot be names.
pub(super) const KEYWORDS: &[&str] = &[
    "and", "break", "continue", "def", "elif", "else", "for", "if", "in", "lambda", "load", "not",
    "or", "pass", "return", "as", "assert", "async", "await", "class", "del", "except", "finally",
    "from", "global", "import", "is", "nonlocal", "raise", "try", "while", "with", "yield",
];

const AUGMENTED: &[(&str, Binary)] = &[
    ("+=", Binary::Add),
    ("-=", Binary::Subtract),
    ("*=", Binary::Multiply),
    ("/=", Binary::Divide),
    ("//=", Binary::FloorDivide),
    ("%=", Binary::Remainder),
    ("&=", Binary::BitAnd),
    ("|=", Binary::BitOr),
    ("^=", Binary::BitXor),
    ("<<=", Binary::ShiftLeft),
    (">>=", Binary::ShiftRight),
];

/// Reads a program.
///
/// # Errors
/// What cannot be read, with its line.
pub(super) fn parse(text: &str) -> Result<Program, String> {
    if text.len() > MAX_LENGTH {
        return Err(format!("the program is longer than {MAX_LENGTH} bytes"));
    }
    let tokens = tokens(text)?;
    if tokens.len() > MAX_WORDS {
        return Err(format!(
            "the program has more than {MAX_WORDS} words and signs"
        ));
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        nesting: 0,
        loops: 0,
        names: Vec::new(),
        known: HashMap::new(),
        scopes: Vec::new(),
    };
    let mut body = Vec::new();
    while *parser.peek() != Token::End {
        if *parser.peek() == Token::Newline {
            parser.at += 1;
        } else {
            parser.statement(&mut body)?;
        }
    }
    let program = Program {
        body,
        names: parser.names,
    };
    super::resolve::check(&program)?;
    Ok(program)
}

pub(super) struct Parser {
    tokens: Vec<(u32, Token)>,
    at: usize,
    /// Expressions that are open.
    pub(super) nesting: usize,
    /// Loops that are open in the function that is read.
    loops: usize,
    names: Vec<String>,
    known: HashMap<String, Name>,
    /// The names that are bound in the functions and comprehensions that are open.
    pub(super) scopes: Vec<Vec<Name>>,
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        self.tokens
            .get(self.at)
            .map_or(&Token::End, |(_, token)| token)
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    /// Gives the last token back.
    pub(super) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn spelling(&self, name: Name) -> String {
        self.names.get(name as usize).cloned().unwrap_or_default()
    }

    pub(super) fn line(&self) -> u32 {
        let at = self.at.min(self.tokens.len().saturating_sub(1));
        self.tokens.get(at).map_or(1, |(line, _)| *line)
    }

    pub(super) fn wrong<T>(&self, expected: &str) -> Result<T, String> {
        let found = match self.peek() {
            Token::Name(name) => name.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Int(number) => number.to_string(),
            Token::Float(number) => number.to_string(),
            Token::Text(_) => "a text".to_owned(),
            Token::Newline => "the end of the line".to_owned(),
            Token::Indent => "an indented line".to_owned(),
            Token::Dedent => "the end of the block".to_owned(),
            Token::End => "the end of the program".to_owned(),
        };
        self.fail(&format!("expected {expected}, got {found}"))
    }

    pub(super) fn fail<T>(&self, message: &str) -> Result<T, String> {
        Err(format!("line {}: {message}", self.line()))
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(found) if found == word)
    }

    /// Whether the next token is a sign or word, which is then taken.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        let found = self.is(text) || self.is_word(text);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), String> {
        match self.takes(text) {
            true => Ok(()),
            false => self.wrong(text),
        }
    }

    pub(super) fn identifier(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::Name(name) if !KEYWORDS.contains(&name.as_str()) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.wrong("a name"),
        }
    }

    pub(super) fn intern(&mut self, name: &str) -> Name {
        if let Some(&known) = self.known.get(name) {
            return known;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.known.insert(name.to_owned(), number);
        number
    }

    /// Notes the names that a target binds in the innermost scope.
    pub(super) fn bind(&mut self, target: &Expression) -> Result<(), String> {
        match &target.kind {
            ExpressionKind::Name(name) => {
                let name = *name;
                if let Some(scope) = self.scopes.last_mut()
                    && !scope.contains(&name)
                {
                    scope.push(name);
                }
                Ok(())
            }
            ExpressionKind::List(targets) | ExpressionKind::Tuple(targets) => {
                targets.iter().try_for_each(|target| self.bind(target))
            }
            ExpressionKind::Index(..) => Ok(()),
            _ => Err(format!(
                "line {}: nothing can be assigned to this: expected a name or a place such as r[\"kind\"]",
                target.line
            )),
        }
    }

    fn statement(&mut self, body: &mut Vec<Statement>) -> Result<(), String> {
        let line = self.line();
        let kind = match self.peek() {
            Token::Name(word) => match word.as_str() {
                "if" => self.condition()?,
                "for" => self.repetition()?,
                "def" => self.definition()?,
                _ => return self.simple_line(body),
            },
            _ => return self.simple_line(body),
        };
        body.push(Statement { line, kind });
        Ok(())
    }

    /// Statements on one line.
    fn simple_line(&mut self, body: &mut Vec<Statement>) -> Result<(), String> {
        loop {
            let line = self.line();
            let kind = self.simple()?;
            body.push(Statement { line, kind });
            let more = self.takes(";");
            if *self.peek() == Token::Newline {
                self.at += 1;
                return Ok(());
            }
            if !more {
                return self.wrong("the end of the line");
            }
        }
    }

    fn simple(&mut self) -> Result<StatementKind, String> {
        if self.takes("pass") {
            return Ok(StatementKind::Pass);
        }
        for (word, kind) in [
            ("break", StatementKind::Break),
            ("continue", StatementKind::Continue),
        ] {
            if self.is_word(word) {
                if self.loops == 0 {
                    return self.fail(&format!("{word} stands outside of a loop"));
                }
                self.at += 1;
                return Ok(kind);
            }
        }
        if self.is_word("return") {
            if self.scopes.is_empty() {
                return self.fail("return stands outside of a function");
            }
            self.at += 1;
            let value = match self.peek() {
                Token::Newline | Token::Sign(";") => None,
                _ => Some(self.expression_list()?),
            };
            return Ok(StatementKind::Return(value));
        }
        if self.is_word("load") {
            return self.fail("load is not there: a program sees nothing but the resource");
        }
        if self.is_word("while") {
            return self.fail("while is not there: use for");
        }
        let target = self.expression_list()?;
        if self.takes("=") {
            self.bind(&target)?;
            let value = self.expression_list()?;
            return Ok(StatementKind::Assign(target, value));
        }
        for (sign, operator) in AUGMENTED {
            if self.takes(sign) {
                if matches!(
                    target.kind,
                    ExpressionKind::List(_) | ExpressionKind::Tuple(_)
                ) {
                    return self.fail("only one place can be assigned to with an operator");
                }
                self.bind(&target)?;
                let value = self.expression_list()?;
                return Ok(StatementKind::Augment(target, *operator, value));
            }
        }
        Ok(StatementKind::Expression(target))
    }

    /// The statements behind a colon: on the same line, or indented below.
    fn block(&mut self) -> Result<Vec<Statement>, String> {
        self.expect(":")?;
        let mut body = Vec::new();
        if *self.peek() != Token::Newline {
            self.simple_line(&mut body)?;
            return Ok(body);
        }
        self.at += 1;
        if self.next() != Token::Indent {
            self.at -= 1;
            return self.wrong("an indented line");
        }
        while *self.peek() != Token::Dedent {
            self.statement(&mut body)?;
        }
        self.at += 1;
        Ok(body)
    }

    fn condition(&mut self) -> Result<StatementKind, String> {
        self.at += 1;
        let test = self.expression()?;
        let mut branches = vec![(test, self.block()?)];
        while self.takes("elif") {
            let test = self.expression()?;
            branches.push((test, self.block()?));
        }
        let otherwise = match self.takes("else") {
            true => self.block()?,
            false => Vec::new(),
        };
        Ok(StatementKind::If(branches, otherwise))
    }

    fn repetition(&mut self) -> Result<StatementKind, String> {
        self.at += 1;
        let target = self.targets()?;
        self.bind(&target)?;
        self.expect("in")?;
        let values = self.expression_list()?;
        self.loops += 1;
        let body = self.block()?;
        self.loops -= 1;
        Ok(StatementKind::For(target, values, body))
    }

    fn definition(&mut self) -> Result<StatementKind, String> {
        self.at += 1;
        let line = self.line();
        let name = self.identifier()?;
        let number = self.intern(&name);
        self.bind(&Expression {
            line,
            depth: 0,
            kind: ExpressionKind::Name(number),
        })?;
        self.expect("(")?;
        let parameters = self.parameters(")")?;
        self.expect(")")?;
        let loops = std::mem::take(&mut self.loops);
        self.scopes
            .push(parameters.iter().map(|parameter| parameter.name).collect());
        let body = self.block()?;
        let locals = self.scopes.pop().unwrap_or_default();
        self.loops = loops;
        let function = Function {
            name,
            parameters,
            body: Body::Statements(body),
            locals,
        };
        Ok(StatementKind::Define(number, Arc::new(function)))
    }
}
