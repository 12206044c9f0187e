//! End-to-end tests: one binary, one control plane for all of them (`testkit::cluster`), a namespace for each.
//! Modules are named after what is proved.

mod chart;
mod cli;
mod core;
mod crds;
mod docs;
mod explained;
mod flux_cli;
mod health;
mod hostile;
mod image;
mod kustomize;
mod manifests;
mod metrics;
mod peers;
mod release;
mod rights;
mod smoke;
mod source;
mod swap;
mod traces;
