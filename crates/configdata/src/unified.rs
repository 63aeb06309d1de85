//! Differences between two texts, line by line.

use similar::TextDiff;

/// A unified diff from one text to another, each with its name, with so many lines of context; empty
/// when they are equal.
#[must_use]
pub fn unified(old: (&str, &str), new: (&str, &str), context: usize) -> String {
    let ((old_name, old), (new_name, new)) = (old, new);
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(context)
        .header(old_name, new_name)
        .to_string()
}
