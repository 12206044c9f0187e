//! The decision, by table.

use std::time::{Duration, Instant};

use super::decide::{Decision, Observed, Record, decide};

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
        assert_eq!(decide(observed.as_ref(), now, "me"), expected, "{name}");
    }
}

#[test]
fn a_clock_that_stands_behind_the_observation_expires_nothing() {
    let later = Instant::now() + Duration::from_secs(100);
    let observed = Observed { record: record("other", 35, 0), at: later };
    assert_eq!(decide(Some(&observed), Instant::now(), "me"), Decision::Wait);
}

#[test]
fn lease_names_carry_the_shard() {
    use crate::args::lease_name;
    assert_eq!(lease_name("kustomize-controller", None), "kustomize-controller-leader-election");
    assert_eq!(lease_name("c", Some("")), "c-leader-election");
    // printf 'sharding.fluxcd.io/key=shard1' | sha256sum
    assert_eq!(lease_name("c", Some("sharding.fluxcd.io/key=shard1")), format!("c-leader-election-{SHARD1}"));
    assert_ne!(lease_name("c", Some("a")), lease_name("c", Some("b")));
}

const SHARD1: &str = "73fdc1be";
