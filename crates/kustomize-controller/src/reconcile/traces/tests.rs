//! In whose trace a run is.

use super::{Place, place};
use crate::samples::artifact;
use jiff::{SignedDuration, Timestamp};

#[test]
fn a_trace_takes_runs_in_until_its_revision_is_applied_or_an_hour_is_over() {
    let artifact = artifact("1");
    let published = artifact.last_update_time.0;
    let check = |applied: Option<&str>, after: SignedDuration, expected: Place| {
        let now: Timestamp = published.checked_add(after).unwrap();
        assert_eq!(place(applied, &artifact, now), expected, "{applied:?} after {after}");
    };
    let soon = SignedDuration::from_secs(2);
    check(None, soon, Place::Part);
    check(Some("main@sha1:0"), soon, Place::Part);
    check(Some("main@sha1:0"), -soon, Place::Part);
    check(Some(&artifact.revision), soon, Place::Later);
    check(Some("main@sha1:0"), SignedDuration::from_hours(2), Place::Later);
}
