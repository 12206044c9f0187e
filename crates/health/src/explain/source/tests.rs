//! What controllers of sources say, in Flux's words and in ours, and what to do.

use serde_json::{Value, json};

use super::{Source, explain, failure};
use crate::explain::Scene;

#[track_caller]
fn check(kind: &str, spec: &Value, reason: &str, message: &str, parts: &[&str]) {
    let source = Source { kind, namespace: "apps", name: "app", spec };
    let step = source.next_step(reason, message);
    for part in parts {
        assert!(step.contains(part), "{kind} {reason}: {message}: {part:?} is not in {step:?}");
    }
}

fn git() -> Value {
    json!({"url": "https://git.example.com/x", "secretRef": {"name": "login"}})
}

const CHECKOUT: &str = "failed to checkout and determine revision: ";

#[test]
fn git_repositories() {
    let open = json!({"url": "https://git.example.com/x"});
    for (spec, cause, parts) in [
        (
            git(),
            "unable to clone 'https://git.example.com/x': couldn't find remote ref \"refs/heads/b\"",
            &["push branch b", "spec.ref.branch"][..],
        ),
        (
            git(),
            "unable to clone 'https://git.example.com/x': couldn't find remote ref \"refs/tags/t\"",
            &["push tag t", "spec.ref.tag"],
        ),
        (git(), "no match found for semver: >=9", &["no tag", ">=9", "spec.ref.semver"]),
        (git(), "semver parse error: improper constraint: \"x\"", &["spec.ref.semver"]),
        (
            git(),
            "unable to resolve commit object for 'abc': object not found",
            &["commit abc", "spec.ref.commit"],
        ),
        (git(), "unable to resolve ref 'main' to a specific commit", &["spec.ref.name", "refs/heads/main"]),
        (
            git(),
            "unable to clone 'https://git.example.com/x': repository not found: ",
            &["spec.url", "Secret apps/login"],
        ),
        (
            open.clone(),
            "unable to clone 'https://git.example.com/x': repository not found: ",
            &["spec.url", "spec.secretRef"],
        ),
        (
            open.clone(),
            "unable to clone 'https://git.example.com/x': authentication required: ",
            &["name a Secret with the entries username and password"],
        ),
        (
            git(),
            "unable to clone 'https://git.example.com/x': authorization failed: ",
            &["renew the credentials in Secret apps/login"],
        ),
    ] {
        check("GitRepository", &spec, "GitOperationFailed", &format!("{CHECKOUT}{cause}"), parts);
    }
    check("GitRepository", &git(), "EmptyGitRepository", "git repository is empty", &["push a first commit"]);
}

#[test]
fn the_way_to_a_git_server() {
    let open = json!({"url": "https://git.example.com/x"});
    let ssh = json!({"url": "ssh://git@git.example.com/x", "secretRef": {"name": "key"}});
    for (spec, cause, parts) in [
        (
            ssh.clone(),
            "unable to clone: ssh: handshake failed: knownhosts: key mismatch",
            &["ssh-keyscan git.example.com", "known_hosts of Secret apps/key"][..],
        ),
        (
            ssh.clone(),
            "unable to clone: ssh: handshake failed: knownhosts: key is unknown",
            &["ssh-keyscan git.example.com"],
        ),
        (
            ssh.clone(),
            "unable to construct auth method with options: ssh: no key found",
            &["identity of Secret apps/key"],
        ),
        (
            ssh,
            "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]",
            &["deploy key"],
        ),
        (
            git(),
            "failed to sparse checkout directories : sparse checkout dir 'x' does not exist in repository: lstat /t/x: no such file or directory",
            &["folder x", "spec.sparseCheckout"],
        ),
        (
            open.clone(),
            "unexpected client error: unexpected requesting \"https://x\" status code: 407",
            &["spec.proxySecretRef"],
        ),
        (
            open.clone(),
            "unable to list remote for 'https://git.example.com/x': dial tcp: lookup git.example.com: no such host",
            &["git.example.com has no address"],
        ),
        (
            open.clone(),
            "dial tcp 10.0.0.1:443: connect: connection refused",
            &["nothing listens at https://git.example.com/x"],
        ),
        (open.clone(), "context deadline exceeded", &["does not answer in time", "spec.timeout"]),
        (
            open,
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            &["ca.crt", "spec.secretRef"],
        ),
    ] {
        check("GitRepository", &spec, "GitOperationFailed", &format!("{CHECKOUT}{cause}"), parts);
    }
}

