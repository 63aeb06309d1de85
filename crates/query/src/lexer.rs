//! Splits an expression into words, literals and operators, each with its position.

use winnow::ascii::Caseless;
use winnow::combinator::{alt, delimited, eof, not, peek, preceded, terminated};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{one_of, take_while};

use crate::QueryError;

/// Longest expression, in characters.
const EXPRESSION_LIMIT: usize = 4096;
/// Longest run of white space.
const SPACE_LIMIT: usize = 256;
/// Longest text literal.
const TEXT_LIMIT: usize = 255;
/// Most digits of an integer literal.
const DIGIT_LIMIT: usize = 10;

/// A piece of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// An attribute path, `LEN`, `true` or `false`.
    Word(&'a str),
    /// The content of a quoted literal.
    Text(&'a str),
    /// An integer literal.
    Integer(i64),
    /// An operator of one or two signs.
    Sign(&'a str),
    /// A word that has a meaning between conditions or inside them.
    Keyword(Keyword),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// Reserved words; any case is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    And,
    Or,
    Not,
    In,
    Like,
    Ilike,
    Is,
    Null,
}

/// A token and the position of its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located<'a> {
    pub(crate) position: usize,
    pub(crate) token: Token<'a>,
}

type Input<'a> = LocatingSlice<&'a str>;

/// Splits an expression into tokens.
pub(crate) fn tokens(expression: &str) -> Result<Vec<Located<'_>>, QueryError> {
    let length = expression.chars().count();
    if length > EXPRESSION_LIMIT {
        return Err(QueryError::new(
            EXPRESSION_LIMIT,
            format!(
                "the expression has {length} characters; at most {EXPRESSION_LIMIT} are allowed"
            ),
        ));
    }
    let position = |offset: usize| {
        expression
            .get(..offset)
            .map_or(length, |before| before.chars().count())
    };
    let mut input = LocatingSlice::new(expression);
    let mut found = Vec::new();
    loop {
        let start = input.current_token_start();
        let spaces = space(&mut input);
        if spaces > SPACE_LIMIT {
            return Err(QueryError::new(
                position(start),
                format!("more than {SPACE_LIMIT} characters of white space in a row"),
            ));
        }
        let start = input.current_token_start();
        if end(&mut input) {
            return Ok(found);
        }
        let Ok(token) = token(&mut input) else {
            return Err(QueryError::new(position(start), complaint(*input)));
        };
        check_limits(token).map_err(|message| QueryError::new(position(start), message))?;
        found.push(Located {
            position: position(start),
            token: match token {
                Raw::Token(token) => token,
                Raw::Digits(digits) => Token::Integer(digits.parse().unwrap_or(i64::MAX)),
            },
        });
    }
}

/// A token before its limits are checked.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Token(Token<'a>),
    Digits(&'a str),
}

fn check_limits(token: Raw<'_>) -> Result<(), String> {
    match token {
        Raw::Token(Token::Text(text)) if text.chars().count() > TEXT_LIMIT => Err(format!(
            "a text literal may have at most {TEXT_LIMIT} characters"
        )),
        Raw::Digits(digits) if digits.len() > DIGIT_LIMIT => {
            Err(format!("an integer may have at most {DIGIT_LIMIT} digits"))
        }
        _ => Ok(()),
    }
}

/// Why no token starts here.
fn complaint(rest: &str) -> String {
    match rest.chars().next() {
        Some('\'') => "a text literal ends with ' and holds no quote, \" or backslash".to_owned(),
        Some('"') => "text literals are written in single quotes".to_owned(),
        Some(c) if c.is_ascii_digit() => "an integer must be followed by a space".to_owned(),
        Some(c) => format!("unexpected {c:?}"),
        None => "unexpected end".to_owned(),
    }
}

fn space(input: &mut Input<'_>) -> usize {
    take_while::<_, _, EmptyError>(0.., char::is_whitespace)
        .parse_next(input)
        .map_or(0, |run: &str| run.chars().count())
}

fn end(input: &mut Input<'_>) -> bool {
    peek(eof::<_, EmptyError>).parse_next(input).is_ok()
}

fn token<'a>(input: &mut Input<'a>) -> Result<Raw<'a>, EmptyError> {
    let plain = alt((
        alt((
            alt(("!~~", "!~*", "!~", "!=", "<>", "<=", ">=")),
            alt(("~~", "~*", "~", "=", "<", ">", "?")),
        ))
        .map(Token::Sign),
        '('.value(Token::Open),
        ')'.value(Token::Close),
        ','.value(Token::Comma),
        text.map(Token::Text),
        keyword.map(Token::Keyword),
        word.map(Token::Word),
    ));
    alt((plain.map(Raw::Token), digits.map(Raw::Digits))).parse_next(input)
}

fn text<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    delimited(
        '\'',
        take_while(0.., |c: char| !matches!(c, '\'' | '"' | '\\')),
        '\'',
    )
    .parse_next(input)
}

fn digits<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    terminated(take_while(1.., '0'..='9'), boundary).parse_next(input)
}

fn is_word_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/')
}

fn boundary(input: &mut Input<'_>) -> Result<(), EmptyError> {
    peek(not(one_of(is_word_character))).parse_next(input)
}

fn word<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    preceded(
        peek(one_of(|c: char| c.is_ascii_alphabetic())),
        take_while(1.., is_word_character),
    )
    .parse_next(input)
}

fn keyword(input: &mut Input<'_>) -> Result<Keyword, EmptyError> {
    terminated(
        alt((
            Caseless("and").value(Keyword::And),
            Caseless("or").value(Keyword::Or),
            Caseless("not").value(Keyword::Not),
            Caseless("in").value(Keyword::In),
            Caseless("like").value(Keyword::Like),
            Caseless("ilike").value(Keyword::Ilike),
            Caseless("is").value(Keyword::Is),
            Caseless("null").value(Keyword::Null),
        )),
        boundary,
    )
    .parse_next(input)
}
