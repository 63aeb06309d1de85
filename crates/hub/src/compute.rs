//! Work for the processor, kept away from the threads that answer requests.

use rayon::prelude::*;

use crate::HubError;

/// Runs work on a thread of its own.
pub(crate) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| HubError::Internal(error.to_string()))
}

/// Runs work on every element, on all cores; results come in the order of the elements.
pub(crate) async fn compute_each<T: Send + 'static, R: Send + 'static>(
    elements: Vec<T>,
    work: impl Fn(T) -> R + Send + Sync + 'static,
) -> Result<Vec<R>, HubError> {
    compute(move || elements.into_par_iter().map(work).collect()).await
}
