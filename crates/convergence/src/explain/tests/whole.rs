//! The whole: what is said of all objects together, and that nothing is left out.

use super::*;

#[test]
fn all_is_well() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map()), ("apps_b__ConfigMap", config_map())]);
    let status = case.go();
    let summary = "main@sha1:01234567 applied, all 2 objects are healthy";
    check(&status, "True Converged", SyncState::Applied, HealthState::Healthy, summary);
    assert!(status.blockers.is_empty() && status.omitted.is_none());
    assert_eq!(status.desired.as_ref().unwrap().revision, REVISION);
    assert_eq!(status.counts.as_ref().unwrap().healthy, 2);
    case.later(100);
    assert_eq!(case.go(), status, "nothing changes while nothing happens");
    let mut restarted = Case { memory: Memory::restored(Some(status.clone())), ..case };
    restarted.later(100);
    assert_eq!(restarted.go(), status, "a restart changes nothing");
}

#[test]
fn a_run_under_way_that_changes_nothing_changes_nothing() {
    let mut case = Case::new(vec![("apps_a__ConfigMap", config_map())]);
    let before = case.go();
    case.object = failed(kustomization(), "Progressing", "Reconciliation in progress");
    case.later(60);
    assert_eq!(case.go(), before);
}

#[test]
fn what_cannot_be_looked_at_is_never_missing() {
    let mut case = Case::new(vec![
        ("apps_s__Secret", Visibility::Hidden(Hidden::Secret)),
        ("apps_a__ConfigMap", config_map()),
    ]);
    let status = case.go();
    check(
        &status,
        "True Converged",
        SyncState::Applied,
        HealthState::Healthy,
        "main@sha1:01234567 applied, 1 of 2 objects are healthy, not observed: 1",
    );
    assert!(status.blockers.is_empty());
    case.objects.push((id("apps_x_example.com_Widget"), Visibility::Hidden(Hidden::Forbidden)));
    case.objects.push((id("apps_y_example.com_Widget"), Visibility::Hidden(Hidden::Forbidden)));
    let status = case.go();
    check(
        &status,
        "Unknown NotObserved",
        SyncState::Applied,
        HealthState::Healthy,
        "no right to look at objects of kind Widget.example.com",
    );
    assert_eq!(status.blockers.len(), 1, "one per kind");
    let hint = status.blockers[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains(api::labels::AGGREGATE_TO_HEALTH), "{hint}");
    assert_eq!(status.counts.as_ref().unwrap().not_observed, 3);
    assert_eq!(status.counts.as_ref().unwrap().missing, 0);
    case.object.spec.kube_config = Some(api::kustomization::KubeConfigReference::default());
    case.objects = vec![(id("apps_a__ConfigMap"), Visibility::Hidden(Hidden::Remote))];
    let status = case.go();
    assert_eq!(
        (status.conditions[0].status.as_str(), status.sync.unwrap().state),
        ("Unknown", SyncState::NotObserved)
    );
}

#[test]
fn values_of_secrets_never_appear() {
    let mut case = Case::new(vec![]);
    let message = "Secret/apps/db dry-run failed (Invalid): Secret \"db\" is invalid: data[k]: Invalid value: \"canary\": no";
    case.object = failed(kustomization(), "ReconciliationFailed", message);
    let text = serde_json::to_string(&case.go()).unwrap();
    assert!(text.contains("Secret/apps/db") && !text.contains("canary"), "{text}");
}

#[test]
fn the_status_is_bounded() {
    let mut case = Case::new(vec![]);
    for n in 0..150 {
        let text = format!("apps_cm-{n:03}__ConfigMap");
        case.objects
            .push((id(&text), if n % 2 == 0 { config_map() } else { Visibility::Hidden(Hidden::Secret) }));
    }
    case.objects.push((id("apps_web_apps_Deployment"), seen(deployment())));
    for n in 0..30 {
        case.objects
            .push((id(&format!("apps_w{n}_example.com_K{n}")), Visibility::Hidden(Hidden::Forbidden)));
    }
    let status = case.go();
    assert_eq!((status.objects.len(), status.omitted, status.blockers.len()), (100, Some(81), 20));
    assert_eq!(status.objects[0].id, "apps_web_apps_Deployment");
    assert_eq!(status.counts.unwrap().total, 181);
}

