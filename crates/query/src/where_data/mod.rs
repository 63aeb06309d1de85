//! `where_data`: conditions over configuration data (section 2.7 of the function engine).
//!
//! ```text
//! expression = term { AND term }
//! term       = path operator literal
//! operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "~~" | "!~~"
//!            | "~" | "~*" | "!~" | "!~*" | "IN" | "NOT IN" | "NOT LIKE" | "NOT ILIKE"
//! literal    = 'text' | number | true | false | "(" literal { "," literal } ")"
//! ```
//!
//! A term holds for a resource when some value at its path satisfies it; a resource matches when
//! all terms hold; a text matches when some resource does. A missing path satisfies nothing, not
//! even `!=`, unless it is missing behind a gate: `containers.*.|securityContext.privileged != true`.
//! A value of another type than the literal does not satisfy; it is no error.

mod index;
mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use cubit_configdata::{
    Accessor, Config, Kind, Missing, NodeRef, Number, Path, Quantity, Toolchain, resolve,
};

pub use index::{Fact, Search, facts};
pub use parse::parse;

use crate::Pattern;

/// Finds the accessor for a named part of a value.
pub trait Accessors {
    /// The accessor registered for `#part` at a normalized path of a resource type.
    fn accessor(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        path: &str,
        part: &str,
    ) -> Option<&Accessor>;
}

/// No accessors: a path with a part matches nothing.
impl Accessors for () {
    fn accessor(&self, _: Toolchain, _: &str, _: &str, _: &str) -> Option<&Accessor> {
        None
    }
}

/// A parsed expression. An empty one matches every text that has a resource of the type.
#[derive(Clone, Debug, Default)]
pub struct WhereData {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    path: Path,
    test: Test,
    /// What holds when the path is missing behind its gate.
    if_missing: bool,
    /// Requests and limits compare as quantities.
    quantities: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Sign, Literal),
    In {
        negated: bool,
        literals: Vec<Literal>,
    },
    Pattern {
        negated: bool,
        pattern: Pattern,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
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

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Text(String),
    Number(Number),
    Bool(bool),
}

impl WhereData {
    /// Whether the expression is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether some resource of the text, of this type (`*` or nothing: of any type), satisfies
    /// all terms.
    #[must_use]
    pub fn matches(&self, config: &Config, resource_type: &str, accessors: &dyn Accessors) -> bool {
        config.resources().any(|resource| {
            (resource_type.is_empty()
                || resource_type == "*"
                || resource.info.resource_type == resource_type)
                && self.matches_resource(
                    config.toolchain(),
                    &resource.info.resource_type,
                    resource.root,
                    accessors,
                )
        })
    }

    /// Whether one resource satisfies all terms.
    #[must_use]
    pub fn matches_resource(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        root: NodeRef<'_>,
        accessors: &dyn Accessors,
    ) -> bool {
        self.terms
            .iter()
            .all(|term| term.holds(toolchain, resource_type, root, accessors))
    }
}

impl Term {
    fn holds(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        root: NodeRef<'_>,
        accessors: &dyn Accessors,
    ) -> bool {
        let accessor = match self.path.part() {
            Some(part) => {
                match accessors.accessor(toolchain, resource_type, &self.path.normalized(), part) {
                    Some(accessor) => Some((accessor, part)),
                    None => return false,
                }
            }
            None => None,
        };
        resolve(root, &self.path, Missing::ReportBehindGate)
            .iter()
            .any(|place| match (place.node, accessor) {
                (None, _) => self.if_missing,
                (Some(node), Some((accessor, part))) => node.as_str().is_some_and(|text| {
                    self.test
                        .holds(&Found::Text(&accessor.read(&text, part)), false)
                }),
                (Some(node), None) => {
                    let scalar = node.scalar();
                    let found = match node.kind() {
                        Kind::String => Found::Text(&scalar),
                        Kind::Bool => Found::Bool(node.as_bool() == Some(true)),
                        Kind::Integer | Kind::Float => match Number::parse(&scalar) {
                            Some(number) => Found::Number(number, &scalar),
                            None => return false,
                        },
                        Kind::Null | Kind::Mapping | Kind::Sequence => return false,
                    };
                    self.test.holds(&found, self.quantities)
                }
            })
    }
}

/// A value found in the data.
enum Found<'v> {
    Text(&'v str),
    Number(Number, &'v str),
    Bool(bool),
}

impl Test {
    fn holds(&self, found: &Found<'_>, quantities: bool) -> bool {
        match self {
            Self::Compare(sign, literal) => {
                compare(found, literal, quantities).is_some_and(|order| sign.holds(order))
            }
            Self::In { negated, literals } => {
                let mut orders = literals
                    .iter()
                    .filter_map(|literal| compare(found, literal, quantities))
                    .peekable();
                // Nothing to compare with is no match, negated or not.
                orders.peek().is_some() && orders.any(Ordering::is_eq) != *negated
            }
            Self::Pattern { negated, pattern } => match found {
                Found::Text(text) => pattern.matches(text) != *negated,
                _ => false,
            },
        }
    }
}

/// How a value compares with a literal; `None` when their types have no order.
fn compare(found: &Found<'_>, literal: &Literal, quantities: bool) -> Option<Ordering> {
    match (found, literal) {
        (Found::Text(text) | Found::Number(_, text), Literal::Text(other)) if quantities => {
            Some(text.parse::<Quantity>().ok()?.cmp(&other.parse().ok()?))
        }
        (Found::Text(text), Literal::Number(other)) if quantities => Some(
            text.parse::<Quantity>()
                .ok()?
                .cmp(&other.as_str().parse().ok()?),
        ),
        (Found::Text(text), Literal::Text(other)) => Some(text.as_bytes().cmp(other.as_bytes())),
        (Found::Bool(value), Literal::Bool(other)) => Some(value.cmp(other)),
        (Found::Number(value, _), Literal::Number(other)) => {
            match (value.as_integer(), other.as_integer()) {
                (Some(value), Some(other)) => Some(value.cmp(&other)),
                _ => value.as_float()?.partial_cmp(&other.as_float()?),
            }
        }
        _ => None,
    }
}
