//! Tests of the api crate, by topic.

mod crds;
mod durations;
mod round_trips;
mod unsupported;
