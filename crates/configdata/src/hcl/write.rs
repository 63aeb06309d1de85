//! Writing new values as HCL.

use super::cursor::is_name;
use super::expression::Form;
use super::read::read_expression;
use super::template::{heredoc_text, sequence_length, unquote};
use crate::value::{Number, Value};

/// How new text is laid out.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// What the line begins with on which the value stands.
    pub(super) margin: String,
    /// What each level adds to it.
    pub(super) step: String,
    pub(super) line_ending: &'static str,
    /// Everything must stand on one line.
    pub(super) one_line: bool,
}

/// Why a value cannot be written.
pub(super) type Written = Result<String, String>;

impl Layout {
    pub(super) fn line(&self) -> String {
        format!("{}{}", self.line_ending, self.margin)
    }

    pub(super) fn deeper(&self) -> Self {
        Self {
            margin: format!("{}{}", self.margin, self.step),
            ..self.clone()
        }
    }
}

/// An expression that means a value.
pub(super) fn expression(value: &Value, layout: &Layout) -> Written {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => number(value),
        Value::String(text) => string(text),
        Value::List(values) => list(values, layout),
        Value::Map(entries) if entries.is_empty() => Ok("{}".to_owned()),
        Value::Map(entries) if layout.one_line => {
            let entries: Result<Vec<String>, String> = entries
                .iter()
                .enumerate()
                .map(|(nth, (name, value))| {
                    let value = expression(value, layout)?;
                    Ok(format!("{} = {value}", key(name, nth == 0, false)?))
                })
                .collect();
            Ok(format!("{{ {} }}", entries?.join(", ")))
        }
        Value::Map(entries) => {
            let below = layout.deeper();
            let mut pairs = Vec::new();
            for (nth, (name, value)) in entries.iter().enumerate() {
                pairs.push((key(name, nth == 0, false)?, expression(value, &below)?));
            }
            let line = below.line();
            Ok(format!(
                "{{{line}{}{}}}",
                aligned(&pairs).join(&line),
                layout.line()
            ))
        }
    }
}

/// `key = value` lines, the signs of neighbours below one another.
fn aligned(pairs: &[(String, String)]) -> Vec<String> {
    let width = |(key, _): &(String, String)| key.chars().count();
    let short = |(_, value): &(String, String)| !value.contains('\n');
    let mut out = Vec::new();
    let mut rest = pairs;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|pair| short(pair)).count();
        let (run, after) = rest.split_at(if short(first) { run } else { 1 });
        let widest = run.iter().map(width).max().unwrap_or(0);
        for pair in run {
            let padding = " ".repeat(widest - width(pair));
            out.push(format!("{}{padding} = {}", pair.0, pair.1));
        }
        rest = after;
    }
    out
}

fn list(values: &[Value], layout: &Layout) -> Written {
    let is_scalar = |value: &Value| !matches!(value, Value::List(_) | Value::Map(_));
    let small = values.len() <= 3 && values.iter().all(is_scalar);
    let below = if layout.one_line || small {
        layout.clone()
    } else {
        layout.deeper()
    };
    let items: Result<Vec<String>, String> = values
        .iter()
        .map(|value| expression(value, &below))
        .collect();
    let items = items?;
    if layout.one_line || small {
        return Ok(format!("[{}]", items.join(", ")));
    }
    let line = below.line();
    let items: String = items.iter().map(|item| format!("{line}{item},")).collect();
    Ok(format!("[{items}{}]", layout.line()))
}

/// The key of an entry of an object.
pub(super) fn key(name: &str, first: bool, quoted: bool) -> Written {
    if !quoted && is_name(name) && !(first && name == "for") {
        return Ok(name.to_owned());
    }
    literal(name).ok_or_else(|| {
        format!("{name:?} would be a computed key: write $${{ for a key that holds ${{")
    })
}

/// A quoted string that holds no template.
pub(super) fn literal(text: &str) -> Option<String> {
    let quoted = quoted(text).ok()?;
    let plain = matches!(
        read_expression(&quoted)?.form,
        Form::Quoted { template: false }
    );
    plain.then_some(quoted)
}

fn number(number: &Number) -> Written {
    let text = number.as_str();
    let reads = |text: &str| {
        let value = read_expression(text)?;
        let digits = text.trim_start_matches('-');
        let octal = digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        (matches!(value.form, Form::Plain) && !octal && Number::parse(text)? == *number)
            .then(|| text.to_owned())
    };
    let decimal = || number.as_integer().map(|value| value.to_string());
    let padded = || {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.trim_start_matches('+')),
        };
        let point = digits.strip_suffix('.').unwrap_or(digits);
        format!(
            "{sign}{}{point}",
            if point.starts_with('.') { "0" } else { "" }
        )
    };
    reads(text)
        .or_else(decimal)
        .or_else(|| reads(&padded()))
        .ok_or_else(|| format!("HCL has no way to write the number {text}"))
}

