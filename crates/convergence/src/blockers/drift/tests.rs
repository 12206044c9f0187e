//! Fights, drift that cannot be put back, and drift that stays.

use api::blocker::BlockerCode::{AdmissionDenied, DriftFight, ReconciliationFailed};
use api::drift_report::DriftReportStatus;
use api::kustomization::Kustomization;
use health::beside::Nothing;
use serde_json::{Value, json};

use super::{Draft, fights, say, unhealed};
use crate::blockers::About;

fn report(value: Value) -> DriftReportStatus {
    serde_json::from_value(value).unwrap()
}

fn with_about(of: impl Fn(&About<'_>) -> Vec<Draft>) -> Vec<Draft> {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    of(&About::new(&object, &Nothing))
}

fn fight(manager: Option<&str>, corrections: i64) -> Draft {
    let mut fight = json!({"id": "apps_web_apps_Deployment", "path": "/spec/replicas", "desired": "3", "live": "5",
        "corrections": corrections, "since": "2026-11-25T10:00:00Z"});
    if let Some(manager) = manager {
        fight["manager"] = json!(manager);
    }
    let report = report(json!({"fights": [fight]}));
    with_about(|about| fights(about, &report)).remove(0)
}

#[test]
fn a_fight_names_both_sides_and_the_way_out() {
    let draft = fight(Some("some-operator"), 4);
    assert_eq!((draft.code, draft.object.as_deref()), (DriftFight, Some("Deployment/apps/web")));
    assert_eq!(
        draft.message,
        "some-operator changes /spec/replicas again as often as kustomize-controller puts it back"
    );
    assert_eq!(draft.evidence, ["/spec/replicas: 3 by the manifests, 5 by some-operator"]);
    let hint = draft.hint.as_deref().unwrap();
    assert!(
        hint.contains("stop some-operator") && hint.contains("spec.ignore of Kustomization apps/web"),
        "{hint}"
    );
    assert!(hint.contains("kubectl -n apps get deployment web -o yaml --show-managed-fields"), "{hint}");
    let hpa = fight(Some("kube-controller-manager"), 4);
    assert!(hpa.hint.unwrap().contains("HorizontalPodAutoscaler"));
    assert!(fight(None, 4).message.starts_with("somebody changes"));
    assert_eq!(fight(Some("x"), 4), fight(Some("x"), 9), "no counter is in the words");
}

fn drifted(state: &str, message: Option<&str>) -> DriftReportStatus {
    report(
        json!({"mode": "Report", "objects": [{"id": "apps_a__ConfigMap", "state": state, "message": message,
        "paths": [{"path": "/data/key", "desired": "\"a\"", "live": "\"b\"", "manager": "kubectl-edit"}],
        "since": "2026-11-25T10:00:00Z"}]}),
    )
}

#[test]
fn what_cannot_be_put_back_is_in_the_way() {
    let of = |state: &str, message: Option<&str>| {
        let report = drifted(state, message);
        with_about(|about| unhealed(about, &report))
    };
    let denied = of("Failed", Some("admission webhook \"policy.example.com\" denied the request: no"));
    assert_eq!((denied[0].code, denied[0].object.as_deref()), (AdmissionDenied, Some("ConfigMap/apps/a")));
    assert!(denied[0].hint.as_deref().unwrap().contains("policy.example.com"));
    assert_eq!(of("Failed", Some("odd"))[0].code, ReconciliationFailed);
    assert_eq!(of("Failed", None), []);
    assert_eq!(of("Healed", Some("odd")), [], "what is mended is no news");
    assert_eq!(of("Drifted", None), []);
}

#[test]
fn drift_that_stays_is_said() {
    let id = "apps_a__ConfigMap";
    let line = "/data/key: \"a\" by the manifests, \"b\" live, changed by kubectl-edit";
    let (sentence, lines) = say(&drifted("Drifted", None), id).unwrap();
    assert_eq!(
        sentence.unwrap(),
        format!("drifted, reported only (annotation {}): {line}", api::labels::DRIFT_MODE)
    );
    assert_eq!(lines, [line]);
    let (sentence, lines) = say(&drifted("Failed", Some("odd")), id).unwrap();
    assert_eq!((sentence, lines.len()), (None, 1));
    assert_eq!(say(&drifted("Healed", None), id), None);
    assert_eq!(say(&drifted("Drifted", None), "apps_b__ConfigMap"), None);
}
