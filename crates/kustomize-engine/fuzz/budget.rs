//! A kustomization file with a small budget. What is checked stands in `checks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kustomize_engine_fuzz::budget(data));
