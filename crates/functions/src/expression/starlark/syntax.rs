//! The parts of a Starlark program.

use std::sync::Arc;

/// A name, by its place in [`Program::names`].
pub(super) type Name = u32;

/// A program that was read.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) body: Vec<Statement>,
    pub(super) names: Vec<String>,
}

impl Program {
    pub(super) fn name(&self, name: Name) -> &str {
        self.names.get(name as usize).map_or("", String::as_str)
    }

    /// The place of a name that the program uses.
    pub(super) fn find(&self, name: &str) -> Option<Name> {
        let at = self.names.iter().position(|known| known == name)?;
        u32::try_from(at).ok()
    }
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) line: u32,
    pub(super) kind: StatementKind,
}

#[derive(Debug)]
pub(super) enum StatementKind {
    Expression(Expression),
    /// `target = value`
    Assign(Expression, Expression),
    /// `target += value`
    Augment(Expression, Binary, Expression),
    /// Conditions with what they lead to, and what is done when none holds.
    If(Vec<(Expression, Vec<Statement>)>, Vec<Statement>),
    For(Expression, Expression, Vec<Statement>),
    Define(Name, Arc<Function>),
    Return(Option<Expression>),
    Break,
    Continue,
    Pass,
}

#[derive(Debug)]
pub(super) struct Expression {
    pub(super) line: u32,
    /// How many expressions are inside each other below this one.
    pub(super) depth: u16,
    pub(super) kind: ExpressionKind,
}

#[derive(Debug)]
pub(super) enum ExpressionKind {
    Name(Name),
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Vec<Expression>),
    Tuple(Vec<Expression>),
    Dict(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Positive(Box<Expression>),
    Inverted(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// `then if test else otherwise`
    Conditional {
        then: Box<Expression>,
        test: Box<Expression>,
        otherwise: Box<Expression>,
    },
    Attribute(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    /// `of[from:to:step]`
    Slice(Box<Expression>, [Option<Box<Expression>>; 3]),
    Call(Box<Expression>, Vec<Argument>),
    Lambda(Arc<Function>),
    /// `[element for ...]`, or with a value `{element: value for ...}`
    Comprehension {
        element: Box<Expression>,
        value: Option<Box<Expression>>,
        clauses: Vec<Clause>,
        /// The names that the clauses bind.
        locals: Vec<Name>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

#[derive(Debug)]
pub(super) enum Clause {
    For(Expression, Expression),
    If(Expression),
}

#[derive(Debug)]
pub(super) enum Argument {
    Positional(Expression),
    Named(String, Expression),
    /// `*list`
    List(Expression),
    /// `**dict`
    Dict(Expression),
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Body,
    /// The names that are its own: parameters, and what it assigns to.
    pub(super) locals: Vec<Name>,
}

#[derive(Debug)]
pub(super) enum Body {
    Statements(Vec<Statement>),
    Expression(Expression),
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Name,
    pub(super) kind: ParameterKind,
}

#[derive(Debug)]
pub(super) enum ParameterKind {
    /// Given by position or name.
    Plain(Option<Expression>),
    /// Stands behind `*`: given by name only.
    NameOnly(Option<Expression>),
    /// `*args`
    List,
    /// `**kwargs`
    Dict,
}
