//! Merging: bringing the changes from one text to another into a third, without losing what people
//! did there.
//!
//! [`merge`] takes three texts: what theirs started from (base), what it became (theirs), and the
//! text that gets the changes (ours). The result is a text and a report with one line for every
//! place that theirs changed. It is made in two steps. First the values: a walk over the three
//! trees (`walk`) decides place by place what is taken and what stays; list elements meet by their
//! merge key. Then the text: lines that theirs changed are carried over as lines (`text`), so that
//! comments, blank lines and order come along, and where the outcome does not hold the merged
//! values, it is edited until it does (`document`). So the text is only ever a matter of form: what
//! the result means is decided by the values.
//!
//! [`patch`] brings recorded mutations into a text, [`undo`] takes one change out again.

mod align;
mod document;
mod lists;
mod local;
mod order;
mod pairing;
mod patch;
mod report;
mod resources;
mod strategy;
mod text;
mod walk;

pub use local::Local;
pub use patch::{patch, undo};
pub use report::{Outcome, ReportLine, Subject};
pub use strategy::Strategy;

use crate::config::Config;
use crate::parse_error::ParseError;
use crate::path::Path;

/// How to merge.
#[derive(Clone, Copy, Debug)]
pub struct MergeOptions<'a> {
    /// What is local in ours.
    pub local: Local<'a>,
    /// What to do where theirs changed what is local.
    pub strategy: Strategy,
    /// Other strategies from certain places down; the last path that fits counts.
    pub paths: &'a [(Path, Strategy)],
}

impl Default for MergeOptions<'_> {
    fn default() -> Self {
        Self {
            local: Local::Differences,
            strategy: Strategy::KeepLocal,
            paths: &[],
        }
    }
}

/// A merged text and what happened.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The result.
    pub config: Config,
    /// A line for every place that theirs changed; empty when theirs changed nothing.
    pub report: Vec<ReportLine>,
}

impl Merged {
    /// The lines of what is not in the result.
    pub fn held_back(&self) -> impl Iterator<Item = &ReportLine> {
        self.report.iter().filter(|line| line.is_held_back())
    }
}

/// Why nothing was merged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MergeError {
    /// Something would have been held back where the strategy is to fail.
    #[error("{} of the changes meet local changes, first {}", held.len(), held.first().map(|line| line.path.as_str()).unwrap_or_default())]
    HeldBack {
        /// What would have been held back.
        held: Vec<ReportLine>,
    },
    /// The merged text cannot be read: it is too long, or has too many values.
    #[error("the merged text cannot be read: {0}")]
    Unreadable(#[from] ParseError),
    /// The merged text does not hold the merged values. Nothing was changed.
    #[error("the resource {resource} cannot be merged: its text would not hold the merged values")]
    Unfaithful {
        /// The resource.
        resource: String,
    },
}

/// Brings the changes from `base` to `theirs` into `ours`.
///
/// # Errors
/// Something is held back where the strategy is to fail, or the result would be too large.
pub fn merge(
    base: &Config,
    theirs: &Config,
    ours: &Config,
    options: &MergeOptions<'_>,
) -> Result<Merged, MergeError> {
    resources::merge(base, theirs, ours, options)
}
