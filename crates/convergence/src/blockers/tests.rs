//! Ready's reason and message, and the blockers that follow.

use api::blocker::BlockerCode::{self, *};

use super::{Draft, of_result, ordered};

const OWN: &str = "Kustomization/apps/web";

#[track_caller]
fn check(reason: &str, message: &str, expected: &[(BlockerCode, &str, &str)]) {
    let drafts = of_result(OWN, reason, message);
    let found: Vec<(BlockerCode, &str, &str)> = drafts
        .iter()
        .map(|d| (d.code, d.object.as_deref().unwrap_or_default(), d.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{reason}: {message}");
}

#[test]
fn reasons_of_a_kustomization() {
    check("ReconciliationSucceeded", "Applied revision: main@sha1:0", &[]);
    check("Progressing", "Reconciliation in progress", &[]);
    let text = "Source artifact not found, retrying in 30s";
    check("ArtifactFailed", text, &[(ArtifactMissing, OWN, text)]);
    let text = "kustomization path not found: stat /tmp/kustomization-1/deploy: no such file or directory";
    check("ArtifactFailed", text, &[(BuildFailed, OWN, text)]);
    check("BuildFailed", "kustomize build failed: x", &[(BuildFailed, OWN, "kustomize build failed: x")]);
    let text = "variable substitution failed: variable not set (strict mode): \"region\"";
    check("BuildFailed", text, &[(SubstitutionMissing, OWN, text)]);
    let text = "decryption failed for 'db': cannot get sops data key";
    check("BuildFailed", text, &[(DecryptionFailed, OWN, text)]);
    let text = "dependency 'infra/crds' is not ready";
    check("DependencyNotReady", text, &[(DependencyNotReady, "Kustomization/infra/crds", text)]);
    let text =
        "dependency 'infra/crds' not found: kustomizations.kustomize.toolkit.fluxcd.io \"crds\" not found";
    check("DependencyNotReady", text, &[(DependencyNotReady, "Kustomization/infra/crds", text)]);
    check("DependencyNotReady", "odd", &[(DependencyNotReady, OWN, "odd")]);
    let text = "can't access 'GitRepository/a/b', cross-namespace references have been blocked";
    check("AccessDenied", text, &[(Forbidden, OWN, text)]);
    check("UnsupportedField", "spec.decryption", &[(UnsupportedField, OWN, "spec.decryption")]);
    check("SomethingNew", "what", &[(ReconciliationFailed, OWN, "what")]);
}

#[test]
fn refusals_of_the_api_server() {
    for (line, code) in [
        (
            r#"Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:x" cannot patch resource "deployments" in API group "apps" in the namespace "apps""#,
            Forbidden,
        ),
        (r#"Deployment/apps/web not found: namespaces "apps" not found"#, NamespaceMissing),
        (
            "ConfigMap/web namespace not specified: the server could not find the requested resource",
            NamespaceMissing,
        ),
        (
            r#"ConfigMap/apps/web dry-run failed (Forbidden): configmaps "web" is forbidden: unable to create new content in namespace apps because it is being terminated"#,
            NamespaceTerminating,
        ),
        (
            r#"Widget/apps/web dry-run failed: no matches for kind "Widget" in version "example.com/v1""#,
            KindUnknown,
        ),
        (
            "Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
            UnknownField,
        ),
        (
            r#"Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#,
            ImmutableField,
        ),
        (
            r#"Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value"#,
            SchemaInvalid,
        ),
        (
            r#"Deployment/apps/web dry-run failed (Invalid): deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: no"#,
            AdmissionDenied,
        ),
        (
            r#"Pod/apps/web dry-run failed (Forbidden): admission webhook "policy.example.com" denied the request: no"#,
            AdmissionDenied,
        ),
        (
            r#"Pod/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "policy.example.com": connection refused"#,
            WebhookUnavailable,
        ),
        (
            r#"Pod/apps/web apply failed: pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"#,
            QuotaExceeded,
        ),
        ("Pod/apps/web dry-run failed (FieldManagerConflict): Apply failed with 1 conflict", FieldConflict),
        (
            "Pod/apps/web dry-run failed: dial tcp 10.0.0.1:443: connect: connection refused",
            TargetUnreachable,
        ),
        (
            "Secret/apps/web dry-run failed: failed to convert new object (apps/web; /v1, Kind=Secret) to proper version: unable to convert",
            SchemaInvalid,
        ),
        ("Pod/apps/web dry-run failed: nobody knows", ReconciliationFailed),
    ] {
        let drafts = of_result(OWN, "ReconciliationFailed", line);
        assert_eq!(drafts.len(), 1, "{line}");
        assert_eq!(drafts[0].code, code, "{line}");
        assert_eq!(drafts[0].object.as_deref(), line.split(' ').next());
    }
}

#[test]
fn every_failing_object_is_a_blocker_and_what_was_done_is_none() {
    let message = "ConfigMap/apps/a dry-run failed (Invalid): data: Invalid value: \"x\"\nService/apps/b dry-run failed (Forbidden): no\nNamespace/apps created\n";
    let drafts = of_result(OWN, "ReconciliationFailed", message);
    let objects: Vec<&str> = drafts.iter().filter_map(|draft| draft.object.as_deref()).collect();
    assert_eq!(objects, ["ConfigMap/apps/a", "Service/apps/b"]);
    assert_eq!(drafts[0].evidence, ["dry-run failed (Invalid)"]);
    let denied = of_result(
        OWN,
        "PruneFailed",
        "ConfigMap/apps/a delete failed: admission webhook \"x\" denied the request",
    );
    assert_eq!(denied[0].code, PruneDenied);
    let ours = "ConfigMap/apps/a delete failed: it keeps changing\nConfigMap/apps/b is still being deleted";
    let drafts = of_result(OWN, "PruneFailed", ours);
    assert_eq!((drafts.len(), drafts[0].code), (1, ReconciliationFailed));
    assert_eq!(drafts[0].evidence, ["delete failed"]);
}

#[test]
fn health_checks_name_their_objects() {
    let late = "timeout waiting for: [Deployment/apps/web status: 'InProgress', Job/apps/x status: 'NotFound', Thing/apps/y status: 'Unknown': odd]";
    let found: Vec<(BlockerCode, Option<String>)> = of_result(OWN, "HealthCheckFailed", late)
        .into_iter()
        .map(|draft| (draft.code, draft.object))
        .collect();
    assert_eq!(
        found,
        [
            (HealthTimeout, Some("Deployment/apps/web".to_owned())),
            (HealthTimeout, Some("Job/apps/x".to_owned())),
            (HealthTimeout, Some("Thing/apps/y".to_owned())),
        ]
    );
    let early = "health check failed after 3s: failed early due to stalled resources: [Job/apps/x status: 'Failed', Deployment/apps/web status: 'InProgress']";
    check("HealthCheckFailed", early, &[(HealthFailed, "Job/apps/x", "it has failed")]);
    check("HealthCheckFailed", "odd", &[(HealthTimeout, OWN, "odd")]);
}

#[test]
fn causes_come_before_what_they_cause() {
    let draft = |code, object: &str| Draft::new(code, object, "m");
    let told = draft(HealthFailed, "Deployment/a/web").hint("h");
    let sorted = ordered(vec![
        draft(HealthTimeout, "Deployment/a/web"),
        told.clone(),
        draft(ArtifactMissing, OWN),
        draft(SourceNotReady, "GitRepository/a/app"),
        draft(KindUnknown, "Widget/a/x"),
        draft(KindUnknown, "Widget/a/x"),
        draft(HealthTimeout, "Job/a/b"),
    ]);
    let codes: Vec<(BlockerCode, &str)> =
        sorted.iter().map(|d| (d.code, d.object.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        codes,
        [
            (SourceNotReady, "GitRepository/a/app"),
            (KindUnknown, "Widget/a/x"),
            (HealthFailed, "Deployment/a/web"),
            (HealthTimeout, "Job/a/b"),
        ]
    );
}

#[test]
fn a_hint_spells_the_annotation_as_it_is_read() {
    let line =
        "Deployment/apps/web dry-run failed (Invalid): spec.selector: Invalid value: field is immutable";
    let drafts = of_result(OWN, "ReconciliationFailed", line);
    let hint = drafts.first().and_then(|draft| draft.hint).unwrap_or_default();
    assert!(hint.contains(&format!("{}: {}", api::labels::FORCE, api::labels::ENABLED)), "{hint}");
}