#[test]
fn secrets_that_are_missing_or_lack_something() {
    let auth = "AuthenticationFailed";
    check(
        "GitRepository",
        &git(),
        auth,
        "failed to get secret 'apps/login': failed to get secret 'apps/login': secrets \"login\" not found",
        &[
            "create Secret apps/login with the entries username and password",
            "spec.secretRef of GitRepository apps/app",
        ],
    );
    check(
        "GitRepository",
        &git(),
        auth,
        "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required",
        &["add the entry identity to Secret apps/login"],
    );
    check(
        "GitRepository",
        &git(),
        auth,
        "failed to configure authentication options: invalid 'http' auth option: 'password' requires 'username' to be set",
        &["add the entry username to Secret apps/login"],
    );
    check(
        "OCIRepository",
        &json!({"secretRef": {"name": "pull"}}),
        auth,
        "failed to get credential: secret 'apps/pull' not found",
        &["create Secret apps/pull with the type kubernetes.io/dockerconfigjson"],
    );
    check(
        "OCIRepository",
        &json!({"certSecretRef": {"name": "tls"}}),
        auth,
        "secret 'apps/tls' not found",
        &["create Secret apps/tls with the entries ca.crt", "spec.certSecretRef"],
    );
    check(
        "OCIRepository",
        &json!({}),
        auth,
        "serviceaccount 'apps/x' not found",
        &["create ServiceAccount apps/x"],
    );
    check(
        "Bucket",
        &json!({"secretRef": {"name": "keys"}}),
        auth,
        "invalid 'keys' secret data: required fields 'accesskey' and 'secretkey'",
        &["add the entries 'accesskey' and 'secretkey' to Secret apps/keys"],
    );
    check(
        "Bucket",
        &json!({"proxySecretRef": {"name": "p"}}),
        auth,
        "failed to get proxy URL: secret 'apps/p' not found",
        &["create Secret apps/p with the entry address", "spec.proxySecretRef"],
    );
    check(
        "HelmRepository",
        &json!({"secretRef": {"name": "h"}}),
        auth,
        "failed to detect authentication methods: secret 'apps/h': malformed basic auth - has 'username' but missing 'password'",
        &["add the entry password to Secret apps/h"],
    );
}

#[test]
fn registries() {
    let spec = json!({"url": "oci://registry.example.com/x", "ref": {"tag": "v9"}, "layerSelector": {"mediaType": "a/b"}});
    for (reason, message, parts) in [
        (
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://r/v2/x/manifests/v9: MANIFEST_UNKNOWN: manifest unknown",
            &["push tag v9"][..],
        ),
        (
            "OCIArtifactPullFailed",
            "failed to pull artifact: NAME_UNKNOWN: repository name not known to registry",
            &["no such repository", "spec.url"],
        ),
        (
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: GET https://r: UNAUTHORIZED: authentication required",
            &["spec.secretRef"],
        ),
        (
            "ReadOperationFailed",
            "failed to determine the artifact tag for 'oci://r/x': no match found for semver: 9.x",
            &["9.x", "spec.ref.semver"],
        ),
        (
            "OCIArtifactPullFailed",
            "failed to determine artifact digest: found non-hex character in hash: x",
            &["spec.ref.digest"],
        ),
        (
            "OCIArtifactLayerOperationFailed",
            "failed to find layer with media type 'a/b' in artifact",
            &["spec.layerSelector.mediaType", "a/b"],
        ),
        (
            "OCIArtifactLayerOperationFailed",
            "failed to extract layer contents from artifact: requires gzip-compressed body: gzip: invalid header",
            &["tar.gz"],
        ),
        ("URLInvalid", "URL validation failed for 'oci://r/x:v1': the tag", &["spec.ref.tag"]),
        (
            "VerificationError",
            "failed to verify the signature using provider 'cosign': no matching signatures were found for 'r'",
            &["is not signed by one of the keys"],
        ),
        (
            "VerificationError",
            "failed to verify the signature using provider 'cosign': no signature is associated with \"r\"",
            &["sign the artifact"],
        ),
        ("OCIArtifactPullFailed", "GET https://r: TOOMANYREQUESTS: slow down", &["rate limit"]),
    ] {
        check("OCIRepository", &spec, reason, message, parts);
    }
}

#[test]
fn buckets() {
    let spec = json!({"bucketName": "b", "endpoint": "s3.example.com", "secretRef": {"name": "keys"}});
    for (message, parts) in [
        ("bucket 'b' not found", &["create bucket b at s3.example.com"][..]),
        (
            "failed to confirm existence of 'b' bucket: Access Denied.",
            &["list and get objects of bucket b", "Secret apps/keys"],
        ),
        (
            "The Access Key Id you provided does not exist in our records.",
            &["correct accesskey and secretkey in Secret apps/keys"],
        ),
        ("Endpoint url cannot have fully qualified paths.", &["spec.endpoint"]),
        ("dial tcp: lookup s3.example.com: no such host", &["spec.endpoint"]),
    ] {
        check("Bucket", &spec, "BucketOperationFailed", message, parts);
    }
}

