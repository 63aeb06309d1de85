//! Reads a `where` expression against a table: grammar and types in one pass.
//!
//! ```text
//! expression = [ either ]
//! either     = both { "OR" both }
//! both       = clause { "AND" clause }
//! clause     = "NOT" clause | "(" either ")" | condition
//! condition  = subject ( comparison right | pattern text | [NOT] IN list | ? literal | IS [NOT] NULL )
//! subject    = attribute | LEN ( attribute )
//! ```

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::lexer::{Keyword, Located, Token, tokens};
use crate::names::hint;
use crate::{
    Clause, Comparison, Condition, Kind, Literal, Operand, Pattern, QueryError, Right, Subject,
    Table, Test, Where,
};

/// Longest name of an attribute.
const ATTRIBUTE_LIMIT: usize = 41;
/// Longest key of a map.
const KEY_LIMIT: usize = 128;

/// How deep parentheses and NOT may be nested.
const DEPTH_LIMIT: usize = 32;

impl Where {
    /// Parses an expression; an empty one has no conditions.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected there.
    pub fn parse(expression: &str, table: &Table) -> Result<Self, QueryError> {
        let mut parser = Parser {
            tokens: tokens(expression)?,
            next: 0,
            depth: 0,
            end: expression.chars().count(),
            table,
        };
        if parser.tokens.is_empty() {
            return Ok(Self::default());
        }
        let clauses = match parser.alternatives()? {
            Clause::All(clauses) => clauses,
            clause => vec![clause],
        };
        match parser.take() {
            None => Ok(Self { clauses }),
            Some(other) => Err(unjoined(other)),
        }
    }
}

/// What stands after a condition where only a word that joins may.
fn unjoined(found: Located<'_>) -> QueryError {
    let message = match found.token {
        Token::Open => "expected AND or OR before (",
        Token::Close => "there is no ( that this ) closes",
        _ => "expected AND or the end of the expression",
    };
    QueryError::new(found.position, message)
}

struct Parser<'a> {
    tokens: Vec<Located<'a>>,
    next: usize,
    /// How many parentheses and NOT are around the next token.
    depth: usize,
    end: usize,
    table: &'a Table,
}

