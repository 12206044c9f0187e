//! Tests of the small pure parts.

mod args;
mod condition;
mod parts;
mod status;
mod telemetry;
