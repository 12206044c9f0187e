//! How to have the generated files written.

/// What to type when a generated file is out of date.
pub(crate) const COMMAND: &str = "cargo xtask codegen";
