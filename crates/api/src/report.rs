//! Kinds of our own group that only controllers write.
//! Kinds that people write to set policy will have a module of their own.

pub mod convergence;
