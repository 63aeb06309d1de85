//! The methods of strings that cut them up.

use super::given::{Given, as_int};
use super::value::{Heap, Value, kind};

pub(super) fn partition(
    heap: &mut Heap<'_>,
    text: &str,
    from_end: bool,
    given: &mut Given,
) -> Result<Value, String> {
    let part = given.text("sep")?;
    if part.is_empty() {
        return Err("the separator is empty".to_owned());
    }
    let parts = match from_end {
        true => text.rsplit_once(part.as_ref()),
        false => text.split_once(part.as_ref()),
    };
    let parts = match parts {
        Some((before, after)) => [before, part.as_ref(), after],
        None if from_end => ["", "", text],
        None => [text, "", ""],
    };
    let parts = parts.map(|part| heap.text(part)).to_vec();
    heap.tuple(parts)
}

pub(super) fn split(
    heap: &mut Heap<'_>,
    text: &str,
    from_end: bool,
    given: &mut Given,
) -> Result<Value, String> {
    let separator = match given.optional() {
        None | Some(Value::None) => None,
        Some(Value::Text(separator)) if separator.is_empty() => {
            return Err("the separator is empty".to_owned());
        }
        Some(Value::Text(separator)) => Some(separator),
        Some(other) => {
            return Err(format!("sep: expected a string, got {}", kind(&other)));
        }
    };
    let most = match given.optional() {
        None => None,
        Some(most) => usize::try_from(as_int("maxsplit", &most)?).ok(),
    };
    let parts = match &separator {
        Some(separator) => {
            let places: Vec<(usize, &str)> = text.match_indices(separator.as_ref()).collect();
            heap.meter.charge(places.len())?;
            at_places(text, &places, from_end, most)
        }
        None => {
            heap.meter.charge(text.split_whitespace().count())?;
            words(text, from_end, most)
        }
    };
    heap.meter.charge(parts.len().saturating_mul(2))?;
    let parts = parts.into_iter().map(|part| heap.text(part)).collect();
    heap.list(parts)
}

/// The parts between separators, which are found from the start; at most so many of them, the first
/// or the last ones, are cut at.
fn at_places<'t>(
    text: &'t str,
    places: &[(usize, &str)],
    from_end: bool,
    most: Option<usize>,
) -> Vec<&'t str> {
    let most = most.unwrap_or(usize::MAX).min(places.len());
    let cuts = match from_end {
        true => places.get(places.len() - most..),
        false => places.get(..most),
    };
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, separator) in cuts.unwrap_or_default() {
        parts.push(text.get(from..*at).unwrap_or_default());
        from = at + separator.len();
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

/// The words of a text. When there are more than may be cut off, the rest stays one part, with the
/// space behind it, or before it when the words are cut off from the end.
fn words(text: &str, from_end: bool, most: Option<usize>) -> Vec<&str> {
    let most = most.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        rest = match from_end {
            true => rest.trim_end(),
            false => rest.trim_start(),
        };
        if rest.is_empty() {
            break;
        }
        let cut = match from_end {
            true => rest
                .char_indices()
                .rfind(|(_, c)| c.is_whitespace())
                .map(|(at, c)| rest.split_at(at + c.len_utf8()))
                .map(|(before, word)| (word, before)),
            false => rest.find(char::is_whitespace).map(|at| rest.split_at(at)),
        };
        match cut {
            Some((word, after)) if parts.len() < most => {
                parts.push(word);
                rest = after;
            }
            _ => {
                parts.push(rest);
                break;
            }
        }
    }
    if from_end {
        parts.reverse();
    }
    parts
}

pub(super) fn lines(heap: &mut Heap<'_>, text: &str, given: &mut Given) -> Result<Value, String> {
    let keep = match given.optional() {
        None => false,
        Some(Value::Bool(keep)) => keep,
        Some(other) => {
            return Err(format!("keepends: expected a bool, got {}", kind(&other)));
        }
    };
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        heap.meter.charge(2)?;
        let line = match keep {
            true => line,
            false => line.strip_suffix('\n').unwrap_or(line),
        };
        lines.push(heap.text(line));
    }
    heap.list(lines)
}
