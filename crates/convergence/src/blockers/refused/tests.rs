//! Refusals of the API server, and the blockers that follow.

use std::sync::Arc;

use api::blocker::BlockerCode::{self, *};
use api::kustomization::Kustomization;
use health::beside::{Beside, Kin, Nothing};
use serde_json::{Value, json};

use super::{Draft, blockers};
use crate::blockers::about::About;

fn drafts(message: &str, beside: &dyn Beside) -> Vec<Draft> {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "serviceAccountName": "ci",
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    blockers(&About::new(&object, beside), message)
}

/// The line, its code, the sentence, a part of the next step.
const LINES: &[(&str, BlockerCode, &str, &str)] = &[
    (
        r#"Deployment/apps/web dry-run failed (Forbidden): deployments.apps "web" is forbidden: User "system:serviceaccount:apps:ci" cannot patch resource "deployments" in API group "apps" in the namespace "apps""#,
        Forbidden,
        "ServiceAccount apps/ci may not patch deployments.apps in namespace apps",
        "give ServiceAccount apps/ci the verb patch on deployments.apps by a Role and RoleBinding",
    ),
    (
        r#"Deployment/shop/web not found: namespaces "shop" not found"#,
        NamespaceMissing,
        "namespace shop does not exist",
        "create Namespace shop, add it to the manifests, or set spec.targetNamespace of Kustomization apps/web",
    ),
    (
        "ConfigMap/web namespace not specified: the server could not find the requested resource",
        NamespaceMissing,
        "ConfigMap web names no namespace and needs one",
        "set metadata.namespace of ConfigMap web in the manifests, or spec.targetNamespace",
    ),
    (
        r#"ConfigMap/apps/web dry-run failed (Forbidden): configmaps "web" is forbidden: unable to create new content in namespace apps because it is being terminated"#,
        NamespaceTerminating,
        "namespace apps is being deleted",
        "kubectl get namespace apps",
    ),
    (
        r#"Widget/apps/web dry-run failed: no matches for kind "Widget" in version "example.com/v1""#,
        KindUnknown,
        "the API server knows no kind Widget in example.com/v1",
        "install the CustomResourceDefinition of Widget (example.com/v1)",
    ),
    (
        r#"Certificate/apps/web dry-run failed: no matches for kind "Certificate" in version "cert-manager.io/v1""#,
        KindUnknown,
        "the API server knows no kind Certificate in cert-manager.io/v1",
        "which cert-manager brings",
    ),
    (
        r#"Configmap/apps/web dry-run failed: no matches for kind "Configmap" in version "v1""#,
        KindUnknown,
        "the API server knows no kind Configmap in v1",
        "correct kind: ConfigMap, not Configmap",
    ),
    (
        r#"Ingress/apps/web dry-run failed: no matches for kind "Ingress" in version "extensions/v1beta1""#,
        KindUnknown,
        "the API server knows no kind Ingress in extensions/v1beta1",
        "Ingress is networking.k8s.io/v1",
    ),
    (
        r#"Gadget/apps/g not found: the server could not find the requested resource (patch gadgets.example.com g)"#,
        KindUnknown,
        "the API server knows no kind Gadget",
        "install the CustomResourceDefinition of Gadget",
    ),
    (
        r#"Metric/apps/m dry-run failed: the API of kind "Metric" in group "metrics.example.com" is unavailable: APIService v1.metrics.example.com: no response"#,
        KindUnknown,
        "kind Metric cannot be asked for at present: APIService v1.metrics.example.com: no response",
        "kubectl describe apiservice v1.metrics.example.com",
    ),
    (
        "Deployment/apps/web dry-run failed: failed to create typed patch object (apps/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema",
        UnknownField,
        "the schema declares no field .spec.foo",
        "correct or remove .spec.foo in Deployment apps/web",
    ),
    (
        r#"Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#,
        ImmutableField,
        "spec.selector cannot be changed: it is immutable",
        "kustomize.toolkit.fluxcd.io/force: enabled",
    ),
    (
        r#"StatefulSet/apps/db dry-run failed (Invalid): StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden"#,
        ImmutableField,
        "its spec cannot be changed but for replicas, template, updateStrategy and a few more",
        "kubectl -n apps delete statefulset db --cascade=orphan",
    ),
    (
        r#"Job/apps/migrate dry-run failed (Invalid): Job.batch "migrate" is invalid: spec.template: Invalid value: core.PodTemplateSpec{}: field is immutable"#,
        ImmutableField,
        "spec.template cannot be changed: it is immutable",
        "give the Job another name",
    ),
    (
        r#"Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.spec.containers[0].image: Required value"#,
        SchemaInvalid,
        "spec.template.spec.containers[0].image: Required value",
        "correct spec.template.spec.containers[0].image in Deployment apps/web",
    ),
    (
        r#"ConfigMap/apps/a dry-run failed: failed to create typed patch object (apps/a; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:3}"#,
        SchemaInvalid,
        ".data.a: expected string, got number ***",
        "into quotation marks",
    ),
    (
        r#"Deployment/apps/web dry-run failed (Invalid): deployments.apps "web" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: no latest"#,
        AdmissionDenied,
        "ValidatingAdmissionPolicy no-latest denies it: no latest",
        "the policy or its binding all",
    ),
    (
        r#"Pod/apps/web dry-run failed (Forbidden): admission webhook "policy.example.com" denied the request: no"#,
        AdmissionDenied,
        "admission webhook policy.example.com denies it: no",
        "change what webhook policy.example.com objects to in Pod apps/web",
    ),
    (
        r#"Pod/apps/web dry-run failed (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: owner"#,
        AdmissionDenied,
        "admission webhook validation.gatekeeper.sh denies it: policy must-have-owner: [must-have-owner] you must provide labels: owner",
        "constraint must-have-owner",
    ),
    (
        r#"Pod/apps/web dry-run failed (Forbidden): pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false"#,
        AdmissionDenied,
        "it violates PodSecurity restricted:latest: allowPrivilegeEscalation != false",
        "label namespace apps pod-security.kubernetes.io/enforce",
    ),
    (
        r#"Pod/apps/web dry-run failed (Forbidden): pods "web" is forbidden: error looking up service account apps/web: serviceaccount "web" not found"#,
        AdmissionDenied,
        r#"the API server forbids it: error looking up service account apps/web: serviceaccount "web" not found"#,
        "create ServiceAccount apps/web",
    ),
    (
        r#"Pod/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "https://hook.policies.svc:443/v?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused"#,
        WebhookUnavailable,
        "webhook policy.example.com at Service policies/hook does not answer: dial tcp 10.0.0.1:443: connect: connection refused",
        "is called at Service policies/hook",
    ),
    (
        r#"Pod/apps/web apply failed: pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1"#,
        QuotaExceeded,
        "exceeded quota: small (pods: 1 asked, 1 used of 1)",
        "raise spec.hard[pods] of ResourceQuota apps/small",
    ),
    (
        "Pod/apps/web dry-run failed (FieldManagerConflict): Apply failed with 1 conflict",
        FieldConflict,
        "Apply failed with 1 conflict",
        "--show-managed-fields",
    ),
    (
        r#"Deployment/apps/web dry-run failed (FieldManagerConflict): Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas"#,
        FieldConflict,
        "field manager kubectl-edit owns .spec.replicas",
        "take .spec.replicas of Deployment apps/web out of the manifests",
    ),
    (
        "Pod/apps/web dry-run failed: dial tcp 10.0.0.1:443: connect: connection refused",
        TargetUnreachable,
        "the API server does not answer: connection refused at 10.0.0.1:443",
        "the API server does not answer kustomize-controller",
    ),
    (
        "Secret/apps/web dry-run failed: failed to convert new object (apps/web; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 4",
        SchemaInvalid,
        "failed to convert new object (apps/web; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 4",
        "in base64, or plainly into stringData",
    ),
    (
        "Pod/apps/web dry-run failed: nobody knows",
        ReconciliationFailed,
        "nobody knows",
        "kubectl -n apps describe pod web",
    ),
];

