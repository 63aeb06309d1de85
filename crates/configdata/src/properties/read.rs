//! Reading properties: logical lines to entries, dotted keys to maps.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::scalar::{BLANKS, Fault, join, unit};
use crate::entry_lines::{line_end, next_line};
use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::plain_value::style_of;
use crate::tree::{NodeId, Shape, Style};
use crate::tree_builder::TreeBuilder;

/// One logical line that holds a key.
struct Entry<'t> {
    key: Range<usize>,
    name: Cow<'t, str>,
    value: Range<usize>,
    meaning: Cow<'t, str>,
}

pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let mut builder = TreeBuilder::new(text);
    let root = builder.mapping(0..0, Style::Lines);
    let entries = entries(text, &mut builder)?;
    let parents = parents(&entries);
    for entry in &entries {
        builder.check_size(entry.key.start)?;
        place(text, &mut builder, root, entry, &parents)?;
    }
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: builder.finish(root),
    }])
}

fn entries<'t>(text: &'t str, builder: &mut TreeBuilder<'t>) -> Result<Vec<Entry<'t>>, ParseError> {
    let mut entries = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        let rest = text[at..].trim_start_matches(BLANKS);
        let start = text.len() - rest.len();
        match rest.as_bytes().first() {
            Some(b'#' | b'!') => builder.comment(start..line_end(text, start)),
            Some(b'\n' | b'\r') | None => {}
            Some(_) => {
                let fault = |(at, message): Fault| ParseError::at(text, at, message);
                let first = join(text, start);
                let entry = entry(text, first).map_err(fault)?;
                at = next_line(text, entry.value.end);
                // Continuation lines that hold nothing at all are no entry.
                if !text[first..].starts_with(['\n', '\r']) && first < text.len() {
                    entries.push(entry);
                }
                continue;
            }
        }
        at = next_line(text, start);
    }
    Ok(entries)
}

/// The entry whose key begins at `start`.
fn entry(text: &str, start: usize) -> Result<Entry<'_>, Fault> {
    let mut name = String::new();
    let mut at = start;
    while let Some(unit) = unit(text, at)? {
        let separator = matches!(unit.character, '=' | ':' | ' ' | '\t' | '\u{c}');
        if separator && !unit.escaped {
            break;
        }
        name.push(unit.character);
        at = unit.end;
    }
    let key = start..at;
    at = skip_blanks(text, at);
    if text[at..].starts_with(['=', ':']) {
        at = skip_blanks(text, at + 1);
    }
    let value_start = at;
    let mut meaning = String::new();
    while let Some(unit) = unit(text, at)? {
        meaning.push(unit.character);
        at = unit.end;
    }
    let value = value_start..join(text, at);
    Ok(Entry {
        name: lean(text, &key, name),
        key,
        meaning: lean(text, &value, meaning),
        value,
    })
}

/// The text itself when it says the same, so that long texts are held once.
fn lean<'t>(text: &'t str, span: &Range<usize>, meaning: String) -> Cow<'t, str> {
    let source = &text[span.clone()];
    if source == meaning {
        Cow::Borrowed(source)
    } else {
        Cow::Owned(meaning)
    }
}

fn skip_blanks(text: &str, mut at: usize) -> usize {
    loop {
        let next = join(text, at);
        let next = text.len() - text[next..].trim_start_matches(BLANKS).len();
        if next == at {
            return at;
        }
        at = next;
    }
}

/// The keys that other keys continue: their own values go under the empty key.
fn parents<'e>(entries: &'e [Entry<'_>]) -> HashSet<&'e str> {
    let prefixes = |name: &'e str| {
        let dots = name.match_indices('.').map(|(dot, _)| dot);
        dots.take(limits::MAX_DEPTH).map(|dot| &name[..dot])
    };
    entries
        .iter()
        .flat_map(|entry| prefixes(&entry.name))
        .collect()
}

fn place(
    text: &str,
    builder: &mut TreeBuilder<'_>,
    root: NodeId,
    entry: &Entry<'_>,
    parents: &HashSet<&str>,
) -> Result<(), ParseError> {
    let both = parents.contains(&*entry.name);
    let depth = entry.name.matches('.').count() + usize::from(both) + 1;
    if depth > limits::MAX_DEPTH {
        let message = format!("the key nests deeper than {} maps", limits::MAX_DEPTH);
        return Err(ParseError::at(text, entry.key.start, message));
    }
    let mut segments: Vec<&str> = entry.name.split('.').collect();
    let last = if both {
        ""
    } else {
        segments.pop().unwrap_or_default()
    };
    let mut map = root;
    for segment in segments {
        map = match builder.find(map, segment) {
            Some((_, below)) if builder.node(below).shape() == Shape::Mapping => below,
            // A value under the empty key, beside a map of the same name, is a key written twice.
            _ => {
                let key = builder.scalar(entry.key.clone(), Style::Bare, segment);
                let below = builder.mapping(entry.key.clone(), Style::Lines);
                builder.entry(map, key, below);
                below
            }
        };
    }
    let key = builder.scalar(entry.key.clone(), Style::Bare, last);
    let style = style_of(&entry.meaning);
    let value = builder.scalar(entry.value.clone(), style, &entry.meaning);
    builder.entry(map, key, value);
    Ok(())
}
