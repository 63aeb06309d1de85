//! The parts of a Rego policy.

use std::collections::HashMap;

use super::number::Number;

/// A policy that was read: its rules, in order.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
    /// The places of the rules of each name.
    by_name: HashMap<String, Vec<usize>>,
}

impl Policy {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, rule) in rules.iter().enumerate() {
            by_name.entry(rule.name.clone()).or_default().push(at);
        }
        Self { rules, by_name }
    }

    /// The rules of a name, in order.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Rule> + use<'_> {
        let places = self.by_name.get(name).into_iter().flatten();
        places.filter_map(|at| self.rules.get(*at))
    }
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) line: u32,
    pub(super) name: String,
    pub(super) head: Head,
    pub(super) body: Vec<Statement>,
    /// What follows with `else`, each tried when those before do not hold.
    pub(super) otherwise: Vec<(Term, Vec<Statement>)>,
}

#[derive(Debug)]
pub(super) enum Head {
    /// `default name := value`
    Default(Term),
    /// `name := value if ...`
    Complete(Term),
    /// `name contains value if ...`
    Set(Term),
    /// `name[key] := value if ...`
    Object(Term, Term),
    /// `name(parameters) := value if ...`
    Function(Vec<Term>, Term),
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) line: u32,
    pub(super) kind: StatementKind,
}

#[derive(Debug)]
pub(super) enum StatementKind {
    /// Holds when the value is neither false nor undefined.
    Holds(Term),
    Not(Term),
    /// `pattern := value` and `left = right`
    Unify(Term, Term),
    /// `some key, value in of`
    SomeIn(Option<Term>, Term, Term),
    /// `some x`, which says that x is a variable of its own
    Some(Vec<String>),
    /// `every key, value in of { ... }`
    Every(Option<Term>, Term, Term, Vec<Statement>),
}

#[derive(Debug)]
pub(super) enum Term {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// A variable; `_` is a new one each time.
    Variable(String),
    Array(Vec<Term>),
    Set(Vec<Term>),
    Object(Vec<(Term, Term)>),
    /// `of[key]`, `of.key`
    Ref(Box<Term>, Box<Term>),
    Call(String, Vec<Term>),
    Binary(Binary, Box<Term>, Box<Term>),
    Comprehension(Kind, Box<(Term, Term)>, Vec<Statement>),
}

/// What a comprehension makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Set,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    And,
    Or,
}

impl Term {
    /// Whether it has one value, whatever the input.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => true,
            Self::Array(terms) | Self::Set(terms) => terms.iter().all(Self::is_constant),
            Self::Object(entries) => entries
                .iter()
                .all(|(key, value)| key.is_constant() && value.is_constant()),
            _ => false,
        }
    }

    /// What has to have a value before it can be asked whether this holds.
    pub(super) fn operands(&self) -> Vec<&Self> {
        match self {
            Self::Call(_, terms) => terms.iter().collect(),
            Self::Binary(Binary::Equal, left, right) => {
                let mut inside = left.inside();
                inside.extend(right.inside());
                inside
            }
            Self::Binary(_, left, right) => vec![left, right],
            other => other.inside(),
        }
    }

    /// The same of one side of `==`, where a path may lead to nothing.
    fn inside(&self) -> Vec<&Self> {
        match self {
            Self::Ref(of, key) => {
                let mut inside = of.inside();
                inside.push(key);
                inside
            }
            Self::Array(terms) | Self::Set(terms) => terms.iter().collect(),
            Self::Object(entries) => {
                let entries = entries.iter();
                entries.flat_map(|(key, value)| [key, value]).collect()
            }
            Self::Call(..) | Self::Binary(..) => vec![self],
            _ => Vec::new(),
        }
    }
}
