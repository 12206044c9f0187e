//! Why one object could not be applied, in Flux's words (contracts/kustomize-controller.md 12.2, 12.3).
//!
//! What failed is decided here, once, with the API server's own message; the words are [`api::refusal`]'s, which
//! health-controller reads them back with, and classes are `cluster::Error`'s. The message loses the values of Secrets
//! before an [`ObjectError`] exists, by what is known of the object that was sent ([`Secrets`]).

use api::refusal::{Failure, Refusal};
use cluster::{Class, Error as ApiError};
use manifest::ObjectId;
use manifest::foreign::{Foreign, Secrets, line};

/// Where in the life of an object a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The dry-run, or finding out where to send it.
    DryRun,
    /// The real apply.
    Apply,
    /// The clean-up of foreign field managers.
    CleanUp,
    /// Reading a stale object.
    Query,
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
    /// From the API server's answer, where nothing but the kind of the object is known.
    #[must_use]
    pub fn from_api(id: &ObjectId, phase: Phase, error: &ApiError) -> Self {
        Self::of_known(id, phase, error, &Secrets::of_kind(&id.kind))
    }

    /// From the API server's answer about an object whose values are known.
    #[must_use]
    pub fn of_known(id: &ObjectId, phase: Phase, error: &ApiError, known: &Secrets) -> Self {
        let class = error.classify();
        let failure = match (phase, class) {
            (Phase::DryRun | Phase::Apply, Class::NotFound) if !id.namespace.is_empty() => Failure::NotFound,
            (Phase::DryRun, _) => {
                Failure::DryRun(error.reason().filter(|reason| !reason.is_empty()).map(str::to_owned))
            }
            (Phase::Apply, _) => Failure::Apply,
            (Phase::CleanUp, _) => Failure::CleanUp,
            (Phase::Query, _) => Failure::Query,
            (Phase::Delete, _) => Failure::Delete,
        };
        Self::refused(id, phase, class, failure, &error.foreign().masked(known))
    }

    /// A name that may not be sent as part of a path; nothing was.
    #[must_use]
    pub fn unfit_name(id: &ObjectId, phase: Phase, error: &manifest::Error) -> Self {
        let failure = if phase == Phase::Delete { Failure::Delete } else { Failure::DryRun(None) };
        Self::refused(id, phase, Class::Invalid, failure, &error.to_string())
    }

    /// The kind is not served (contract 12.2.4).
    #[must_use]
    pub fn unknown_kind(id: &ObjectId, api_version: &str) -> Self {
        let [kind, version] = [&id.kind, api_version].map(|name| line(name, 512));
        let message = format!("no matches for kind \"{kind}\" in version \"{version}\"");
        Self::refused(id, Phase::DryRun, Class::NotFound, Failure::DryRun(None), &message)
    }

    /// A namespaced kind without a namespace (contract 12.2.4, 26.11).
    #[must_use]
    pub fn no_namespace(id: &ObjectId) -> Self {
        let message = "the server could not find the requested resource";
        Self::refused(id, Phase::DryRun, Class::NotFound, Failure::NamespaceNotSpecified, message)
    }

    fn refused(id: &ObjectId, phase: Phase, class: Class, failure: Failure, message: &str) -> Self {
        let refusal = Refusal { id: id.clone(), failure, message: message.to_owned() };
        let text = refusal.to_string();
        Self { id: refusal.id, phase, class, text }
    }

    /// Words that stand for themselves, without the object's name: Flux's, where it names none.
    #[must_use]
    pub fn plain(id: &ObjectId, phase: Phase, text: String) -> Self {
        Self { id: id.clone(), phase, class: Class::Configuration, text }
    }

    /// Something of ours, said plainly: a sentence, which is not read back as a refusal.
    #[must_use]
    pub fn other(id: &ObjectId, phase: Phase, message: &str) -> Self {
        let message = Foreign::from(message).masked(&Secrets::of_kind(&id.kind));
        Self { id: id.clone(), phase, class: Class::Unreadable, text: format!("{id} {message}") }
    }
}

/// All failures of a run as one message: Flux's text for one, a line per object in sort order for several
/// (decisions 5.4).
#[must_use]
pub fn join(mut errors: Vec<ObjectError>) -> String {
    errors.sort_by(|a, b| manifest::order::apply_order(&a.id, &b.id));
    api::refusal::join(errors.iter().map(|error| error.text.as_str()))
}

#[cfg(test)]
mod tests;
