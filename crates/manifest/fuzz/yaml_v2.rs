//! Reading YAML as go-yaml v2 does. What is checked stands in `checks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest_fuzz::read(data, manifest::yaml::Dialect::V2));
