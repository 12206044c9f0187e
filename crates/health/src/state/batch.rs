//! Jobs and CronJobs.

use api::health_rule::Weight;
use jiff::Timestamp;
use serde_json::Value;

use super::case::Case;
use super::condition::{conditions, find};
use super::generic::by;
use super::judgement::{Judgement, State};
use super::mapped;

pub(super) fn job(case: &Case<'_>) -> Judgement {
    let is_true = |type_: &str| conditions(case.object).iter().any(|c| c.type_ == type_ && c.is_true());
    if is_true("Complete") {
        return Judgement::healthy();
    }
    if is_true("Failed") {
        return mapped::mapped(case);
    }
    // Its Pods are being ended, after which it is Complete or Failed.
    for type_ in ["SuccessCriteriaMet", "FailureTarget"] {
        if let Some(condition) = find(case.object, type_).filter(|condition| condition.is_true()) {
            return by(State::Progressing, &condition);
        }
    }
    if case.is_set("/spec/suspend") || is_true("Suspended") {
        return Judgement::new(State::Suspended, "Suspended", "the Job is suspended")
            .hinting("set spec.suspend to false to let it run, unless something such as a queue does that");
    }
    mapped::mapped(case)
}

pub(super) fn cron_job(case: &Case<'_>) -> Judgement {
    if case.is_set("/spec/suspend") {
        return Judgement::new(
            State::Suspended,
            "Suspended",
            "spec.suspend is true, so that no run is started",
        );
    }
    let time = |field: &str| case.text(&["status", field]).parse::<Timestamp>().ok();
    let Some(scheduled) = time("lastScheduleTime") else { return Judgement::healthy() };
    let runs = case
        .object
        .pointer("/status/active")
        .and_then(Value::as_array)
        .is_some_and(|active| !active.is_empty());
    if runs || time("lastSuccessfulTime").is_some_and(|succeeded| succeeded >= scheduled) {
        return Judgement::healthy();
    }
    Judgement {
        weight: Weight::Warn,
        ..Judgement::new(State::Degraded, "LastRunFailed", "its last run did not succeed").hinting(
            "look at its newest Job and the log of that Job's Pod; the next run that succeeds mends it",
        )
    }
}
