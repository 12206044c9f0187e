//! Which objects stand in the way, and since when.

use std::time::Duration;

use api::blocker::BlockerCode;
use api::health_rule::Weight;
use health::{Judgement, State};

use super::{STALE_AFTER, due, of_object};

fn look(state: State, reason: &str) -> Judgement {
    Judgement::new(state, reason, "m")
}

#[track_caller]
fn check(shown: State, look: &Judgement, age: Duration, expected: Option<BlockerCode>) {
    let found = of_object("Job/a/x", shown, look, false, age);
    assert_eq!(found.map(|draft| draft.code), expected, "{shown}: {}", look.reason);
}

#[test]
fn what_has_failed_is_told() {
    let now = Duration::ZERO;
    check(State::Degraded, &look(State::Degraded, "Failed"), now, Some(BlockerCode::HealthFailed));
    check(State::Degraded, &look(State::Progressing, "LessReady"), now, Some(BlockerCode::HealthFailed));
    check(State::Degraded, &look(State::Degraded, "QuotaExceeded"), now, Some(BlockerCode::QuotaExceeded));
    check(State::Degraded, &look(State::Healthy, ""), now, None);
    for shown in [State::Healthy, State::Progressing, State::Suspended, State::Unknown, State::Missing] {
        check(shown, &look(State::Degraded, "Failed"), STALE_AFTER, None);
    }
}

#[test]
fn what_only_warns_is_in_nobody_s_way() {
    for weight in [Weight::Warn, Weight::Info] {
        check(State::Degraded, &Judgement { weight, ..look(State::Degraded, "Failed") }, STALE_AFTER, None);
    }
}

#[test]
fn a_controller_that_does_not_look_is_told_later() {
    let just_before = STALE_AFTER.saturating_sub(Duration::from_secs(1));
    let stale = look(State::Progressing, "LatestGenerationNotObserved");
    check(State::Progressing, &stale, just_before, None);
    check(State::Progressing, &stale, STALE_AFTER, Some(BlockerCode::StaleStatus));
    assert_eq!(due(State::Progressing, &stale), Some(STALE_AFTER));
    assert_eq!(due(State::Progressing, &look(State::Progressing, "LessReady")), None);
    assert_eq!(due(State::Degraded, &stale), None);
}

#[test]
fn what_was_well_before_is_said() {
    let draft =
        of_object("Job/a/x", State::Degraded, &look(State::Progressing, "LessReady"), true, Duration::ZERO);
    assert_eq!(draft.unwrap().message, "it was well and is not any more: m");
    let hinted = Judgement { hint: Some("look there".to_owned()), ..look(State::Degraded, "Failed") };
    let draft = of_object("Job/a/x", State::Degraded, &hinted, false, Duration::ZERO).unwrap();
    assert_eq!((draft.hint.as_deref(), draft.message.as_str()), (Some("look there"), "m"));
}
