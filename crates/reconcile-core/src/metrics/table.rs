//! Every family of series that a controller serves, each defined once. What is not here is not served and not in the
//! reference; `known` has the names that Flux's, controller-runtime's and Prometheus' libraries have made known, `own`
//! has ours.

use super::definition::Definition;

pub mod known;
pub mod own;

/// All families, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    known::ALL.iter().chain(own::ALL).copied()
}

#[cfg(test)]
mod tests;
