//! What kind of value a node holds.

use crate::value::{is_float, is_integer};

/// What kind of value a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A mapping.
    Mapping,
    /// A sequence.
    Sequence,
    /// Nothing.
    Null,
    /// True or false.
    Bool,
    /// An integer.
    Integer,
    /// A number with a decimal point or exponent.
    Float,
    /// Text.
    String,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mapping => "map",
            Self::Sequence => "list",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Integer => "int",
            Self::Float => "float",
            Self::String => "string",
        })
    }
}

/// The kind of a plain scalar by YAML's core schema.
pub(crate) fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Kind::Bool,
        _ => match text.as_bytes()[0] {
            b'0'..=b'9' | b'-' | b'+' | b'.' => {
                if is_integer(text) {
                    Kind::Integer
                } else if is_float(text) {
                    Kind::Float
                } else {
                    Kind::String
                }
            }
            _ => Kind::String,
        },
    }
}
