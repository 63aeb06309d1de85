//! Words and signs of a Rego policy.

use super::number::Number;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Number(Number),
    Text(String),
    Sign(&'static str),
    Newline,
    End,
}

/// A token with its line, and whether space stands before it.
pub(super) type Placed = (u32, bool, Token);

const SIGNS: &[&str] = &[
    ":=", "==", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "(", ")", "[",
    "]", "{", "}", ",", ":", ";", ".",
];

/// The tokens of a policy.
///
/// # Errors
/// What cannot be read, with its line.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, String> {
    let (mut rest, mut line, mut tokens) = (text, 1_u32, Vec::new());
    let mut spaced = true;
    while let Some(next) = rest.chars().next() {
        let mut length = next.len_utf8();
        let mut token = None;
        match next {
            '\n' => token = Some(Token::Newline),
            _ if next.is_whitespace() => {}
            '#' => length = rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let (text, used) = quoted(rest).map_err(|error| format!("line {line}: {error}"))?;
                (token, length) = (Some(Token::Text(text)), used);
            }
            '`' => {
                let inner = rest.get(1..).unwrap_or_default();
                let end = inner
                    .find('`')
                    .ok_or_else(|| format!("line {line}: a text is not closed"))?;
                token = Some(Token::Text(inner.get(..end).unwrap_or_default().to_owned()));
                length = end + 2;
            }
            '0'..='9' => {
                let mut before = ' ';
                let part = |c: char| {
                    let exponent = matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
                    before = c;
                    !(c.is_ascii_alphanumeric() || c == '.' || exponent)
                };
                length = rest.find(part).unwrap_or(rest.len());
                let spelling = rest.get(..length).unwrap_or_default();
                let number = Number::parse(spelling)
                    .map_err(|error| format!("line {line}: {error}"))?
                    .filter(|_| is_spelled_well(spelling))
                    .ok_or_else(|| format!("line {line}: {spelling} is no number"))?;
                token = Some(Token::Number(number));
            }
            _ if next.is_alphabetic() || next == '_' => {
                length = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                token = Some(Token::Name(
                    rest.get(..length).unwrap_or_default().to_owned(),
                ));
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign =
                    sign.ok_or_else(|| format!("line {line}: {next:?} is not expected here"))?;
                (token, length) = (Some(Token::Sign(sign)), sign.len());
            }
        }
        let is_token = token.is_some();
        if let Some(token) = token {
            tokens.push((line, spaced, token));
        }
        spaced = !is_token || next == '\n';
        let taken = rest.get(..length).unwrap_or_default();
        line += u32::try_from(taken.matches('\n').count()).unwrap_or(0);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens.push((line, true, Token::Newline));
    tokens.push((line, true, Token::End));
    Ok(tokens)
}

/// Whether a number is written as in JSON: without a 0 before other digits, and with digits around
/// the point.
fn is_spelled_well(spelling: &str) -> bool {
    let begins_with_0 = spelling.len() > 1
        && spelling.starts_with('0')
        && spelling.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let has_digits = spelling
        .split_once('.')
        .is_none_or(|(_, after)| after.starts_with(|c: char| c.is_ascii_digit()));
    !begins_with_0 && has_digits
}

/// A text in quotes, as JSON has it, and the bytes it takes.
fn quoted(rest: &str) -> Result<(String, usize), String> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let text = rest.get(..=at).unwrap_or_default();
                return serde_json::from_str(text)
                    .map(|text| (text, at + 1))
                    .map_err(|error| format!("a text cannot be read: {error}"));
            }
            _ => {}
        }
    }
    Err("a text is not closed on its line".to_owned())
}
