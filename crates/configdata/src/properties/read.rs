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
use crate::tree::{NodeId, Shape, Style, Tree};
use crate::tree_builder::TreeBuilder;

/// One logical line that holds a key.
struct Entry<'t> {
    key: Range<usize>,
    name: Cow<'t, str>,
    value: Range<usize>,
    meaning: Cow<'t, str>,
}

/// Reads a text entry by entry. Only when a key turns out to be continued by another one, it is
/// read again knowing all keys.
pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let tree = match Reader::new(text, HashSet::new()).read()? {
        Some(tree) => Some(tree),
        None => Reader::new(text, parents(text)?).read()?,
    };
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: tree.unwrap_or_default(),
    }])
}

/// The keys that other keys continue: their own values go under the empty key.
fn parents(text: &str) -> Result<HashSet<Box<str>>, ParseError> {
    let mut parents = HashSet::new();
    let mut entries = Entries::of(text);
    while let Some(entry) = entries.next(&mut |_| {})? {
        let dots = entry.name.match_indices('.').take(limits::MAX_DEPTH);
        for (dot, _) in dots {
            let name = &entry.name[..dot];
            if !parents.contains(name) {
                parents.insert(Box::from(name));
            }
        }
    }
    Ok(parents)
}

/// The entries of a text, one after the other.
struct Entries<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Entries<'t> {
    fn of(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, at }
    }

    /// The next entry; the comments on the way there go to `comment`.
    fn next(
        &mut self,
        comment: &mut dyn FnMut(Range<usize>),
    ) -> Result<Option<Entry<'t>>, ParseError> {
        let text = self.text;
        while self.at < text.len() {
            let rest = text[self.at..].trim_start_matches(BLANKS);
            let start = text.len() - rest.len();
            match rest.as_bytes().first() {
                Some(b'#' | b'!') => comment(start..line_end(text, start)),
                Some(b'\n' | b'\r') | None => {}
                Some(_) => {
                    let fault = |(at, message): Fault| ParseError::at(text, at, message);
                    let first = join(text, start);
                    let entry = entry(text, first).map_err(fault)?;
                    self.at = next_line(text, entry.value.end);
                    // Continuation lines that hold nothing at all are no entry.
                    if !text[first..].starts_with(['\n', '\r']) && first < text.len() {
                        return Ok(Some(entry));
                    }
                    continue;
                }
            }
            self.at = next_line(text, start);
        }
        Ok(None)
    }
}

/// The entry whose key begins at `start`.
fn entry(text: &str, start: usize) -> Result<Entry<'_>, Fault> {
    let is_separator = |c: char| matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}');
    let plain = |at: usize, stop: &dyn Fn(char) -> bool| {
        let rest = &text[at..];
        let end = rest.find(|c: char| matches!(c, '\\' | '\n' | '\r') || stop(c));
        let end = end.unwrap_or(rest.len());
        (!rest[end..].starts_with('\\')).then_some(at..at + end)
    };
    let (key, name) = match plain(start, &is_separator) {
        Some(key) => (key.clone(), Cow::Borrowed(&text[key])),
        None => {
            let mut name = String::new();
            let mut at = start;
            while let Some(unit) = unit(text, at)? {
                if is_separator(unit.character) && !unit.escaped {
                    break;
                }
                name.push(unit.character);
                at = unit.end;
            }
            (start..at, lean(text, &(start..at), name))
        }
    };
    let mut at = skip_blanks(text, key.end);
    if text[at..].starts_with(['=', ':']) {
        at = skip_blanks(text, at + 1);
    }
    let (value, meaning) = match plain(at, &|_| false) {
        Some(value) => (value.clone(), Cow::Borrowed(&text[value])),
        None => {
            let start = at;
            let mut meaning = String::new();
            while let Some(unit) = unit(text, at)? {
                meaning.push(unit.character);
                at = unit.end;
            }
            let value = start..join(text, at);
            (value.clone(), lean(text, &value, meaning))
        }
    };
    Ok(Entry {
        key,
        name,
        value,
        meaning,
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

struct Reader<'t> {
    text: &'t str,
    builder: TreeBuilder<'t>,
    root: NodeId,
    /// The keys that others continue, once there was found to be one.
    parents: HashSet<Box<str>>,
    /// The maps that hold maps.
    branching: HashSet<NodeId>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, parents: HashSet<Box<str>>) -> Self {
        let mut builder = TreeBuilder::new(text);
        let root = builder.mapping(0..0, Style::Lines);
        Self {
            text,
            builder,
            root,
            parents,
            branching: HashSet::new(),
        }
    }

    /// The tree; none when a key is continued by another and those are not known.
    fn read(mut self) -> Result<Option<Tree>, ParseError> {
        let mut entries = Entries::of(self.text);
        loop {
            let builder = &mut self.builder;
            let Some(entry) = entries.next(&mut |comment| builder.comment(comment))? else {
                return Ok(Some(self.builder.finish(self.root)));
            };
            self.builder.check_size(entry.key.start)?;
            if !self.place(&entry)? {
                return Ok(None);
            }
        }
    }

    /// Puts an entry into its map; false when the keys that others continue must be known first.
    fn place(&mut self, entry: &Entry<'_>) -> Result<bool, ParseError> {
        let known = !self.parents.is_empty();
        let both = known && self.parents.contains(&*entry.name);
        let depth = entry.name.matches('.').count() + usize::from(both) + 1;
        if depth > limits::MAX_DEPTH {
            let message = format!("the key nests deeper than {} maps", limits::MAX_DEPTH);
            return Err(ParseError::at(self.text, entry.key.start, message));
        }
        let (above, last) = match entry.name.rsplit_once('.') {
            _ if both => (Some(&*entry.name), ""),
            Some((above, last)) => (Some(above), last),
            None => (None, &*entry.name),
        };
        let builder = &mut self.builder;
        let mut map = self.root;
        for segment in above.into_iter().flat_map(|above| above.split('.')) {
            let found = builder.find(map, segment).map(|(_, found)| found);
            map = match found {
                Some(below) if builder.node(below).shape() == Shape::Mapping => below,
                Some(_) if !known => return Ok(false),
                // A value under the empty key, beside a map of the same name, is a key written
                // twice.
                _ => {
                    let key = builder.scalar(entry.key.clone(), Style::Bare, segment);
                    let below = builder.mapping(entry.key.clone(), Style::Lines);
                    builder.entry(map, key, below);
                    self.branching.insert(map);
                    below
                }
            };
        }
        if !known && self.branching.contains(&map) {
            let found = builder.find(map, last).map(|(_, found)| found);
            if found.is_some_and(|found| builder.node(found).shape() == Shape::Mapping) {
                return Ok(false);
            }
        }
        let key = builder.scalar(entry.key.clone(), Style::Bare, last);
        let style = style_of(&entry.meaning);
        let value = builder.scalar(entry.value.clone(), style, &entry.meaning);
        builder.entry(map, key, value);
        Ok(true)
    }
}
