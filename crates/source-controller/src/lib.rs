//! Placeholder crate doc.

pub(crate) mod git;
