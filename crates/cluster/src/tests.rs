//! Tests of what needs no API server: paths, classes, the mapper's rules.

mod error;
mod limits;
