//! A parsed and typed `where` expression.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Kind, Pattern};

/// Clauses that must all hold.
#[derive(Debug, Clone, Default)]
pub struct Where {
    pub(crate) clauses: Vec<Clause>,
}

/// A condition, or conditions joined by words. A clause holds, does not hold, or says nothing
/// about a row that has no value to test; NOT makes something of the first two only.
#[derive(Debug, Clone)]
pub enum Clause {
    /// One condition.
    Condition(Condition),
    /// `AND`: all of them hold.
    All(Vec<Self>),
    /// `OR`: one of them holds.
    Any(Vec<Self>),
    /// `NOT`: it does not hold.
    Not(Box<Self>),
}

impl Clause {
    /// Adds the attributes it names.
    fn name<'a>(&'a self, named: &mut Vec<&'a Operand>) {
        match self {
            Self::Condition(condition) => {
                named.push(&condition.left.operand);
                if let Test::Compare(_, Right::Subject(subject)) = &condition.test {
                    named.push(&subject.operand);
                }
            }
            Self::All(clauses) | Self::Any(clauses) => {
                clauses.iter().for_each(|clause| clause.name(named));
            }
            Self::Not(clause) => clause.name(named),
        }
    }
}

impl Where {
    /// The clauses, in the order written.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Whether the expression was empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Adds a condition the caller needs on top: an attribute of the row equals a literal.
    #[must_use]
    pub fn and(mut self, attribute: &'static str, literal: Literal) -> Self {
        let condition = Condition::equals(attribute, literal);
        self.clauses.push(Clause::Condition(condition));
        self
    }

    /// Adds clauses that must hold as well.
    #[must_use]
    pub fn and_all(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self
    }

    /// Every attribute the expression names.
    pub fn attributes(&self) -> impl Iterator<Item = &Operand> {
        let mut named = Vec::new();
        self.clauses
            .iter()
            .for_each(|clause| clause.name(&mut named));
        named.into_iter()
    }
}

/// One condition: something about the row, and the test it must pass.
#[derive(Debug, Clone)]
pub struct Condition {
    /// What is tested.
    pub left: Subject,
    /// The test.
    pub test: Test,
}

impl Condition {
    /// The condition that an attribute of the row itself equals a literal.
    #[must_use]
    pub const fn equals(attribute: &'static str, literal: Literal) -> Self {
        let operand = Operand {
            entity: None,
            attribute,
            key: None,
            kind: literal.kind(),
        };
        Self {
            left: Subject {
                operand,
                length: false,
            },
            test: Test::Compare(Comparison::Equal, Right::Literal(literal)),
        }
    }
}

/// An attribute, or how many elements it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The attribute.
    pub operand: Operand,
    /// Whether `LEN(...)` of it is meant.
    pub length: bool,
}

/// An attribute of the row, of a related entity, or an entry of one that is a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// The prefix of a related entity; none for the row itself.
    pub entity: Option<&'static str>,
    /// The attribute.
    pub attribute: &'static str,
    /// The key of the entry, for maps.
    pub key: Option<String>,
    /// The kind of the attribute, or of the entry when there is a key.
    pub kind: Kind,
}

/// What a condition demands of its left side. Only [`Test::IsNull`] and [`Test::Has`] say something
/// about a missing value.
#[derive(Debug, Clone)]
pub enum Test {
    /// A comparison.
    Compare(Comparison, Right),
    /// A text pattern.
    Matches {
        /// The pattern.
        pattern: Pattern,
        /// Whether it must not match.
        negated: bool,
    },
    /// Membership in a list of literals.
    In {
        /// The list.
        list: Vec<Literal>,
        /// Whether it must not be in it.
        negated: bool,
    },
    /// The left side, a list or map, has this element or key.
    Has(Literal),
    /// There is no value.
    IsNull {
        /// Whether there must be one.
        negated: bool,
    },
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison written this way.
    #[must_use]
    pub fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "!=" | "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// How it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether sides ordered like this satisfy it.
    #[must_use]
    pub const fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Right {
    /// A literal of the kind of the left side.
    Literal(Literal),
    /// Another attribute.
    Subject(Subject),
}

/// A literal, typed by the attribute it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A point in time.
    Time(Timestamp),
    /// An identifier.
    Uuid(Uuid),
    /// True or false.
    Boolean(bool),
}

impl Literal {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Time(_) => Kind::Time,
            Self::Uuid(_) => Kind::Uuid,
            Self::Boolean(_) => Kind::Boolean,
        }
    }
}
