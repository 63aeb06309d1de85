//! The methods of strings. Places in a string are counted in characters.

use super::given::{Given, clamped};
use super::split;
use super::value::{Heap, Parts, Value, kind};
use crate::expression::letters::{self, DIGITS, LETTERS, LETTERS_AND_DIGITS};

pub(super) const METHODS: &[&str] = &[
    "capitalize",
    "codepoint_ords",
    "codepoints",
    "count",
    "elem_ords",
    "elems",
    "endswith",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isdigit",
    "islower",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "title",
    "upper",
];

pub(super) fn answer(
    heap: &mut Heap<'_>,
    text: &std::rc::Rc<str>,
    name: &str,
    given: &mut Given,
) -> Result<Value, String> {
    // Everything but what is longer than the text goes through it a few times at most.
    heap.meter.bytes(text.len().saturating_mul(4))?;
    let parts = |parts| Ok(Value::Parts(text.clone(), parts));
    match name {
        "elems" => return parts(Parts::Elems),
        "elem_ords" => return parts(Parts::ElemOrds),
        "codepoints" => return parts(Parts::Codepoints),
        "codepoint_ords" => return parts(Parts::CodepointOrds),
        _ => {}
    }
    let text = text.as_ref();
    let is = |holds: bool| Ok(Value::Bool(holds));
    let mapped = |map: fn(char) -> char| heap.counted(text.chars().map(map).collect());
    match name {
        "capitalize" => {
            let mut rest = text.chars();
            let first = rest.next().map(letters::title);
            heap.counted(first.into_iter().chain(rest.map(letters::lower)).collect())
        }
        "count" => {
            let part = given.text("sub")?;
            let (_, text) = within(text, given)?;
            number(match part.is_empty() {
                true => text.chars().count() + 1,
                false => text.matches(part.as_ref()).count(),
            })
        }
        "startswith" | "endswith" => ends(heap, text, name == "endswith", given),
        "find" | "index" | "rfind" | "rindex" => {
            let part = given.text("sub")?;
            let (before, text) = within(text, given)?;
            let found = match name.starts_with('r') {
                true => text.rfind(part.as_ref()),
                false => text.find(part.as_ref()),
            };
            match found {
                Some(at) => number(before + text.get(..at).unwrap_or_default().chars().count()),
                None if name.ends_with("find") => Ok(Value::Int(-1)),
                None => Err("the text is not in the string".to_owned()),
            }
        }
        "format" => heap.format(text, given),
        "isalnum" => is(LETTERS_AND_DIGITS.holds(text)),
        "isalpha" => is(LETTERS.holds(text)),
        "isdigit" => is(DIGITS.holds(text)),
        "isspace" => is(!text.is_empty() && text.chars().all(char::is_whitespace)),
        "islower" => {
            is(text.chars().any(letters::is_cased) && text.chars().all(|c| letters::lower(c) == c))
        }
        "isupper" => {
            is(text.chars().any(letters::is_cased) && text.chars().all(|c| letters::upper(c) == c))
        }
        "istitle" => is(is_title(text)),
        "join" => join(heap, text, given),
        "lower" => mapped(letters::lower),
        "upper" => mapped(letters::upper),
        "title" => {
            let mut inside = false;
            let titled = text.chars().map(|c| {
                let c = match inside {
                    true => letters::lower(c),
                    false => letters::title(c),
                };
                inside = letters::is_cased(c);
                c
            });
            heap.counted(titled.collect())
        }
        "strip" | "lstrip" | "rstrip" => {
            let set = given.optional_text("chars")?.filter(|set| !set.is_empty());
            if let Some(set) = &set {
                // Each character is looked for in the set.
                heap.meter.bytes(text.len().saturating_mul(set.len()))?;
            }
            let cut = |c: char| match &set {
                Some(set) => set.contains(c),
                None => c.is_whitespace(),
            };
            let part = match name {
                "strip" => text.trim_matches(cut),
                "lstrip" => text.trim_start_matches(cut),
                _ => text.trim_end_matches(cut),
            };
            heap.counted(part.to_owned())
        }
        "removeprefix" => {
            let part = given.text("prefix")?;
            heap.counted(text.strip_prefix(part.as_ref()).unwrap_or(text).to_owned())
        }
        "removesuffix" => {
            let part = given.text("suffix")?;
            heap.counted(text.strip_suffix(part.as_ref()).unwrap_or(text).to_owned())
        }
        "partition" | "rpartition" => split::partition(heap, text, name == "rpartition", given),
        "replace" => replace(heap, text, given),
        "split" | "rsplit" => split::split(heap, text, name == "rsplit", given),
        _ => split::lines(heap, text, given),
    }
}

/// The part of a text between the places that are given, with how many characters are before it.
fn within<'t>(text: &'t str, given: &mut Given) -> Result<(usize, &'t str), String> {
    let (start, end) = (given.bound("start")?, given.bound("end")?);
    if start.is_none() && end.is_none() {
        return Ok((0, text));
    }
    let length = text.chars().count();
    let start = clamped(start.unwrap_or(0), length);
    let end = end.map_or(length, |end| clamped(end, length)).max(start);
    let byte = |place: usize| {
        text.char_indices()
            .nth(place)
            .map_or(text.len(), |(at, _)| at)
    };
    Ok((start, text.get(byte(start)..byte(end)).unwrap_or_default()))
}

fn ends(heap: &mut Heap<'_>, text: &str, at_end: bool, given: &mut Given) -> Result<Value, String> {
    let parts = match given.required("part")? {
        part @ Value::Text(_) => vec![part],
        parts @ Value::Tuple(_) => heap.items(&parts)?,
        other => {
            return Err(format!(
                "expected a string or a tuple, got {}",
                kind(&other)
            ));
        }
    };
    let (_, text) = within(text, given)?;
    for part in &parts {
        let Value::Text(part) = part else {
            return Err(format!("expected strings, got {}", kind(part)));
        };
        heap.meter.bytes(part.len())?;
        let found = match at_end {
            true => text.ends_with(part.as_ref()),
            false => text.starts_with(part.as_ref()),
        };
        if found {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// Whether capitals stand at the beginning of words, and only there.
fn is_title(text: &str) -> bool {
    let (mut any, mut inside) = (false, false);
    for c in text.chars() {
        let is_first = letters::is_cased(c) && letters::title(c) == c;
        if letters::is_cased(c) && is_first == inside {
            return false;
        }
        inside = letters::is_cased(c);
        any |= inside;
    }
    any
}

pub(super) fn number(count: usize) -> Result<Value, String> {
    i64::try_from(count)
        .map(Value::Int)
        .map_err(|error| error.to_string())
}

fn join(heap: &mut Heap<'_>, between: &str, given: &mut Given) -> Result<Value, String> {
    let mut joined = String::new();
    for (at, part) in heap.items(&given.required("parts")?)?.iter().enumerate() {
        let Value::Text(part) = part else {
            return Err(format!("expected strings, got {}", kind(part)));
        };
        heap.meter.bytes(between.len() + part.len())?;
        if at > 0 {
            joined.push_str(between);
        }
        joined.push_str(part);
    }
    heap.counted(joined)
}

fn replace(heap: &mut Heap<'_>, text: &str, given: &mut Given) -> Result<Value, String> {
    let (old, new) = (given.text("old")?, given.text("new")?);
    let most = match given.optional_int("count")? {
        Some(count) if count >= 0 => usize::try_from(count).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let places = text.matches(old.as_ref()).count().min(most);
    heap.meter
        .bytes(text.len() + places.saturating_mul(new.len()))?;
    Ok(heap.text(text.replacen(old.as_ref(), &new, places)))
}
