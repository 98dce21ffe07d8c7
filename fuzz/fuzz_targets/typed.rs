//! Wraps a body of `src/fuzzing/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| orcs::fuzzing::typed(data));
