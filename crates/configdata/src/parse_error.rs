//! Why text cannot be read.

use crate::lines::position;
use crate::tree::Position;

/// Why text cannot be read: the place, and what is wrong or was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl ParseError {
    /// A fault at a byte offset of a text.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let Position { line, column } = position(text, offset);
        Self {
            line,
            column,
            message: message.into(),
        }
    }
}
