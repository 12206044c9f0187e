//! health-controller: says for each Kustomization whether the cluster is what Git says, and if not, why.
//!
//! ```text
//! Kustomizations ──inventory──▶ watch pool (a watch per kind) ──▶ observed ─┐
//! their sources ─────────────────────────────────────────────▶ sources  ─┼─▶ assess (pure) ──▶ publish ──▶ Convergence
//! Pods, only where something is not well ────────────────────▶ pods     ─┘
//! ```
//!
//! It writes nothing but Convergences. Invariants: a status is written only when it differs; nothing in it changes
//! while nothing happens; data of Secrets is neither kept nor told.

mod args;
mod assess;
mod blockers;
mod context;
mod dependencies;
mod mark;
mod memory;
mod observed;
mod pods;
mod publish;
mod reconcile;
mod sight;
mod source;
mod sources;
mod step;
mod watch;

#[cfg(test)]
mod tests;

pub(crate) use args::Settings;
pub use args::run;
