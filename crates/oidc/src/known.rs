//! What a provider says of itself, and its keys: kept for a while, and not asked for too often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;
use crate::http::Http;
use crate::keys::Keys;
use crate::metadata::{self, Metadata};

/// How long what a provider says of itself, and its keys, are taken for true.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// How long a provider that cannot be used is not asked again.
const FAILURE_KEPT: Duration = Duration::from_secs(5);
/// How often a token with an unknown key may make its keys be read again.
const AGAIN: Duration = Duration::from_secs(10);
/// What is known of a provider.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    metadata: Option<(Arc<Metadata>, Instant)>,
    failure: Option<(String, Instant)>,
    keys: Option<(Arc<Keys>, Instant)>,
    read_again_at: Option<Instant>,
}

impl Known {
    // Held while the provider is asked: who comes meanwhile waits for the answer.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn metadata(&self, issuer: &str, http: &Http) -> Result<Arc<Metadata>, Error> {
        let mut known = self.lock();
        if let Some((metadata, at)) = &known.metadata
            && at.elapsed() < KEPT
        {
            return Ok(metadata.clone());
        }
        if let Some((failure, at)) = &known.failure
            && at.elapsed() < FAILURE_KEPT
        {
            return Err(Error::Provider(failure.clone()));
        }
        let read = http.get::<Metadata>(&metadata::address(issuer), None);
        match read.and_then(|metadata| metadata.checked(issuer)) {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some((metadata.clone(), Instant::now()));
                Ok(metadata)
            }
            Err(error) => {
                if let Error::Provider(failure) = &error {
                    known.failure = Some((failure.clone(), Instant::now()));
                }
                Err(error)
            }
        }
    }

    /// The keys; read again when that is asked for, but not each time.
    pub(crate) fn keys(
        &self,
        again: bool,
        read: impl FnOnce() -> Result<Keys, Error>,
    ) -> Result<Arc<Keys>, Error> {
        let mut known = self.lock();
        if let Some((keys, at)) = &known.keys
            && at.elapsed() < KEPT
        {
            let was_just_read = known.read_again_at.is_some_and(|at| at.elapsed() < AGAIN);
            if !again || was_just_read {
                return Ok(keys.clone());
            }
            known.read_again_at = Some(Instant::now());
        }
        let keys = Arc::new(read()?);
        known.keys = Some((keys.clone(), Instant::now()));
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_again_when_asked_for_and_not_each_time() {
        let known = Known::default();
        let mut read = 0;
        for (again, expected) in [
            (false, 1),
            (false, 1),
            (true, 2),
            (true, 2),
            (false, 2),
            (true, 2),
        ] {
            let keys = known.keys(again, || {
                read += 1;
                Ok(Keys::default())
            });
            keys.expect("keys");
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_provider_that_cannot_be_used_is_asked_later() {
        let known = Known::default();
        // Nothing listens at port 1.
        let first = known.metadata("http://127.0.0.1:1", &Http::new());
        let first = first.expect_err("nobody").to_string();
        assert!(first.contains("127.0.0.1:1"), "{first}");
        let again = known.metadata("http://nowhere.invalid", &Http::new());
        assert_eq!(again.expect_err("not asked").to_string(), first);
    }
}
