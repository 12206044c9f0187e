//! A strategic merge patch on fixed objects. What is checked stands in `checks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kustomize_engine_fuzz::merge_patch(data));
