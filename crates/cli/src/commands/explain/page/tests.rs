//! Objects as they are shown.

use serde_json::{Value, json};

use super::super::about::{ConditionFacts, VERSION};
use super::*;
use crate::look::Told;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().expect("a time")
}

fn ago(time: &str) -> Timestamp {
    format!("2026-11-25T{time}Z").parse().expect("a time")
}

fn about(object: Value) -> About {
    About {
        version: VERSION,
        subject: "Pod/apps/web-1-x".to_owned(),
        object: serde_json::from_value(object).expect("an object"),
        blockers: Vec::new(),
        owners: Vec::new(),
        is_elsewhere: false,
        kustomization: None,
        source: None,
        conditions: Vec::new(),
        events: Vec::new(),
        notes: Vec::new(),
    }
}

fn pod(health: &str) -> Value {
    json!({"id": "apps_web-1-x__Pod", "sync": "Applied", "health": health, "since": "2026-11-25T09:55:00Z"})
}

fn text(about: &About) -> String {
    lines(about, now(), None, false).iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
}

fn broken() -> About {
    let mut object = pod("Degraded");
    object["message"] = json!("container main crashes: exit code 1");
    let blocker = json!({"code": "HealthFailed", "object": "Pod/apps/web-1-x", "since": "2026-11-25T09:55:00Z",
        "message": "container main crashes: exit code 1", "evidence": ["restarts: several"],
        "hint": "read its log: kubectl -n apps logs web-1-x -c main --previous"});
    About {
        blockers: vec![serde_json::from_value(blocker).expect("a blocker")],
        owners: vec!["ReplicaSet/apps/web-1".to_owned(), "Deployment/apps/web".to_owned()],
        kustomization: Some(Applied {
            namespace: "flux-system".to_owned(),
            name: "apps".to_owned(),
            converged: Some("False".to_owned()),
            summary: "Deployment/apps/web: container main crashes".to_owned(),
        }),
        conditions: vec![ConditionFacts {
            kind: "Ready".to_owned(),
            status: "False".to_owned(),
            reason: "ContainersNotReady".to_owned(),
            message: "containers with unready status: [main]".to_owned(),
            since: Some(ago("09:55:00")),
        }],
        events: vec![Told {
            kind: "Warning".to_owned(),
            reason: "BackOff".to_owned(),
            message: "Back-off restarting failed container".to_owned(),
            count: 12,
            last: ago("09:59:00"),
        }],
        ..about(object)
    }
}

#[test]
fn what_has_failed() {
    insta::assert_snapshot!(text(&broken()), @"
    ✗ Pod/apps/web-1-x has failed: container main crashes: exit code 1
      owner      ReplicaSet/apps/web-1 of Deployment/apps/web
      applied by Kustomization/flux-system/apps, not converged: Deployment/apps/web: container main crashes
                 `flyball explain kustomization/apps -n flux-system` says more
      sync       Applied
      for        5m

    1. HealthFailed  Pod/apps/web-1-x, for 5m
       container main crashes: exit code 1
       seen: restarts: several
       next: read its log: kubectl -n apps logs web-1-x -c main --previous

    CONDITION  STATUS  REASON              FOR  MESSAGE
    Ready      False   ContainersNotReady  5m   containers with unready status: [main]

    EVENT    REASON   AGO  TIMES  MESSAGE
    Warning  BackOff  60s  12     Back-off restarting failed container
    ");
}

#[test]
fn what_is_well() {
    insta::assert_snapshot!(text(&about(pod("Healthy"))), @"
    ✔ Pod/apps/web-1-x is healthy
      applied by no Kustomization, as far as labels and owners tell
      for        5m
    ");
}

#[test]
fn a_source() {
    let mut about = about(json!({"id": "apps_app_source.toolkit.fluxcd.io_GitRepository", "sync": "Applied",
        "health": "Healthy", "since": "2026-11-25T09:55:00Z"}));
    about.subject = "GitRepository/apps/app".to_owned();
    about.source = Some(SourceFacts {
        url: Some("https://example.com/app.git".to_owned()),
        revision: Some("main@sha1:0123".to_owned()),
        stored: Some(ago("09:00:00")),
        suspended: true,
        used_by: (0..8).map(|number| format!("apps/k{number}")).collect(),
    });
    insta::assert_snapshot!(text(&about), @"
    ✔ GitRepository/apps/app is healthy
      url        https://example.com/app.git
      artifact   main@sha1:0123, stored 60m ago
      suspended  it does not look for new revisions
      used by    Kustomizations apps/k0, apps/k1, apps/k2, apps/k3, apps/k4, apps/k5 and 2 more
      for        5m
    ");
}

#[test]
fn what_is_healthy_and_blocked_is_not_well() {
    let mut about = broken();
    about.object.health = HealthState::Healthy;
    about.object.message = None;
    assert!(!about.is_well());
    assert!(
        text(&about).starts_with("✗ Pod/apps/web-1-x is healthy: container main crashes"),
        "{}",
        text(&about)
    );
}
