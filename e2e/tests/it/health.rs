//! The health-controller on a real API server, with Pods that meet real fates: what it publishes, what it asks for,
//! and what it keeps to itself. Kustomizations and their status are written by the tests; kustomize-controller takes
//! no part.

mod rig;

mod alerts;
mod api;
mod economy;
mod figures;
mod fleet;
mod gathering;
mod objects;
mod story;
mod surroundings;
mod workloads;
