//! What is written when, and what is known of what earlier processes wrote.

use super::super::finding::Finding;
use super::{DriftReports, Job, Refusal, Written};
use crate::samples::{id, key, kustomization};
use api::drift_report::{DriftReport, DriftReportStatus, DriftState};
use api::kustomization::Kustomization;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use std::time::{Duration, Instant};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

/// Clocks of a test.
struct Clock(Instant);

impl Clock {
    fn moment(&self, second: u64) -> Instant {
        self.0 + Duration::from_secs(second)
    }
}

fn app() -> Kustomization {
    kustomization(&json!({}))
}

/// What was there at the start was this.
fn restore(reports: &DriftReports, report: DriftReport, now: Timestamp) {
    reports.seen(report, now, Instant::now());
    reports.listed();
}

/// Reports of a server that had none at the start.
fn reports() -> (DriftReports, Clock) {
    let reports = DriftReports::default();
    reports.listed();
    (reports, Clock(Instant::now()))
}

fn deleted(reports: &DriftReports, name: &str, second: i64) {
    reports
        .note(&app(), at(second), |findings| findings.drifted(&id(name), &Finding::of_deleted(), at(second)));
}

fn due(reports: &DriftReports, clock: &Clock, second: u32) -> Vec<Job> {
    reports.due(at(i64::from(second)), clock.moment(u64::from(second)), 0).0
}

