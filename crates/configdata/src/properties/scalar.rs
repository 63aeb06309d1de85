//! Keys and values of properties as they are written: escapes and continuation lines.

use crate::entry_lines::next_line;

/// Blanks as `java.util.Properties` has them.
pub(super) const BLANKS: [char; 3] = [' ', '\t', '\u{c}'];

/// One character of a logical line.
pub(super) struct Unit {
    pub(super) character: char,
    /// It is written with a backslash.
    pub(super) escaped: bool,
    /// Where the text goes on.
    pub(super) end: usize,
}

/// A fault in an escape, with its offset.
pub(super) type Fault = (usize, &'static str);

/// Steps over line breaks that a backslash takes away, with the blanks that begin the next line.
pub(super) fn join(text: &str, mut at: usize) -> usize {
    while let Some(rest) = text[at..].strip_prefix('\\') {
        if !rest.is_empty() && !rest.starts_with(['\n', '\r']) {
            break;
        }
        at = next_line(text, at);
        at = text.len() - text[at..].trim_start_matches(BLANKS).len();
    }
    at
}

/// The character at `at`, or `None` at the end of the logical line.
pub(super) fn unit(text: &str, at: usize) -> Result<Option<Unit>, Fault> {
    let at = join(text, at);
    let mut rest = text[at..].chars();
    let Some(first) = rest.next().filter(|c| !matches!(c, '\n' | '\r')) else {
        return Ok(None);
    };
    let one = |character, escaped, end| {
        Ok(Some(Unit {
            character,
            escaped,
            end,
        }))
    };
    if first != '\\' {
        return one(first, false, at + first.len_utf8());
    }
    let Some(escape) = rest.next() else {
        return Ok(None);
    };
    let end = at + 1 + escape.len_utf8();
    match escape {
        'n' => one('\n', true, end),
        't' => one('\t', true, end),
        'r' => one('\r', true, end),
        'f' => one('\u{c}', true, end),
        'u' => {
            let high = code_unit(text, at)?;
            if let Some(character) = char::from_u32(high) {
                return one(character, true, at + 6);
            }
            let pair = text[at + 6..].starts_with("\\u") && high < 0xdc00;
            let low = if pair { code_unit(text, at + 6)? } else { 0 };
            let both = [high, low].map(|unit| u16::try_from(unit).unwrap_or_default());
            match char::decode_utf16(both).next() {
                Some(Ok(character)) => one(character, true, at + 12),
                _ => Err((at, "half of a surrogate pair is no character")),
            }
        }
        other => one(other, true, end),
    }
}

fn code_unit(text: &str, at: usize) -> Result<u32, Fault> {
    let digits = text.get(at + 2..at + 6).unwrap_or_default();
    if digits.len() < 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err((at, "expected four hexadecimal digits after \\u"));
    }
    u32::from_str_radix(digits, 16).map_err(|_| (at, "expected four hexadecimal digits after \\u"))
}

/// A key as it is written; `raw` keeps characters beyond ASCII as they are.
pub(super) fn key(text: &str, raw: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            ' ' | '=' | ':' => out.extend(['\\', character]),
            '#' | '!' if at == 0 => out.extend(['\\', character]),
            _ => push(&mut out, character, raw),
        }
    }
    out
}

/// A value as it is written.
pub(super) fn value(text: &str, raw: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut leading = true;
    for character in text.chars() {
        if leading && character == ' ' {
            out.push_str("\\ ");
            continue;
        }
        leading = false;
        push(&mut out, character, raw);
    }
    out
}

fn push(out: &mut String, character: char, raw: bool) {
    match character {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{c}' => out.push_str("\\f"),
        character if character.is_ascii() && !character.is_ascii_control() => out.push(character),
        character if raw && !character.is_control() => out.push(character),
        character => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04X}"));
            }
        }
    }
}
