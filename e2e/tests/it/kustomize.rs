//! The kustomize-controller on a real API server: what it writes to the cluster, to its status and to its events.
//! Sources are published by the tests; source-controller takes no part.

mod rig;

mod apply;
mod chaos;
mod clusters;
mod cost;
mod crash;
mod decryption;
mod deletion;
mod departures;
mod dependencies;
mod drift;
mod expressions;
mod failures;
mod fleet;
mod handover;
mod health;
mod identities;
mod prune;
mod spec;
mod stories;
mod substitution;
mod unavailable;