/// A bare expression for a text that is one `${…}`, otherwise a quoted template.
fn string(text: &str) -> Written {
    if let Some(inside) = text.strip_prefix("${").and_then(|t| t.strip_suffix('}'))
        && let Some(expression) = read_expression(inside)
        && matches!(expression.form, Form::Other)
    {
        return Ok(inside.to_owned());
    }
    quoted(text)
}

fn quoted(text: &str) -> Written {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' => {
                match sequence_length(rest) {
                    Some(sequence) => length = sequence,
                    None if rest[1..].starts_with('{') => {
                        return Err(format!(
                            "{c}{{ begins a template, but what follows is none: write {c}{c}{{ for the text {c}{{"
                        ));
                    }
                    None => {}
                }
                out.push_str(&rest[..length]);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        rest = &rest[length..];
    }
    out.push('"');
    let back = read_expression(&out).filter(|back| matches!(back.form, Form::Quoted { .. }));
    if back.is_some() && unquote(&out[1..out.len() - 1]) == text {
        Ok(out)
    } else {
        Err("a template of this shape cannot be written as a string".to_owned())
    }
}

/// A heredoc in the place of another: same word, same margin. `None` when the text does not fit
/// one.
pub(super) fn heredoc(text: &str, old: &str, line_ending: &str) -> Option<String> {
    if !text.is_empty() && !text.ends_with('\n') || text.contains('\r') {
        return None;
    }
    let (header, rest) = old.split_once('\n')?;
    let header = header.trim_end_matches('\r');
    let last = rest.rsplit('\n').next()?;
    let blanks = |line: &str| -> String {
        line.chars()
            .take_while(|c| matches!(c, ' ' | '\t'))
            .collect()
    };
    let margin = if header.starts_with("<<-") {
        let lines = rest.lines().filter(|line| !line.is_empty());
        // The line of the word is the last one: it counts only when there is no other.
        let margins: Vec<String> = lines.map(blanks).collect();
        let body = &margins[..margins.len().saturating_sub(1)];
        match body.iter().min_by_key(|margin| margin.len()) {
            Some(margin) => margin.clone(),
            None => format!("{}  ", blanks(last)),
        }
    } else {
        String::new()
    };
    let mut out = format!("{header}{line_ending}");
    let mut rest = text;
    let mut fresh = true;
    while let Some(c) = rest.chars().next() {
        if fresh && c != '\n' {
            out.push_str(&margin);
        }
        let length = match c {
            '$' | '%' => sequence_length(rest).unwrap_or(1),
            c => c.len_utf8(),
        };
        if c == '\n' {
            out.push_str(line_ending);
        } else {
            out.push_str(&rest[..length]);
        }
        fresh = c == '\n';
        rest = &rest[length..];
    }
    out.push_str(last);
    match read_expression(&out)?.form {
        Form::Heredoc(heredoc) if heredoc_text(&out, &heredoc) == text => Some(out),
        _ => None,
    }
}

/// A block, its first line without margin: `keyword "label" { … }`. `as_blocks` says of an entry
/// with a list of maps whether it is written as blocks.
pub(super) fn block(
    keyword: &str,
    value: &Value,
    layout: &Layout,
    as_blocks: &dyn Fn(&str) -> bool,
) -> Written {
    let Value::Map(entries) = value else {
        return Err(format!(
            "a block is a map: {keyword} cannot be anything else"
        ));
    };
    if !is_name(keyword) {
        return Err(format!("{keyword:?} is no name for a block"));
    }
    let mut head = keyword.to_owned();
    let mut pairs = Vec::new();
    let mut blocks = Vec::new();
    let below = layout.deeper();
    for (name, value) in entries {
        match value {
            Value::List(labels) if name == super::read::LABELS => {
                for label in labels {
                    let label = label.as_str().and_then(literal);
                    let label = label.ok_or("a label is a string without templates")?;
                    head.push(' ');
                    head.push_str(&label);
                }
            }
            Value::List(values)
                if !values.is_empty() && values.iter().all(is_body) && as_blocks(name) =>
            {
                for value in values {
                    blocks.push(block(name, value, &below, &|_| true)?);
                }
            }
            _ if is_name(name) => pairs.push((name.clone(), expression(value, &below)?)),
            _ => return Err(format!("{name:?} is no name for an attribute")),
        }
    }
    let line = below.line();
    let mut lines: String = aligned(&pairs)
        .iter()
        .map(|pair| format!("{line}{pair}"))
        .collect();
    for block in blocks {
        if !lines.is_empty() {
            lines.push_str(layout.line_ending);
        }
        lines.push_str(&line);
        lines.push_str(&block);
    }
    if lines.is_empty() {
        return Ok(format!("{head} {{}}"));
    }
    Ok(format!("{head} {{{lines}{}}}", layout.line()))
}

/// Whether a value can be the body of a block.
fn is_body(value: &Value) -> bool {
    match value {
        Value::Map(entries) => entries.iter().all(|(name, _)| is_name(name)),
        _ => false,
    }
}
