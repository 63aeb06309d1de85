//! What was made from a text lately, kept because the same text comes with every unit of a call.

use std::sync::{Arc, RwLock};

/// Most bytes of text whose results are kept, and most results.
const MAX_BYTES: usize = 8 << 20;
const MAX_COUNT: usize = 16;

/// Results by the text they were made from, the newest first; shared by all threads.
pub(crate) struct Recent<T> {
    kept: RwLock<Vec<(Box<str>, Arc<T>)>>,
}

impl<T> Recent<T> {
    pub(crate) const fn new() -> Self {
        Self {
            kept: RwLock::new(Vec::new()),
        }
    }

    /// What was made from a text, or what is made from it now.
    pub(crate) fn get<E>(
        &self,
        text: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let known = self.kept.read().ok().and_then(|kept| {
            let found = kept.iter().find(|(known, _)| **known == *text)?;
            Some(Arc::clone(&found.1))
        });
        if let Some(known) = known {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        if let Ok(mut kept) = self.kept.write() {
            kept.insert(0, (text.into(), Arc::clone(&made)));
            let mut bytes = 0;
            kept.truncate(MAX_COUNT);
            kept.retain(|(text, _)| {
                bytes += text.len();
                bytes <= MAX_BYTES
            });
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_kept_until_there_are_too_many() {
        let recent: Recent<usize> = Recent::new();
        let get = |text: &str, value| recent.get(text, || Ok::<_, ()>(value)).expect("made");
        assert_eq!((*get("a", 1), *get("a", 2)), (1, 1));
        for n in 0..MAX_COUNT {
            get(&n.to_string(), n);
        }
        assert_eq!(*get("a", 3), 3, "made again");
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!((*get(&long, 4), *get(&long, 5)), (4, 5), "too long to keep");
        assert_eq!(recent.get("b", || Err::<usize, _>("why")), Err("why"));
    }
}
