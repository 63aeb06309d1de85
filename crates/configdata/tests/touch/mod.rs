//! What an edit may touch, judged by the text alone: no tree and no format is asked.

use std::ops::Range;

/// Asserts that `after` is `before` but for the values at `places` (in order) and the blanks right
/// before and after them. So no comment and no other line can have changed.
pub(crate) fn only_these(before: &str, after: &str, places: &[Range<usize>], name: &str) {
    const BLANKS: [char; 2] = [' ', '\t'];
    let mut rest = after;
    let mut at = 0;
    for (nth, place) in places.iter().enumerate() {
        let start = place.start.max(at);
        let kept = before[at..start].trim_end_matches(BLANKS);
        let kept = kept.trim_start_matches(BLANKS);
        let found = rest.find(kept);
        // Before the first value, nothing may be put in either.
        let found = found.filter(|found| nth > 0 || rest[..*found].trim_matches(BLANKS).is_empty());
        let Some(found) = found else {
            panic!("{name}: lost before the value at {place:?}: {kept:?}\n{after}");
        };
        rest = &rest[found + kept.len()..];
        at = place.end.max(at);
    }
    let kept = before[at..].trim_start_matches(BLANKS);
    assert!(rest.ends_with(kept), "{name}: lost at the end: {kept:?}");
}

/// Asserts that `after` is `before` with one piece put in, perhaps in the place of blanks.
#[allow(dead_code, reason = "not every test makes one edit at a time")]
pub(crate) fn one_piece(before: &str, after: &str, name: &str) {
    let head = before
        .bytes()
        .zip(after.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let most = before.len().min(after.len()) - head;
    let tail = before
        .bytes()
        .rev()
        .zip(after.bytes().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let replaced = &before.as_bytes()[head..before.len() - tail];
    assert!(
        replaced.trim_ascii().is_empty(),
        "{name}: {:?} is lost in\n{after}",
        String::from_utf8_lossy(replaced)
    );
}

/// Asserts that every line of `before` is still there, in order, after many insertions: as it was,
/// or with something put in.
#[allow(dead_code, reason = "not every test makes many edits at a time")]
pub(crate) fn nothing_lost(before: &str, after: &str, name: &str) {
    let mut rest = after.lines();
    for line in before.lines() {
        let line = line.trim();
        let is_there = rest.any(|new| new.trim() == line || holds(new, line));
        assert!(is_there, "{name}: the line {line:?} is lost in\n{after}");
    }
}

/// Whether a line holds another one with something put in.
fn holds(new: &str, old: &str) -> bool {
    let mut letters = new.chars();
    old.chars()
        .filter(|letter| !letter.is_whitespace())
        .all(|letter| letters.any(|other| other == letter))
}
