//! Words of servers about a Secret. What is checked stands in `checks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest_fuzz::foreign(data));
