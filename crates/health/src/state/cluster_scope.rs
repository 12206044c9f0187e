//! APIServices, CustomResourceDefinitions and Namespaces.

use jiff::SignedDuration;

use super::case::Case;
use super::condition::find;
use super::generic::by;
use super::judgement::{Judgement, State};
use super::scaling::waits;
use super::{mapped, silent};

/// How long a server of an API may be gone: as long as a rollout of it may take. That it fails is said of its Pods earlier.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn api_service(case: &Case<'_>) -> Judgement {
    let Some(condition) = find(case.object, "Available") else { return silent::awaited(case) };
    if condition.is_true() {
        return Judgement::healthy();
    }
    let judgement = by(State::Progressing, &condition);
    if !condition.is_false() {
        return judgement;
    }
    match waits(case, &condition, PATIENCE) {
        Some(left) => Judgement { changes_in: Some(left), ..judgement },
        None => by(State::Degraded, &condition)
            .certainly()
            .hinting("look at the Service that spec.service names, at its endpoints, and at the certificate in spec.caBundle"),
    }
}

pub(super) fn definition(case: &Case<'_>) -> Judgement {
    let judgement = mapped::mapped(case);
    let broken = find(case.object, "NonStructuralSchema").filter(|condition| condition.is_true());
    match broken {
        Some(condition) if judgement.state == State::Healthy => by(State::Degraded, &condition)
            .certainly()
            .hinting("correct the schema in spec.versions: every field needs a type"),
        _ => judgement,
    }
}

pub(super) fn namespace(_: &Case<'_>) -> Judgement {
    Judgement::healthy()
}