impl<'a> Parser<'a> {
    fn take(&mut self) -> Option<Located<'a>> {
        let token = self.tokens.get(self.next).copied();
        self.next += 1;
        token
    }

    fn position(&self) -> usize {
        self.tokens
            .get(self.next)
            .map_or(self.end, |token| token.position)
    }

    /// An error at the next token.
    fn expected<T>(&self, what: impl std::fmt::Display) -> Result<T, QueryError> {
        let found = if self.next < self.tokens.len() {
            ""
        } else {
            ", found the end of the expression"
        };
        Err(QueryError::new(
            self.position(),
            format!("expected {what}{found}"),
        ))
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).map(|located| located.token)
    }

    /// Takes the next token if it is this one.
    fn accept(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.next += 1;
        }
        found
    }

    fn require(&mut self, token: Token<'_>, name: &str) -> Result<(), QueryError> {
        if self.accept(token) {
            Ok(())
        } else {
            self.expected(name)
        }
    }

    /// Clauses joined by OR, which binds less than AND.
    fn alternatives(&mut self) -> Result<Clause, QueryError> {
        self.joined(Keyword::Or, Clause::Any, Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Clause, QueryError> {
        self.joined(Keyword::And, Clause::All, Self::clause)
    }

    /// One clause, or several joined by a word.
    fn joined(
        &mut self,
        word: Keyword,
        join: fn(Vec<Clause>) -> Clause,
        part: fn(&mut Self) -> Result<Clause, QueryError>,
    ) -> Result<Clause, QueryError> {
        let first = part(self)?;
        if self.peek() != Some(Token::Keyword(word)) {
            return Ok(first);
        }
        let mut clauses = vec![first];
        while self.accept(Token::Keyword(word)) {
            clauses.push(part(self)?);
        }
        Ok(join(clauses))
    }

    /// A condition, the negation of a clause, or clauses in parentheses.
    fn clause(&mut self) -> Result<Clause, QueryError> {
        match self.peek() {
            Some(Token::Keyword(Keyword::Not)) => {
                self.deeper()?;
                let clause = self.clause()?;
                self.depth -= 1;
                Ok(Clause::Not(Box::new(clause)))
            }
            Some(Token::Open) => {
                self.deeper()?;
                let clause = self.alternatives()?;
                self.depth -= 1;
                self.require(Token::Close, "AND, OR or )")?;
                Ok(clause)
            }
            _ => {
                let left = self.subject()?;
                let test = self.test(&left)?;
                Ok(Clause::Condition(Condition { left, test }))
            }
        }
    }

    /// Takes a token that what follows is nested in.
    fn deeper(&mut self) -> Result<(), QueryError> {
        if self.depth == DEPTH_LIMIT {
            return Err(QueryError::new(
                self.position(),
                format!("parentheses and NOT may be nested {DEPTH_LIMIT} deep at most"),
            ));
        }
        self.depth += 1;
        self.next += 1;
        Ok(())
    }

    fn subject(&mut self) -> Result<Subject, QueryError> {
        match self.peek() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("LEN") => {
                self.next += 1;
                self.require(Token::Open, "( after LEN")?;
                let position = self.position();
                let operand = self.operand()?;
                if !operand.kind.is_collection() {
                    return Err(QueryError::new(
                        position,
                        format!(
                            "LEN takes a list or a map, and {} is {}",
                            operand.attribute, operand.kind
                        ),
                    ));
                }
                self.require(Token::Close, ") after the attribute")?;
                Ok(Subject {
                    operand,
                    length: true,
                })
            }
            _ => Ok(Subject {
                operand: self.operand()?,
                length: false,
            }),
        }
    }

    fn operand(&mut self) -> Result<Operand, QueryError> {
        let position = self.position();
        let Some(Token::Word(path)) = self.peek() else {
            return self.expected("an attribute name");
        };
        self.next += 1;
        resolve(path, self.table)
            .map_err(|(offset, message)| QueryError::new(position + offset, message))
    }

    fn test(&mut self, left: &Subject) -> Result<Test, QueryError> {
        let kind = left.kind();
        let position = self.position();
        let refuse = |operator: &str| {
            let key = if kind.entry().is_some() && !left.length {
                format!(
                    ": name an entry ({}.key) or use LEN",
                    left.operand.attribute
                )
            } else {
                String::new()
            };
            Err(QueryError::new(
                position,
                format!("{operator} does not apply to {kind}{key}"),
            ))
        };
        match self.take().map(|located| located.token) {
            Some(Token::Sign("?")) => {
                if !kind.is_collection() {
                    return refuse("?");
                }
                let element = if kind == Kind::Uuids {
                    Kind::Uuid
                } else {
                    Kind::Text
                };
                Ok(Test::Has(self.literal(element)?))
            }
            Some(Token::Sign(sign @ ("~" | "~*" | "!~" | "!~*"))) => {
                if kind != Kind::Text {
                    return refuse(sign);
                }
                self.pattern(sign.starts_with('!'), |text| {
                    Pattern::regex(text, sign.ends_with('*'))
                })
            }
            Some(Token::Sign(sign @ ("~~" | "!~~"))) => {
                if kind != Kind::Text {
                    return refuse(sign);
                }
                self.pattern(sign.starts_with('!'), |text| Pattern::like(text, false))
            }
            Some(Token::Sign(sign)) => match Comparison::from_sign(sign) {
                None => self.expected("an operator"),
                Some(_) if kind.is_collection() || kind == Kind::Opaque => refuse(sign),
                Some(Comparison::Equal | Comparison::NotEqual) => self.compare(sign, kind),
                Some(_) if matches!(kind, Kind::Boolean | Kind::Uuid) => refuse(sign),
                Some(_) => self.compare(sign, kind),
            },
            Some(Token::Keyword(Keyword::Is)) => {
                let negated = self.accept(Token::Keyword(Keyword::Not));
                self.require(Token::Keyword(Keyword::Null), "NULL or NOT NULL after IS")?;
                Ok(Test::IsNull { negated })
            }
            Some(Token::Keyword(Keyword::Not)) => match self.take().map(|located| located.token) {
                Some(Token::Keyword(word @ (Keyword::In | Keyword::Like | Keyword::Ilike))) => {
                    self.word_test(word, true, kind, refuse)
                }
                _ => {
                    self.next -= 1;
                    self.expected("IN or LIKE after NOT")
                }
            },
            Some(Token::Keyword(word @ (Keyword::In | Keyword::Like | Keyword::Ilike))) => {
                self.word_test(word, false, kind, refuse)
            }
            _ => {
                self.next -= 1;
                self.expected(format_args!("an operator for {kind} ({})", operators(kind)))
            }
        }
    }

    /// `IN`, `LIKE` and `ILIKE`, after an optional `NOT`.
    fn word_test(
        &mut self,
        word: Keyword,
        negated: bool,
        kind: Kind,
        refuse: impl Fn(&str) -> Result<Test, QueryError>,
    ) -> Result<Test, QueryError> {
        match word {
            Keyword::In if kind.is_collection() || kind == Kind::Opaque => refuse("IN"),
            Keyword::In => Ok(Test::In {
                list: self.list(kind)?,
                negated,
            }),
            _ if kind != Kind::Text => refuse("LIKE"),
            _ => self.pattern(negated, |text| Pattern::like(text, word == Keyword::Ilike)),
        }
    }

    fn pattern(
        &mut self,
        negated: bool,
        compile: impl Fn(&str) -> Result<Pattern, String>,
    ) -> Result<Test, QueryError> {
        let position = self.position();
        let Some(Token::Text(text)) = self.peek() else {
            return self.expected("a quoted pattern");
        };
        self.next += 1;
        compile(text)
            .map(|pattern| Test::Matches { pattern, negated })
            .map_err(|message| QueryError::new(position, format!("bad pattern: {message}")))
    }

    fn compare(&mut self, sign: &str, kind: Kind) -> Result<Test, QueryError> {
        let Some(comparison) = Comparison::from_sign(sign) else {
            return self.expected("a comparison");
        };
        let right = match self.peek() {
            Some(Token::Word(word)) if !is_boolean(word) => {
                let position = self.position();
                let right = self.subject()?;
                if right.kind() != kind {
                    return Err(QueryError::new(
                        position,
                        format!("expected {kind}, and {word} is {}", right.kind()),
                    ));
                }
                Right::Subject(right)
            }
            _ => Right::Literal(self.literal(kind)?),
        };
        Ok(Test::Compare(comparison, right))
    }

    fn list(&mut self, kind: Kind) -> Result<Vec<Literal>, QueryError> {
        self.require(Token::Open, "( after IN")?;
        let mut list = vec![self.literal(kind)?];
        while self.accept(Token::Comma) {
            list.push(self.literal(kind)?);
        }
        self.require(Token::Close, ", or ) in the list")?;
        Ok(list)
    }

    /// A literal of a kind.
    fn literal(&mut self, kind: Kind) -> Result<Literal, QueryError> {
        let literal = match (kind, self.peek()) {
            (Kind::Text, Some(Token::Text(text))) => Some(Literal::Text(text.to_owned())),
            (Kind::Integer, Some(Token::Integer(number))) => Some(Literal::Integer(number)),
            (Kind::Boolean, Some(Token::Word(word))) if is_boolean(word) => {
                Some(Literal::Boolean(word.eq_ignore_ascii_case("true")))
            }
            (Kind::Uuid, Some(Token::Text(text))) => Uuid::try_parse(text).ok().map(Literal::Uuid),
            (Kind::Time, Some(Token::Text(text))) => time(text).map(Literal::Time),
            _ => None,
        };
        match literal {
            Some(literal) => {
                self.next += 1;
                Ok(literal)
            }
            None => self.expected(match kind {
                Kind::Text => "a quoted text, such as 'web'",
                Kind::Integer => "an integer",
                Kind::Boolean => "true or false",
                Kind::Uuid => "a quoted UUID",
                Kind::Time => "a quoted time, such as '2025-02-18T23:16:34' or '2025-02-18'",
                _ => "a literal",
            }),
        }
    }
}

