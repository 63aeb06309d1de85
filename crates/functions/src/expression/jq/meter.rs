//! What a run of a jq program has used up, and where it stops.

use std::cell::Cell;
use std::hint::black_box;

use jaq_json::{Num, Val};

/// Units of work of one call of a function, over all resources. A unit is about one step of the
/// program, one node or sixteen bytes of a value made, or 64 comparisons.
pub(super) const MAX_WORK: usize = 2_000_000;
/// Bytes of stack a program may use, and the stack of the thread it runs on: twice as much and
/// more, because what is dropped after an error needs stack too.
const MAX_STACK: usize = 48 << 20;
pub(super) const STACK: usize = 192 << 20;
/// Most nodes, bytes of text and depth of one value.
const MAX_NODES: usize = 262_144;
const MAX_BYTES: usize = 4 << 20;
const MAX_DEPTH: usize = 256;
/// Most binary digits of an integer: work on integers grows with the square of them.
const MAX_BITS: u64 = 4096;

/// Why a program was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Work,
    Stack,
    Size,
}

impl Stop {
    /// What a caller is told.
    pub(super) fn message(self) -> String {
        match self {
            Self::Work => format!(
                "the program was stopped: it needs more than the {MAX_WORK} units of work that one call may use"
            ),
            Self::Stack => "the program was stopped: its calls are nested too deep".to_owned(),
            Self::Size => format!(
                "the program was stopped: a value would be larger than {MAX_NODES} nodes, {MAX_BYTES} bytes, {MAX_DEPTH} levels or {MAX_BITS} binary digits"
            ),
        }
    }
}

/// The size of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    nodes: usize,
    bytes: usize,
}

impl Size {
    fn work(self) -> usize {
        self.nodes + self.bytes / 16
    }

    fn all(self) -> usize {
        self.nodes + self.bytes
    }
}

/// Counts what a program does. Once it has stopped a program it stops it at every step.
pub(super) struct Meter {
    left: Cell<usize>,
    stop: Cell<Option<Stop>>,
    /// Address of something on the stack where the run began.
    base: usize,
}

/// About where the stack ends now.
fn stack_position() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(black_box(&marker)).addr()
}

impl Meter {
    /// A meter for so many units of work.
    pub(super) fn new(work: usize) -> Self {
        Self {
            left: Cell::new(work),
            stop: Cell::new(None),
            base: stack_position(),
        }
    }

    /// Why the program was stopped, if it was.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop.get()
    }

    fn stopped<T>(&self, stop: Stop) -> Result<T, Stop> {
        self.stop.set(Some(stop));
        Err(stop)
    }

    /// Counts work done or about to be done.
    pub(super) fn charge(&self, work: usize) -> Result<(), Stop> {
        if let Some(stop) = self.stop.get() {
            return Err(stop);
        }
        if self.base.abs_diff(stack_position()) > MAX_STACK {
            return self.stopped(Stop::Stack);
        }
        match self.left.get().checked_sub(work) {
            Some(left) => self.left.set(left),
            None => return self.stopped(Stop::Work),
        }
        Ok(())
    }

    /// Counts a value that was made. Values share their parts, so that a small program makes one
    /// that has more nodes than memory has bytes: it is walked as the tree it looks like.
    pub(super) fn weigh(&self, value: &Val) -> Result<Size, Stop> {
        let mut size = Size::default();
        if !add(value, 0, &mut size) {
            return self.stopped(Stop::Size);
        }
        self.charge(1 + size.work())?;
        Ok(size)
    }

    /// Counts an operation that compares every part of one value with every part of another.
    pub(super) fn weigh_pair(&self, left: &Val, right: &Val) -> Result<(), Stop> {
        let (left, right) = (self.weigh(left)?, self.weigh(right)?);
        self.charge(left.all().saturating_mul(right.all()) / 64)
    }

    /// Refuses to make a value that is too large to be made first and weighed afterwards.
    pub(super) fn refuse<T>(&self) -> Result<T, Stop> {
        self.stopped(Stop::Size)
    }
}

/// Whether a text repeated is still no larger than a value may be.
pub(super) fn may_repeat(length: usize, times: usize) -> bool {
    length.saturating_mul(times) <= MAX_BYTES
}

/// Adds a value to a size; false when it is too large.
fn add(value: &Val, depth: usize, size: &mut Size) -> bool {
    size.nodes += 1;
    match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) => {}
        Val::Num(Num::BigInt(number)) => {
            if number.bits() > MAX_BITS {
                return false;
            }
            size.bytes += 1024;
        }
        Val::Num(Num::Dec(digits)) => {
            if digits.len() as u64 > MAX_BITS / 4 {
                return false;
            }
            size.bytes += digits.len();
        }
        Val::BStr(text) | Val::TStr(text) => size.bytes += text.len(),
        Val::Arr(values) => {
            if depth == MAX_DEPTH || !values.iter().all(|value| add(value, depth + 1, size)) {
                return false;
            }
        }
        Val::Obj(entries) => {
            let fits = |(key, value)| add(key, depth + 1, size) && add(value, depth + 1, size);
            if depth == MAX_DEPTH || !entries.iter().all(fits) {
                return false;
            }
        }
    }
    size.nodes <= MAX_NODES && size.bytes <= MAX_BYTES
}
