//! The report of a merge, for people.

use std::fmt::Write as _;

use cubit_configdata::merge::{ReportLine, Subject};

/// A line of the report for people.
pub(crate) fn told(line: &ReportLine) -> String {
    let mut text = format!("{:<13} ", line.outcome.words());
    let what = [
        line.resource.resource_type.as_str(),
        line.resource.resource_name.as_str(),
        line.path.as_str(),
    ];
    // Text that says neither is told by its path alone.
    let said = |part: &&str| !matches!(*part, "" | "NoSchema" | "NoName");
    let what: Vec<&str> = what.into_iter().filter(said).collect();
    text.push_str(&what.join(" "));
    let subject = match line.subject {
        Subject::Resource | Subject::Value => "",
        Subject::Order => " (order)",
        Subject::Comment => " (comment)",
        Subject::Layout => " (layout)",
    };
    text.push_str(subject);
    if line.subject != Subject::Resource {
        let sides = [
            ("base", &line.base),
            ("theirs", &line.theirs),
            ("ours", &line.ours),
        ];
        let sides: Vec<String> = sides
            .iter()
            .filter_map(|(side, value)| Some(format!("{side} {}", short(value.as_deref()?))))
            .collect();
        if !sides.is_empty() {
            let _ = write!(text, ": {}", sides.join(", "));
        }
    }
    if !line.message.is_empty() {
        let _ = write!(text, " ({})", line.message);
    }
    text
}

/// A value on one line, shortened.
fn short(value: &str) -> String {
    const LENGTH: usize = 48;
    let words: Vec<&str> = value.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