#[test]
fn each_refusal_names_the_cause_and_the_way_out() {
    for (line, code, sentence, next) in LINES {
        let found = drafts(line, &Nothing);
        assert_eq!(found.len(), 1, "{line}");
        let draft = &found[0];
        assert_eq!((draft.code, draft.message.as_str()), (*code, *sentence), "{line}");
        // That the cluster does not answer is no object's fault.
        let object =
            if *code == TargetUnreachable { Some("Kustomization/apps/web") } else { line.split(' ').next() };
        assert_eq!(draft.object.as_deref(), object);
        let hint = draft.hint.as_deref().unwrap_or_default();
        assert!(hint.contains(next), "{line}: {hint}");
        assert!(!draft.evidence.is_empty(), "{line}");
    }
}

#[test]
fn a_cluster_that_does_not_answer_is_one_blocker() {
    let line = |name: &str| {
        format!(
            "ConfigMap/apps/{name} dry-run failed: Patch \"https://10.0.0.1/{name}\": dial tcp 10.0.0.1:443: i/o timeout"
        )
    };
    let found = drafts(&[line("a"), line("b"), line("c")].join("\n"), &Nothing);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].evidence[0].starts_with("ConfigMap/apps/a: dry-run failed: Patch"),
        "{:?}",
        found[0].evidence
    );
    assert_eq!(found[0].evidence[1], "the same for more objects: 2");
}

