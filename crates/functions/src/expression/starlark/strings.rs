//! The methods of strings. Places in a string are counted in characters.

use super::given::Given;
use super::value::{Heap, Value, kind};

pub(super) const METHODS: &[&str] = &[
    "capitalize",
    "count",
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
    text: &str,
    name: &str,
    given: &mut Given,
) -> Result<Value, String> {
    // Everything but what is longer than the text goes through it a few times at most.
    heap.meter.bytes(text.len().saturating_mul(2))?;
    let all = |test: fn(char) -> bool| Ok(Value::Bool(!text.is_empty() && text.chars().all(test)));
    match name {
        "capitalize" => {
            let mut rest = text.chars();
            let first = rest.next().map(|first| first.to_uppercase().to_string());
            heap.counted(first.unwrap_or_default() + &rest.as_str().to_lowercase())
        }
        "count" => {
            let part = given.text("sub")?;
            let count = match part.is_empty() {
                true => text.chars().count() + 1,
                false => text.matches(part.as_ref()).count(),
            };
            number(count)
        }
        "elems" => {
            let mut parts = Vec::new();
            for c in text.chars() {
                heap.meter.charge(2)?;
                parts.push(heap.text(c.to_string()));
            }
            heap.list(parts)
        }
        "startswith" | "endswith" => {
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
            for part in &parts {
                let Value::Text(part) = part else {
                    return Err(format!("expected strings, got {}", kind(part)));
                };
                heap.meter.bytes(part.len())?;
                let found = match name {
                    "startswith" => text.starts_with(part.as_ref()),
                    _ => text.ends_with(part.as_ref()),
                };
                if found {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        "find" | "index" | "rfind" | "rindex" => {
            let part = given.text("sub")?;
            let found = match name.starts_with('r') {
                true => text.rfind(part.as_ref()),
                false => text.find(part.as_ref()),
            };
            match found {
                Some(at) => number(text.get(..at).unwrap_or_default().chars().count()),
                None if name.ends_with("find") => Ok(Value::Int(-1)),
                None => Err("the text is not in the string".to_owned()),
            }
        }
        "format" => heap.format(text, given),
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isdigit" => all(|c| c.is_ascii_digit()),
        "isspace" => all(char::is_whitespace),
        "islower" => Ok(Value::Bool(
            text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        )),
        "isupper" => Ok(Value::Bool(
            text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        )),
        "join" => join(heap, text, given),
        "lower" => heap.counted(text.to_lowercase()),
        "upper" => heap.counted(text.to_uppercase()),
        "title" => {
            let mut titled = String::with_capacity(text.len());
            let mut inside = false;
            for c in text.chars() {
                match inside {
                    true => titled.extend(c.to_lowercase()),
                    false => titled.extend(c.to_uppercase()),
                }
                inside = c.is_alphabetic();
            }
            heap.counted(titled)
        }
        "strip" | "lstrip" | "rstrip" => {
            let set = given.optional_text("chars")?;
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
        "partition" | "rpartition" => {
            let part = given.text("sep")?;
            if part.is_empty() {
                return Err("the separator is empty".to_owned());
            }
            let parts = match name {
                "partition" => text.split_once(part.as_ref()),
                _ => text.rsplit_once(part.as_ref()),
            };
            let parts = match (parts, name) {
                (Some((before, after)), _) => [before, part.as_ref(), after],
                (None, "partition") => [text, "", ""],
                (None, _) => ["", "", text],
            };
            let parts = parts.map(|part| heap.text(part)).to_vec();
            heap.tuple(parts)
        }
        "replace" => replace(heap, text, given),
        "split" | "rsplit" => split(heap, text, name == "rsplit", given),
        _ => {
            let keep = given.optional("keepends");
            let keep = keep.is_some_and(|keep| heap.is_true(&keep));
            let mut lines = Vec::new();
            for line in text.split_inclusive('\n') {
                heap.meter.charge(2)?;
                let line = match keep {
                    true => line,
                    false => line.trim_end_matches('\n').trim_end_matches('\r'),
                };
                lines.push(heap.text(line));
            }
            heap.list(lines)
        }
    }
}

fn number(count: usize) -> Result<Value, String> {
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

fn split(
    heap: &mut Heap<'_>,
    text: &str,
    from_end: bool,
    given: &mut Given,
) -> Result<Value, String> {
    let separator = given.optional_text("sep")?;
    let most = match given.optional_int("maxsplit")? {
        Some(most) if most >= 0 => usize::try_from(most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
    .saturating_add(1);
    let mut parts: Vec<&str> = match &separator {
        Some(separator) if separator.is_empty() => {
            return Err("the separator is empty".to_owned());
        }
        Some(separator) => {
            heap.meter
                .charge(text.matches(separator.as_ref()).count())?;
            match from_end {
                true => text.rsplitn(most, separator.as_ref()).collect(),
                false => text.splitn(most, separator.as_ref()).collect(),
            }
        }
        None => {
            heap.meter.charge(text.split_whitespace().count())?;
            words(text, most, from_end)
        }
    };
    if from_end {
        parts.reverse();
    }
    heap.meter.charge(parts.len().saturating_mul(2))?;
    let parts = parts.into_iter().map(|part| heap.text(part)).collect();
    heap.list(parts)
}

/// The words of a text, the last of which may hold the rest of it; from the end when asked for.
fn words(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let cut = match from_end {
            true => rest.rsplit_once(char::is_whitespace).map(|(a, b)| (b, a)),
            false => rest.split_once(char::is_whitespace),
        };
        match cut {
            Some((word, after)) if parts.len() + 1 < most => {
                parts.push(word);
                rest = after.trim();
            }
            _ => {
                parts.push(rest);
                break;
            }
        }
    }
    parts
}
