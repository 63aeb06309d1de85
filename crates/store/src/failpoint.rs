//! Where a process can be told to die, so that tests see what is left of what it was doing. Release
//! builds have none of it.
//!
//! `CUBIT_ABORT_AT=before-commit:3` aborts the process when it is about to commit for the third time;
//! `after-commit:3` when that commit is there, and nobody knows it yet. What is written above
//! organizations counts apart: `before-commit-above:1`; so does what no request waits for:
//! `before-commit-background:1`.

use cubit_model::OrganizationId;

/// Which commits are counted together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Point {
    Inside,
    Above,
    Background,
}

impl Point {
    pub(crate) fn of(organization: OrganizationId, is_background: bool) -> Self {
        match (organization.0.is_nil(), is_background) {
            (true, _) => Self::Above,
            (false, true) => Self::Background,
            (false, false) => Self::Inside,
        }
    }

    /// All that is written is there but the commit.
    pub(crate) fn before_commit(self) {
        pass(match self {
            Self::Inside => "before-commit",
            Self::Above => "before-commit-above",
            Self::Background => "before-commit-background",
        });
    }

    /// The commit is there; nobody was answered yet, and what follows has not begun.
    pub(crate) fn after_commit(self) {
        pass(match self {
            Self::Inside => "after-commit",
            Self::Above => "after-commit-above",
            Self::Background => "after-commit-background",
        });
    }
}

#[cfg(debug_assertions)]
fn pass(point: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ABORT_AT: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let value = std::env::var("CUBIT_ABORT_AT").ok()?;
        let (point, passing) = value.split_once(':')?;
        Some((point.to_owned(), passing.parse().ok()?))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let Some((wanted, passing)) = &*ABORT_AT else {
        return;
    };
    if point == wanted && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *passing {
        // Nothing is undone or written on the way out, as with SIGKILL.
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
const fn pass(_: &str) {}
