//! Writing what was read, and reading it again. What is checked stands in `checks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest_fuzz::read_write_read(data));
