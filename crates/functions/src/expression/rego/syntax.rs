//! The parts of a Rego policy.

/// A policy that was read: its rules, in order.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
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
    Number(f64),
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
