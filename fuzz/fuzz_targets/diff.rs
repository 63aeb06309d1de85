#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cubit_fuzz::diff(bytes));
