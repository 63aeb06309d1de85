//! The report of a merge: what happened at every place that theirs changed.

use serde::{Deserialize, Serialize};

use crate::resource::ResourceInfo;

/// What became of one change of theirs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Outcome {
    /// Ours has it now.
    #[default]
    Applied,
    /// Ours had it already.
    AlreadyThere,
    /// Taken over a local change, because the strategy says so. The local value is `ours`.
    TookUpstream,
    /// A local change at this place stays.
    KeptLocal,
    /// Theirs changed or removed more than this place; what was changed locally here survives.
    Protected,
    /// Ours has nothing at this place to change.
    NotFound,
    /// Ours has another kind of value here: there is no place to put the change.
    ShapeDiffers,
    /// The text does not allow the change at this place, such as below an alias.
    Refused,
}

impl Outcome {
    /// Whether the change of theirs is not in the result.
    #[must_use]
    pub fn is_held_back(self) -> bool {
        !matches!(
            self,
            Self::Applied | Self::AlreadyThere | Self::TookUpstream
        )
    }

    /// The outcome in words, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::AlreadyThere => "already there",
            Self::TookUpstream => "took upstream",
            Self::KeptLocal => "kept local",
            Self::Protected => "protected",
            Self::NotFound => "not found",
            Self::ShapeDiffers => "shape differs",
            Self::Refused => "refused",
        }
    }
}

/// What a line of the report is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A whole resource.
    Resource,
    /// A value.
    #[default]
    Value,
    /// The order of list elements or resources.
    Order,
    /// A comment.
    Comment,
    /// Blank lines, quoting, order of keys: text without a value of its own.
    Layout,
}

/// One line of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReportLine {
    /// The resource, as it is called in ours (in theirs, when ours has none).
    pub resource: ResourceInfo,
    /// The place; empty for the resource as a whole. Elements of lists with a merge key are named
    /// by it, others by position.
    pub path: String,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub outcome: Outcome,
    /// The value before, in base, as YAML; none where base has nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The value in theirs, as YAML; none where theirs removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// The value that ours had, as YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours: Option<String>,
    /// The mutation that made ours, when the sources tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<i64>,
    /// More, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl ReportLine {
    /// Whether the change of theirs is not in the result.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.outcome.is_held_back()
    }
}
