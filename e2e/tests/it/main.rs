//! End-to-end tests: one binary, one control plane for all of them (`testkit::cluster`), a namespace for each.
//! Modules are named after what is proved.

mod core;
mod crds;
mod health;
mod hostile;
mod kustomize;
mod peers;
mod rights;
mod smoke;
mod source;
