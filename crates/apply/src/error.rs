//! Why one object could not be applied, in Flux's words (contracts/kustomize-controller.md 12.2, 12.3).
//!
//! The text is built here, once, from the API server's own message; classes are `cluster::Error`'s.

use cluster::{Class, Error as ApiError};
use manifest::ObjectId;

/// Where in the life of an object a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The dry-run, or finding out where to send it.
    DryRun,
    /// The real apply.
    Apply,
    /// The clean-up of foreign field managers.
    CleanUp,
    /// The deletion before a forced recreation, or of a stale object.
    Delete,
}

/// One object's failure.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text}")]
pub struct ObjectError {
    /// The object.
    pub id: ObjectId,
    /// The step.
    pub phase: Phase,
    /// The API server's class of refusal.
    pub class: Class,
    /// One line for people, with the object's name in front.
    pub text: String,
}

impl ObjectError {
    /// From the API server's answer.
    #[must_use]
    pub fn from_api(id: &ObjectId, phase: Phase, error: &ApiError) -> Self {
        let class = error.classify();
        let message = error.message();
        let text = match (phase, class) {
            (Phase::DryRun | Phase::Apply, Class::NotFound) if !id.namespace.is_empty() => {
                format!("{id} not found: {message}")
            }
            (Phase::DryRun, _) => match error.reason() {
                Some(reason) if !reason.is_empty() => format!("{id} dry-run failed ({reason}): {message}"),
                _ => format!("{id} dry-run failed: {message}"),
            },
            (Phase::Apply, _) => format!("{id} apply failed: {message}"),
            (Phase::CleanUp, _) => format!("{id} managed fields clean-up failed: {message}"),
            (Phase::Delete, _) => format!("{id} delete failed: {message}"),
        };
        Self { id: id.clone(), phase, class, text }
    }

    /// The kind is not served (12.2.4).
    #[must_use]
    pub fn unknown_kind(id: &ObjectId, api_version: &str) -> Self {
        let text =
            format!("{id} dry-run failed: no matches for kind \"{}\" in version \"{api_version}\"", id.kind);
        Self { id: id.clone(), phase: Phase::DryRun, class: Class::NotFound, text }
    }

    /// A namespaced kind without a namespace (12.2.4, checklist 11).
    #[must_use]
    pub fn no_namespace(id: &ObjectId) -> Self {
        let text = format!("{id} namespace not specified: the server could not find the requested resource");
        Self { id: id.clone(), phase: Phase::DryRun, class: Class::NotFound, text }
    }

    /// Something of ours, said plainly.
    #[must_use]
    pub fn other(id: &ObjectId, phase: Phase, message: &str) -> Self {
        Self { id: id.clone(), phase, class: Class::Unreadable, text: format!("{id} {message}") }
    }
}

/// All failures of a run as one message: Flux's text for one, a line per object in sort order for several
/// (decisions 5.4).
#[must_use]
pub fn join(mut errors: Vec<ObjectError>) -> String {
    errors.sort_by(|a, b| manifest::order::apply_order(&a.id, &b.id));
    errors.iter().map(|error| error.text.as_str()).collect::<Vec<_>>().join("\n")
}
