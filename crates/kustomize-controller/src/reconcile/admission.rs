//! Whether a Kustomization is run at all (contracts/kustomize-controller.md 5.1 to 5.4; decisions 5.2). Pure.

use crate::names;
use crate::unreadable::Problems;
use api::kustomization::Kustomization;
use api::labels;

/// What is to be done with a Kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is being deleted and our finalizer is off: nothing.
    Gone,
    /// It is being deleted: its objects first.
    Deleting,
    /// Its finalizers lack ours: add it before anything is made. `then` is what follows.
    Unfinalized {
        /// With ours.
        finalizers: Vec<String>,
        /// Never [`Self::Unfinalized`].
        then: Box<Self>,
    },
    /// Only acknowledged.
    Suspended,
    /// It cannot be read, or names what cannot exist: stalled, with these words.
    Invalid(String),
    /// An expression of it cannot be read: stalled, with these words.
    InvalidExpression(String),
    /// The field is not supported: stalled.
    Unsupported(String),
    /// A run.
    Admitted,
}

impl Admission {
    /// Whether the Kustomization's objects are looked at or changed.
    pub(crate) const fn touches_objects(&self) -> bool {
        match self {
            Self::Deleting | Self::Admitted => true,
            Self::Unfinalized { then, .. } => matches!(**then, Self::Deleting | Self::Admitted),
            _ => false,
        }
    }
}

/// Decides from the object alone, and from what is wrong with it or its expressions if those cannot be read.
pub(crate) fn admit(
    object: &Kustomization,
    unreadable: Option<&Problems>,
    bad_expression: Option<String>,
) -> Admission {
    let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    let finalized = finalizers.iter().any(|finalizer| finalizer == labels::FINALIZER);
    if object.metadata.deletion_timestamp.is_some() {
        return if finalized { Admission::Deleting } else { Admission::Gone };
    }
    if let Some(problems) = unreadable {
        // Nothing is made, so that there is nothing to finalise either.
        return Admission::Invalid(problems.message());
    }
    let then = if object.spec.suspend {
        Admission::Suspended
    } else if let Some(field) = api::unsupported::kustomization(&object.spec) {
        Admission::Unsupported(field)
    } else if let Some(problem) = names::problem(&object.spec) {
        Admission::Invalid(problem)
    } else if let Some(problem) = bad_expression {
        Admission::InvalidExpression(problem)
    } else {
        Admission::Admitted
    };
    if finalized {
        return then;
    }
    let mut finalizers = finalizers;
    finalizers.push(labels::FINALIZER.to_owned());
    Admission::Unfinalized { finalizers, then: Box::new(then) }
}

#[cfg(test)]
mod tests;
