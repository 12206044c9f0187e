//! Kinds of which nothing is known, by what their conditions are called (contracts/health-and-policy.md D).

use std::time::Duration;

use super::case::Case;
use super::condition::{Condition, conditions};
use super::judgement::{Judgement, State};
use super::{mapped, silent};
use crate::kstatus::int;
use crate::wording;

/// Conditions that are true of what is well, the most telling first.
const POSITIVE: [&str; 12] = [
    "Ready",
    "Available",
    "Healthy",
    "Synced",
    "Established",
    "Accepted",
    "Programmed",
    "Admitted",
    "Applied",
    "Reconciled",
    "Succeeded",
    "Installed",
];

/// Conditions that are true of what has failed; so are all that begin with `Error` or end with `Failed`.
const NEGATIVE: [&str; 7] =
    ["Stalled", "Degraded", "Failed", "Error", "NotReady", "ReconcileError", "Invalid"];

/// Reasons of a positive condition that is not true by which it has failed and is not on its way begin or end like this.
const FAILING: [&str; 11] = [
    "Failed",
    "Failure",
    "Error",
    "Errored",
    "Invalid",
    "NotFound",
    "Denied",
    "Forbidden",
    "Unauthorized",
    "Rejected",
    "Exceeded",
];

/// What was well and does not say so any more may be in the hands of its controller.
const RELAPSE_AFTER: Duration = Duration::from_secs(300);

/// By conditions, a phase, or nothing.
pub(super) fn judge(case: &Case<'_>) -> Judgement {
    if case.is_set("/spec/suspend") {
        return Judgement::new(State::Suspended, "Suspended", "spec.suspend is true");
    }
    if silent::is_silent(case.object) {
        return if case.beside.profile(case.object).reports {
            silent::awaited(case)
        } else {
            silent::assumed()
        };
    }
    if let Some((generation, observed)) = behind(case) {
        return mapped::unobserved(case, generation, &observed);
    }
    let all = conditions(case.object);
    let trusted: Vec<Condition<'_>> = all.iter().copied().filter(|condition| !condition.is_stale).collect();
    if let Some(found) = trusted.iter().find_map(standard) {
        return found;
    }
    let failed = trusted
        .iter()
        .find(|condition| is_negative(condition.type_) && condition.is_true() && !condition.is_note);
    if let Some(condition) = failed {
        return by(State::Degraded, condition);
    }
    if let Some(found) = positive(&trusted) {
        return found;
    }
    if let Some(stale) = all.iter().find(|condition| condition.is_stale && is_positive(condition.type_)) {
        let message = format!("condition {} is about an older generation", wording::word(stale.type_));
        return Judgement::new(State::Progressing, "LatestGenerationNotObserved", message);
    }
    by_phase(case).unwrap_or_else(silent::assumed)
}

/// The generations, where the status is not about the latest.
pub(super) fn behind(case: &Case<'_>) -> Option<(i64, String)> {
    let generation = int(case.object, &["metadata", "generation"])?;
    let observed = match int(case.object, &["status", "observedGeneration"]) {
        Some(observed) => observed,
        // Some controllers write it as a text.
        None => case.text(&["status", "observedGeneration"]).parse().ok()?,
    };
    // Flux's sources count a generation as observed only once it has succeeded, and say in their conditions how it goes.
    let told = || conditions(case.object).iter().any(|condition| condition.is_current);
    (observed != generation && !told()).then(|| (generation, observed.to_string()))
}

/// What Kubernetes' own conventions say.
fn standard(condition: &Condition<'_>) -> Option<Judgement> {
    match (condition.type_, condition.is_true()) {
        ("Reconciling", true) => Some(by(State::Progressing, condition)),
        ("Stalled", true) => Some(by(State::Degraded, condition).certainly()),
        _ => None,
    }
}

fn positive(conditions: &[Condition<'_>]) -> Option<Judgement> {
    let found: Vec<&Condition<'_>> = POSITIVE
        .iter()
        .filter_map(|type_| conditions.iter().find(|condition| condition.type_ == *type_))
        .collect();
    let first = found.first()?;
    // Ready sums up the others.
    let counted = if first.type_ == "Ready" { found.get(..1)? } else { found.as_slice() };
    let Some(open) = counted.iter().find(|condition| !condition.is_true()) else {
        return Some(Judgement { evidence: vec![first.evidence()], ..Judgement::healthy() });
    };
    Some(if open.is_false() && !open.is_note && has_failed(open) {
        by(State::Degraded, open)
    } else {
        by(State::Progressing, open).relapsing(RELAPSE_AFTER)
    })
}

fn has_failed(condition: &Condition<'_>) -> bool {
    // What is to end well and says no has ended otherwise.
    condition.type_ == "Succeeded"
        || FAILING.iter().any(|word| condition.reason.starts_with(word) || condition.reason.ends_with(word))
}

fn is_positive(type_: &str) -> bool {
    POSITIVE.contains(&type_)
}

fn is_negative(type_: &str) -> bool {
    NEGATIVE.contains(&type_) || type_.starts_with("Error") || type_.ends_with("Failed")
}

/// A state by the condition that it is seen by.
pub(super) fn by(state: State, condition: &Condition<'_>) -> Judgement {
    Judgement {
        evidence: vec![condition.evidence()],
        ..Judgement::new(state, condition.word(), condition.sentence())
    }
}

/// A phase that means the same everywhere.
fn by_phase(case: &Case<'_>) -> Option<Judgement> {
    ["phase", "state"].into_iter().find_map(|field| {
        let phase = case.text(&["status", field]);
        let failed = ["failed", "error"].iter().any(|word| phase.eq_ignore_ascii_case(word));
        failed.then(|| {
            let word = wording::word(phase);
            let message = format!("status.{field} is {word}");
            Judgement { evidence: vec![message.clone()], ..Judgement::new(State::Degraded, word, message) }
                .assumed()
        })
    })
}
