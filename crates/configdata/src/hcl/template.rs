//! Templates: quoted strings and heredocs with `${…}` and `%{…}` inside; and what they mean.
//!
//! The meaning of a template keeps its sequences, and the doubled signs `$${` and `%%{`, as they
//! are written; everything else is unescaped.

use super::cursor::{Cursor, Parsed};
use super::expression::{Form, Heredoc};
use crate::lines::{line_break, next_line};
use crate::tree::narrow;

/// A directive of a template that is still open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    If,
    Else,
    For,
}

/// The directives of a template that are open.
#[derive(Default)]
pub(super) struct Directives(Vec<Open>);

impl Cursor<'_> {
    /// Steps over a template sequence or a doubled sign, if one is next. `Some(true)` for a
    /// sequence.
    pub(super) fn sequence(&mut self, open: &mut Directives) -> Parsed<Option<bool>> {
        if self.take("$${") || self.take("%%{") {
            return Ok(Some(false));
        }
        if self.take("${") {
            self.take("~");
            self.nested(|cursor| {
                cursor.skip(true)?;
                cursor.expression(true)?;
                cursor.skip(true)
            })?;
        } else if self.take("%{") {
            self.take("~");
            self.nested(|cursor| cursor.directive(open))?;
        } else {
            return Ok(None);
        }
        self.take("~");
        self.expect("}", "'}' at the end of a template sequence")?;
        Ok(Some(true))
    }

    fn directive(&mut self, open: &mut Directives) -> Parsed<()> {
        self.skip(true)?;
        let start = self.at;
        let word = self.name().map_or("", |name| &self.text[name]);
        let wrong = match (word, open.0.last()) {
            ("if", _) => {
                self.skip(true)?;
                self.expression(true)?;
                open.0.push(Open::If);
                false
            }
            ("for", _) => {
                self.loop_head()?;
                open.0.push(Open::For);
                false
            }
            ("else", Some(Open::If)) => {
                open.0.pop();
                open.0.push(Open::Else);
                false
            }
            ("endif", Some(Open::If | Open::Else)) | ("endfor", Some(Open::For)) => {
                open.0.pop();
                false
            }
            _ => true,
        };
        if wrong {
            self.back_to(start);
            return self.expected("if, else, endif, for or endfor, each in its place");
        }
        self.count(1)?;
        self.skip(true)
    }

    fn closed(&self, open: &Directives) -> Parsed<()> {
        match open.0.last() {
            None => Ok(()),
            Some(Open::For) => self.expected("%{ endfor } before the end of the template"),
            Some(Open::If | Open::Else) => {
                self.expected("%{ endif } before the end of the template")
            }
        }
    }

    /// A quoted template.
    pub(super) fn quoted(&mut self) -> Parsed<Form> {
        let mut open = Directives::default();
        let mut template = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.closed(&open)?;
                    self.at += 1;
                    return Ok(Form::Quoted { template });
                }
                Some(b'\\') => self.escape()?,
                Some(b'$' | b'%') => match self.sequence(&mut open)? {
                    Some(sequence) => template |= sequence,
                    None => self.at += 1,
                },
                None | Some(b'\n' | b'\r') => {
                    return self.expected("'\"' at the end of the string");
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Parsed<()> {
        match escaped(self.rest()) {
            Some((_, length)) => {
                self.at += length;
                Ok(())
            }
            None => self
                .fault("unknown escape: expected one of \\n \\r \\t \\\" \\\\ \\uXXXX \\UXXXXXXXX"),
        }
    }

    /// A heredoc: lines up to the one that holds nothing but the word it began with.
    pub(super) fn heredoc(&mut self) -> Parsed<Form> {
        self.at += 2;
        let indented = self.take("-");
        let Some(word) = self.name() else {
            return self.expected("the word that will end the heredoc");
        };
        let word = &self.text[word];
        if !self.take_line_break() {
            return self.expected("the end of the line after the word of the heredoc");
        }
        let start = self.at;
        let mut line_starts = indented.then(Vec::new);
        let mut open = Directives::default();
        loop {
            let line = self.at;
            let end = line_break(self.text, line);
            let content = self.text[line..end].trim_matches([' ', '\t']);
            if content == word {
                self.closed(&open)?;
                let blanks = self.text[line..].find(word).unwrap_or(0);
                self.at = line + blanks + word.len();
                return Ok(Form::Heredoc(Box::new(Heredoc {
                    body: start..line,
                    line_starts,
                })));
            }
            if let Some(starts) = &mut line_starts {
                self.count(1)?;
                starts.push(narrow(line));
            }
            loop {
                match self.peek() {
                    None => {
                        return self.fault(format!(
                            "expected a line with {word} alone, the end of the heredoc"
                        ));
                    }
                    Some(b'\n') => {
                        self.at += 1;
                        break;
                    }
                    Some(b'$' | b'%') if self.sequence(&mut open)?.is_some() => {}
                    Some(_) => self.at += 1,
                }
            }
        }
    }
}

