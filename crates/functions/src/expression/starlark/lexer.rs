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
                'b' if self.rest.starts_with("b\"") || self.rest.starts_with("b'") => {
                    return Err("bytes are not there: use text".to_owned());
                }
                '0'..='9' => self.number()?,
                '.' if self
                    .rest
                    .get(1..)
                    .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit())) =>
                {
                    self.number()?;
                }
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

    /// Takes the characters that belong to something, from the start of what is left.
    fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let length = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let taken = self.rest.get(..length).unwrap_or_default().to_owned();
        self.skip(length);
        taken
    }

    fn number(&mut self) -> Result<(), String> {
        let prefix = self.rest.get(..2).map(str::to_ascii_lowercase);
        let radix = match prefix.as_deref() {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        if radix != 10 {
            self.skip(2);
            let digits = self.take(|c| c.is_ascii_alphanumeric());
            let number = i64::from_str_radix(&digits, radix);
            let number = number
                .map_err(|_| format!("{digits:?} is no integer of 64 bits to the base {radix}"))?;
            self.push(Token::Int(number));
            return Ok(());
        }
        let mut text = self.take(|c| c.is_ascii_digit());
        let mut is_float = false;
        if self.rest.starts_with('.') {
            is_float = true;
            self.skip(1);
            text = format!("{text}.{}", self.take(|c| c.is_ascii_digit()));
        }
        if self.rest.starts_with(['e', 'E']) {
            is_float = true;
            self.skip(1);
            let sign = if self.rest.starts_with('-') { "-" } else { "" };
            self.skip(usize::from(self.rest.starts_with(['+', '-'])));
            text = format!("{text}e{sign}{}", self.take(|c| c.is_ascii_digit()));
        }
        if self
            .rest
            .starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            return Err(format!(
                "a number ends with {text}: expected a space or a sign"
            ));
        }
        let token = if is_float {
            let number: f64 = text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| format!("{text:?} is no number of 64 bits"))?;
            Token::Float(number)
        } else if text.starts_with('0') && text.bytes().any(|digit| digit != b'0') {
            return Err(format!("{text:?} begins with 0: to the base 8 write 0o"));
        } else {
            let number = text.parse();
            Token::Int(number.map_err(|_| format!("{text:?} is no integer of 64 bits"))?)
        };
        self.push(token);
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
        let wrong = |text: &str| format!("\\{next}{text} names no character");
        let (digits, radix) = match next {
            'x' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='7' => {
                let more = self.rest.bytes().take(2);
                (
                    more.take_while(|byte| (b'0'..=b'7').contains(byte)).count(),
                    8,
                )
            }
            _ => (0, 0),
        };
        if radix > 0 {
            let spelling = self.rest.get(..digits).unwrap_or_default().to_owned();
            let number = match radix {
                8 => u32::from_str_radix(&format!("{next}{spelling}"), 8),
                _ => u32::from_str_radix(&spelling, 16),
            };
            let is_digits = spelling.bytes().all(|byte| byte.is_ascii_hexdigit());
            // As bytes, these would be no characters of their own.
            let is_byte = radix == 8 || next == 'x';
            let c = number
                .ok()
                .filter(|number| is_digits && !(is_byte && *number > 0x7f))
                .and_then(char::from_u32)
                .ok_or_else(|| wrong(&spelling))?;
            text.push(c);
            self.skip(digits);
            return Ok(());
        }
        match next {
            '\n' => self.line += 1,
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'a' => text.push('\u{7}'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            '\\' | '"' | '\'' => text.push(next),
            other => return Err(format!("there is no escape \\{other}")),
        }
        Ok(())
    }
}
