//! The table in all shapes.

use api::convergence::{Counts, HealthState, SyncState};

use super::*;

fn at(time: &str) -> Timestamp {
    format!("2026-11-25T{time}Z").parse().expect("a time")
}

fn row(name: &str, converged: &str, summary: &str) -> Row {
    Row {
        namespace: "flux-system".to_owned(),
        name: name.to_owned(),
        converged: converged.to_owned(),
        reason: "Reason".to_owned(),
        summary: summary.to_owned(),
        since: at("09:50:00"),
        source: "GitRepository/flux-system/app".to_owned(),
        revision: Some("main@sha1:0123456789abcdef".to_owned()),
        desired: None,
        sync: SyncState::Applied,
        health: HealthState::Healthy,
        counts: Counts { total: 12, healthy: 10, suspended: 1, ..Counts::default() },
        blockers: Vec::new(),
        created: Some(at("07:00:00")),
    }
}

fn shown(everywhere: bool, wide: bool, width: Option<usize>) -> String {
    let mut rows = vec![
        row("apps", "False", "Deployment/shop/web: cannot pull image example.com/app:1"),
        row("infrastructure", "True", "main@sha1:01234567 applied, all 12 objects are healthy"),
    ];
    rows[0].revision = None;
    rows[0].health = HealthState::Degraded;
    let lines = lines(&rows, everywhere, wide, width, at("10:00:00"));
    lines.iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
}

#[test]
fn of_one_namespace() {
    insta::assert_snapshot!(shown(false, false, None), @"
    NAME            CONVERGED  REVISION            SYNC     HEALTH    OBJECTS  AGE  BLOCKER
    apps            False      -                   Applied  Degraded  11/12    3h   Deployment/shop/web: cannot pull image example.com/app:1
    infrastructure  True       main@sha1:01234567  Applied  Healthy   11/12    3h
    ");
}

#[test]
fn of_all_namespaces_on_a_terminal() {
    let shown = shown(true, false, Some(120));
    insta::assert_snapshot!(shown, @"
    NAMESPACE    NAME            CONVERGED  REVISION            SYNC     HEALTH    OBJECTS  AGE  BLOCKER
    flux-system  apps            False      -                   Applied  Degraded  11/12    3h   Deployment/shop/web: canno…
    flux-system  infrastructure  True       main@sha1:01234567  Applied  Healthy   11/12    3h
    ");
    assert!(shown.lines().all(|line| line.chars().count() <= 120), "{shown}");
}

#[test]
fn wide() {
    insta::assert_snapshot!(shown(false, true, Some(80)), @"
    NAME            CONVERGED  REVISION                    SYNC     HEALTH    OBJECTS  REASON  SINCE  SOURCE                         AGE  BLOCKER
    apps            False      -                           Applied  Degraded  11/12    Reason  10m    GitRepository/flux-system/app  3h   Deployment/shop/web: cannot pull image example.com/app:1
    infrastructure  True       main@sha1:0123456789abcdef  Applied  Healthy   11/12    Reason  10m    GitRepository/flux-system/app  3h
    ");
}
