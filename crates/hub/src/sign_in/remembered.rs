//! Passwords that were right a moment ago. Comparing a password with its hash is slow on purpose;
//! clients that send one with each request would wait for it each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::HubError;

/// How long a password that was right is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// Most that are remembered.
const MOST: usize = 1000;

/// What the hub knows of passwords beside the database.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    right: Arc<Mutex<Right>>,
    /// Turns to compare a password: each takes a processor and 19 MiB, and what is being compared
    /// has not been counted as a failure yet.
    pub(super) turns: Arc<Semaphore>,
}

impl Default for Credentials {
    fn default() -> Self {
        let processors = std::thread::available_parallelism();
        let turns = processors.map_or(1, std::num::NonZero::get);
        Self {
            right: Arc::default(),
            turns: Arc::new(Semaphore::new(turns)),
        }
    }
}

impl Credentials {
    /// What a password is remembered by. The stored hash is a part of it: a password that was
    /// changed, on whatever server, is not remembered. The secret of the process keeps others
    /// from trying passwords on what they see of its memory.
    pub(super) fn key(&self, password: &str, stored_hash: &str) -> Result<[u8; 32], HubError> {
        let mut hash = Sha256::new();
        hash.update(self.lock().secret()?);
        hash.update((stored_hash.len() as u64).to_be_bytes());
        hash.update(stored_hash);
        hash.update(password);
        Ok(hash.finalize().into())
    }

    /// Whether a password was right a moment ago.
    pub(super) fn knows(&self, key: &[u8; 32]) -> bool {
        self.lock().knows(key, Instant::now())
    }

    /// Remembers that a password was right.
    pub(super) fn remember(&self, key: [u8; 32]) {
        self.lock().remember(key, Instant::now());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Right> {
        self.right.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Right {
    secret: Option<[u8; 32]>,
    until: HashMap<[u8; 32], Instant>,
}

impl std::fmt::Debug for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Right").finish_non_exhaustive()
    }
}

impl Right {
    fn secret(&mut self) -> Result<[u8; 32], HubError> {
        if let Some(secret) = self.secret {
            return Ok(secret);
        }
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(|error| HubError::Internal(error.to_string()))?;
        Ok(*self.secret.insert(secret))
    }

    fn knows(&self, key: &[u8; 32], now: Instant) -> bool {
        self.until.get(key).is_some_and(|until| *until > now)
    }

    fn remember(&mut self, key: [u8; 32], now: Instant) {
        if self.until.len() >= MOST {
            self.until.retain(|_, until| *until > now);
        }
        // Who is not remembered is slower, and nothing else.
        if self.until.len() < MOST {
            self.until.insert(key, now + REMEMBERED_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_for_a_while() {
        let mut right = Right::default();
        let start = Instant::now();
        right.remember([1; 32], start);
        let almost = REMEMBERED_FOR.saturating_sub(Duration::from_nanos(1));
        for (key, after, expected) in [
            ([1; 32], Duration::ZERO, true),
            ([1; 32], almost, true),
            ([1; 32], REMEMBERED_FOR, false),
            ([2; 32], Duration::ZERO, false),
        ] {
            assert_eq!(right.knows(&key, start + after), expected, "{after:?}");
        }
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let mut right = Right::default();
        let start = Instant::now();
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            key
        };
        for number in 0..2 * MOST {
            right.remember(key(number), start);
        }
        assert_eq!(right.until.len(), MOST);
        right.remember([9; 32], start + REMEMBERED_FOR);
        assert_eq!(right.until.len(), 1, "those whose time is over made room");
    }

    #[test]
    fn another_hash_or_password_has_another_key() {
        let credentials = Credentials::default();
        let key = |password, hash| credentials.key(password, hash).expect("a key");
        assert_eq!(key("a", "hash"), key("a", "hash"));
        assert_ne!(key("a", "hash"), key("b", "hash"));
        assert_ne!(key("a", "hash"), key("a", "other"));
        assert_ne!(key("ha", "s"), key("a", "sh"));
        let other = Credentials::default();
        assert_ne!(key("a", "hash"), other.key("a", "hash").expect("a key"));
    }
}
