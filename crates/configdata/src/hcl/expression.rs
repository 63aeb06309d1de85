//! Expressions: which text is one, and which of them are values that can be taken apart.
//!
//! Literals, templates, lists and objects with literal keys are taken apart. Everything else is
//! read to its end and kept as one piece. The reader takes one pass and memory in proportion to
//! the text, whatever the text is.

use std::ops::Range;

use super::cursor::{Cursor, Parsed, is_name};

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) span: Range<usize>,
    pub(super) form: Form,
}

#[derive(Debug)]
pub(super) enum Form {
    /// `null`, `true`, `false` or a number.
    Plain,
    /// `"…"`.
    Quoted {
        /// It holds `${…}` or `%{…}`.
        template: bool,
    },
    /// `<<WORD` to the line of the word.
    Heredoc(Box<Heredoc>),
    /// `[…]`.
    Tuple(Vec<Expression>),
    /// `{…}` with literal keys.
    Object(Vec<(Key, Expression)>),
    /// Anything else.
    Other,
}

/// A heredoc.
#[derive(Debug)]
pub(super) struct Heredoc {
    /// The lines between the marks.
    pub(super) body: Range<usize>,
    /// For `<<-`: where each line begins that does not begin inside a template sequence.
    pub(super) line_starts: Option<Vec<u32>>,
}

/// A literal key of an object.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) span: Range<usize>,
    pub(super) quoted: bool,
}

const OPERATORS: [&str; 13] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%",
];

