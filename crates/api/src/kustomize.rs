//! The kinds of Flux's group `kustomize.toolkit.fluxcd.io`.
//! The file `kustomization.yaml` is something else, and the engine's.

pub mod kustomization;
