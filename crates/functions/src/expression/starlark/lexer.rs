//! Words and signs of a Starlark program, with indentation as signs of its own.

use std::sync::Arc;

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Name(String),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of a line that ends a statement.
    Newline,
    /// A block begins, ends.
    Indent,
    Dedent,
    End,
}

/// Signs, longer ones before those they begin with.
const SIGNS: &[&str] = &[
    "**", "//=", "<<=", ">>=", "//", "<<", ">>", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "=", "(", ")",
    "[", "]", "{", "}", ",", ":", ";", ".",
];

/// Most blocks inside each other.
const MAX_BLOCKS: usize = 24;

/// The tokens of a program, each with its line.
///
/// # Errors
/// The program cannot be read; the message names the line.
pub(super) fn tokens(text: &str) -> Result<Vec<(u32, Token)>, String> {
    let mut lexer = Lexer {
        rest: text,
        line: 1,
        brackets: 0,
        blocks: vec![0],
        tokens: Vec::new(),
    };
    lexer.read().map_err(|error| {
        let line = lexer.line;
        format!("line {line}: {error}")
    })?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    rest: &'t str,
    line: u32,
    brackets: usize,
    /// Columns at which the open blocks begin.
    blocks: Vec<usize>,
    tokens: Vec<(u32, Token)>,
}

