//! Ready's reason and message, in Flux's words and in ours, and the blockers that follow.

use api::blocker::BlockerCode::{self, *};
use api::kustomization::Kustomization;
use health::beside::Nothing;
use serde_json::{Value, json};

use super::of_result;
use crate::blockers::{About, Draft};

const OWN: &str = "Kustomization/apps/web";

fn kustomization(more: &Value) -> Kustomization {
    let mut object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "path": "./deploy",
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
    });
    for (field, value) in more.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

fn drafts_of(spec: &Value, reason: &str, message: &str) -> Vec<Draft> {
    let object = kustomization(spec);
    of_result(&About::new(&object, &Nothing), reason, message)
}

fn drafts(reason: &str, message: &str) -> Vec<Draft> {
    drafts_of(&json!({}), reason, message)
}

#[track_caller]
fn check(reason: &str, message: &str, expected: &[(BlockerCode, &str, &str)]) {
    let drafts = drafts(reason, message);
    let found: Vec<(BlockerCode, &str, &str)> = drafts
        .iter()
        .map(|d| (d.code, d.object.as_deref().unwrap_or_default(), d.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{reason}: {message}");
    for draft in &drafts {
        assert!(draft.hint.is_some(), "{reason}: {message}");
    }
}

/// The one blocker: code, object, part of the message, part of the hint.
#[track_caller]
fn one_of(spec: &Value, reason: &str, message: &str, expected: (BlockerCode, &str, &str, &str)) {
    let drafts = drafts_of(spec, reason, message);
    assert_eq!(drafts.len(), 1, "{message}: {drafts:?}");
    let (code, object, says, next) = expected;
    let draft = &drafts[0];
    assert_eq!((draft.code, draft.object.as_deref()), (code, Some(object)), "{message}");
    assert!(draft.message.contains(says), "{message}: {}", draft.message);
    let hint = draft.hint.as_deref().unwrap_or_default();
    assert!(hint.contains(next), "{message}: {hint}");
    assert!(!draft.evidence.is_empty(), "{message}");
}

#[track_caller]
fn one(reason: &str, message: &str, expected: (BlockerCode, &str, &str, &str)) {
    one_of(&json!({}), reason, message, expected);
}

#[test]
fn reasons_of_a_kustomization() {
    check("ReconciliationSucceeded", "Applied revision: main@sha1:0", &[]);
    check("Progressing", "Reconciliation in progress", &[]);
    check("DependencyNotReady", "dependency 'infra/crds' is not ready", &[]);
    check("HealthCheckCanceled", "New reconciliation triggered by GitRepository/apps/app", &[]);
    let text = "Source artifact not found, retrying in 30s";
    check("ArtifactFailed", text, &[(ArtifactMissing, OWN, text)]);
    let text = "kustomization path not found: stat /tmp/kustomization-1/deploy: no such file or directory";
    let sentence = "path not found: the artifact of GitRepository apps/app has no folder deploy";
    check("ArtifactFailed", text, &[(BuildFailed, OWN, sentence)]);
    check("BuildFailed", "kustomize build failed: x", &[(BuildFailed, OWN, "kustomize build failed: x")]);
    let text = "variable substitution failed: variable not set (strict mode): \"region\"";
    check("BuildFailed", text, &[(SubstitutionMissing, OWN, text)]);
    let text = "can't access 'GitRepository/a/b', cross-namespace references have been blocked";
    check("AccessDenied", text, &[(Forbidden, OWN, text)]);
    let text =
        "spec.decryption is not supported yet: nothing is applied, pruned or healed until it is removed";
    check("UnsupportedField", text, &[(UnsupportedField, OWN, text)]);
    check("SomethingNew", "what", &[(ReconciliationFailed, OWN, "what")]);
}

#[test]
fn artifacts() {
    one(
        "ArtifactFailed",
        "GitRepository.source.toolkit.fluxcd.io \"app\" not found",
        (
            SourceNotReady,
            "GitRepository/apps/app",
            "the source does not exist",
            "create GitRepository apps/app",
        ),
    );
    for (message, next) in [
        ("Source artifact not found, retrying in 30s", "flyball explain gitrepository/app -n apps"),
        (
            "failed to verify archive: computed digest doesn't match provided 'sha256:0' (check whether file size exceeds max download size)",
            "flyball reconcile gitrepository/app -n apps",
        ),
        ("artifact from http://x is larger than 5 bytes", "--memory-gate"),
        (
            "failed to extract archive (check whether file size exceeds max download size): tar contained invalid name error \"../../evil.yaml\"",
            "remove the entry",
        ),
        (
            "failed to download archive from http://x: dial tcp 10.0.0.1:80: connect: connection refused",
            "source-controller does not serve",
        ),
        ("odd", "flyball explain gitrepository/app -n apps"),
    ] {
        one("ArtifactFailed", message, (ArtifactMissing, OWN, "", next));
    }
    one(
        "ArtifactFailed",
        "kustomization path not found: stat /tmp/kustomization-1/deploy: no such file or directory",
        (BuildFailed, OWN, "path not found", "correct spec.path of Kustomization apps/web"),
    );
}

#[test]
fn decryption() {
    let keyed = json!({"decryption": {"provider": "sops", "secretRef": {"name": "sops-age"}}});
    one_of(
        &keyed,
        "BuildFailed",
        "secrets \"sops-age\" not found",
        (
            DecryptionFailed,
            "Secret/apps/sops-age",
            "does not exist",
            "create Secret apps/sops-age with the private key",
        ),
    );
    one_of(
        &keyed,
        "BuildFailed",
        "failed to import 'age.agekey' data from sops decryption Secret 'apps/sops-age': failed to parse and add to age identities: unknown identity type",
        (
            DecryptionFailed,
            "Secret/apps/sops-age",
            "entry age.agekey",
            "put a private key into entry age.agekey of Secret apps/sops-age",
        ),
    );
    one_of(
        &keyed,
        "BuildFailed",
        "decryption failed for 'Secret.v1.[noGrp]/db': failed to decrypt and format 'apps/db' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file.",
        (
            DecryptionFailed,
            "Secret/apps/db",
            "no key in Secret apps/sops-age decrypts Secret/apps/db",
            "sops updatekeys",
        ),
    );
    one_of(
        &keyed,
        "BuildFailed",
        "decryption failed for 'Secret.v1.[noGrp]/db': failed to decrypt and format 'apps/db' Secret data: error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not match sops' data format",
        (DecryptionFailed, "Secret/apps/db", "mixes encrypted and plain values", "encrypt the file again"),
    );
    one_of(
        &keyed,
        "BuildFailed",
        "decryption failed for 'Secret.v1.[noGrp]/db': failed to decrypt and format 'apps/db' Secret data: failed to verify sops data integrity: MAC mismatch: values, keys or their order were changed without sops",
        (DecryptionFailed, "Secret/apps/db", "MAC mismatch", "encrypt it again"),
    );
    one(
        "ReconciliationFailed",
        "Secret/apps/db is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
        (DecryptionFailed, "Secret/apps/db", "decryption is not configured", "set spec.decryption"),
    );
    one(
        "BuildFailed",
        "error decrypting sources: x",
        (DecryptionFailed, OWN, "error decrypting", "spec.decryption"),
    );
}

#[test]
fn variables() {
    one(
        "BuildFailed",
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: variable not set (strict mode): \"region\"",
        (
            SubstitutionMissing,
            OWN,
            "variable region, which ConfigMap a uses, has no value",
            "give region a value in spec.postBuild.substitute",
        ),
    );
    one(
        "BuildFailed",
        "post build failed for 'ConfigMap.v1.[noGrp]/a': substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found",
        (SubstitutionMissing, "ConfigMap/apps/vars", "does not exist", "create ConfigMap apps/vars"),
    );
    one(
        "BuildFailed",
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: 'my-key' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
        (SubstitutionMissing, OWN, "my-key", "rename the key my-key"),
    );
    one(
        "BuildFailed",
        "post build failed for 'ConfigMap.v1.[noGrp]/a': envsubst error: variable substitution failed: missing closing brace",
        (SubstitutionMissing, OWN, "missing closing brace", "in ConfigMap a"),
    );
}

#[test]
fn specs() {
    one(
        "InvalidCELExpression",
        "Reconciliation failed terminally due to configuration error: failed to create custom status evaluator for healthchecks[1]: failed to parse the expression InProgress: failed to parse the CEL expression 'x +': ERROR: <input>:1:4: Syntax error",
        (UnsupportedField, OWN, "InProgress", "spec.healthCheckExprs[1].inProgress"),
    );
    one(
        "InvalidCELExpression",
        "Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate dependency db: failed to parse the CEL expression 'dep.x': ERROR: x",
        (UnsupportedField, OWN, "db", "readyExpr of dependency db"),
    );
    one(
        "FeatureGateDisabled",
        "to use spec.decryption.serviceAccountName enable the ObjectLevelWorkloadIdentity feature gate",
        (
            UnsupportedField,
            OWN,
            "ObjectLevelWorkloadIdentity",
            "--feature-gates=ObjectLevelWorkloadIdentity=true",
        ),
    );
    one(
        "AccessDenied",
        "can't access 'ExternalArtifact/a/b', ExternalArtifact feature gate is disabled",
        (Forbidden, OWN, "ExternalArtifact", "--feature-gates=ExternalArtifact=true"),
    );
    one(
        "InvalidSpec",
        "spec.interval cannot be read: it has to be a duration",
        (SchemaInvalid, OWN, "spec.interval", "correct spec.interval"),
    );
}

#[test]
fn other_clusters() {
    let by_secret = json!({"kubeConfig": {"secretRef": {"name": "kc"}}});
    one_of(
        &by_secret,
        "ReconciliationFailed",
        "unable to read KubeConfig secret 'apps/kc' error: secrets \"kc\" not found",
        (TargetUnreachable, "Secret/apps/kc", "does not exist", "create Secret apps/kc with the kubeconfig"),
    );
    one_of(
        &by_secret,
        "ReconciliationFailed",
        "KubeConfig secret 'apps/kc' does not contain a 'value' key with a kubeconfig",
        (TargetUnreachable, "Secret/apps/kc", "entry value", "add the entry value"),
    );
    one_of(
        &by_secret,
        "ReconciliationFailed",
        "invalid KubeConfig in secret 'apps/kc': user 'u' references a tokenFile, only an inline token is supported",
        (TargetUnreachable, "Secret/apps/kc", "tokenFile", "correct the kubeconfig in Secret apps/kc"),
    );
    one_of(
        &by_secret,
        "ReconciliationFailed",
        "ConfigMap/apps/a dry-run failed: failed to get server groups: Get \"https://10.0.0.9:6443/api?timeout=30s\": dial tcp 10.0.0.9:6443: connect: connection refused\n",
        (
            TargetUnreachable,
            OWN,
            "the cluster of Secret apps/kc does not answer: connection refused at 10.0.0.9:6443",
            "correct the server in Secret apps/kc",
        ),
    );
    one_of(
        &by_secret,
        "ReconciliationFailed",
        "ConfigMap/apps/a dry-run failed (Forbidden): failed to get server groups: unknown\n",
        (
            TargetUnreachable,
            OWN,
            "does not accept the credentials",
            "renew the credentials in Secret apps/kc",
        ),
    );
    one_of(
        &json!({"kubeConfig": {"configMapRef": {"name": "cluster"}}}),
        "ReconciliationFailed",
        "failed to get configmap apps/cluster: configmaps \"cluster\" not found",
        (TargetUnreachable, "ConfigMap/apps/cluster", "does not exist", "create ConfigMap apps/cluster"),
    );
    one_of(
        &json!({"kubeConfig": {"configMapRef": {"name": "cluster"}}}),
        "ReconciliationFailed",
        "provider 'x' not implemented",
        (TargetUnreachable, "ConfigMap/apps/cluster", "provider", "aws, azure, gcp or generic"),
    );
}

#[test]
fn every_failing_object_is_a_blocker_and_what_was_done_is_none() {
    let message = "ConfigMap/apps/a dry-run failed (Invalid): data: Invalid value: \"x\"\nService/apps/b dry-run failed (Forbidden): no\nNamespace/apps created\n";
    let found = drafts("ReconciliationFailed", message);
    let objects: Vec<&str> = found.iter().filter_map(|draft| draft.object.as_deref()).collect();
    assert_eq!(objects, ["ConfigMap/apps/a", "Service/apps/b"]);
    assert_eq!(found[0].evidence, ["dry-run failed (Invalid): data: Invalid value: ***"]);
    let denied = "ConfigMap/apps/a delete failed: admission webhook \"x\" denied the request: keep it";
    for message in [denied.to_owned(), format!("delete failed, errors: {denied};")] {
        let found = drafts("PruneFailed", &message);
        assert_eq!((found.len(), found[0].code), (1, PruneDenied), "{message}");
        assert!(
            found[0].message.contains("keep it")
                && found[0].hint.as_deref().unwrap().contains("keep the object")
        );
    }
    let two = "delete failed, errors: ConfigMap/apps/a delete failed: no;ConfigMap/apps/b query failed: configmaps \"b\" is forbidden: User \"x\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"apps\";";
    let codes: Vec<BlockerCode> = drafts("PruneFailed", two).iter().map(|draft| draft.code).collect();
    assert_eq!(codes, [ReconciliationFailed, Forbidden]);
    let ours = "ConfigMap/apps/a delete failed: it keeps changing\nConfigMap/apps/b is still being deleted";
    let found = drafts("PruneFailed", ours);
    assert_eq!((found.len(), found[0].code), (1, ReconciliationFailed));
}

#[test]
fn health_checks_name_their_objects() {
    let late = "timeout waiting for: [Deployment/apps/web status: 'InProgress', Job/apps/x status: 'NotFound', Thing/apps/y status: 'Unknown': odd]";
    let found: Vec<(BlockerCode, Option<String>)> =
        drafts("HealthCheckFailed", late).into_iter().map(|draft| (draft.code, draft.object)).collect();
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
    one(
        "HealthCheckFailed",
        "health check failed after 1m0s: timeout waiting for: [Widget/apps/w status: 'Unknown': no matches for kind \"Widget\" in group \"example.com\"]",
        (
            HealthTimeout,
            "Widget/apps/w",
            "no matches for kind",
            "install the CustomResourceDefinition of Widget",
        ),
    );
    one(
        "HealthCheckFailed",
        "health check failed after 1ms: resource Deployment.apps b is namespace scoped, but namespace is not set",
        (HealthTimeout, OWN, "namespace is not set", "set namespace in spec.healthChecks"),
    );
}