impl Subject {
    /// The kind of what is tested.
    fn kind(&self) -> Kind {
        if self.length {
            Kind::Integer
        } else {
            self.operand.kind
        }
    }
}

fn is_boolean(word: &str) -> bool {
    word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false")
}

/// A point in time: RFC 3339, or a date with or without a time of day, in UTC.
fn time(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })
}

/// Looks an attribute path up. Errors carry their offset inside the path.
pub(crate) fn resolve(path: &str, table: &Table) -> Result<Operand, (usize, String)> {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    if let Some(rest) = rest {
        if head == table.entity {
            return attribute(None, rest, &table.attributes, table)
                .map_err(|message| (head.len() + 1, message));
        }
        if let Some((prefix, attributes)) = table.related.iter().find(|(name, _)| *name == head) {
            return attribute(Some(prefix), rest, attributes, table)
                .map_err(|message| (head.len() + 1, message));
        }
    }
    attribute(None, path, &table.attributes, table).map_err(|message| (0, message))
}

fn attribute(
    entity: Option<&'static str>,
    path: &str,
    attributes: &[(&'static str, Kind)],
    table: &Table,
) -> Result<Operand, String> {
    let (name, key) = match path.split_once('.') {
        Some((name, key)) => (name, Some(key)),
        None => (path, None),
    };
    if name.len() > ATTRIBUTE_LIMIT {
        return Err(format!(
            "an attribute name has at most {ATTRIBUTE_LIMIT} letters"
        ));
    }
    let Some((attribute, kind)) = attributes.iter().find(|(known, _)| *known == name) else {
        let near = hint(name, attributes.iter().map(|(known, _)| *known));
        return Err(format!(
            "unknown attribute {name:?} of {}{near}",
            entity.unwrap_or(table.entity)
        ));
    };
    let kind = match key {
        None => *kind,
        Some(key) => {
            check_key(key)?;
            kind.entry()
                .ok_or_else(|| format!("{attribute} is {kind} and has no entries"))?
        }
    };
    Ok(Operand {
        entity,
        attribute,
        key: key.map(str::to_owned),
        kind,
    })
}

fn check_key(key: &str) -> Result<(), String> {
    let ends_well = key.starts_with(|c: char| c.is_ascii_alphanumeric())
        && key.ends_with(|c: char| c.is_ascii_alphanumeric());
    if key.len() > KEY_LIMIT {
        Err(format!("a map key has at most {KEY_LIMIT} characters"))
    } else if !ends_well {
        Err(format!(
            "the map key {key:?} must start and end with a letter or digit"
        ))
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;

/// The operators an attribute can be compared with, for messages.
const fn operators(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => {
            "= != < > <= >= [NOT] LIKE [NOT] ILIKE ~~ !~~ ~ ~* !~ !~* [NOT] IN IS [NOT] NULL"
        }
        Kind::Integer | Kind::Time => "= != < > <= >= [NOT] IN IS [NOT] NULL",
        Kind::Uuid => "= != [NOT] IN IS [NOT] NULL",
        Kind::Boolean => "= != IS [NOT] NULL",
        _ => "? IS [NOT] NULL",
    }
}
