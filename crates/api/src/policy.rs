//! Kinds of our own group by which people say how things are to be judged.

pub mod health_rule;
