//! What a run of a program or policy has used up.

use std::cell::Cell;

/// Units of work of one call of a function, over all resources. A unit is about one step of the
/// program, one value or sixteen bytes made. Nothing that is made is freed before the run of a
/// resource ends, so work bounds memory too.
pub(super) const MAX_WORK: usize = 2_000_000;

/// Counts what a program does; everything that takes long or makes much is counted before it is
/// done.
pub(super) struct Meter {
    left: Cell<usize>,
}

impl Meter {
    pub(super) fn new(work: usize) -> Self {
        Self {
            left: Cell::new(work),
        }
    }

    pub(super) fn charge(&self, work: usize) -> Result<(), String> {
        match self.left.get().checked_sub(work) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(self.message())
            }
        }
    }

    /// Counts text that is read or made.
    pub(super) fn bytes(&self, bytes: usize) -> Result<(), String> {
        self.charge(bytes / 16 + 1)
    }

    /// Whether the budget is used up.
    pub(super) fn is_empty(&self) -> bool {
        self.left.get() == 0
    }

    fn message(&self) -> String {
        format!("stopped: it needs more than the {MAX_WORK} units of work that one call may use")
    }
}