#[test]
fn an_explanation_leaves_nothing_out() {
    let mut case = Case::new(vec![("apps_web_apps_Deployment", seen(deployment()))]);
    case.pods = vec![health::prune::pruned(broken_pod(), Rules::built_in())];
    for n in 0..150 {
        case.objects.push((id(&format!("apps_cm-{n:03}__ConfigMap")), config_map()));
    }
    for n in 0..30 {
        case.objects
            .push((id(&format!("apps_w_example.com_K{n:02}")), Visibility::Hidden(Hidden::Forbidden)));
    }
    let explanation = case.explain();
    assert_eq!((explanation.objects.len(), explanation.blockers.len()), (181, 31));
    assert_eq!(explanation.objects[0].id, "apps_web_apps_Deployment");
    assert_eq!(
        explanation.objects[0].evidence,
        ["Pod web-1-x: container app waits: ImagePullBackOff, image nginx:nope"]
    );
    let more = " (and 19 more)";
    assert!(
        explanation.verdict.summary.ends_with(more),
        "what a status lists: {}",
        explanation.verdict.summary
    );
    case.later(100);
    assert_eq!(case.explain(), explanation, "also what a status has no room for does not change");
    // What comes into the list is as old as it is.
    case.objects.retain(|(id, _)| id.kind.as_str() < "K15" || id.kind.len() > 3);
    assert_eq!(case.go().blockers.len(), 16);
    let since = |explanation: &Explanation| explanation.blockers.last().map(|blocker| blocker.since.0);
    case.later(100);
    assert_eq!(since(&case.explain()), Some(start()));
}

#[test]
fn an_explanation_as_text() {
    let mut case = Case::new(vec![
        ("apps_web_apps_Deployment", seen(deployment())),
        ("apps_a__ConfigMap", config_map()),
        ("apps_s__Secret", Visibility::Hidden(Hidden::Secret)),
    ]);
    case.pods = vec![health::prune::pruned(broken_pod(), Rules::built_in())];
    let explanation = case.explain();
    let Value::Object(fields) = serde_json::to_value(&explanation).unwrap() else { panic!("no object") };
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    applied: {"revision":"main@sha1:0123456789abcdef0123456789abcdef01234567","since":"2026-11-25T10:00:00Z"}
    blockers: [{"code":"HealthFailed","evidence":["Pod web-1-x: container app waits: ImagePullBackOff, image nginx:nope"],"hint":"check that image nginx:nope exists and that the pull Secret may read it: kubectl -n apps describe pod web-1-x","message":"Deployment is not available: pods of its newest ReplicaSet web-1 cannot pull image nginx:nope","object":"Deployment/apps/web","since":"2026-11-25T10:00:00Z"}]
    counts: {"degraded":1,"drifted":0,"healthy":1,"missing":0,"notObserved":1,"progressing":0,"suspended":0,"terminating":0,"total":3,"unknown":0}
    desired: {"revision":"main@sha1:0123456789abcdef0123456789abcdef01234567","since":"2026-11-25T10:00:00Z"}
    health: {"since":"2026-11-25T10:00:00Z","state":"Degraded"}
    lastResult: {"message":"Applied revision: main@sha1:0123456789abcdef0123456789abcdef01234567","reason":"ReconciliationSucceeded","revision":"main@sha1:0123456789abcdef0123456789abcdef01234567"}
    objects: [{"evidence":["Pod web-1-x: container app waits: ImagePullBackOff, image nginx:nope"],"health":"Degraded","hint":"check that image nginx:nope exists and that the pull Secret may read it: kubectl -n apps describe pod web-1-x","id":"apps_web_apps_Deployment","message":"Deployment is not available: pods of its newest ReplicaSet web-1 cannot pull image nginx:nope","reason":"ImagePullBackOff","since":"2026-11-25T10:00:00Z","sync":"Applied"},{"health":"NotObserved","id":"apps_s__Secret","reason":"SecretsNotRead","since":"2026-11-25T10:00:00Z","sync":"NotObserved"},{"health":"Healthy","id":"apps_a__ConfigMap","since":"2026-11-25T10:00:00Z","sync":"Applied"}]
    sync: {"since":"2026-11-25T10:00:00Z","state":"Applied"}
    target: {"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","name":"web","namespace":"apps"}
    verdict: {"generation":1,"reason":"HealthFailed","since":"2026-11-25T10:00:00Z","status":"False","summary":"Deployment/apps/web: Deployment is not available: pods of its newest ReplicaSet web-1 cannot pull image nginx:nope"}
    version: 1
    "#);
    let text = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), explanation);
}