/// What the escape at the start of a text stands for, and its length.
fn escaped(text: &str) -> Option<(char, usize)> {
    let simple = |c| Some((c, 2));
    let hex = |digits: usize| {
        let code = text.get(2..2 + digits)?;
        if !code.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let code = u32::from_str_radix(code, 16).ok()?;
        Some((char::from_u32(code)?, 2 + digits))
    };
    match text.as_bytes().get(1)? {
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'u' => hex(4),
        b'U' => hex(8),
        _ => None,
    }
}

/// What the text between the quotes of a template means.
pub(super) fn unquote(inside: &str) -> String {
    if !inside.contains('\\') {
        return inside.to_owned();
    }
    let mut out = String::with_capacity(inside.len());
    let mut cursor = Cursor::new(inside, 0);
    while let Some(c) = cursor.rest().chars().next() {
        let start = cursor.at;
        match c {
            '\\' => {
                let (meant, length) = escaped(cursor.rest()).unwrap_or((c, 1));
                cursor.at += length;
                // A sign or brace that is escaped begins no sequence: it is as if doubled.
                match meant {
                    '$' | '%' if cursor.looking_at("{") => out.push(meant),
                    '{' if out.ends_with('$') => out.push('$'),
                    '{' if out.ends_with('%') => out.push('%'),
                    _ => {}
                }
                out.push(meant);
            }
            _ => {
                let sequence = match c {
                    '$' | '%' => sequence_length(cursor.rest()),
                    _ => None,
                };
                cursor.at += sequence.unwrap_or(c.len_utf8());
                out.push_str(&inside[start..cursor.at]);
            }
        }
    }
    out
}

/// Where the sequence or doubled sign at the start of a text ends; `None` when there is none, or
/// it is wrong.
pub(super) fn sequence_length(text: &str) -> Option<usize> {
    for open in [Open::If, Open::For] {
        let mut cursor = Cursor::new(text, 0);
        if let Ok(Some(_)) = cursor.sequence(&mut Directives(vec![open])) {
            return Some(cursor.at);
        }
    }
    None
}

/// What a heredoc means: its lines, without carriage returns, and for `<<-` without the blanks
/// that all of them begin with.
pub(super) fn heredoc_text(text: &str, heredoc: &Heredoc) -> String {
    let body = &text[heredoc.body.clone()];
    let Some(starts) = &heredoc.line_starts else {
        return body.replace("\r\n", "\n");
    };
    let margin = common_margin(text, starts);
    let mut out = String::with_capacity(body.len());
    let mut at = heredoc.body.start;
    for start in starts {
        let start = *start as usize;
        out.push_str(&text[at..start]);
        let own = text[start..line_break(text, start)]
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        at = start + own.min(margin);
    }
    out.push_str(&text[at..heredoc.body.end]);
    out.replace("\r\n", "\n")
}

/// The blanks that all lines begin with; empty lines do not count.
fn common_margin(text: &str, starts: &[u32]) -> usize {
    starts
        .iter()
        .map(|start| &text[*start as usize..next_line(text, *start as usize)])
        .filter(|line| !line.trim_end_matches(['\n', '\r']).is_empty())
        .map(|line| {
            line.bytes()
                .take_while(|b| matches!(b, b' ' | b'\t'))
                .count()
        })
        .min()
        .unwrap_or(0)
}
