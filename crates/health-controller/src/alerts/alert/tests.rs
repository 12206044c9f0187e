//! The words of alerts.

use std::collections::BTreeSet;

use convergence::dependencies::Reach;
use jiff::Timestamp;
use reconcile_core::ObjectKey;

use super::{About, Alert, LONGEST};
use crate::alerts::observation::{Severity, Standing};
use crate::alerts::roots::tests::{cause, observation};
use crate::alerts::roots::{Root, RootKey};
use crate::samples::key;

/// Somebody waits for a Deployment that does not become well.
pub(crate) fn wrong(waiting: usize) -> Alert {
    let mut failed = cause("HealthFailed", "Deployment/apps/db");
    failed.message = "container main: CrashLoopBackOff, exit code 1".to_owned();
    failed.hint = Some("read its log".to_owned());
    let waiting = (0..waiting).map(|number| key(&format!("app-{number}"))).collect();
    let root = Root { cause: failed, direct: BTreeSet::from([key("base")]), waiting, lags: false };
    let seen = observation(Standing::Busy);
    Alert::wrong(key("base"), About::default(), &[root], Severity::Error, Some(&seen), at())
}

/// All is well again.
pub(crate) fn over() -> Alert {
    let root = RootKey::new(&key("base"), "HealthFailed", Some("Deployment/apps/db"), Reach::OwnNamespace);
    let mut seen = observation(Standing::Well);
    seen.summary = "all 3 objects are healthy".to_owned();
    Alert::over(key("base"), About::default(), &[root], true, Some(&seen), at())
}

fn at() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

#[test]
fn it_names_the_root_the_next_step_and_who_waits() {
    insta::assert_snapshot!(wrong(9).message(), @r"
    Deployment/apps/db: container main: CrashLoopBackOff, exit code 1
    Next step: read its log
    9 Kustomizations wait for it: apps/app-0, apps/app-1, apps/app-2, apps/app-3, apps/app-4, apps/app-5, apps/app-6, apps/app-7, apps/app-8
    ");
    assert!(wrong(1).message().ends_with("\n1 Kustomization waits for it: apps/app-0"));
    assert!(wrong(12).message().ends_with(" and 2 more"));
    assert!(!wrong(0).message().contains("wait"));
}

#[test]
fn its_end_says_what_is_over() {
    insta::assert_snapshot!(over().message(), @r"
    converged again: all 3 objects are healthy
    HealthFailed of Deployment/apps/db is over
    ");
    let roots: Vec<RootKey> = ["a", "b"]
        .map(|name| {
            RootKey::new(&key("base"), "HealthFailed", Some(&format!("Pod/apps/{name}")), Reach::OwnNamespace)
        })
        .into();
    let alert =
        Alert::over(key("base"), About::default(), &roots, false, Some(&observation(Standing::Busy)), at());
    assert_eq!(alert.message(), "HealthFailed of Pod/apps/a (and 1 more) is over; now: in short");
    assert_eq!((alert.reason.as_str(), alert.severity), ("BlockerWent", Severity::Info));
}

#[test]
fn many_faults_are_counted() {
    let roots: Vec<Root> = (0..8)
        .map(|number| Root {
            cause: cause("HealthFailed", &format!("Pod/apps/{number}")),
            direct: BTreeSet::from([key("base")]),
            waiting: BTreeSet::new(),
            lags: false,
        })
        .collect();
    let alert = Alert::wrong(key("base"), About::default(), &roots, Severity::Error, None, at());
    insta::assert_snapshot!(alert.message(), @r"
    Pod/apps/0: HealthFailed it is
    Pod/apps/1: HealthFailed it is
    Pod/apps/2: HealthFailed it is
    Pod/apps/3: HealthFailed it is
    Pod/apps/4: HealthFailed it is
    and 3 more
    ");
}

#[test]
fn those_who_say_the_same_wait_too_and_their_namespaces_are_concerned() {
    let root = Root {
        cause: cause("SourceNotReady", "GitRepository/apps/app"),
        direct: BTreeSet::from([key("a"), ObjectKey::new("other", "b")]),
        waiting: BTreeSet::from([key("c")]),
        lags: false,
    };
    let alert = Alert::wrong(key("a"), About::default(), &[root], Severity::Error, None, at());
    assert_eq!((alert.waits, alert.namespaces.len()), (2, 2));
}

#[test]
fn a_note_of_somebody_else_steers_nothing() {
    let root = RootKey::new(&key("base"), "Odd\u{1b}[2J", Some(&"x".repeat(5000)), Reach::OwnNamespace);
    let alert = Alert::over(key("base"), About::default(), &[root], true, None, at());
    assert!(!alert.message().contains('\u{1b}'));
    assert!(alert.message().chars().count() < LONGEST * 3, "{}", alert.message().len());
}

#[test]
fn as_an_event_it_has_what_notification_controller_looks_for() {
    let event = wrong(2).event("kustomize.toolkit.fluxcd.io");
    let metadata: Vec<String> = event.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    insta::assert_snapshot!(metadata.join("\n"), @r"
    kustomize.toolkit.fluxcd.io/revision=main@sha1:0123456789abcdef0123456789abcdef01234567
    kustomize.toolkit.fluxcd.io/summary=Deployment/apps/db: container main: CrashLoopBackOff, exit code 1
    kustomize.toolkit.fluxcd.io/waiting=2
    ");
    assert_eq!(event.reason, "HealthFailed");
    assert!(over().event("").metadata.contains_key("summary"));
}
