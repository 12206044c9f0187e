//! Explanations as they are shown.

use api::convergence::{Blocker, Counts, HealthSince, HealthState, LastResult, SyncSince, SyncState};
use api::drift_report::DriftReportStatus;
use api::explain::{ObjectExplanation, VERSION, Verdict};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use super::objects::counted;
use super::*;

fn time(text: &str) -> Time {
    Time(format!("2026-11-25T{text}Z").parse().expect("a time"))
}

fn now() -> Timestamp {
    time("10:00:00").0
}

fn revision(text: &str) -> Option<RevisionSince> {
    Some(RevisionSince { revision: text.to_owned(), since: time("09:00:00") })
}

fn explanation(status: &str, reason: &str, summary: &str) -> Explanation {
    Explanation {
        version: VERSION,
        target: Target {
            api_version: "kustomize.toolkit.fluxcd.io/v1".to_owned(),
            kind: "Kustomization".to_owned(),
            namespace: "apps".to_owned(),
            name: "web".to_owned(),
        },
        verdict: Verdict {
            status: status.to_owned(),
            reason: reason.to_owned(),
            summary: summary.to_owned(),
            generation: 1,
            since: time("09:54:30"),
        },
        desired: revision("main@sha1:0123456789abcdef"),
        applied: revision("main@sha1:0123456789abcdef"),
        sync: SyncSince { state: SyncState::Applied, since: time("09:00:00") },
        health: HealthSince { state: HealthState::Healthy, since: time("09:00:00") },
        counts: Counts { total: 3, healthy: 3, ..Counts::default() },
        objects: vec![object("apps_a__ConfigMap", HealthState::Healthy, None)],
        blockers: Vec::new(),
        last_result: Some(LastResult {
            revision: Some("main@sha1:0123456789abcdef".to_owned()),
            reason: "ReconciliationSucceeded".to_owned(),
            message: Some("Applied revision: main@sha1:0123456789abcdef".to_owned()),
        }),
    }
}

fn object(id: &str, health: HealthState, message: Option<&str>) -> ObjectExplanation {
    ObjectExplanation {
        id: id.to_owned(),
        sync: SyncState::Applied,
        health,
        reason: Some("Reason".to_owned()),
        message: message.map(ToOwned::to_owned),
        evidence: Vec::new(),
        hint: None,
        since: time("09:50:00"),
    }
}

fn blocker(code: &str, object: &str, message: &str, evidence: &[&str], hint: &str) -> Blocker {
    let of = json!({"code": code, "object": object, "message": message, "evidence": evidence, "hint": hint,
        "since": "2026-11-25T09:55:00Z"});
    serde_json::from_value(of).expect("a blocker")
}

fn shown(explanation: &Explanation) -> Shown<'_> {
    Shown {
        explanation,
        source: "GitRepository/apps/app, folder ./deploy",
        drift: None,
        notes: &[],
        now: now(),
        width: None,
        all: false,
    }
}

fn text(shown: &Shown<'_>) -> String {
    lines(shown).iter().map(|line| format!("{}\n", line.text().trim_end())).collect()
}

fn pull() -> Explanation {
    let mut explanation =
        explanation("False", "HealthFailed", "Deployment/apps/web: cannot pull image example.com/app:1");
    explanation.counts = Counts { total: 3, healthy: 2, degraded: 1, ..Counts::default() };
    explanation.objects.insert(
        0,
        object(
            "apps_web_apps_Deployment",
            HealthState::Degraded,
            Some("cannot pull image example.com/app:1"),
        ),
    );
    explanation.blockers = vec![blocker(
        "HealthFailed",
        "Deployment/apps/web",
        "cannot pull image example.com/app:1 for container main (ReplicaSet web-1)",
        &["Pod web-1-x, container main: ImagePullBackOff"],
        "check the tag: registry example.com does not have app:1",
    )];
    explanation
}

