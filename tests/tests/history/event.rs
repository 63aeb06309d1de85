//! What was done to a unit, and what was answered.

use std::time::Duration;

use serde_json::Value;

/// One operation on one unit, and the answer.
pub(crate) struct Event {
    /// The id of the unit.
    pub(crate) unit: String,
    /// When it was asked.
    pub(crate) begin: Duration,
    /// When it was answered.
    pub(crate) end: Duration,
    pub(crate) did: Did,
    /// The unit, where the answer has it.
    pub(crate) seen: Option<Seen>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Did {
    Read,
    Created,
    /// Set a label, of a Version or of any.
    Label(String, u64, Option<i64>),
    /// Replaced the text, of a Version.
    Text(Vec<u8>, i64),
    /// Put the text of the revision before the head in its place, if that is another.
    Restored,
    /// Brought the unit up to its upstream, if there was anything new.
    Upgraded,
    /// Ran a function: the revision it made, and the text.
    Invoked(String, Vec<u8>),
    /// Approved the head, for the first time or not.
    Approved(bool),
    Deleted,
    /// Found the unit, and changed nothing that is looked at.
    Nothing,
    /// Was refused, because the unit was not of this Version any more.
    Refused(i64),
    /// Was told that there is no such unit.
    Missed,
}

impl Did {
    /// Its name, in figures.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Created => "create",
            Self::Label(_, _, None) => "label",
            Self::Label(..) => "increment",
            Self::Text(..) => "text",
            Self::Restored => "restore",
            Self::Upgraded => "upgrade",
            Self::Invoked(..) => "function",
            Self::Approved(_) => "approve",
            Self::Nothing => "tag, or nothing",
            Self::Deleted => "delete",
            Self::Refused(_) => "refused: Version",
            Self::Missed => "missed: deleted",
        }
    }

    /// Whether the unit has a Version of its own by it, for certain.
    pub(crate) const fn is_change(&self) -> bool {
        matches!(self, Self::Created | Self::Label(..) | Self::Text(..))
    }

    /// Whether it may have.
    pub(crate) const fn may_be_change(&self) -> bool {
        self.is_change() || matches!(self, Self::Restored | Self::Upgraded)
    }

    /// Whether it has, and no answer says which.
    pub(crate) const fn is_unseen_change(&self) -> bool {
        matches!(self, Self::Invoked(..) | Self::Approved(true))
    }
}

/// A unit as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) version: i64,
    /// The number of the newest revision.
    pub(crate) head: i64,
    pub(crate) labels: Value,
    pub(crate) data: Vec<u8>,
}

impl Seen {
    /// What an answer says of a unit.
    pub(crate) fn of(unit: &Value) -> Self {
        Self {
            version: unit["Version"].as_i64().unwrap(),
            head: unit["HeadRevisionNum"].as_i64().unwrap(),
            labels: unit["Labels"].clone(),
            data: cubit_tests::decoded(&unit["Data"]),
        }
    }

    /// The number in a label; 0 when there is none.
    pub(crate) fn label(&self, name: &str) -> u64 {
        let value = self.labels[name].as_str();
        value.map_or(0, |value| value.parse().unwrap())
    }
}
