//! Running work over many texts at once: all cores, bounded memory, results in order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How a run over many texts goes.
#[derive(Clone, Copy, Debug)]
pub struct Many<'a> {
    /// How many threads work; as many as there are cores when none is said.
    pub threads: Option<NonZero<usize>>,
    /// How many texts are held at once, those waiting for their turn included.
    pub at_once: usize,
    /// Set from anywhere, it ends the run: what is begun is finished, nothing else is begun.
    pub cancelled: Option<&'a AtomicBool>,
}

impl Default for Many<'_> {
    fn default() -> Self {
        Self {
            threads: None,
            at_once: 64,
            cancelled: None,
        }
    }
}

impl Many<'_> {
    /// Does `work` on every job and hands the results to `take` in the order of the jobs, with how
    /// many are done. Jobs are taken from the iterator as they are needed, so that it may read them
    /// from somewhere. An error of `take` ends the run as a cancellation does.
    ///
    /// Answers how many results were taken: fewer than there are jobs when it was cancelled.
    ///
    /// # Errors
    /// The first error of `take`.
    ///
    /// # Panics
    /// When `work` or the iterator does.
    pub fn run<J: Send, R: Send, E>(
        &self,
        jobs: impl Iterator<Item = J> + Send,
        work: impl Fn(J) -> R + Sync,
        mut take: impl FnMut(usize, R) -> Result<(), E>,
    ) -> Result<usize, E> {
        let threads = self
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZero::get);
        let queue = Queue {
            state: Mutex::new(State {
                jobs,
                begun: 0,
                taken: 0,
                done: BTreeMap::new(),
                ended: false,
                working: threads,
            }),
            changed: Condvar::new(),
            at_once: self.at_once.max(1),
        };
        let is_cancelled = || {
            self.cancelled
                .is_some_and(|cancelled| cancelled.load(Ordering::Relaxed))
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _last = Leaving(&queue);
                    while let Some((number, job)) = queue.next(&is_cancelled) {
                        let result = work(job);
                        queue.lock().done.insert(number, result);
                        queue.changed.notify_all();
                    }
                });
            }
            let mut taken = 0;
            while let Some(result) = queue.take(taken) {
                if let Err(error) = take(taken, result) {
                    queue.lock().ended = true;
                    queue.changed.notify_all();
                    return Err(error);
                }
                taken += 1;
            }
            Ok(taken)
        })
    }
}

struct Queue<I, R> {
    state: Mutex<State<I, R>>,
    changed: Condvar,
    at_once: usize,
}

struct State<I, R> {
    jobs: I,
    /// Jobs that were handed out, and results that were taken.
    begun: usize,
    taken: usize,
    /// Results that wait for those before them.
    done: BTreeMap<usize, R>,
    /// Nothing else is begun.
    ended: bool,
    /// Threads that may still finish something.
    working: usize,
}

impl<J, I: Iterator<Item = J>, R> Queue<I, R> {
    fn next(&self, is_cancelled: &impl Fn() -> bool) -> Option<(usize, J)> {
        let mut state = self.lock();
        loop {
            if state.ended || is_cancelled() {
                state.ended = true;
                return None;
            }
            if state.begun < state.taken + self.at_once {
                let Some(job) = state.jobs.next() else {
                    state.ended = true;
                    return None;
                };
                let number = state.begun;
                state.begun += 1;
                return Some((number, job));
            }
            state = self.wait(state);
        }
    }
}

impl<I, R> Queue<I, R> {
    fn lock(&self) -> MutexGuard<'_, State<I, R>> {
        // A panic of the work reaches the caller when the threads are joined.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'q>(&'q self, state: MutexGuard<'q, State<I, R>>) -> MutexGuard<'q, State<I, R>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The result of a number; `None` when it will not come any more.
    fn take(&self, number: usize) -> Option<R> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.done.remove(&number) {
                state.taken = number + 1;
                self.changed.notify_all();
                return Some(result);
            }
            if state.working == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }
}

/// Says that a thread has ended, however it ended.
struct Leaving<'q, I, R>(&'q Queue<I, R>);

impl<I, R> Drop for Leaving<'_, I, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working -= 1;
        // A thread that panicked leaves a gap that nobody fills.
        state.ended |= std::thread::panicking();
        drop(state);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn threads(count: usize) -> Many<'static> {
        Many {
            threads: NonZero::new(count),
            at_once: 8,
            cancelled: None,
        }
    }

    #[test]
    fn results_come_in_order() {
        for count in [1, 2, 7] {
            let mut seen = Vec::new();
            let taken = threads(count).run(
                0..1000,
                |number| number * 2,
                |at, result| {
                    seen.push((at, result));
                    Ok::<(), Infallible>(())
                },
            );
            assert_eq!(taken, Ok(1000));
            assert!(
                seen.iter()
                    .enumerate()
                    .all(|(at, found)| *found == (at, at * 2))
            );
        }
    }

    #[test]
    fn few_are_held_at_once() {
        let (made, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let jobs = (0..500).inspect(|_| {
            let held = made.fetch_add(1, Ordering::SeqCst) - taken.load(Ordering::SeqCst);
            assert!(held <= 9, "{held} are held");
        });
        let done = threads(4).run(
            jobs,
            |number| number,
            |_, _| {
                taken.fetch_add(1, Ordering::SeqCst);
                Ok::<(), Infallible>(())
            },
        );
        assert_eq!(done, Ok(500));
    }

    #[test]
    fn a_run_can_be_cancelled() {
        let cancelled = AtomicBool::new(false);
        let many = Many {
            cancelled: Some(&cancelled),
            ..threads(3)
        };
        let taken = many
            .run(
                0..,
                |number: u64| number,
                |at, _| {
                    cancelled.fetch_or(at == 20, Ordering::Relaxed);
                    Ok::<(), Infallible>(())
                },
            )
            .unwrap_or_default();
        assert!((21..=30).contains(&taken), "{taken}");
    }

    #[test]
    fn an_error_ends_the_run() {
        let answer = threads(2).run(
            0..,
            |number: u64| number,
            |at, _| if at == 5 { Err("enough") } else { Ok(()) },
        );
        assert_eq!(answer, Err("enough"));
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let outcome = std::panic::catch_unwind(|| {
            let work = |number: usize| assert!(number != 50, "no fifty");
            threads(3).run(0..100, work, |_, ()| Ok::<(), Infallible>(()))
        });
        assert!(outcome.is_err());
    }
}