#[test]
fn all_is_well() {
    let explanation =
        explanation("True", "Converged", "main@sha1:01234567 applied, all 3 objects are healthy");
    insta::assert_snapshot!(text(&shown(&explanation)), @"
    ✔ Kustomization/apps/web is converged: main@sha1:01234567 applied, all 3 objects are healthy
      source    GitRepository/apps/app, folder ./deploy
      revision  main@sha1:0123456789abcdef is applied
      last run  ReconciliationSucceeded
      since     2026-11-25 09:54:30Z (5m30s)

    3 objects: 3 healthy
    ");
}

#[test]
fn an_object_is_unwell() {
    let explanation = pull();
    let notes = ["Kustomizations of other namespaces: you may not list them".to_owned()];
    insta::assert_snapshot!(text(&Shown { notes: &notes, ..shown(&explanation) }), @"
    ✗ Kustomization/apps/web is not converged: Deployment/apps/web: cannot pull image example.com/app:1
      source    GitRepository/apps/app, folder ./deploy
      revision  main@sha1:0123456789abcdef is applied
      last run  ReconciliationSucceeded
      since     2026-11-25 09:54:30Z (5m30s)

    In the way, root causes first:
    1. HealthFailed  Deployment/apps/web, for 5m
       cannot pull image example.com/app:1 for container main (ReplicaSet web-1)
       seen: Pod web-1-x, container main: ImagePullBackOff
       next: check the tag: registry example.com does not have app:1

    Objects that are not as they should be:
      OBJECT               SYNC     HEALTH    FOR  WHY
      Deployment/apps/web  Applied  Degraded  10m  cannot pull image example.com/app:1

    not looked at: Kustomizations of other namespaces: you may not list them
    3 objects: 2 healthy, 1 degraded
    ");
}

#[test]
fn on_a_narrow_terminal() {
    let explanation = pull();
    let text = text(&Shown { width: Some(80), ..shown(&explanation) });
    insta::assert_snapshot!(text, @"
    ✗ Kustomization/apps/web is not converged: Deployment/apps/web: cannot pull
      image example.com/app:1
      source    GitRepository/apps/app, folder ./deploy
      revision  main@sha1:0123456789abcdef is applied
      last run  ReconciliationSucceeded
      since     2026-11-25 09:54:30Z (5m30s)

    In the way, root causes first:
    1. HealthFailed  Deployment/apps/web, for 5m
       cannot pull image example.com/app:1 for container main (ReplicaSet web-1)
       seen: Pod web-1-x, container main: ImagePullBackOff
       next: check the tag: registry example.com does not have app:1

    Objects that are not as they should be:
      OBJECT               SYNC     HEALTH    FOR  WHY
      Deployment/apps/web  Applied  Degraded  10m  cannot pull image example.com/ap…

    3 objects: 2 healthy, 1 degraded
    ");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_revision_that_fails() {
    let mut explanation =
        explanation("False", "BuildFailed", "Kustomization/apps/web: kustomize build failed");
    explanation.desired = revision("main@sha1:fedcba9876543210");
    explanation.blockers = vec![blocker(
        "BuildFailed",
        "Kustomization/apps/web",
        "kustomize build failed\nline 2: mapping values are not allowed\n\n3\n4\n5\n6\n7\n8",
        &[],
        "mend deploy/app.yaml",
    )];
    insta::assert_snapshot!(text(&shown(&explanation)), @"
    ✗ Kustomization/apps/web is not converged: kustomize build failed
      source    GitRepository/apps/app, folder ./deploy
      revision  main@sha1:fedcba9876543210 is not applied yet
      applied   main@sha1:0123456789abcdef
      last run  ReconciliationSucceeded
      since     2026-11-25 09:54:30Z (5m30s)

    In the way, root causes first:
    1. BuildFailed  Kustomization/apps/web, for 5m
       kustomize build failed
       line 2: mapping values are not allowed
       3
       4
       5
       6
       …
       next: mend deploy/app.yaml

    3 objects: 3 healthy
    ");
}

#[test]
fn what_is_under_way_is_no_failure() {
    let explanation = explanation("False", "Progressing", "Deployment/apps/web: 1 of 3 replicas are ready");
    assert!(
        text(&shown(&explanation))
            .starts_with("… Kustomization/apps/web is on its way: Deployment/apps/web: 1 of 3")
    );
    let told = text(&shown(&explanation));
    assert!(told.contains("  next      `flyball wait kustomization/web -n apps` waits for it"), "{told}");
    let unknown = headline(&self::explanation("Unknown", "NotObserved", "no right to look"));
    assert_eq!(unknown.text(), "? Kustomization/apps/web may be converged: no right to look");
}

#[test]
fn drift_and_fights() {
    let explanation =
        explanation("False", "Drifted", "ConfigMap/apps/a: somebody changed a field that was applied");
    let report: DriftReportStatus = serde_json::from_value(json!({
        "mode": "Heal", "counts": {"drifted": 2, "healed": 1, "fights": 1, "ignored": 3},
        "objects": [
            {"id": "apps_a__ConfigMap", "state": "Failed", "message": "the webhook says no", "since": "2026-11-25T09:55:00Z",
                "paths": [{"path": "/data/key", "desired": "\"b\"", "live": "\"a\"", "manager": "kubectl-edit"}]},
            {"id": "apps_b__ConfigMap", "state": "Drifted", "deleted": true, "since": "2026-11-25T09:55:00Z"},
            {"id": "apps_c__ConfigMap", "state": "Healed", "since": "2026-11-25T09:55:00Z",
                "healedAt": "2026-11-25T09:55:01Z", "paths": [{"path": "/data/x", "desired": "1"}]}],
        "fights": [{"id": "apps_d_apps_Deployment", "path": "/spec/replicas", "manager": "autoscaler", "desired": "1",
            "live": "3", "corrections": 4, "since": "2026-11-25T09:50:00Z"}]}))
    .expect("a report");
    let shown = Shown { drift: Some(&report), ..shown(&explanation) };
    insta::assert_snapshot!(text(&shown), @r#"
    ✗ Kustomization/apps/web is not converged: ConfigMap/apps/a: somebody changed a field that was applied
      source    GitRepository/apps/app, folder ./deploy
      revision  main@sha1:0123456789abcdef is applied
      last run  ReconciliationSucceeded
      since     2026-11-25 09:54:30Z (5m30s)
      next      `flyball diff kustomization/web -n apps` shows what differs; `flyball reconcile kustomization/web -n apps --full` puts it back

    Drift: 2 objects differ now, 1 was put back, 1 field is fought over, 3 ignored fields differ
      Deployment/apps/d /spec/replicas: autoscaler keeps changing it, 4 times for 10m: 3 is to be 1
      ConfigMap/apps/a /data/key: "a" is to be "b", set by kubectl-edit; putting it back failed: the webhook says no
      ConfigMap/apps/b: somebody deleted it, for 5m

    3 objects: 3 healthy
    "#);
    let all = text(&Shown { all: true, ..shown });
    assert!(
        all.contains("ConfigMap/apps/c /data/x: it was gone and was to be 1; put back 4m59s ago"),
        "{all}"
    );
    let empty = DriftReportStatus::default();
    assert!(!text(&Shown { drift: Some(&empty), ..shown }).contains("Drift"));
}

/// However much there is, one screen holds the answer, the first blocker whole, and the next step of as many as fit.
#[test]
fn one_screen() {
    let mut explanation = pull();
    let first = explanation.blockers[0].clone();
    explanation.blockers.extend((0..30).map(|number| {
        blocker(
            "AdmissionDenied",
            &format!("Pod/apps/p{number}"),
            "denied",
            &["one", "two", "three"],
            "ask its owner",
        )
    }));
    explanation.objects = (0..100)
        .map(|number| object(&format!("apps_p{number}__Pod"), HealthState::Degraded, Some("it has failed")))
        .collect();
    for width in [None, Some(80)] {
        let text = text(&Shown { width, ..shown(&explanation) });
        let count = text.lines().count();
        assert!((40..=60).contains(&count), "{count} lines:\n{text}");
        assert!(text.contains("seen: Pod web-1-x") && text.contains(&first.message[..30]), "{text}");
        assert!(text.matches("next: ask its owner").count() >= 10, "{text}");
        assert!(text.contains("more, which --all shows"), "{text}");
        assert!(text.trim_end().ends_with("3 objects: 2 healthy, 1 degraded"), "{text}");
    }
    let all = text(&Shown { all: true, ..shown(&explanation) });
    assert_eq!(all.matches("next: ").count(), 31);
    assert_eq!(all.matches("it has failed").count(), 100);
}

#[test]
fn counts() {
    let of = |counts: Value| counted(&serde_json::from_value(counts).expect("counts"));
    assert_eq!(of(json!({})), "no objects");
    assert_eq!(of(json!({"total": 1, "healthy": 1})), "1 object: 1 healthy");
    assert_eq!(
        of(
            json!({"total": 9, "healthy": 1, "suspended": 1, "progressing": 1, "terminating": 1, "degraded": 1,
            "missing": 1, "unknown": 1, "notObserved": 2, "drifted": 1})
        ),
        "9 objects: 1 healthy, 1 suspended, 1 progressing, 1 terminating, 1 degraded, 1 missing, 1 unknown, 2 not looked at, 1 drifted"
    );
}

#[test]
fn what_is_named_in_front_names_itself_once() {
    let subject = "Kustomization/apps/web";
    assert_eq!(without_subject("Kustomization/apps/web: it is late", subject), "it is late");
    for other in ["Kustomization/apps/web-2: it is late", "Deployment/apps/web: it is late"] {
        assert_eq!(without_subject(other, subject), other);
    }
}

#[test]
fn reasons_without_a_message_are_put_into_words() {
    let mut one = object("apps_a__Secret", HealthState::NotObserved, None);
    for (reason, words) in [
        ("SecretsNotRead", "Secrets are not read"),
        ("AnotherCluster", "it is in another cluster"),
        ("NotWatchedYet", "it was not looked at yet"),
        ("Odd", "Odd"),
    ] {
        one.reason = Some(reason.to_owned());
        assert_eq!(why(&one).as_deref(), Some(words));
    }
    one.message = Some("said".to_owned());
    assert_eq!(why(&one).as_deref(), Some("said"));
    (one.message, one.reason) = (None, None);
    assert_eq!(why(&one), None);
}
