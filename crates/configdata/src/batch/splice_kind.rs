//! What splices do, to tell whether two of them may touch.

use crate::splice::Splice;

/// What a splice does to the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SpliceKind {
    PutsIn,
    TakesOut,
    Replaces,
}

pub(super) fn kind(splice: &Splice) -> SpliceKind {
    match (splice.range.is_empty(), splice.text.is_empty()) {
        (true, _) => SpliceKind::PutsIn,
        (false, true) => SpliceKind::TakesOut,
        (false, false) => SpliceKind::Replaces,
    }
}

impl SpliceKind {
    /// Whether what is done just behind a splice of this kind leaves both as they were planned.
    pub(super) fn touches(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::TakesOut, Self::TakesOut) | (Self::Replaces, Self::PutsIn)
        )
    }
}
