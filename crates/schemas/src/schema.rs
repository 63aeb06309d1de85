//! A schema in the shape it is checked in.

use hashbrown::HashMap;
use serde_json::Value as Json;

use crate::kinds::Kinds;
use crate::pattern::Pattern;

/// What a value must be.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Allowed kinds.
    pub(crate) kinds: Kinds,
    /// Another definition of the version that says it all.
    pub(crate) reference: Option<u32>,
    pub(crate) object: Option<Box<ObjectRules>>,
    pub(crate) items: Option<Box<Schema>>,
    /// Rules that most schemas do not have.
    pub(crate) checks: Option<Box<Checks>>,
}

/// What the entries of an object must be.
#[derive(Debug, Default)]
pub(crate) struct ObjectRules {
    pub(crate) fields: HashMap<Box<str>, Field>,
    pub(crate) required: Vec<Box<str>>,
    pub(crate) rest: Rest,
}

/// A declared field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) schema: Schema,
    /// Its position among the required fields.
    pub(crate) required: Option<usize>,
}

/// What entries besides the declared fields must be.
#[derive(Debug, Default)]
pub(crate) enum Rest {
    /// Anything.
    #[default]
    Open,
    /// Absent, when checking is strict.
    Undeclared,
    /// Absent.
    Forbidden,
    /// Values of a schema.
    Values(Box<Schema>),
}

/// Rules beyond kinds and structure.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) allowed: Vec<Json>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) format: Option<Box<str>>,
    pub(crate) minimum: Option<Bound>,
    pub(crate) maximum: Option<Bound>,
    pub(crate) multiple_of: Option<f64>,
    /// Characters of strings.
    pub(crate) length: Span,
    /// Elements of arrays.
    pub(crate) items: Span,
    /// Entries of objects.
    pub(crate) entries: Span,
    pub(crate) all_of: Vec<Schema>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) not: Option<Schema>,
}

/// A limit of a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) value: f64,
    /// The limit itself is not allowed.
    pub(crate) exclusive: bool,
}

/// A least and a greatest count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) least: Option<u64>,
    pub(crate) most: Option<u64>,
}

impl Schema {
    /// Anything of some kinds.
    pub(crate) fn of_kinds(kinds: Kinds) -> Self {
        Self {
            kinds,
            reference: None,
            object: None,
            items: None,
            checks: None,
        }
    }

    pub(crate) fn refers_to(definition: u32) -> Self {
        Self {
            reference: Some(definition),
            ..Self::of_kinds(Kinds::ANY)
        }
    }

    /// Whether the allowed kinds are all it says.
    pub(crate) fn is_kinds_only(&self) -> bool {
        self.reference.is_none()
            && self.object.is_none()
            && self.items.is_none()
            && self.checks.is_none()
    }
}

impl Span {
    pub(crate) fn is_bounded(self) -> bool {
        self.least.is_some() || self.most.is_some()
    }

    pub(crate) fn holds(self, count: u64) -> bool {
        self.least.is_none_or(|least| count >= least) && self.most.is_none_or(|most| count <= most)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "at least {least}"),
            (None, Some(most)) => write!(f, "at most {most}"),
            (None, None) => f.write_str("any number of"),
        }
    }
}