impl Lexer<'_> {
    fn push(&mut self, token: Token) {
        self.tokens.push((self.line, token));
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn read(&mut self) -> Result<(), String> {
        self.indentation()?;
        while let Some(next) = self.rest.chars().next() {
            match next {
                ' ' | '\t' | '\r' => self.skip(1),
                '#' => self.comment(),
                '\n' => {
                    self.skip(1);
                    if self.brackets == 0 {
                        self.push(Token::Newline);
                    }
                    self.line += 1;
                    if self.brackets == 0 {
                        self.indentation()?;
                    }
                }
                '\\' if self.rest.starts_with("\\\n") => {
                    self.skip(2);
                    self.line += 1;
                }
                '"' | '\'' => self.text(false)?,
                'r' if self.rest.starts_with("r\"") || self.rest.starts_with("r'") => {
                    self.skip(1);
                    self.text(true)?;
                }
                '0'..='9' => self.number()?,
                _ if next.is_alphabetic() || next == '_' => {
                    let length = self
                        .rest
                        .find(|c: char| !c.is_alphanumeric() && c != '_')
                        .unwrap_or(self.rest.len());
                    let name = self.rest.get(..length).unwrap_or_default().to_owned();
                    self.push(Token::Name(name));
                    self.skip(length);
                }
                _ => self.sign(next)?,
            }
        }
        if self.brackets > 0 {
            return Err("a bracket is not closed".to_owned());
        }
        if !matches!(self.tokens.last(), Some((_, Token::Newline)) | None) {
            self.push(Token::Newline);
        }
        for _ in 1..self.blocks.len() {
            self.push(Token::Dedent);
        }
        self.push(Token::End);
        Ok(())
    }

    fn comment(&mut self) {
        self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    /// Reads the space before the first word of a line; lines without one do not count.
    fn indentation(&mut self) -> Result<(), String> {
        loop {
            let length = self.rest.len() - self.rest.trim_start_matches([' ', '\t', '\r']).len();
            let space = self.rest.get(..length).unwrap_or_default().to_owned();
            self.skip(length);
            if self.rest.starts_with('#') {
                self.comment();
            }
            if self.rest.starts_with('\n') {
                self.skip(1);
                self.line += 1;
                continue;
            }
            if self.rest.is_empty() {
                return Ok(());
            }
            if space.contains('\t') {
                return Err("tabs before a statement: expected spaces".to_owned());
            }
            let column = space.trim_end_matches('\r').len();
            if self.blocks.last().is_some_and(|&open| column > open) {
                if self.blocks.len() > MAX_BLOCKS {
                    return Err(format!("more than {MAX_BLOCKS} blocks inside each other"));
                }
                self.blocks.push(column);
                self.push(Token::Indent);
            }
            while self.blocks.last().is_some_and(|&open| column < open) {
                self.blocks.pop();
                self.push(Token::Dedent);
            }
            return match self.blocks.last() == Some(&column) {
                true => Ok(()),
                false => Err("the indentation is that of no open block".to_owned()),
            };
        }
    }

    fn sign(&mut self, next: char) -> Result<(), String> {
        let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        let Some(&sign) = sign else {
            return Err(format!("{next:?} is not expected here"));
        };
        match sign {
            "(" | "[" | "{" => self.brackets += 1,
            ")" | "]" | "}" => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.push(Token::Sign(sign));
        self.skip(sign.len());
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let mut length = 0;
        let bytes = self.rest.as_bytes();
        while let Some(&byte) = bytes.get(length) {
            let after_exponent = length > 0
                && matches!(bytes.get(length - 1), Some(b'e' | b'E'))
                && !self.rest.starts_with("0x");
            let part = byte.is_ascii_alphanumeric()
                || byte == b'.'
                || (matches!(byte, b'+' | b'-') && after_exponent);
            if !part {
                break;
            }
            length += 1;
        }
        let text = self.rest.get(..length).unwrap_or_default();
        let wrong = || format!("{text:?} is no number of at most 64 bits");
        let radix = |digits: &str, radix| i64::from_str_radix(digits, radix).map(Token::Int);
        let token = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x") => radix(&text[2..], 16).map_err(|_| wrong())?,
            Some("0o") => radix(&text[2..], 8).map_err(|_| wrong())?,
            Some("0b") => radix(&text[2..], 2).map_err(|_| wrong())?,
            _ if text.contains(['.', 'e', 'E']) => Token::Float(text.parse().map_err(|_| wrong())?),
            _ => Token::Int(text.parse().map_err(|_| wrong())?),
        };
        self.push(token);
        self.skip(length);
        Ok(())
    }

    fn text(&mut self, raw: bool) -> Result<(), String> {
        let quote = if self.rest.starts_with('"') {
            '"'
        } else {
            '\''
        };
        let long: String = std::iter::repeat_n(quote, 3).collect();
        let is_long = self.rest.starts_with(&long);
        let end = if is_long { long } else { quote.to_string() };
        self.skip(end.len());
        let (mut text, begun) = (String::new(), self.line);
        loop {
            if self.rest.starts_with(&end) {
                self.skip(end.len());
                self.tokens.push((begun, Token::Text(text.into())));
                return Ok(());
            }
            let Some(next) = self.rest.chars().next() else {
                return Err("a text is not closed".to_owned());
            };
            if next == '\n' {
                if !is_long {
                    return Err("a text is not closed on its line".to_owned());
                }
                self.line += 1;
            }
            self.skip(next.len_utf8());
            match next {
                '\\' if raw => {
                    text.push('\\');
                    if let Some(after) = self.rest.chars().next() {
                        self.line += u32::from(after == '\n');
                        text.push(after);
                        self.skip(after.len_utf8());
                    }
                }
                '\\' => self.escape(&mut text)?,
                _ => text.push(next),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let Some(next) = self.rest.chars().next() else {
            return Err("a text is not closed".to_owned());
        };
        self.skip(next.len_utf8());
        let digits = match next {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let number = self
                .rest
                .get(..digits)
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32)
                .ok_or_else(|| format!("\\{next} needs {digits} digits that name a character"))?;
            text.push(number);
            self.skip(digits);
            return Ok(());
        }
        match next {
            '\n' => self.line += 1,
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '0' => text.push('\0'),
            '\\' | '"' | '\'' => text.push(next),
            other => return Err(format!("there is no escape \\{other}")),
        }
        Ok(())
    }
}
