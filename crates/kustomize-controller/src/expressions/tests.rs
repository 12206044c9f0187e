//! Expressions of a spec, with Flux's words (contracts/kustomize-controller.md 5.5, 17.2, 18).

use super::{HealthExpressions, ReadyError, is_ready};
use api::kustomization::CustomHealthCheck;
use health::kstatus::Status;
use manifest::ObjectId;
use serde_json::{Value, json};

fn read(checks: Value) -> Result<HealthExpressions, String> {
    HealthExpressions::read(&serde_json::from_value::<Vec<CustomHealthCheck>>(checks).unwrap())
}

fn claim(status: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Claim", "metadata": {"name": "c", "generation": 2}, "status": status})
}

#[test]
fn the_first_that_is_true_decides() {
    let checks = read(json!([{"apiVersion": "example.com/v1beta1", "kind": "Claim",
        "current": "status.phase == 'Bound'", "failed": "status.phase == 'Lost'",
        "inProgress": "has(status.pending) && status.pending"}]))
    .unwrap();
    let of = |status: Value| checks.judge(&claim(status)).unwrap();
    assert_eq!(of(json!({"phase": "Bound"})), (Status::Current, None));
    assert_eq!(of(json!({"phase": "Lost"})), (Status::Failed, None));
    assert_eq!(of(json!({"phase": "New"})), (Status::InProgress, None), "none is true");
    assert_eq!(of(json!({"phase": "Bound", "pending": true})), (Status::InProgress, None));
    assert_eq!(of(json!({"phase": "Bound", "observedGeneration": 1})), (Status::InProgress, None));
    assert_eq!(of(json!({"phase": "Bound", "observedGeneration": 2})), (Status::Current, None));
    let (status, why) = of(json!({}));
    assert_eq!(status, Status::Unknown);
    assert_eq!(
        why.unwrap(),
        "failed to evaluate the CEL expression 'status.phase == 'Lost'': no such key: phase"
    );
}

#[test]
fn a_kind_goes_before_its_group_and_versions_do_not_count() {
    let checks = read(json!([
        {"apiVersion": "example.com/v1", "current": "true"},
        {"apiVersion": "example.com/v2", "kind": "Claim", "current": "false"},
        {"apiVersion": "a/b/c", "kind": "Never", "current": "true"},
    ]))
    .unwrap();
    let object = |api: &str, kind: &str| json!({"apiVersion": api, "kind": kind});
    let status = |api: &str, kind: &str| checks.judge(&object(api, kind)).map(|(status, _)| status);
    assert_eq!(status("example.com/v1", "Claim"), Some(Status::InProgress));
    assert_eq!(status("example.com/v1", "Other"), Some(Status::Current));
    assert_eq!(status("v1", "ConfigMap"), None);
    assert_eq!(status("a/b/c", "Never"), None);
    let id = |group: &str, kind: &str| ObjectId {
        group: group.into(),
        kind: kind.into(),
        namespace: "ns".into(),
        name: "n".into(),
    };
    assert!(checks.covers(&id("example.com", "Other")) && !checks.covers(&id("", "ConfigMap")));
}

#[test]
fn what_cannot_be_read_is_told_in_flux_s_words() {
    let error = |checks: Value| read(checks).unwrap_err();
    let prefix = "failed to create custom status evaluator for healthchecks[0]: ";
    assert_eq!(
        error(json!([{"apiVersion": "v1", "kind": "ConfigMap", "current": ""}])),
        format!("{prefix}expression Current not specified")
    );
    let bad =
        error(json!([{"apiVersion": "v1", "kind": "ConfigMap", "current": "true", "failed": "data.a =="}]));
    assert!(
        bad.starts_with(&format!(
            "{prefix}failed to parse the expression Failed: failed to parse the CEL expression 'data.a ==': ERROR: <input>:1:10: Syntax error: "
        )),
        "{bad}"
    );
    let twice = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "current": "true"},
        {"apiVersion": "apps/v1beta1", "kind": "Deployment", "current": "false"}]);
    assert_eq!(
        error(twice),
        "duplicate custom health check for GroupKind Deployment.apps at healthchecks[1]"
    );
}

#[test]
fn a_costly_expression_ends_with_an_error() {
    let checks = read(json!([{"apiVersion": "v1", "kind": "ConfigMap",
        "current": "data.l.all(a, data.l.all(b, data.l.all(c, a + b + c >= 0)))"}]))
    .unwrap();
    let list: Vec<u32> = (0..1000).collect();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"l": list}});
    let (status, why) = checks.judge(&object).unwrap();
    assert_eq!(status, Status::Unknown);
    assert!(why.unwrap().contains("steps"));
}

#[test]
fn a_dependency_is_judged_by_both_objects() {
    let (own, other) = (json!({"spec": {"path": "a"}}), json!({"spec": {"path": "b"}, "status": {"n": 3}}));
    assert!(is_ready("dep.status.n == 3 && self.spec.path != dep.spec.path", &own, &other).unwrap());
    assert!(!is_ready("dep.status.n > 3", &own, &other).unwrap());
    let text = |expression: &str| match is_ready(expression, &own, &other).unwrap_err() {
        ReadyError::Compile(error) => format!("compile: {error}"),
        ReadyError::Evaluate(error) => format!("evaluate: {error}"),
    };
    assert_eq!(text("dep.status"), "compile: CEL expression output type mismatch: expected bool, got dyn");
    assert!(text("foo == 1").contains("undeclared reference to 'foo' (in container '')"));
    assert_eq!(
        text("dep.status.nope == 1"),
        "evaluate: failed to evaluate the CEL expression 'dep.status.nope == 1': no such key: nope"
    );
}
