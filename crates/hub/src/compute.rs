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

/// Bytes of a text that is worked on at once, without another thread: going there would take longer.
const SMALL: usize = 32 << 10;

/// Runs work on a text of so many bytes, on a thread of its own when it is large.
pub(crate) async fn compute_on<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HubError> {
    match size <= SMALL {
        true => Ok(work()),
        false => compute(work).await,
    }
}

/// Runs work on every element, on all cores; results come in the order of the elements.
pub(crate) async fn compute_each<T: Send + 'static, R: Send + 'static>(
    elements: Vec<T>,
    work: impl Fn(T) -> R + Send + Sync + 'static,
) -> Result<Vec<R>, HubError> {
    compute(move || elements.into_par_iter().map(work).collect()).await
}