#[test]
fn helm() {
    let repository = json!({"url": "https://charts.example.com"});
    check(
        "HelmRepository",
        &repository,
        "Failed",
        "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 404 Not Found",
        &["no index.yaml at https://charts.example.com"],
    );
    check(
        "HelmRepository",
        &repository,
        "Failed",
        "failed to fetch Helm repository index: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized",
        &["name a Secret"],
    );
    check(
        "HelmRepository",
        &repository,
        "IndexationFailed",
        "failed to load Helm repository from index YAML: no API version specified",
        &["no index of a Helm repository"],
    );
    check(
        "HelmRepository",
        &repository,
        "URLInvalid",
        "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type",
        &["set spec.type"],
    );
    let chart =
        json!({"chart": "web", "version": "9.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}});
    check(
        "HelmChart",
        &chart,
        "InvalidChartReference",
        "invalid chart reference: failed to get chart version for remote reference: no 'web' chart with version matching '9.x' found",
        &["no version 9.x of chart web", "spec.version"],
    );
    check(
        "HelmChart",
        &chart,
        "InvalidChartReference",
        "invalid chart reference: failed to get chart version for remote reference: no chart name found",
        &["no chart web"],
    );
    check(
        "HelmChart",
        &chart,
        "SourceUnavailable",
        "failed to get source: HelmRepository.source.toolkit.fluxcd.io \"charts\" not found",
        &["create HelmRepository/charts in namespace apps"],
    );
    check(
        "HelmChart",
        &chart,
        "NoSourceArtifact",
        "no artifact available for HelmRepository source 'charts'",
        &["flyball explain helmrepository/charts -n apps"],
    );
    check(
        "HelmChart",
        &chart,
        "ValuesFilesError",
        "values files merge error: no values file found at path '/t/prod.yaml' (reference 'prod.yaml')",
        &["prod.yaml", "spec.valuesFiles"],
    );
}

#[test]
fn whatever_the_kind() {
    for (reason, message, parts) in [
        (
            "InvalidCommitSignature",
            "signature verification of commit '0' failed: unsupported signature type: empty",
            &["sign the commit or tag"][..],
        ),
        ("VerificationError", "public keys secret error: secrets \"k\" not found", &["create Secret apps/k"]),
        (
            "InvalidVerificationMode",
            "cannot verify tag object's signature if a tag reference is not specified",
            &["spec.ref.tag"],
        ),
        ("URLInvalid", "failed to parse url 'x'", &["spec.url"]),
        (
            "NotFound",
            "could not get resource for include 'lib': not found",
            &["create GitRepository apps/lib", "spec.include"],
        ),
        (
            "NoArtifact",
            "no artifact available for include 'lib'",
            &["flyball explain gitrepository/lib -n apps"],
        ),
        ("CopyFailure", "failed to copy 'inc' include from a to b: file exists", &["fromPath and toPath"]),
        (
            "ArchiveOperationFailed",
            "unable to archive artifact to storage: no space left on device",
            &["volume of source-controller is full"],
        ),
        ("ArchiveOperationFailed", "unable to archive artifact to storage: x", &["--storage-path"]),
        (
            "FeatureGateDisabled",
            "enable the ObjectLevelWorkloadIdentity feature gate",
            &["--feature-gates=ObjectLevelWorkloadIdentity=true"],
        ),
        ("UnsupportedField", "spec.x is not supported by this source-controller", &["docs/compat.md"]),
        ("Odd", "nobody knows", &["flyball reconcile gitrepository/app -n apps"]),
    ] {
        check("GitRepository", &json!({"url": "https://git.example.com/x"}), reason, message, parts);
    }
    check(
        "ExternalArtifact",
        &json!({}),
        "Odd",
        "nobody knows",
        &["whatever controller makes ExternalArtifact apps/app"],
    );
}

#[test]
fn an_address_is_shown_without_credentials() {
    let source = Source {
        kind: "GitRepository",
        namespace: "a",
        name: "b",
        spec: &json!({"url": "https://u:canary@git/x"}),
    };
    let step = source.next_step("GitOperationFailed", "couldn't find remote ref \"refs/heads/b\"");
    assert!(!step.contains("canary") && step.contains("git/x"), "{step}");
}

#[test]
fn sources_of_an_inventory() {
    let object = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "metadata": {"name": "app"},
        "spec": {"url": "oci://r/x"}, "status": {"conditions": [
            {"type": "Ready", "status": "Unknown", "reason": "Progressing", "message": "building artifact"},
            {"type": "FetchFailed", "status": "True", "reason": "OCIArtifactPullFailed", "message": "MANIFEST_UNKNOWN: x"}]}});
    assert_eq!(failure(&object).unwrap().0, "OCIArtifactPullFailed");
    let told = explain(&object, &Scene { namespace: "apps", ..Scene::BARE }).unwrap();
    assert_eq!(told.reason, "OCIArtifactPullFailed");
    assert!(told.hint.unwrap().contains("push tag latest to oci://r/x"));
    assert_eq!(failure(&json!({})), None);
}
