//! Kinds of our own group that only controllers write.

pub mod convergence;
pub mod drift_report;