fn names(job: &Job) -> Vec<String> {
    let objects = job.wanted.iter().flat_map(|status| &status.objects);
    objects.map(|object| object.id.split('_').nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn news_is_written_once_a_second_and_the_last_state_wins() {
    let (reports, clock) = reports();
    assert!(due(&reports, &clock, 1).is_empty(), "nothing is found, nothing is written");
    deleted(&reports, "a", 1);
    let first = due(&reports, &clock, 1).remove(0);
    assert_eq!((names(&first), &first.stored, first.owner.as_str()), (vec!["a".to_owned()], &None, "k"));
    let target = first.wanted.as_ref().unwrap().target.clone().unwrap();
    assert_eq!(
        (target.kind.as_str(), target.namespace.as_str(), target.name.as_str()),
        ("Kustomization", "ns", "app")
    );
    deleted(&reports, "b", 1);
    assert!(due(&reports, &clock, 1).is_empty(), "one write at a time");
    reports.written(&first, Written::Done(0), clock.moment(1), 0);
    let (jobs, next) = reports.due(at(1), clock.moment(1), 0);
    assert!(jobs.is_empty());
    assert_eq!(next, Some(Duration::from_secs(1)));
    deleted(&reports, "c", 1);
    let second = due(&reports, &clock, 2).remove(0);
    assert_eq!((names(&second).len(), second.stored), (3, first.wanted));
}

#[test]
fn what_comes_back_to_what_is_written_is_not_written() {
    let (reports, clock) = reports();
    deleted(&reports, "a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Done(0), clock.moment(1), 0);
    deleted(&reports, "b", 2);
    reports.note(&app(), at(2), |findings| findings.equal(&id("b")));
    assert!(due(&reports, &clock, 5).is_empty());
    // What was never written, and has gone, is forgotten.
    let (reports, clock) = self::reports();
    deleted(&reports, "a", 1);
    reports.note(&app(), at(1), |findings| findings.equal(&id("a")));
    assert!(due(&reports, &clock, 5).is_empty());
    assert!(!reports.is_known(&key("app")));
}

#[test]
fn an_empty_report_goes_with_the_next_run() {
    let (reports, clock) = reports();
    let healed = |name: &str, second| {
        reports.note(&app(), at(second), |findings| {
            findings.healed(&id(name), &Finding::of_deleted(), at(second), at(second));
        });
    };
    healed("a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Done(0), clock.moment(1), 0);
    assert!(due(&reports, &clock, 3700).is_empty(), "that it grows old is no reason to write");
    reports.ran(&app(), at(3700), |_| {});
    let job = due(&reports, &clock, 3700).remove(0);
    assert_eq!(job.wanted, None);
    reports.written(&job, Written::Done(0), clock.moment(3700), 0);
    assert!(due(&reports, &clock, 3702).is_empty());
    assert!(!reports.is_known(&key("app")), "nothing is kept of it");
}

#[test]
fn the_end_of_a_fight_is_written() {
    let (reports, clock) = reports();
    for second in [1, 2, 3] {
        reports.note(&app(), at(second), |findings| {
            findings.healed(&id("a"), &Finding::of_deleted(), at(second), at(second));
        });
    }
    let job = due(&reports, &clock, 3).remove(0);
    assert_eq!(job.wanted.as_ref().unwrap().fights.len(), 1);
    reports.written(&job, Written::Done(0), clock.moment(3), 0);
    let (jobs, next) = reports.due(at(4), clock.moment(4), 0);
    assert!(jobs.is_empty());
    assert_eq!(next, Some(Duration::from_secs(599)));
    let job = due(&reports, &clock, 603).remove(0);
    assert!(job.wanted.unwrap().fights.is_empty());
}

#[test]
fn what_is_refused_is_tried_again_and_what_is_missing_is_made() {
    let (reports, clock) = reports();
    deleted(&reports, "a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Refused(Refusal::Standing), clock.moment(1), 0);
    assert!(due(&reports, &clock, 500).is_empty());
    assert_eq!(reports.due(at(500), clock.moment(500), 1).0.len(), 1, "discovery has changed");
    reports.written(&job, Written::Done(0), clock.moment(500), 1);
    deleted(&reports, "b", 501);
    let job = due(&reports, &clock, 502).remove(0);
    assert!(job.stored.is_some());
    reports.written(&job, Written::Missing, clock.moment(502), 0);
    let job = due(&reports, &clock, 504).remove(0);
    assert_eq!((job.stored.is_none(), names(&job).len()), (true, 2));
    reports.written(&job, Written::Leaving, clock.moment(504), 0);
    assert!(due(&reports, &clock, 600).is_empty());
}

/// A report as an earlier process left it: `a` drifted, `b` was healed.
fn earlier(owner: &str) -> DriftReport {
    let status: DriftReportStatus = serde_json::from_value(json!({
        "mode": "Heal", "objects": [
            {"id": "ns_a__ConfigMap", "state": "Drifted", "since": "2023-11-14T22:13:20Z"},
            {"id": "ns_b__ConfigMap", "state": "Healed", "since": "2023-11-14T22:13:20Z", "healedAt": "2023-11-14T22:13:21Z"},
        ],
    }))
    .unwrap();
    serde_json::from_value(json!({
        "apiVersion": "flyball.dev/v1alpha1", "kind": "DriftReport",
        "metadata": {"name": "app", "namespace": "ns", "ownerReferences": [
            {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "app", "uid": owner}]},
        "status": status,
    }))
    .unwrap()
}

#[test]
fn what_was_there_at_the_start_is_gone_on_with() {
    let (reports, clock) = (DriftReports::default(), Clock(Instant::now()));
    restore(&reports, earlier("k"), at(5));
    assert!(due(&reports, &clock, 5).is_empty(), "it is as it was left");
    deleted(&reports, "a", 9);
    let job = due(&reports, &clock, 9).remove(0);
    let objects = job.wanted.unwrap().objects;
    assert_eq!(objects[0].since.0, at(0), "it has drifted since then");
    assert_eq!((objects.len(), objects[1].state), (2, DriftState::Healed));
    // A run that finds nothing to differ.
    let reports = DriftReports::default();
    restore(&reports, earlier("k"), at(5));
    reports.note(&app(), at(6), super::Findings::all_equal);
    reports.ran(&app(), at(6), |_| {});
    assert_eq!(names(&due(&reports, &clock, 6)[0]), ["b"]);
}

#[test]
fn a_run_may_end_before_it_is_known_what_was_there() {
    let (reports, clock) = (DriftReports::default(), Clock(Instant::now()));
    reports.note(&app(), at(1), super::Findings::all_equal);
    reports.ran(&app(), at(1), |_| {});
    deleted(&reports, "c", 1);
    assert!(due(&reports, &clock, 2).is_empty(), "nothing is written before");
    restore(&reports, earlier("k"), at(3));
    assert_eq!(names(&due(&reports, &clock, 3)[0]), ["c", "b"]);
}

#[test]
fn what_is_of_another_kustomization_is_not_gone_on_with() {
    let (reports, clock) = (DriftReports::default(), Clock(Instant::now()));
    restore(&reports, earlier("another"), at(5));
    deleted(&reports, "c", 9);
    let job = due(&reports, &clock, 9).remove(0);
    assert_eq!((names(&job), job.stored), (vec!["c".to_owned()], None));
    // And what was found of one is not told of its successor.
    let mut successor = app();
    successor.metadata.uid = Some("new".to_owned());
    reports.note(&successor, at(10), |findings| findings.drifted(&id("d"), &Finding::of_deleted(), at(10)));
    let job = due(&reports, &clock, 12).remove(0);
    assert_eq!((names(&job), job.owner.as_str()), (vec!["d".to_owned()], "new"));
}

#[test]
fn what_is_gone_or_elsewhere_is_forgotten() {
    let (reports, clock) = reports();
    deleted(&reports, "a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Done(0), clock.moment(1), 0);
    assert_eq!(reports.figures().drifted, 1);
    reports.clear(&key("app"));
    assert_eq!(due(&reports, &clock, 2)[0].wanted, None);
    reports.forget(&key("app"));
    assert!(!reports.is_known(&key("app")));
    assert_eq!(reports.figures().drifted, 0);
    // Word of a write that comes too late does nothing.
    reports.written(&job, Written::Done(0), clock.moment(2), 0);
}

/// A report in this version, as a watch shows it.
fn shown(owner: &str, version: u64, status: Option<DriftReportStatus>) -> DriftReport {
    let mut report = earlier(owner);
    report.metadata.resource_version = Some(version.to_string());
    report.status = status;
    report
}

/// One that has been written, in version 10, and what of it is told.
fn written() -> (DriftReports, Clock, Option<DriftReportStatus>) {
    let (reports, clock) = reports();
    deleted(&reports, "a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Done(10), clock.moment(1), 0);
    (reports, clock, job.wanted)
}

#[test]
fn what_others_make_of_a_report_is_put_right() {
    let (reports, clock, wanted) = written();
    let see = |report, second| reports.seen(report, at(second), clock.moment(second.unsigned_abs()));
    see(shown("k", 9, None), 2);
    see(shown("k", 10, wanted.clone()), 2);
    assert!(due(&reports, &clock, 5).is_empty(), "it was ourselves");
    // Edited.
    let mut edited = wanted.clone().unwrap();
    edited.objects.clear();
    see(shown("k", 11, Some(edited.clone())), 100);
    let job = due(&reports, &clock, 100).remove(0);
    assert_eq!((&job.stored, &job.wanted), (&Some(edited), &wanted));
    reports.written(&job, Written::Done(12), clock.moment(100), 0);
    // Something that we do not look at.
    see(shown("k", 13, wanted.clone()), 200);
    assert!(due(&reports, &clock, 200).is_empty());
    // It is said to be about nobody, or another one.
    see(shown("another", 14, wanted.clone()), 900);
    let job = due(&reports, &clock, 900).remove(0);
    assert_eq!((&job.stored, &job.wanted), (&None, &wanted), "it is made anew, with its owner");
    reports.written(&job, Written::Done(15), clock.moment(900), 0);
    // Deleted.
    reports.gone(&key("app"), clock.moment(1800));
    let job = due(&reports, &clock, 1800).remove(0);
    assert_eq!((job.stored, job.wanted), (None, wanted));
}

#[test]
fn what_is_seen_during_a_write_is_judged_after_it() {
    let (reports, clock, _) = written();
    deleted(&reports, "b", 5);
    let job = due(&reports, &clock, 5).remove(0);
    reports.seen(shown("k", 11, job.wanted.clone()), at(5), clock.moment(5));
    reports.written(&job, Written::Done(11), clock.moment(5), 0);
    assert!(due(&reports, &clock, 9).is_empty(), "that was the write itself");
    deleted(&reports, "c", 10);
    let job = due(&reports, &clock, 10).remove(0);
    reports.gone(&key("app"), clock.moment(10));
    reports.written(&job, Written::Done(12), clock.moment(10), 0);
    let again = due(&reports, &clock, 20).remove(0);
    assert_eq!((again.stored, again.wanted), (None, job.wanted), "it went meanwhile");
}

#[test]
fn the_deletion_of_an_empty_report_is_not_answered() {
    let (reports, clock, _) = written();
    reports.note(&app(), at(5), |findings| findings.equal(&id("a")));
    let job = due(&reports, &clock, 5).remove(0);
    assert_eq!(job.wanted, None);
    reports.written(&job, Written::Done(0), clock.moment(5), 0);
    reports.gone(&key("app"), clock.moment(5));
    assert!(due(&reports, &clock, 9).is_empty() && !reports.is_known(&key("app")));
}

/// Such as two controllers that look after the same Kustomization.
#[test]
fn who_writes_a_report_again_and_again_is_answered_less_and_less() {
    let (reports, clock, _) = written();
    let (mut version, mut last, mut pauses) = (10, 1, Vec::new());
    for second in 2..300 {
        if version % 2 == 0 {
            version += 1;
            reports.seen(shown("k", version, None), at(i64::from(second)), clock.moment(u64::from(second)));
        }
        for job in due(&reports, &clock, second) {
            version += 1;
            reports.written(&job, Written::Done(version), clock.moment(u64::from(second)), 0);
            pauses.push(second - last);
            last = second;
        }
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    // After a while without, it is put right as quickly as ever.
    reports.gone(&key("app"), clock.moment(2000));
    assert_eq!(due(&reports, &clock, 2000).len(), 1);
}

/// A shard hands a Kustomization over: what the other one wrote last is what is there.
#[test]
fn a_report_that_somebody_else_went_on_with_is_known_as_it_is() {
    let (reports, clock) = (DriftReports::default(), Clock(Instant::now()));
    restore(&reports, earlier("k"), at(5));
    let mut status = earlier("k").status.unwrap();
    status.objects.remove(0);
    reports.seen(shown("k", 20, Some(status.clone())), at(50), clock.moment(50));
    reports.note(&app(), at(60), super::Findings::all_equal);
    deleted(&reports, "c", 60);
    let job = due(&reports, &clock, 60).remove(0);
    assert_eq!((names(&job), job.stored), (vec!["c".to_owned(), "b".to_owned()], Some(status)));
    // One that went is not taken for one that is there.
    let reports = DriftReports::default();
    restore(&reports, earlier("k"), at(5));
    reports.gone(&key("app"), clock.moment(6));
    assert!(!reports.is_known(&key("app")));
}

/// The definition was installed, or a right given.
#[test]
fn what_was_refused_is_tried_once_reports_can_be_watched() {
    let (reports, clock) = reports();
    deleted(&reports, "a", 1);
    let job = due(&reports, &clock, 1).remove(0);
    reports.written(&job, Written::Refused(Refusal::Standing), clock.moment(1), 0);
    assert!(due(&reports, &clock, 9).is_empty());
    reports.listed();
    assert_eq!(due(&reports, &clock, 9).len(), 1);
}

proptest! {
    /// Whatever is found and whenever: at most one write a second, and in the end what is written is what is known.
    #[test]
    fn writes_are_few_and_none_is_missed(steps in prop::collection::vec((0..3_u32, 0..4_u8, any::<bool>()), 1..80)) {
        let (reports, clock) = reports();
        let (mut second, mut last, mut stored) = (0_u32, None, None);
        let mut write = |second: u32, stored: &mut Option<DriftReportStatus>| {
            for job in due(&reports, &clock, second) {
                assert!(last != Some(second), "two writes in one second");
                assert_eq!(&job.stored, &*stored);
                last = Some(second);
                stored.clone_from(&job.wanted);
                reports.written(&job, Written::Done(0), clock.moment(u64::from(second)), 0);
            }
        };
        for (gap, name, is_equal) in steps {
            second += gap;
            let name = id(&format!("o{name}"));
            reports.note(&app(), at(i64::from(second)), |findings| match is_equal {
                true => findings.equal(&name),
                false => findings.drifted(&name, &Finding::of_deleted(), at(i64::from(second))),
            });
            write(second, &mut stored);
        }
        write(second + 1, &mut stored);
        let mut wanted = None;
        reports.note(&app(), at(i64::from(second)), |findings| {
            wanted = findings.status(super::target(&key("app")), at(i64::from(second)));
        });
        prop_assert_eq!(stored, wanted);
    }
}
