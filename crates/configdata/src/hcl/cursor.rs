//! A place in the text of HCL that moves forward: blanks, comments, names and depth.

use std::ops::Range;

use super::expression::Form;
use crate::limits;

/// What is wrong with the text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
}

pub(super) type Parsed<T> = Result<T, Fault>;

/// The place up to which text has been read.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// Comments passed, in order.
    pub(super) comments: Vec<Range<usize>>,
    depth: usize,
    nodes: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self {
            text,
            at,
            comments: Vec::new(),
            depth: 0,
            nodes: 0,
        }
    }

    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(Fault {
            offset: self.at,
            message: message.into(),
        })
    }

    /// "expected … here, found …".
    pub(super) fn expected<T>(&self, what: &str) -> Parsed<T> {
        let found = match self.text[self.at..].chars().next() {
            None => "the end of the text".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(other) => format!("{other:?}"),
        };
        self.fault(format!("expected {what}, found {found}"))
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(text.as_bytes())
    }

    /// Steps over `text` if it is next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str, what: &str) -> Parsed<()> {
        if self.take(text) {
            Ok(())
        } else {
            self.expected(what)
        }
    }

    /// Steps over one line break.
    pub(super) fn take_line_break(&mut self) -> bool {
        self.take("\n") || self.take("\r\n")
    }

    /// Goes back to an earlier place; comments passed since are forgotten.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
        while self.comments.last().is_some_and(|last| last.start >= at) {
            self.comments.pop();
        }
    }

    /// Steps over blanks and `/* */` comments; with `lines` over line breaks and the comments
    /// that end with one as well.
    pub(super) fn skip(&mut self, lines: bool) -> Parsed<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\n' | b'\r') if lines => {
                    if !self.take_line_break() {
                        return self.expected("a line break after the carriage return");
                    }
                }
                Some(b'#') if lines => self.line_comment(),
                Some(b'/') if lines && self.looking_at("//") => self.line_comment(),
                Some(b'/') if self.looking_at("/*") => {
                    let start = self.at;
                    let Some(length) = self.rest()[2..].find("*/") else {
                        return self.fault("this comment is not closed: expected */");
                    };
                    self.at += length + 4;
                    self.comments.push(start..self.at);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Steps over a comment that ends with its line, up to the line break.
    pub(super) fn line_comment(&mut self) {
        let start = self.at;
        self.at = crate::lines::line_break(self.text, start);
        self.comments.push(start..self.at);
    }

    /// Steps over the end of a line: a comment, and a line break or the end of the text.
    pub(super) fn end_of_line(&mut self, after: &str) -> Parsed<()> {
        self.skip(false)?;
        if self.looking_at("#") || self.looking_at("//") {
            self.line_comment();
        }
        if self.peek().is_none() || self.take_line_break() {
            Ok(())
        } else {
            self.expected(&format!("the end of the line after {after}"))
        }
    }

    /// Steps over a name, if one is next.
    pub(super) fn name(&mut self) -> Option<Range<usize>> {
        let length = name_length(self.rest())?;
        let start = self.at;
        self.at += length;
        Some(start..self.at)
    }

    /// The labels of a block: quoted strings or names, up to its brace.
    pub(super) fn labels(&mut self) -> Parsed<Vec<Range<usize>>> {
        let mut labels = Vec::new();
        loop {
            self.skip(false)?;
            let start = self.at;
            match self.peek() {
                Some(b'{') => return Ok(labels),
                Some(b'"') => {
                    if matches!(self.quoted()?, Form::Quoted { template: true }) {
                        self.back_to(start);
                        return self.fault("a label holds no template");
                    }
                    labels.push(start..self.at);
                }
                _ => match self.name() {
                    Some(name) => labels.push(name),
                    None => {
                        return self
                            .expected("'=' and a value, or the labels and the '{' of a block");
                    }
                },
            }
        }
    }

    /// Whether the name that is next is `word`.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.looking_at(word) && name_length(self.rest()) == Some(word.len())
    }

    /// Reads something one level deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.enter()?;
        let result = read(self);
        self.leave();
        result
    }

    /// Begins a level of nesting; [`Cursor::leave`] ends it.
    pub(super) fn enter(&mut self) -> Parsed<()> {
        if self.depth == limits::MAX_DEPTH {
            return self.fault(format!(
                "nested deeper than {} levels: that is not allowed",
                limits::MAX_DEPTH
            ));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts values against [`limits::MAX_NODES`].
    pub(super) fn count(&mut self, nodes: usize) -> Parsed<()> {
        self.nodes += nodes;
        if self.nodes > limits::MAX_NODES {
            return self.fault(format!(
                "the text has more than {} values: that is not allowed",
                limits::MAX_NODES
            ));
        }
        Ok(())
    }
}

/// Length of the name at the start of a text: a letter or `_`, then letters, digits, `_` and `-`.
fn name_length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if !(first.is_alphabetic() || first == '_') {
        return None;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    Some(end.unwrap_or(text.len()))
}

/// Whether the whole text is one name.
pub(super) fn is_name(text: &str) -> bool {
    name_length(text) == Some(text.len())
}