impl Cursor<'_> {
    /// Reads an expression. With `lines`, line breaks are blanks, as between parentheses.
    pub(super) fn expression(&mut self, lines: bool) -> Parsed<Expression> {
        self.count(1)?;
        let start = self.at;
        let mut form = self.operand(lines)?;
        loop {
            let end = self.at;
            self.skip(lines)?;
            if self.operator() {
                self.skip(lines)?;
                self.operand(lines)?;
                form = Form::Other;
            } else if self.take("?") {
                self.skip(lines)?;
                self.nested(|cursor| cursor.expression(lines))?;
                self.skip(lines)?;
                self.expect(":", "':' between the two results of the condition")?;
                self.skip(lines)?;
                self.operand(lines)?;
                form = Form::Other;
            } else {
                self.back_to(end);
                return Ok(Expression {
                    span: start..end,
                    form,
                });
            }
        }
    }

    /// Steps over a binary operator, if one is next.
    fn operator(&mut self) -> bool {
        if self.looking_at("//") {
            return false;
        }
        OPERATORS.iter().any(|operator| self.take(operator))
    }

    /// A term with the signs before it and the traversals after it.
    fn operand(&mut self, lines: bool) -> Parsed<Form> {
        let mut signs = 0;
        while let Some(sign @ (b'-' | b'!')) = self.peek() {
            self.at += 1;
            signs += 1;
            if sign == b'-' && signs == 1 && self.peek().is_some_and(|b| b.is_ascii_digit()) {
                // A negative number is a literal.
                signs = 0;
                break;
            }
            self.skip(lines)?;
        }
        let form = self.term(lines)?;
        let traversed = self.traversals(lines)?;
        Ok(if signs > 0 || traversed {
            Form::Other
        } else {
            form
        })
    }

    fn term(&mut self, lines: bool) -> Parsed<Form> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'<') if self.looking_at("<<") => self.heredoc(),
            Some(b'[') => self.nested(Self::tuple),
            Some(b'{') => self.nested(Self::object),
            Some(b'(') => self.nested(|cursor| {
                cursor.at += 1;
                cursor.skip(true)?;
                cursor.expression(true)?;
                cursor.skip(true)?;
                cursor.expect(")", "')'")?;
                Ok(Form::Other)
            }),
            Some(b'0'..=b'9') => self.number(),
            _ => self.named(lines),
        }
    }

    fn number(&mut self) -> Parsed<Form> {
        let digits = |cursor: &mut Self| {
            let start = cursor.at;
            while cursor.peek().is_some_and(|b| b.is_ascii_digit()) {
                cursor.at += 1;
            }
            cursor.at > start
        };
        digits(self);
        let whole = self.at;
        if self.take(".") && !digits(self) {
            self.at = whole;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if !self.take("+") {
                self.take("-");
            }
            if !digits(self) {
                return self.expected("the digits of an exponent");
            }
        }
        if matches!(self.rest().chars().next(), Some(c) if c.is_alphanumeric() || c == '_') {
            return self.expected("the end of the number");
        }
        Ok(Form::Plain)
    }

    /// A keyword, a variable or a call.
    fn named(&mut self, lines: bool) -> Parsed<Form> {
        let Some(name) = self.name() else {
            return self.expected("a value");
        };
        let end = self.at;
        self.skip(lines)?;
        let mut called = false;
        while self.take("::") {
            self.skip(lines)?;
            if self.name().is_none() {
                return self.expected("the name of a function");
            }
            self.skip(lines)?;
            called = true;
        }
        if self.looking_at("(") {
            self.nested(Self::arguments)?;
            return Ok(Form::Other);
        }
        if called {
            return self.expected("'(' and the arguments of the function");
        }
        self.back_to(end);
        Ok(match &self.text[name] {
            "null" | "true" | "false" => Form::Plain,
            _ => Form::Other,
        })
    }

    fn arguments(&mut self) -> Parsed<()> {
        self.at += 1;
        loop {
            self.skip(true)?;
            if self.take(")") {
                return Ok(());
            }
            self.expression(true)?;
            self.skip(true)?;
            if self.take("...") {
                self.skip(true)?;
                return self.expect(")", "')' after '...'");
            }
            if !self.take(",") && !self.looking_at(")") {
                return self.expected("',' or ')' after an argument");
            }
        }
    }

    /// Steps over `.name`, `.0`, `.*`, `[…]`; whether there were any.
    fn traversals(&mut self, lines: bool) -> Parsed<bool> {
        let mut any = false;
        loop {
            let end = self.at;
            self.skip(lines)?;
            if self.looking_at("...") {
                self.back_to(end);
                return Ok(any);
            }
            if self.take(".") {
                self.skip(lines)?;
                let start = self.at;
                while self.peek().is_some_and(|b| b.is_ascii_digit()) {
                    self.at += 1;
                }
                if self.at == start && !self.take("*") && self.name().is_none() {
                    return self.expected("the name of an attribute, a position or '*' after '.'");
                }
            } else if self.looking_at("[") {
                self.nested(|cursor| {
                    cursor.at += 1;
                    cursor.skip(true)?;
                    if !cursor.take("*") {
                        cursor.expression(true)?;
                    }
                    cursor.skip(true)?;
                    cursor.expect("]", "']' after the index")
                })?;
            } else {
                self.back_to(end);
                return Ok(any);
            }
            any = true;
        }
    }

    fn tuple(&mut self) -> Parsed<Form> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip(true)?;
            if self.take("]") {
                return Ok(Form::Tuple(items));
            }
            if items.is_empty() && self.at_word("for") {
                return self.comprehension("]");
            }
            items.push(self.expression(true)?);
            self.skip(true)?;
            if !self.take(",") && !self.looking_at("]") {
                return self.expected("',' or ']' after an element");
            }
        }
    }

    fn object(&mut self) -> Parsed<Form> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut literal = true;
        let mut first = true;
        loop {
            self.skip(true)?;
            if self.take("}") {
                return Ok(if literal {
                    Form::Object(entries)
                } else {
                    Form::Other
                });
            }
            if first && self.at_word("for") {
                return self.comprehension("}");
            }
            first = false;
            let key = self.expression(false)?;
            let key = self.literal_key(&key);
            self.skip(false)?;
            if self.looking_at("==") || !self.take("=") && !self.take(":") {
                return self.expected("'=' after the key");
            }
            self.skip(false)?;
            let value = self.expression(false)?;
            match key {
                Some(key) => entries.push((key, value)),
                None => literal = false,
            }
            self.skip(false)?;
            let ends = matches!(self.peek(), Some(b'}' | b'\n' | b'\r' | b'#'))
                || self.looking_at("//")
                || self.take(",");
            if !ends {
                return self.expected("',', '}' or the end of the line after a value");
            }
        }
    }

    fn literal_key(&mut self, key: &Expression) -> Option<Key> {
        let source = &self.text[key.span.clone()];
        let (literal, quoted) = match key.form {
            Form::Quoted { template } => (!template, true),
            Form::Plain | Form::Other => (is_name(source) || is_plain_integer(source), false),
            _ => (false, false),
        };
        literal.then(|| Key {
            span: key.span.clone(),
            quoted,
        })
    }

    /// `for x in list : value if condition`, up to its closing bracket.
    fn comprehension(&mut self, close: &str) -> Parsed<Form> {
        self.at += "for".len();
        self.loop_head()?;
        self.skip(true)?;
        self.expect(":", "':' after what 'for' goes through")?;
        self.skip(true)?;
        self.expression(true)?;
        self.skip(true)?;
        if close == "}" {
            self.expect("=>", "'=>' between key and value")?;
            self.skip(true)?;
            self.expression(true)?;
            self.skip(true)?;
            if self.take("...") {
                self.skip(true)?;
            }
        }
        if self.at_word("if") {
            self.at += "if".len();
            self.skip(true)?;
            self.expression(true)?;
            self.skip(true)?;
        }
        self.expect(close, &format!("'{close}' at the end of 'for'"))?;
        Ok(Form::Other)
    }

    /// `key, value in list`.
    pub(super) fn loop_head(&mut self) -> Parsed<()> {
        self.skip(true)?;
        if self.name().is_none() {
            return self.expected("a name after 'for'");
        }
        self.skip(true)?;
        if self.take(",") {
            self.skip(true)?;
            if self.name().is_none() {
                return self.expected("a second name after 'for'");
            }
            self.skip(true)?;
        }
        if !self.at_word("in") {
            return self.expected("'in'");
        }
        self.at += "in".len();
        self.skip(true)?;
        self.expression(true)?;
        Ok(())
    }
}

/// Whether a text is an integer that is spelled as HCL itself would.
fn is_plain_integer(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}
