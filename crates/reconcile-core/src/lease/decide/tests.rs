//! The decision, by table, and what is read of a Lease.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

use proptest::prelude::*;

use super::{Decision, Observed, Record, decide, validity};

fn record(holder: &str, seconds: u64, transitions: i32) -> Record {
    Record { holder: holder.to_owned(), duration: Duration::from_secs(seconds), renewed: None, transitions }
}

#[test]
fn what_to_do_about_a_lease() {
    let start = Instant::now();
    let table = [
        ("nobody has written one", None, 0, Decision::Create),
        ("ours, fresh", Some(record("me", 35, 3)), 1, Decision::Renew),
        ("ours, long unseen", Some(record("me", 35, 3)), 1000, Decision::Renew),
        ("released", Some(record("", 1, 3)), 0, Decision::Acquire { transitions: 4 }),
        ("another's, just seen to change", Some(record("other", 35, 3)), 0, Decision::Wait),
        ("another's, almost over", Some(record("other", 35, 3)), 34, Decision::Wait),
        ("another's, over", Some(record("other", 35, 3)), 35, Decision::Acquire { transitions: 4 }),
        (
            "another's, without a duration",
            Some(record("other", 0, 3)),
            0,
            Decision::Acquire { transitions: 4 },
        ),
        (
            "a number at its end",
            Some(record("", 1, i32::MAX)),
            0,
            Decision::Acquire { transitions: i32::MAX },
        ),
    ];
    for (name, record, after, expected) in table {
        let observed = record.map(|record| Observed { record, at: start });
        let now = start + Duration::from_secs(after);
        assert_eq!(decide(observed.as_ref(), now, "me", false), expected, "{name}");
    }
}

#[test]
fn a_holder_that_finds_anothers_record_has_lost_whatever_it_says() {
    let start = Instant::now();
    let table = [
        ("ours", Some(record("me", 35, 3)), 1, Decision::Renew),
        ("ours, after a long stop", Some(record("me", 35, 3)), 100_000, Decision::Renew),
        ("another's, fresh", Some(record("other", 35, 4)), 0, Decision::Lost),
        ("another's, over", Some(record("other", 35, 4)), 35, Decision::Lost),
        ("another's, given back", Some(record("", 1, 4)), 0, Decision::Lost),
        ("deleted", None, 0, Decision::Create),
    ];
    for (name, record, after, expected) in table {
        let observed = record.map(|record| Observed { record, at: start });
        let now = start + Duration::from_secs(after);
        assert_eq!(decide(observed.as_ref(), now, "me", true), expected, "{name}");
    }
}

#[test]
fn a_restart_under_the_same_name_renews() {
    let observed = Observed { record: record("me", 35, 3), at: Instant::now() };
    let decision = decide(Some(&observed), Instant::now(), "me", false);
    assert_eq!(decision, Decision::Renew, "and counts no change of hands, as client-go");
}

proptest! {
    /// Whatever the flags, within what is accepted (a lease outlasts its renew deadline): when a successor that saw the
    /// renewal the moment it was sent may take over, the holder has not been writing for a tenth of its deadline.
    #[test]
    fn a_holder_stops_writing_before_another_may_begin(renew in 1_u64..1_000_000, more in 0_u64..1_000_000) {
        let (renew, lease) = (Duration::from_millis(renew), Duration::from_millis(renew + more));
        let start = Instant::now();
        let of_holder = Record { duration: lease, ..record("holder", 0, 0) };
        let seen = Observed { record: of_holder, at: start };
        let last_write = start + validity(renew);
        prop_assert_eq!(decide(Some(&seen), last_write, "me", false), Decision::Wait);
        prop_assert!(lease.saturating_sub(validity(renew)) >= renew / 10);
    }
}

#[test]
fn a_clock_that_stands_behind_the_observation_expires_nothing() {
    let later = Instant::now() + Duration::from_secs(100);
    let observed = Observed { record: record("other", 35, 0), at: later };
    assert_eq!(decide(Some(&observed), Instant::now(), "me", false), Decision::Wait);
}

#[test]
fn an_expiry_is_counted_from_the_last_change_that_was_seen() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let renewed =
        |second: i64| Record { renewed: jiff::Timestamp::from_second(second).ok(), ..record("other", 35, 0) };
    let first = Observed::next(None, renewed(1), start);
    assert_eq!(first.at, start);
    let same = Observed::next(Some(first), renewed(1), after(30));
    assert_eq!(same.at, start, "it was read again, and nothing had changed");
    assert_eq!(decide(Some(&same), after(35), "me", false), Decision::Acquire { transitions: 1 });
    let moved = Observed::next(Some(same), renewed(2), after(34));
    assert_eq!(moved.at, after(34));
    assert_eq!(decide(Some(&moved), after(35), "me", false), Decision::Wait);
    let taken = Observed::next(Some(moved), record("third", 35, 1), after(36));
    assert_eq!((taken.at, taken.record.holder.as_str()), (after(36), "third"));
}

#[test]
fn absent_fields_of_a_lease_count_as_released() {
    assert_eq!(Record::of(&Lease::default()), record("", 0, 0));
    let spec = |seconds| LeaseSpec {
        holder_identity: Some("other".to_owned()),
        lease_duration_seconds: Some(seconds),
        renew_time: Some(MicroTime(jiff::Timestamp::UNIX_EPOCH)),
        lease_transitions: Some(3),
        ..LeaseSpec::default()
    };
    let read = |seconds| Record::of(&Lease { spec: Some(spec(seconds)), ..Lease::default() });
    let expected = Record { renewed: Some(jiff::Timestamp::UNIX_EPOCH), ..record("other", 35, 3) };
    assert_eq!(read(35), expected);
    assert_eq!(read(-1).duration, Duration::ZERO, "a duration cannot be negative");
}