#[test]
fn what_a_policy_says_over_several_lines_belongs_to_one_object() {
    let message = "Deployment/apps/web dry-run failed (Forbidden): admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Deployment/apps/web was blocked due to the following policies \n\ndisallow-latest-tag:\n  require-image-tag: 'validation error: An image tag is required.'\nConfigMap/apps/a configured\nService/apps/b dry-run failed (Invalid): spec.ports: Required value";
    let found = drafts(message, &Nothing);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].message.contains("policy disallow-latest-tag"), "{}", found[0].message);
    assert!(found[0].message.contains("An image tag is required"), "{}", found[0].message);
    assert!(found[0].hint.as_deref().unwrap().contains("policy disallow-latest-tag objects to"));
    assert!(!found[0].message.contains("configured"));
    assert_eq!(found[1].code, SchemaInvalid);
}

struct Around(Kin, Value);

impl Beside for Around {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        (kin == self.0).then(|| vec![Arc::new(self.1.clone())])
    }
}

#[test]
fn what_is_beside_tells_more() {
    let webhook = r#"Pod/apps/web dry-run failed (InternalError): Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: Post "https://hook.policies.svc:443/v": context deadline exceeded"#;
    let slice = |endpoints: Value| {
        Around(
            Kin::EndpointSlice,
            json!({"metadata": {"labels": {"kubernetes.io/service-name": "hook"}}, "endpoints": endpoints}),
        )
    };
    let none = "Service policies/hook has no ready endpoint";
    assert_eq!(drafts(webhook, &slice(json!([])))[0].evidence.last().unwrap(), none);
    assert_ne!(drafts(webhook, &slice(json!([{}])))[0].evidence.last().unwrap(), none);
    assert_ne!(drafts(webhook, &Nothing)[0].evidence.last().unwrap(), none);
    let terminating = r#"ConfigMap/apps/a dry-run failed (Forbidden): configmaps "a" is forbidden: unable to create new content in namespace apps because it is being terminated"#;
    let namespace = Around(
        Kin::Namespace,
        json!({"metadata": {"name": "apps", "deletionTimestamp": "2026-11-25T09:00:00Z"}, "status": {"conditions": [
            {"type": "NamespaceFinalizersRemaining", "status": "True", "reason": "SomeFinalizersRemain",
                "message": "Some content in the namespace has finalizers remaining: example.com/guard in 1 resource instances"}]}}),
    );
    let found = &drafts(terminating, &namespace)[0];
    assert!(found.hint.as_deref().unwrap().contains("example.com/guard"), "{:?}", found.hint);
    assert!(found.evidence.last().unwrap().contains("example.com/guard in 1 resource instances"));
}

#[test]
fn values_of_secrets_stay_out() {
    let message = "Secret/apps/db dry-run failed (Invalid): Secret \"db\" is invalid: data[k]: Invalid value: \"canary\": no";
    let found = format!("{:?}", drafts(message, &Nothing));
    assert!(found.contains("Secret/apps/db") && !found.contains("canary"), "{found}");
}

#[test]
fn a_hint_spells_the_annotation_as_it_is_read() {
    let line =
        "Deployment/apps/web dry-run failed (Invalid): spec.selector: Invalid value: field is immutable";
    let found = drafts(line, &Nothing);
    let hint = found.first().and_then(|draft| draft.hint.clone()).unwrap_or_default();
    assert!(hint.contains(&format!("{}: {}", api::labels::FORCE, api::labels::ENABLED)), "{hint}");
}
