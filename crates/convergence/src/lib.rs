//! Explains, for one Kustomization, whether the cluster is what Git says, and if not, why: values in, values out. No
//! client, no clock, no I/O.
//!
//! ```text
//! View (what is seen) ──┐
//!                       ├─ explain ─▶ Explanation (whole) ─▶ project ─▶ ConvergenceStatus (bounded)
//! Memory (what was) ────┘                  └─ transitions (what became of the last one)
//! ```
//!
//! ```
//! use convergence::{Memory, SourceView, View, Visibility, explain, project, transitions};
//!
//! let kustomization = serde_json::from_value(serde_json::json!({
//!     "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
//!     "metadata": {"name": "web", "namespace": "apps", "generation": 1},
//!     "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
//!     "status": {"observedGeneration": 1, "lastAppliedRevision": "main@sha1:0", "conditions": [{
//!         "type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "Applied revision",
//!         "lastTransitionTime": "2026-11-25T09:00:00Z"}]},
//! })).unwrap();
//! let view = View {
//!     kustomization: &kustomization,
//!     source: SourceView::Hidden,
//!     chain: convergence::dependencies::Chain::default(),
//!     objects: vec![(manifest::ObjectId::from_inventory("apps_a__ConfigMap").unwrap(), Visibility::Absent)],
//!     leaving: Vec::new(),
//!     rivals: Vec::new(),
//!     drift: None,
//!     beside: &health::beside::Nothing,
//!     rules: health::Rules::built_in(),
//!     now: "2026-11-25T10:00:00Z".parse().unwrap(),
//!     onlooker: convergence::Onlooker::Controller,
//! };
//! let explained = explain(&view, Memory::default());
//! assert_eq!(explained.explanation.verdict.summary, "ConfigMap/apps/a: it does not exist");
//! assert_eq!(project(&explained.explanation).omitted, None);
//! assert!(transitions(&explained.explanation, &explained.explanation).is_empty());
//! ```
//!
//! Invariants: equal views with what was remembered give equal explanations, whatever the time, until the time that
//! [`Explained::recheck`] names; an explanation leaves nothing out; of an object it shows no more than its [`Owner`] may
//! see, whoever wrote the inventory; what the API server or a controller said passes
//! through [`health::wording`], so that no value of a Secret is in it.
//!
//! Where a [`View`] comes from is the caller's: from watches in health-controller, from one list elsewhere.

mod blockers;
pub mod claim;
pub mod dependencies;
mod explain;
pub mod inventory_mark;
mod listed;
mod memory;
pub mod observed;
mod own_rules;
mod project;
mod published;
pub mod source_status;
mod transitions;
mod view;
mod visibility;

pub use explain::{Explained, explain};
pub use listed::{Listed, Sight, listed};
pub use memory::{Memory, RunMark, last_run};
pub use own_rules::own_rules;
pub use project::project;
pub use published::published_answer;
pub use source_status::{Source, SourceView};
pub use transitions::transitions;
pub use view::{Onlooker, Rival, View};
pub use visibility::{Hidden, Owner, Seen, Visibility};
