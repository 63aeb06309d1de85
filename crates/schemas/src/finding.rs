//! What does not fit a schema, and where.

use std::fmt;

use cubit_configdata::{NodeRef, Position, ResolvedPath, Step};
use serde_json::Value as Json;

use crate::kinds::Kinds;

/// Characters of a value that a message repeats.
const SHOWN_LENGTH: usize = 80;

/// The rule that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the rule of its name")]
pub enum Rule {
    Kind,
    RequiredField,
    UnknownField,
    DuplicateKey,
    AllowedValues,
    Pattern,
    Format,
    Range,
    Size,
    Alternatives,
    /// The schema, or the effort that checking takes.
    Schema,
    /// A rule of a JSON Schema that is none of these.
    Other,
}

impl Rule {
    /// Its name for programs.
    #[must_use]
    pub fn identifier(self) -> &'static str {
        match self {
            Self::Kind => "wrong-type",
            Self::RequiredField => "missing-field",
            Self::UnknownField => "unknown-field",
            Self::DuplicateKey => "duplicate-key",
            Self::AllowedValues => "not-allowed-value",
            Self::Pattern => "pattern-mismatch",
            Self::Format => "wrong-format",
            Self::Range => "out-of-range",
            Self::Size => "wrong-size",
            Self::Alternatives => "no-alternative",
            Self::Schema => "unusable-schema",
            Self::Other => "rule-broken",
        }
    }
}

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Where in the document; a missing field is named itself.
    pub path: ResolvedPath,
    /// Where in the text; of a missing field, where the object stands that lacks it.
    pub position: Position,
    /// What was expected, and what is there.
    pub message: String,
    /// The value, when it is a scalar that may be shown.
    pub value: Option<Json>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.0.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} ({})", self.message, self.position)
    }
}

/// The way down to a value, kept on the stack so that values without findings cost nothing.
#[derive(Clone, Copy)]
pub(crate) enum Trail<'t> {
    Root,
    Key(&'t Trail<'t>, &'t str),
    Index(&'t Trail<'t>, usize),
}

impl Trail<'_> {
    pub(crate) fn path(&self) -> ResolvedPath {
        let mut steps = Vec::new();
        let mut trail = self;
        loop {
            match trail {
                Trail::Root => break,
                Trail::Key(above, key) => {
                    steps.push(Step::Key((*key).to_owned()));
                    trail = above;
                }
                Trail::Index(above, index) => {
                    steps.push(Step::Index(*index));
                    trail = above;
                }
            }
        }
        steps.reverse();
        ResolvedPath(steps)
    }
}

/// A value in a message: its kind, and unless it is `secret`, a scalar itself.
pub(crate) fn describe(node: NodeRef<'_>, secret: bool) -> String {
    let kind = Kinds::of(node);
    if secret || kind == Kinds::NULL || node.is_collection() {
        return kind.to_string();
    }
    let text = node.scalar();
    let shown = shorten(&text);
    if kind == Kinds::STRING {
        format!("{kind} {shown:?}")
    } else {
        format!("{kind} {shown}")
    }
}

/// The beginning of a text.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_LENGTH) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// The known name that is most like an unknown one, as a hint to append.
pub(crate) fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    if name.len() > SHOWN_LENGTH {
        return String::new();
    }
    let lower = name.to_lowercase();
    let most = 1 + name.chars().count() / 4;
    let near = known
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
            (distance, known)
        })
        .filter(|(distance, _)| *distance <= most)
        .min();
    near.map_or_else(String::new, |(_, near)| format!(" (did you mean {near}?)"))
}
