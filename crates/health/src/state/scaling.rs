//! HorizontalPodAutoscalers and PodDisruptionBudgets. They are about others, so that their health only warns.

use std::time::Duration;

use api::health_rule::Weight;
use jiff::SignedDuration;

use super::case::Case;
use super::condition::{Condition, find};
use super::generic::{behind, by};
use super::judgement::{Judgement, State};
use super::{mapped, silent};

/// Metrics are not there while Pods start, which may take as long as a rollout.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

pub(super) fn autoscaler(case: &Case<'_>) -> Judgement {
    Judgement { weight: Weight::Warn, ..scaled(case) }
}

fn scaled(case: &Case<'_>) -> Judgement {
    let conditions = ["AbleToScale", "ScalingActive"].map(|type_| find(case.object, type_));
    if conditions.iter().all(Option::is_none) {
        // autoscaling/v1 has its conditions in an annotation.
        return if silent::is_silent(case.object) { silent::awaited(case) } else { silent::assumed() };
    }
    let off = conditions.iter().flatten().find(|condition| condition.is_false());
    match off {
        None => Judgement::healthy(),
        Some(condition) if condition.reason == "ScalingDisabled" => by(State::Suspended, condition),
        Some(condition) => failing(case, condition),
    }
}

fn failing(case: &Case<'_>, condition: &Condition<'_>) -> Judgement {
    let hint = "look whether the metrics that spec.metrics names can be had (kubectl top pods, the APIServices of \
                metrics.k8s.io), whether the Pods have requests, and whether spec.scaleTargetRef exists";
    match waits(case, condition, PATIENCE) {
        Some(left) => Judgement { changes_in: Some(left), ..by(State::Progressing, condition) },
        None => by(State::Degraded, condition).certainly().hinting(hint),
    }
}

/// What is left of the time that a condition may be as it is. Nothing is if it does not say since when.
pub(super) fn waits(
    case: &Case<'_>,
    condition: &Condition<'_>,
    patience: SignedDuration,
) -> Option<Duration> {
    let passed = case.now.duration_since(condition.since?);
    // More is left only if the clocks differ.
    let left = patience.saturating_sub(passed).min(patience);
    Duration::try_from(left).ok().filter(|left| !left.is_zero())
}

pub(super) fn disruption_budget(case: &Case<'_>) -> Judgement {
    Judgement { weight: Weight::Warn, ..budget(case) }
}

fn budget(case: &Case<'_>) -> Judgement {
    if let Some((generation, observed)) = behind(case) {
        return mapped::unobserved(case, generation, &observed);
    }
    match find(case.object, "DisruptionAllowed") {
        Some(condition) if condition.is_false() && condition.reason == "SyncFailed" => {
            by(State::Degraded, &condition)
                .hinting("correct spec.selector so that it chooses Pods of workloads that can be scaled")
        }
        _ => Judgement::healthy(),
    }
}
