//! Reading expressions.

use cubit_configdata::{Number, Path};

use super::{Literal, Sign, Term, Test, WhereData};
use crate::{Pattern, QueryError};

/// Longest expression, as for `where`.
const MAX_LENGTH: usize = 4096;

/// Operators in the order they are tried: longer ones first.
const OPERATORS: [(&str, Operator); 18] = [
    (
        "NOT ILIKE",
        Operator::Like {
            negated: true,
            ignore_case: true,
        },
    ),
    (
        "NOT LIKE",
        Operator::Like {
            negated: true,
            ignore_case: false,
        },
    ),
    ("NOT IN", Operator::In { negated: true }),
    (
        "ILIKE",
        Operator::Like {
            negated: false,
            ignore_case: true,
        },
    ),
    (
        "LIKE",
        Operator::Like {
            negated: false,
            ignore_case: false,
        },
    ),
    ("IN", Operator::In { negated: false }),
    (
        "!~~",
        Operator::Like {
            negated: true,
            ignore_case: false,
        },
    ),
    (
        "!~*",
        Operator::Regex {
            negated: true,
            ignore_case: true,
        },
    ),
    (
        "!~",
        Operator::Regex {
            negated: true,
            ignore_case: false,
        },
    ),
    (
        "~~",
        Operator::Like {
            negated: false,
            ignore_case: false,
        },
    ),
    (
        "~*",
        Operator::Regex {
            negated: false,
            ignore_case: true,
        },
    ),
    (
        "~",
        Operator::Regex {
            negated: false,
            ignore_case: false,
        },
    ),
    ("!=", Operator::Sign(Sign::NotEqual)),
    ("<=", Operator::Sign(Sign::LessOrEqual)),
    (">=", Operator::Sign(Sign::GreaterOrEqual)),
    ("<", Operator::Sign(Sign::Less)),
    (">", Operator::Sign(Sign::Greater)),
    ("=", Operator::Sign(Sign::Equal)),
];

#[derive(Clone, Copy, Debug)]
enum Operator {
    Sign(Sign),
    Like { negated: bool, ignore_case: bool },
    Regex { negated: bool, ignore_case: bool },
    In { negated: bool },
}

/// Reads an expression.
///
/// # Errors
/// The position of what is wrong and what was expected there.
pub fn parse(expression: &str) -> Result<WhereData, QueryError> {
    if expression.chars().count() > MAX_LENGTH {
        return Err(QueryError::new(
            MAX_LENGTH,
            format!("the expression is longer than {MAX_LENGTH} characters"),
        ));
    }
    let mut reader = Reader {
        text: expression,
        at: 0,
    };
    let mut terms = Vec::new();
    reader.blanks();
    while !reader.rest().is_empty() {
        if !terms.is_empty() {
            if !reader.keyword("AND") {
                return Err(reader.fault("expected AND: conditions are joined by AND only"));
            }
            reader.blanks();
        }
        terms.push(reader.term()?);
        reader.blanks();
    }
    Ok(WhereData { terms })
}

struct Reader<'e> {
    text: &'e str,
    at: usize,
}

