//! Tests of this crate, a file per subject.

mod fetch;
mod ignore;
mod pack;
mod store;
mod unpack;
