//! Reading JSON.

use crate::entry_lines::line_end;
use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Style};
use crate::tree_builder::TreeBuilder;

pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let mut reader = Reader {
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        builder: TreeBuilder::new(text),
    };
    reader.skip()?;
    let mut root = None;
    if reader.at < text.len() {
        root = Some(reader.value(0)?);
        reader.skip()?;
        if reader.at < text.len() {
            return Err(reader.fault("expected the end of the text: JSON has one value"));
        }
    }
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: reader.builder.finish(root),
    }])
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    builder: TreeBuilder<'t>,
}

impl<'t> Reader<'t> {
    fn fault(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.text, self.at, message)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What stands here, for messages.
    fn found(&self) -> String {
        match self.rest().chars().next() {
            Some(character) => format!("found {character:?}"),
            None => "found the end of the text".to_owned(),
        }
    }

    /// Steps over blanks, line breaks and comments.
    fn skip(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
            self.at = self.text.len() - rest.len();
            let end = if rest.starts_with("//") {
                line_end(self.text, self.at)
            } else if let Some(inside) = rest.strip_prefix("/*") {
                let Some(close) = inside.find("*/") else {
                    return Err(self.fault("the comment is not closed: expected '*/'"));
                };
                self.at + close + 4
            } else {
                return Ok(());
            };
            self.builder.comment(self.at..end);
            self.at = end;
        }
    }

    fn value(&mut self, depth: usize) -> Result<NodeId, ParseError> {
        self.builder.check_size(self.at)?;
        match self.peek() {
            Some(b'{' | b'[') if depth == limits::MAX_DEPTH => {
                let message = format!("the text nests deeper than {} levels", limits::MAX_DEPTH);
                Err(self.fault(message))
            }
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<NodeId, ParseError> {
        let start = self.at;
        let object = self.builder.mapping(start..start, Style::Flow);
        self.at += 1;
        loop {
            self.skip()?;
            match self.peek() {
                Some(b'}') => break,
                Some(b'"') => {}
                _ => {
                    let message =
                        format!("expected a key in double quotes or '}}', {}", self.found());
                    return Err(self.fault(message));
                }
            }
            let key = self.string()?;
            self.skip()?;
            if self.peek() != Some(b':') {
                return Err(self.fault(format!("expected ':' after the key, {}", self.found())));
            }
            self.at += 1;
            self.skip()?;
            let value = self.value(depth)?;
            self.builder.entry(object, key, value);
            if self.more(b'}')? {
                break;
            }
        }
        self.at += 1;
        self.builder.set_span(object, start..self.at);
        Ok(object)
    }

    fn array(&mut self, depth: usize) -> Result<NodeId, ParseError> {
        let start = self.at;
        let array = self.builder.sequence(start..start, Style::Flow);
        self.at += 1;
        loop {
            self.skip()?;
            if self.peek() == Some(b']') {
                break;
            }
            let value = self.value(depth)?;
            self.builder.append(array, value);
            if self.more(b']')? {
                break;
            }
        }
        self.at += 1;
        self.builder.set_span(array, start..self.at);
        Ok(array)
    }

    /// Steps over a comma; whether the closing bracket is here instead.
    fn more(&mut self, close: u8) -> Result<bool, ParseError> {
        self.skip()?;
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(found) if found == close => Ok(true),
            _ => {
                let close = char::from(close);
                Err(self.fault(format!("expected ',' or '{close}', {}", self.found())))
            }
        }
    }

    fn word(&mut self) -> Result<NodeId, ParseError> {
        for word in ["true", "false", "null"] {
            let behind = self.rest().strip_prefix(word);
            if behind
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            {
                let start = self.at;
                self.at += word.len();
                return Ok(self.builder.scalar(start..self.at, Style::Plain, word));
            }
        }
        Err(self.fault(format!("expected a value, {}", self.found())))
    }

    fn number(&mut self) -> Result<NodeId, ParseError> {
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(self.rest().len());
        let text = &self.rest()[..length];
        if !is_number(text) {
            return Err(self.fault(format!("{text} is no number of JSON")));
        }
        self.at += length;
        Ok(self.builder.scalar(start..self.at, Style::Plain, text))
    }

    fn string(&mut self) -> Result<NodeId, ParseError> {
        let start = self.at;
        self.at += 1;
        let mut escaped: Option<String> = None;
        loop {
            let rest = self.rest();
            let stop = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .unwrap_or(rest.len());
            if let Some(meaning) = &mut escaped {
                meaning.push_str(&rest[..stop]);
            }
            self.at += stop;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let meaning =
                        escaped.get_or_insert_with(|| self.text[start + 1..self.at].to_owned());
                    let mut meaning = std::mem::take(meaning);
                    meaning.push(self.escape()?);
                    escaped = Some(meaning);
                }
                Some(_) => {
                    return Err(
                        self.fault("a control character or line break in a string must be escaped")
                    );
                }
                None => {
                    self.at = start;
                    return Err(self.fault("the string is not closed: expected '\"'"));
                }
            }
        }
        self.at += 1;
        let meaning = escaped
            .as_deref()
            .unwrap_or(&self.text[start + 1..self.at - 1]);
        Ok(self
            .builder
            .scalar(start..self.at, Style::DoubleQuoted, meaning))
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let known = match self.text.as_bytes().get(self.at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'u') => return self.unicode(),
            _ => {
                return Err(self.fault("expected one of \\n \\t \\r \\b \\f \\\" \\\\ \\/ \\uXXXX"));
            }
        };
        self.at += 2;
        Ok(known)
    }

    fn unicode(&mut self) -> Result<char, ParseError> {
        let mut units = Vec::new();
        let start = self.at;
        while let Some(digits) = self.rest().strip_prefix("\\u") {
            let digits = digits
                .get(..4)
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else {
                return Err(self.fault("expected four hexadecimal digits after \\u"));
            };
            self.at += 6;
            units.push(unit);
            let high = (0xd800..0xdc00).contains(&unit) && units.len() == 1;
            if !high {
                break;
            }
        }
        match char::decode_utf16(units.iter().copied()).next() {
            Some(Ok(character)) => Ok(character),
            _ => {
                self.at = start;
                Err(self.fault("half of a surrogate pair is no character"))
            }
        }
    }
}

/// Whether a text is a number as JSON spells it.
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}
