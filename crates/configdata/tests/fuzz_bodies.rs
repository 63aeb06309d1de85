//! The bodies of the fuzz targets as property tests: over the kept inputs, over changed copies of
//! them, and over any bytes.

#[path = "../../../fuzz/bodies.rs"]
pub mod bodies;

use std::path::PathBuf;

use bodies::BODIES;
use proptest::prelude::*;

/// The kept inputs of a target, by file name.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut inputs: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
        .expect("kept inputs")
        .map(|entry| {
            let entry = entry.expect("readable");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn every_kept_input_holds() {
    for (target, body) in BODIES {
        let inputs = kept(target);
        assert!(inputs.len() >= 5, "{target}: {} inputs", inputs.len());
        for (name, input) in inputs {
            // So that the output of a failing test ends with the input that failed.
            note(target, &name);
            body(&input);
        }
    }
}

#[expect(clippy::print_stderr, reason = "shown only when the test fails")]
fn note(target: &str, name: &str) {
    eprintln!("{target}/{name}");
}

/// A change of an input; places are taken modulo its length.
#[derive(Clone, Debug)]
enum Change {
    Delete(usize, usize),
    Duplicate(usize, usize),
    /// A piece of another kept input of the target.
    Splice(usize, usize, usize, usize),
    Overwrite(usize, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || 0..100_000usize;
    prop_oneof![
        (place(), 0..40usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (place(), 0..40usize).prop_map(|(at, length)| Change::Duplicate(at, length)),
        (place(), place(), place(), 0..80usize)
            .prop_map(|(at, other, from, length)| Change::Splice(at, other, from, length)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Overwrite(at, byte)),
        (
            place(),
            prop::sample::select(b"\n\r\t #:;=-[]{}\"'\\&*|><!,.$%0a".as_slice())
        )
            .prop_map(|(at, byte)| Change::Overwrite(at, byte)),
    ]
}

fn changed(inputs: &[(String, Vec<u8>)], first: usize, changes: &[Change]) -> Vec<u8> {
    let mut input = inputs[first % inputs.len()].1.clone();
    for change in changes {
        if input.is_empty() {
            break;
        }
        match *change {
            Change::Delete(at, length) => {
                let at = at % input.len();
                input.drain(at..(at + length).min(input.len()));
            }
            Change::Duplicate(at, length) => {
                let at = at % input.len();
                let chunk = input[at..(at + length).min(input.len())].to_vec();
                input.splice(at..at, chunk);
            }
            Change::Splice(at, other, from, length) => {
                let at = at % input.len();
                let other = &inputs[other % inputs.len()].1;
                let from = from % other.len().max(1);
                let chunk = other[from..(from + length).min(other.len())].to_vec();
                input.splice(at..at, chunk);
            }
            Change::Overwrite(at, byte) => {
                let at = at % input.len();
                input[at] = byte;
            }
        }
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[ -~\n]{0,200}") {
        for (_, body) in BODIES {
            body(&bytes);
            body(text.as_bytes());
        }
    }

    #[test]
    fn changed_copies(first in 0..1000usize, changes in prop::collection::vec(change(), 1..6)) {
        for (target, body) in BODIES {
            body(&changed(&kept(target), first, &changes));
        }
    }
}
