//! What sources of every kind say.

use super::*;

fn source_fails(case: &mut Case, kind: &str, spec: Value, reason: &str, message: &str) {
    let reference = json!({"kind": kind, "name": "app"});
    case.object.spec.source_ref = serde_json::from_value(reference).unwrap();
    let ready = Some(("False".to_owned(), reason.to_owned(), message.to_owned()));
    let revision = Some(REVISION.to_owned());
    case.source = SourceView::Known(Source { revision, ready, spec, ..Source::default() });
}

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "source missing",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| case.source = SourceView::Absent,
        says: &["does not exist"],
        next: &["create GitRepository apps/app"],
    },
    Fault {
        name: "git branch missing",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"url": "https://git.example.com/x"}),
                "GitOperationFailed",
                "failed to checkout and determine revision: unable to clone 'https://git.example.com/x': couldn't find remote ref \"refs/heads/nope\"",
            );
        },
        says: &["refs/heads/nope"],
        next: &["push branch nope to https://git.example.com/x", "spec.ref.branch"],
    },
    Fault {
        name: "git login refused",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"url": "https://git.example.com/x", "secretRef": {"name": "login"}}),
                "GitOperationFailed",
                "failed to checkout and determine revision: unable to clone 'https://git.example.com/x': authentication required: ",
            );
        },
        says: &["authentication required"],
        next: &["renew the credentials in Secret apps/login"],
    },
    Fault {
        name: "git Secret missing",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"url": "ssh://git@git.example.com/x", "secretRef": {"name": "login"}}),
                "AuthenticationFailed",
                "failed to get secret 'apps/login': failed to get secret 'apps/login': secrets \"login\" not found",
            );
        },
        says: &["login"],
        next: &["create Secret apps/login with the entries identity and known_hosts"],
    },
    Fault {
        name: "git host unknown",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"url": "https://git.invalid/x"}),
                "GitOperationFailed",
                "failed to checkout and determine revision: unable to list remote for 'https://git.invalid/x': Get \"https://git.invalid/x\": dial tcp: lookup git.invalid on 10.96.0.10:53: no such host",
            );
        },
        says: &["no such host"],
        next: &["correct the host in spec.url", "git.invalid has no address"],
    },
    Fault {
        name: "git signature",
        code: SourceVerificationFailed,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"verify": {"secretRef": {"name": "keys"}}}),
                "InvalidCommitSignature",
                "signature verification of commit '0' failed: unable to verify Git commit: unable to verify payload with any of the given key rings: no matching key",
            );
        },
        says: &["no matching key"],
        next: &["Secret apps/keys"],
    },
    Fault {
        name: "OCI tag missing",
        code: SourceNotReady,
        object: "OCIRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "OCIRepository",
                json!({"url": "oci://registry.example.com/x", "ref": {"tag": "nope"}}),
                "OCIArtifactPullFailed",
                "failed to determine artifact digest: GET https://registry.example.com/v2/x/manifests/nope: MANIFEST_UNKNOWN: manifest unknown",
            );
        },
        says: &["MANIFEST_UNKNOWN"],
        next: &["push tag nope to oci://registry.example.com/x"],
    },
    Fault {
        name: "OCI login refused",
        code: SourceNotReady,
        object: "OCIRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "OCIRepository",
                json!({"url": "oci://registry.example.com/x"}),
                "OCIArtifactPullFailed",
                "failed to determine artifact digest: GET https://registry.example.com/v2/x/manifests/latest: UNAUTHORIZED: authentication required",
            );
        },
        says: &["UNAUTHORIZED"],
        next: &["kubernetes.io/dockerconfigjson", "spec.secretRef"],
    },
    Fault {
        name: "no such bucket",
        code: SourceNotReady,
        object: "Bucket/apps/app",
        make: |case| {
            source_fails(
                case,
                "Bucket",
                json!({"bucketName": "manifests", "endpoint": "s3.example.com"}),
                "BucketOperationFailed",
                "bucket 'manifests' not found",
            );
        },
        says: &["manifests"],
        next: &["create bucket manifests at s3.example.com"],
    },
    Fault {
        name: "bucket refuses",
        code: SourceNotReady,
        object: "Bucket/apps/app",
        make: |case| {
            source_fails(
                case,
                "Bucket",
                json!({"bucketName": "manifests", "endpoint": "s3.example.com", "secretRef": {"name": "keys"}}),
                "BucketOperationFailed",
                "failed to confirm existence of 'manifests' bucket: Access Denied.",
            );
        },
        says: &["Access Denied"],
        next: &["bucket manifests", "Secret apps/keys"],
    },
    Fault {
        name: "certificate",
        code: SourceNotReady,
        object: "GitRepository/apps/app",
        make: |case| {
            source_fails(
                case,
                "GitRepository",
                json!({"url": "https://git.example.com/x"}),
                "GitOperationFailed",
                "failed to checkout and determine revision: unable to clone: tls: failed to verify certificate: x509: certificate signed by unknown authority",
            );
        },
        says: &["unknown authority"],
        next: &["ca.crt"],
    },
];
