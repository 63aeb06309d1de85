//! Compiled programs, kept by their text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Most programs kept of one language; the one that was not used for longest goes first.
const MAX_PROGRAMS: usize = 64;

/// Compiled programs by the text they come from, most recently used first.
pub(super) struct Cache<T>(Mutex<VecDeque<(String, Arc<T>)>>);

impl<T> Cache<T> {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// The compiled form of a text. What does not compile is not kept.
    ///
    /// # Errors
    /// What `compile` says.
    pub(super) fn get<E>(
        &self,
        text: &str,
        compile: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Ok(mut programs) = self.0.lock()
            && let Some(at) = programs.iter().position(|(known, _)| known == text)
            && let Some(entry) = programs.remove(at)
        {
            let program = entry.1.clone();
            programs.push_front(entry);
            return Ok(program);
        }
        // The lock is not held meanwhile: a slow program keeps nobody waiting.
        let program = Arc::new(compile(text)?);
        if let Ok(mut programs) = self.0.lock() {
            programs.push_front((text.to_owned(), program.clone()));
            programs.truncate(MAX_PROGRAMS);
        }
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_program_goes() {
        let cache = Cache::new();
        let compiled = Mutex::new(0);
        let get = |text: &str| {
            cache.get(text, |text| {
                *compiled.lock().expect("lock") += 1;
                if text == "wrong" {
                    Err("no")
                } else {
                    Ok(text.len())
                }
            })
        };
        assert_eq!(get("first").map(|length| *length), Ok(5));
        for program in 1..MAX_PROGRAMS {
            get(&program.to_string()).expect("compiles");
        }
        get("first").expect("kept");
        assert_eq!(*compiled.lock().expect("lock"), MAX_PROGRAMS);
        get("one too many").expect("compiles");
        get("first").expect("kept, because it was used");
        assert_eq!(*compiled.lock().expect("lock"), MAX_PROGRAMS + 1);
        get("1").expect("compiles again");
        assert_eq!(*compiled.lock().expect("lock"), MAX_PROGRAMS + 2);
        assert_eq!(
            (get("wrong").err(), get("wrong").err()),
            (Some("no"), Some("no"))
        );
    }
}
