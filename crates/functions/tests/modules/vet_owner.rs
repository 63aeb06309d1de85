//! A function of a user: passes when a resource has the annotation `owner`.
//!
//! `rustc --target wasm32-unknown-unknown --crate-type cdylib -C opt-level=s -o vet-owner.wasm
//! vet_owner.rs` makes the module. It looks at the text of the resource only; a module that reads
//! and writes JSON takes a library for that.

/// Room for what the function is given. The module starts afresh with every resource, so that
/// nothing need be freed.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0_u8; length].into_boxed_slice()).as_mut_ptr()
}

/// The function itself: where its answer begins in the upper half, how long it is in the lower.
///
/// # Safety
/// The place is one that `allocate` gave, with that length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(place: *const u8, length: usize) -> u64 {
    let input = unsafe { std::slice::from_raw_parts(place, length) };
    let input = String::from_utf8_lossy(input);
    let resource = input.split("\"arguments\":").next().unwrap_or_default();
    let answer: &'static str = match resource.contains("\"owner\":") {
        true => r#"{"passed": true}"#,
        false => r#"{"passed": false, "details": ["it has no owner"]}"#,
    };
    (answer.as_ptr() as u64) << 32 | answer.len() as u64
}
