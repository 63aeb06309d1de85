//! From the text of a program to its parts.
//!
//! `,` binds loosest, then `|`, then `=` and `|=`, as in yq (in jq `|` is the loosest).

use cubit_configdata::{Number, Value};

use super::{Child, Expr};

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 64;

pub(super) struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            rest: text.trim_start(),
            depth: 0,
        }
    }

    pub(super) fn program(mut self) -> Result<Expr, String> {
        let program = self.comma()?;
        if self.rest.is_empty() {
            Ok(program)
        } else {
            Err(self.unsupported())
        }
    }

    fn fault(&self, message: &str) -> String {
        let read = &self.text[..self.text.len() - self.rest.len()];
        format!("position {}: {message}", read.chars().count() + 1)
    }

    /// What is said about all that is in yq but not here.
    fn unsupported(&self) -> String {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let is_sign = |c: char| !is_word(c) && !c.is_whitespace() && !"()[]{}\"'.".contains(c);
        let end_of =
            |is: &dyn Fn(char) -> bool| self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let Some(first) = self.rest.chars().next() else {
            return self.fault("expected a path such as .spec.replicas, found the end");
        };
        let length = match first {
            '.' if self.rest.starts_with("..") => {
                self.rest.find(|c| c != '.').unwrap_or(self.rest.len())
            }
            c if is_word(c) => end_of(&is_word),
            c if is_sign(c) => end_of(&is_sign),
            c => c.len_utf8(),
        };
        // Names are short; what is not need not be repeated.
        let operator: String = self.rest[..length].chars().take(40).collect();
        self.fault(&format!(
            "{operator} is not there: yq here has paths, select(PATH == VALUE), |, commas, =, |= and del(PATH); for more use get-jq and set-jq"
        ))
    }

    fn accept(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.accept(sign) {
            return Ok(());
        }
        Err(match self.rest.chars().next() {
            None => self.fault(&format!("expected {sign}, found the end")),
            Some(c) if ")]},".contains(c) => self.fault(&format!("expected {sign}, found {c}")),
            Some(_) => self.unsupported(),
        })
    }

    fn comma(&mut self) -> Result<Expr, String> {
        if self.depth >= MAX_DEPTH {
            return Err(self.fault(&format!(
                "parentheses are nested more than {MAX_DEPTH} deep"
            )));
        }
        self.depth += 1;
        let mut parts = vec![self.pipe()?];
        while self.accept(",") {
            parts.push(self.pipe()?);
        }
        self.depth -= 1;
        Ok(one_or(parts, Expr::Comma))
    }

    fn pipe(&mut self) -> Result<Expr, String> {
        let mut parts = vec![self.assignment()?];
        while !self.rest.starts_with("|=") && self.accept("|") {
            parts.push(self.assignment()?);
        }
        Ok(one_or(parts, Expr::Pipe))
    }

    fn assignment(&mut self) -> Result<Expr, String> {
        let place = self.term()?;
        let relative = self.rest.starts_with("|=");
        let is_set = relative || self.rest.starts_with('=') && !self.rest.starts_with("==");
        if !is_set {
            return Ok(place);
        }
        self.accept("|");
        self.accept("=");
        Ok(Expr::Set {
            place: Box::new(place),
            value: Box::new(self.term()?),
            relative,
        })
    }

    fn term(&mut self) -> Result<Expr, String> {
        if self.accept("(") {
            let inner = self.comma()?;
            self.expect_close(")")?;
            return self.path(inner);
        }
        if self.rest.starts_with("..") {
            return Err(self.unsupported());
        }
        if self.rest.starts_with('.') {
            return self.path(Expr::Identity);
        }
        let word = self.word();
        match word {
            "select" => {
                self.skip(word);
                self.expect("(")?;
                let tested = self.term()?;
                self.expect("==")?;
                let wanted = self.literal()?;
                if matches!(&wanted, Value::String(text) if text.contains(['*', '?'])) {
                    return Err(self.fault("* and ? in a text make a pattern of it, which is not there: use get-jq and set-jq with test"));
                }
                self.expect_close(")")?;
                self.path(Expr::Select(Box::new(tested), wanted))
            }
            "del" => {
                self.skip(word);
                self.expect("(")?;
                let place = self.comma()?;
                self.expect(")")?;
                Ok(Expr::Delete(Box::new(place)))
            }
            "true" | "false" | "null" => self.literal().map(Expr::Literal),
            _ if self
                .rest
                .starts_with(|c: char| c.is_ascii_digit() || "-\"{[".contains(c)) =>
            {
                self.literal().map(Expr::Literal)
            }
            _ => Err(self.unsupported()),
        }
    }

    /// A closing sign that another place may have behind it without white space.
    fn expect_close(&mut self, sign: &str) -> Result<(), String> {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => self.expect(sign),
        }
    }

    fn word(&self) -> &'t str {
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        &self.rest[..end.unwrap_or(self.rest.len())]
    }

    fn skip(&mut self, word: &str) {
        self.rest = self.rest[word.len()..].trim_start();
    }

    /// The steps behind what they start from.
    fn path(&mut self, start: Expr) -> Result<Expr, String> {
        let from_here = start == Expr::Identity;
        let mut path = Vec::new();
        loop {
            let is_first = from_here && path.is_empty();
            if let Some(rest) = self.rest.strip_prefix('.') {
                if rest.trim_start().starts_with('.') {
                    return Err(self.unsupported());
                }
                if rest.starts_with('[') {
                    self.rest = rest;
                    continue;
                }
                let is_quoted = rest.starts_with('"');
                let is_key = |c: char| c.is_alphanumeric() || "_-/".contains(c);
                if is_first && !is_quoted && !rest.starts_with(is_key) {
                    self.rest = rest.trim_start();
                    return Ok(start);
                }
                self.rest = rest;
                path.push(Child::Key(self.key()?));
            } else if self.rest.starts_with('[') {
                path.push(self.bracket()?);
            } else {
                self.rest = self.rest.trim_start();
                return Ok(match path.is_empty() {
                    true => start,
                    false => Expr::Path(Box::new(start), path),
                });
            }
        }
    }

    /// The key behind a dot.
    fn key(&mut self) -> Result<String, String> {
        if self.rest.starts_with('"') {
            return match self.json()? {
                Value::String(key) => Ok(key),
                _ => Err(self.fault("expected a key")),
            };
        }
        let is_key = |c: char| c.is_alphanumeric() || "_-/".contains(c);
        let end = self.rest.find(|c| !is_key(c)).unwrap_or(self.rest.len());
        let key = &self.rest[..end];
        self.rest = &self.rest[end..];
        // `.a*` is a pattern in yq.
        if self.rest.starts_with(['*', '?']) {
            return Err(self.unsupported());
        }
        match key {
            "" => Err(self.fault("expected a key after the dot")),
            key => Ok(key.to_owned()),
        }
    }

    /// What stands in brackets behind a place.
    fn bracket(&mut self) -> Result<Child, String> {
        self.rest = self.rest[1..].trim_start();
        if self.rest.starts_with(']') {
            self.expect_close("]")?;
            return Ok(Child::Each);
        }
        if !self
            .rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '"')
        {
            return Err(self.unsupported());
        }
        let start = self.rest;
        let child = match self.json()? {
            Value::String(key) => Some(Child::Key(key)),
            Value::Number(number) => number.as_integer().map(Child::Index),
            _ => None,
        };
        let Some(child) = child else {
            self.rest = start;
            return Err(self.fault("expected a position, a key in quotes or nothing in brackets"));
        };
        self.rest = self.rest.trim_start();
        self.expect_close("]")?;
        Ok(child)
    }

    /// A value, and the white space behind it.
    fn literal(&mut self) -> Result<Value, String> {
        let value = self.json()?;
        self.rest = self.rest.trim_start();
        Ok(value)
    }

    /// A value of JSON; numbers keep their spelling.
    fn json(&mut self) -> Result<Value, String> {
        if !self.rest.starts_with(['"', '{', '[']) {
            let is_scalar = |c: char| c.is_alphanumeric() || "+-._".contains(c);
            let end = self.rest.find(|c| !is_scalar(c)).unwrap_or(self.rest.len());
            let token = &self.rest[..end];
            let value = serde_json::from_str::<serde_json::Value>(token);
            let value = match (value, Number::parse(token)) {
                (Ok(serde_json::Value::Number(_)), Some(number)) => Value::Number(number),
                (Ok(value), _) => Value::from_json(&value),
                (Err(_), _) if token.starts_with(char::is_alphabetic) => {
                    return Err(self.unsupported());
                }
                (Err(_), _) => {
                    return Err(self.fault(
                        "expected a text in double quotes, a number, true, false, null or JSON",
                    ));
                }
            };
            self.rest = &self.rest[end..];
            return Ok(value);
        }
        let is_text = self.rest.starts_with('"');
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                let value: serde_json::Value = value;
                self.rest = &self.rest[values.byte_offset()..];
                Ok(Value::from_json(&value))
            }
            Some(Err(error)) if is_text => {
                Err(self.fault(&format!("the text cannot be read: {error}")))
            }
            Some(Err(error)) => Err(self.fault(&format!(
                "a value that is made of others is not there: expected JSON ({error}); for more use get-jq and set-jq"
            ))),
            None => Err(self.fault("expected a value, found the end")),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}
