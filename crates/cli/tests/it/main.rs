//! Transcripts of the real binary: what is typed, what comes out, and the exit code. What the engine makes of a
//! kustomization is proved by its own cases; upstream is not needed here.

mod build;
mod completion;
mod connection;
mod health;
mod remote;
mod transcript;
