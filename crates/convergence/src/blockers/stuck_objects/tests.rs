//! Which objects stand in the way, and since when.

use std::time::Duration;

use api::blocker::BlockerCode;
use health::explain::Explanation;
use health::kstatus::{Status, Verdict};

use super::{STALE_AFTER, ages, of_object};

fn verdict(status: Status) -> Verdict {
    Verdict { status, reason: String::new(), message: String::new(), changes_in: None }
}

fn told(reason: &str, stuck: bool) -> Explanation {
    Explanation { reason: reason.to_owned(), message: "m".to_owned(), stuck, ..Explanation::default() }
}

#[track_caller]
fn check(status: Status, told: &Explanation, age: Duration, expected: Option<BlockerCode>) {
    let found = of_object("Job/a/x", &verdict(status), told, age);
    assert_eq!(found.map(|draft| draft.code), expected);
}

#[test]
fn what_is_stuck_is_told_at_once() {
    let now = Duration::ZERO;
    check(Status::Failed, &told("Failed", true), now, Some(BlockerCode::HealthFailed));
    check(Status::InProgress, &told("ImagePullBackOff", true), now, Some(BlockerCode::HealthFailed));
    check(Status::InProgress, &told("QuotaExceeded", false), now, Some(BlockerCode::QuotaExceeded));
    check(Status::InProgress, &told("PodsNotReady", false), STALE_AFTER, None);
    check(Status::Current, &told("Suspended", true), STALE_AFTER, None);
    check(Status::NotFound, &told("NotFound", false), STALE_AFTER, None);
}

#[test]
fn what_may_take_its_time_is_told_later() {
    let just_before = STALE_AFTER.saturating_sub(Duration::from_secs(1));
    let stale = told("LatestGenerationNotObserved", false);
    let leaving = told("Terminating", false);
    check(Status::InProgress, &stale, just_before, None);
    check(Status::InProgress, &stale, STALE_AFTER, Some(BlockerCode::StaleStatus));
    check(Status::Terminating, &leaving, just_before, None);
    check(Status::Terminating, &leaving, STALE_AFTER, Some(BlockerCode::FinalizerStuck));
    assert!(ages(&verdict(Status::InProgress), &stale) && ages(&verdict(Status::Terminating), &leaving));
    assert!(!ages(&verdict(Status::InProgress), &told("PodsNotReady", false)));
    assert!(!ages(&verdict(Status::Failed), &stale));
}

#[test]
fn every_blocker_has_a_hint() {
    let plain = of_object("Job/a/x", &verdict(Status::Failed), &told("Failed", true), Duration::ZERO);
    assert_eq!(plain.unwrap().hint, Some("see the object's status and events"));
    let own = Explanation { hint: Some("look there"), ..told("Failed", true) };
    let draft = of_object("Job/a/x", &verdict(Status::Failed), &own, Duration::ZERO).unwrap();
    assert_eq!((draft.hint, draft.message.as_str()), (Some("look there"), "m"));
}
