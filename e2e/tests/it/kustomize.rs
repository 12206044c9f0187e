//! The kustomize-controller on a real API server: what it writes to the cluster, to its status and to its events.
//! Sources are published by the tests; source-controller takes no part.

pub(crate) mod rig;

mod admission;
mod apply;
mod chaos;
pub(crate) mod clusters;
mod cost;
mod crash;
mod decryption;
mod definitions;
mod deletion;
mod departures;
mod dependencies;
mod drift;
mod drift_report;
mod expressions;
mod failures;
mod faults;
mod figures;
mod first_apply;
mod fleet;
mod force;
mod handover;
mod health;
mod identities;
mod ignore;
mod kills;
mod prune;
mod restart;
mod sharing;
mod spec;
mod stories;
mod substitution;
mod takeover;
mod unavailable;
mod webhooks;
mod workload_identity;