impl<'e> Reader<'e> {
    fn rest(&self) -> &'e str {
        &self.text[self.at..]
    }

    fn fault(&self, message: impl Into<String>) -> QueryError {
        self.fault_at(self.at, message)
    }

    fn fault_at(&self, byte: usize, message: impl Into<String>) -> QueryError {
        QueryError::new(self.text[..byte].chars().count(), message)
    }

    fn blanks(&mut self) {
        self.at += self.rest().len()
            - self
                .rest()
                .trim_start_matches([' ', '\t', '\n', '\r'])
                .len();
    }

    /// Takes a word that is not the start of a longer one.
    fn keyword(&mut self, word: &str) -> bool {
        let Some((start, after)) = self.rest().split_at_checked(word.len()) else {
            return false;
        };
        if !start.eq_ignore_ascii_case(word) {
            return false;
        }
        if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.at += word.len();
        true
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let start = self.at;
        let text = self.path_text();
        if text.is_empty() {
            return Err(self.fault("expected a path, such as spec.replicas"));
        }
        if text.starts_with('(') {
            return Err(self.fault_at(
                start,
                "expected a path: parentheses are only for the list after IN",
            ));
        }
        let path = Path::parse(text).map_err(|error| {
            self.fault_at((start + error.position).min(self.text.len()), error.message)
        })?;
        self.blanks();
        let operator_at = self.at;
        let operator = self.operator()?;
        self.blanks();
        let literal_at = self.at;
        let test = match operator {
            Operator::In { negated } => Test::In {
                negated,
                literals: self.list()?,
            },
            Operator::Sign(sign) => {
                let literal = self.literal()?;
                if matches!(literal, Literal::Bool(_))
                    && !matches!(sign, Sign::Equal | Sign::NotEqual)
                {
                    return Err(self.fault_at(
                        operator_at,
                        "true and false can only be compared with = and !=",
                    ));
                }
                Test::Compare(sign, literal)
            }
            Operator::Like {
                negated,
                ignore_case,
            }
            | Operator::Regex {
                negated,
                ignore_case,
            } => {
                let Literal::Text(text) = self.literal()? else {
                    return Err(self.fault_at(literal_at, "expected a pattern in single quotes"));
                };
                let pattern = match operator {
                    Operator::Like { .. } => Pattern::like(&text, ignore_case),
                    _ => Pattern::regex(&text, ignore_case),
                };
                let pattern = pattern.map_err(|reason| self.fault_at(literal_at, reason))?;
                Test::Pattern { negated, pattern }
            }
        };
        let if_missing = match &test {
            Test::Compare(sign, _) => *sign == Sign::NotEqual,
            Test::In { negated, .. } | Test::Pattern { negated, .. } => *negated,
        };
        let quantities = is_quantity_path(&path);
        Ok(Term {
            path,
            test,
            if_missing,
            quantities,
        })
    }

    /// Up to the blank or operator that ends a path. In `?key=value` the first `=` belongs to the
    /// path, and so does everything up to the next dot or blank.
    fn path_text(&mut self) -> &'e str {
        let start = self.at;
        let mut in_match = false;
        let mut in_quotes = false;
        let mut segment_start = true;
        for c in self.rest().chars() {
            match c {
                '"' => in_quotes = !in_quotes,
                _ if in_quotes => {}
                ' ' | '\t' | '\n' | '\r' => break,
                '.' => {
                    in_match = false;
                    segment_start = true;
                    self.at += 1;
                    continue;
                }
                '?' if segment_start => in_match = true,
                '*' | '|' if segment_start => {
                    self.at += 1;
                    continue;
                }
                '=' | '<' | '>' | '!' if !in_match => break,
                '~' if !in_match && !self.text[self.at + 1..].starts_with(['0', '1', '2']) => break,
                _ => {}
            }
            segment_start = false;
            self.at += c.len_utf8();
        }
        &self.text[start..self.at]
    }

    fn operator(&mut self) -> Result<Operator, QueryError> {
        for (text, operator) in OPERATORS {
            let is_word = text.as_bytes()[0].is_ascii_alphabetic();
            if is_word {
                let before = self.at;
                let mut words = text.split(' ');
                if words.all(|word| {
                    self.blanks();
                    self.keyword(word)
                }) {
                    return Ok(operator);
                }
                self.at = before;
            } else if self.rest().starts_with(text) {
                self.at += text.len();
                return Ok(operator);
            }
        }
        Err(self.fault(
            "expected an operator: = != < <= > >= [NOT] LIKE [NOT] ILIKE ~~ !~~ ~ ~* !~ !~* or [NOT] IN",
        ))
    }

    fn list(&mut self) -> Result<Vec<Literal>, QueryError> {
        if !self.rest().starts_with('(') {
            return Err(self.fault("expected a list, such as ('a', 'b')"));
        }
        self.at += 1;
        let mut literals = Vec::new();
        loop {
            self.blanks();
            literals.push(self.literal()?);
            self.blanks();
            match self.rest().as_bytes().first() {
                Some(b',') => self.at += 1,
                Some(b')') => {
                    self.at += 1;
                    return Ok(literals);
                }
                _ => return Err(self.fault("expected ',' or ')'")),
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, QueryError> {
        if self.keyword("true") {
            return Ok(Literal::Bool(true));
        }
        if self.keyword("false") {
            return Ok(Literal::Bool(false));
        }
        if let Some(body) = self.rest().strip_prefix('\'') {
            return self.text_literal(body).map(Literal::Text);
        }
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c))
            .unwrap_or(rest.len());
        match Number::parse(&rest[..end]) {
            Some(number) if end <= 20 => {
                self.at += end;
                Ok(Literal::Number(number))
            }
            _ => Err(self.fault("expected a text in single quotes, a number, true or false")),
        }
    }

    /// Text up to the closing quote; two quotes stand for one.
    fn text_literal(&mut self, body: &str) -> Result<String, QueryError> {
        let opening = self.at;
        let mut text = String::new();
        let mut rest = body;
        loop {
            let Some(quote) = rest.find('\'') else {
                return Err(self.fault_at(opening, "the quote is not closed"));
            };
            text.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    rest = more;
                }
                None => {
                    self.at = self.text.len() - rest.len();
                    return Ok(text);
                }
            }
        }
    }
}

/// `resources.requests.X` and `resources.limits.X` hold quantities.
fn is_quantity_path(path: &Path) -> bool {
    let normalized = path.normalized();
    let segments: Vec<&str> = normalized.rsplitn(4, '.').collect();
    matches!(
        segments.as_slice(),
        [_, "requests" | "limits", "resources", ..]
    )
}
