//! Placeholders: values that say that a value is still needed (section 6.1 of the function engine).

/// Stands for text; found anywhere in a string. Lower case, so that it is a valid DNS label.
pub const TEXT: &str = "confighubplaceholder";

/// Stands for an integer.
pub const INTEGER: i64 = 999_999_999;
