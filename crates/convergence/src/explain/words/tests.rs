//! The answer, by what is known.

use std::slice;

use api::blocker::BlockerCode;
use api::convergence::{Blocker, Counts, HealthState, SyncState};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Facts, converged, short};

fn blocker(code: BlockerCode, object: &str, message: &str) -> Blocker {
    let object = Some(object.to_owned()).filter(|object| !object.is_empty());
    let since = Time("2026-11-25T10:00:00Z".parse().unwrap());
    Blocker { code, object, message: message.to_owned(), evidence: Vec::new(), hint: None, since }
}

/// Without objects; `change` alters what is well otherwise. Status, reason and sentence.
fn say(blockers: &[Blocker], counts: &Counts, change: impl FnOnce(&mut Facts<'_>)) -> String {
    let mut facts = Facts {
        judged: &[],
        counts,
        blockers,
        sync: SyncState::Applied,
        health: HealthState::Healthy,
        desired: Some("main@sha1:0123456789abcdef"),
        applied: Some("main@sha1:0123456789abcdef"),
        unseen: false,
        deleting: false,
        ready: Some(true),
        open: None,
    };
    change(&mut facts);
    let verdict = converged(&facts);
    format!("{} {}: {}", verdict.status, verdict.reason, verdict.message)
}

/// Without blockers.
fn state(change: impl FnOnce(&mut Facts<'_>)) -> String {
    say(&[], &Counts::default(), change)
}

#[test]
fn all_is_well() {
    let count = |total, healthy, not_observed| Counts { total, healthy, not_observed, ..Counts::default() };
    let lines: Vec<String> = [count(0, 0, 0), count(1, 1, 0), count(3, 3, 0), count(3, 1, 2), count(2, 0, 2)]
        .iter()
        .map(|counts| say(&[], counts, |_| {}))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    True Converged: main@sha1:01234567 applied, no objects
    True Converged: main@sha1:01234567 applied, its object is healthy
    True Converged: main@sha1:01234567 applied, all 3 objects are healthy
    True Converged: main@sha1:01234567 applied, 1 of 3 objects are healthy, not observed: 2
    True Converged: main@sha1:01234567 applied, objects not observed: 2
    ");
    assert_eq!(state(|facts| facts.applied = None), "True Converged: no objects");
}

#[test]
fn without_blockers_the_state_is_said() {
    let lines = [
        state(|facts| facts.deleting = true),
        state(|facts| facts.ready = None),
        state(|facts| facts.ready = Some(false)),
        state(|facts| facts.sync = SyncState::Missing),
        state(|facts| facts.sync = SyncState::Drifted),
        state(|facts| facts.health = HealthState::Progressing),
        state(|facts| facts.health = HealthState::Unknown),
        state(|facts| facts.health = HealthState::Degraded),
        state(|facts| facts.health = HealthState::Missing),
        state(|facts| facts.health = HealthState::Terminating),
        state(|facts| facts.open = Some("ConfigMap/a/b: it is being deleted")),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    False Deleting: the Kustomization is being deleted
    False Progressing: the Kustomization has not been reconciled yet
    False ReconciliationFailed: the last run failed
    False Missing: not all objects are healthy
    False Drifted: not all objects are healthy
    False Progressing: not all objects are healthy
    Unknown Unknown: not all objects are healthy
    False Degraded: not all objects are healthy
    False Missing: not all objects are healthy
    False Progressing: not all objects are healthy
    False Progressing: ConfigMap/a/b: it is being deleted
    ");
}

#[test]
fn what_is_still_to_be_applied() {
    let pending = |change: fn(&mut Facts<'_>)| {
        state(|facts| {
            facts.sync = SyncState::RevisionPending;
            change(facts);
        })
    };
    let lines = [
        pending(|facts| facts.desired = Some("v2")),
        pending(|facts| facts.applied = None),
        pending(|facts| facts.desired = None),
        pending(|facts| facts.unseen = true),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    False RevisionPending: v2 is not applied yet; main@sha1:01234567 is
    False RevisionPending: main@sha1:01234567 is not applied yet
    False RevisionPending: the desired revision is not applied yet
    False RevisionPending: the Kustomization's latest change is not applied yet
    ");
}

#[test]
fn the_first_blocker_is_said() {
    use BlockerCode::{DependencyNotReady, FinalizerStuck, HealthFailed, NotObserved};
    let counts = Counts::default();
    let failed = blocker(HealthFailed, "Job/a/x", "it has failed");
    let hidden = blocker(NotObserved, "Widget", "no right");
    let waits = blocker(DependencyNotReady, "Kustomization/a/b", "dependency 'a/b' is not ready");
    let stuck = blocker(FinalizerStuck, "Kustomization/a/c", "it does not go");
    let lines = [
        say(slice::from_ref(&failed), &counts, |_| {}),
        say(&[failed.clone(), hidden.clone()], &counts, |_| {}),
        say(&[waits], &counts, |_| {}),
        say(&[hidden.clone(), hidden.clone()], &counts, |_| {}),
        say(slice::from_ref(&hidden), &counts, |facts| facts.health = HealthState::Progressing),
        say(&[hidden], &counts, |facts| facts.ready = Some(false)),
        say(&[failed], &counts, |facts| facts.deleting = true),
        say(&[stuck], &counts, |facts| facts.deleting = true),
    ];
    insta::assert_snapshot!(lines.join("\n"), @"
    False HealthFailed: Job/a/x: it has failed
    False HealthFailed: Job/a/x: it has failed (and 1 more)
    False DependencyNotReady: dependency 'a/b' is not ready
    Unknown NotObserved: no right (and 1 more)
    False NotObserved: no right
    False NotObserved: no right
    False Deleting: the Kustomization is being deleted
    False FinalizerStuck: Kustomization/a/c: it does not go
    ");
}

#[test]
fn a_long_sentence_keeps_its_end() {
    let long = blocker(BlockerCode::HealthFailed, "Job/a/x", &"x".repeat(500));
    let text = say(&[long.clone(), long], &Counts::default(), |_| {});
    assert!(text.ends_with("x… (and 1 more)"), "{text}");
    assert!(text.chars().count() < 280);
}

#[test]
fn revisions_are_short() {
    assert_eq!(short("main@sha1:0123456789abcdef"), "main@sha1:01234567");
    assert_eq!(short("main@sha1:0123456"), "main@sha1:0123456");
    assert_eq!(short("latest@sha256:not a hash"), "latest@sha256:not a hash");
    assert_eq!(short("v1.2.3"), "v1.2.3");
    assert_eq!(short(&"x".repeat(100)).chars().count(), 60);
}
