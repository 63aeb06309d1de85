//! What is wrong with a query, and where.

use thiserror::Error;

/// A query that cannot be understood. Positions count characters from zero.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("character {}: {message}", .position + 1)]
pub struct QueryError {
    /// Zero-based character offset in the expression.
    pub position: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl QueryError {
    /// An error at a character position.
    pub fn new(position: usize, message: impl Into<String>) -> Self {
        Self {
            position,
            message: message.into(),
        }
    }

    /// The message with the expression below it and a caret under the position, for people at a
    /// terminal.
    #[must_use]
    pub fn pointed(&self, expression: &str) -> String {
        let line: String = expression
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        format!("{self}\n  {line}\n  {}^", " ".repeat(self.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_position() {
        let error = QueryError::new(5, "expected an operator");
        assert_eq!(
            error.pointed("Slug\n'x'"),
            "character 6: expected an operator\n  Slug 'x'\n       ^"
        );
    }
}
