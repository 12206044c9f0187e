//! What a registry is asked for an object, and Flux's words.

use std::time::Duration;

use api::condition::{FETCH_FAILED, SOURCE_VERIFIED};
use api::oci_repository::OCIRepository;
use serde_json::json;
use testkit::oci::Signer;

use super::{Operation, Target, Wanted, explain, proved};
use crate::access::SecretData;
use crate::fault::Fault;
use crate::kind::Kind as _;
use crate::oci::manifest::ManifestError;
use crate::oci::signatures::{SignatureError, Signers};
use crate::oci::tags::TagError;
use crate::oci::{Failure, OciError, Spec, TagCause};
use crate::reconcile::source::{Produced, Source as _};
use crate::samples::{lines, object, stored};
use crate::status::Status;

fn repository(spec: &serde_json::Value) -> OCIRepository {
    let mut all = json!({"url": "oci://r.example/org/app"});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    object("OCIRepository", &all)
}

fn ask(spec: &serde_json::Value) -> Result<Spec, Fault> {
    repository(spec).ask()
}

#[test]
fn what_a_registry_is_asked() {
    let spec = ask(&json!({"timeout": "5s"})).unwrap();
    assert_eq!((spec.target, spec.timeout), (Target::Tag("latest".into()), Duration::from_secs(5)));
    assert_eq!((spec.operation, spec.media_type), (Operation::Extract, None));
    let all = json!({"digest": "sha256:aa", "semver": "1.x", "semverFilter": "rc", "tag": "v1"});
    let target = |without: &[&str]| {
        let mut reference = all.clone();
        for field in without {
            reference.as_object_mut().unwrap().remove(*field);
        }
        ask(&json!({"ref": reference})).unwrap().target
    };
    assert_eq!(target(&[]), Target::Digest("sha256:aa".into()));
    let wanted = Wanted { range: "1.x".into(), filter: "rc".into(), media_type: None };
    assert_eq!(target(&["digest"]), Target::Semver(wanted));
    assert_eq!(target(&["digest", "semver"]), Target::Tag("v1".into()));
    let spec = ask(&json!({"layerSelector": {"mediaType": "x", "operation": "copy"}})).unwrap();
    assert_eq!((spec.operation, spec.media_type.as_deref()), (Operation::Copy, Some("x")));
}

#[test]
fn a_url_that_names_nothing_stalls() {
    let fault = ask(&json!({"url": "oci://r.example/org/app:v1"})).unwrap_err();
    assert!(fault.stalling);
    let expected = "URL validation failed for 'oci://r.example/org/app:v1': repository can only contain the characters \
                    `abcdefghijklmnopqrstuvwxyz0123456789_-./`: org/app:v1";
    assert_eq!((fault.reason, fault.message.as_str()), ("URLInvalid", expected));
}

#[test]
fn what_is_not_supported_yet() {
    for (spec, expected) in [
        (json!({"provider": "aws"}), None),
        (json!({"provider": "other"}), Some("spec.provider")),
        (json!({"provider": "generic"}), None),
        (json!({"verify": {"provider": "notation", "secretRef": {"name": "x"}}}), None),
        (json!({"verify": {"provider": "cosign"}}), None),
        (json!({"verify": {"provider": "other"}}), Some("spec.verify.provider")),
        (json!({"verify": {"provider": "cosign", "secretRef": {"name": "x"}}}), None),
        (
            json!({"serviceAccountName": "x", "certSecretRef": {"name": "x"}, "proxySecretRef": {"name": "x"}, "insecure": true}),
            None,
        ),
    ] {
        assert_eq!(repository(&spec).unsupported().as_deref(), expected, "{spec}");
    }
}

#[test]
fn failures_in_flux_words() {
    let answer = Failure::Answer { status: 404, text: "GET x: MANIFEST_UNKNOWN: unknown".into() };
    let object = repository(&json!({"verify": {"provider": "cosign", "secretRef": {"name": "x"}}}));
    let told = |error: OciError| {
        let fault = explain(&object.spec, "oci://r/a", &error);
        (fault.condition.unwrap_or_default(), fault.reason, fault.message)
    };
    let cases = [
        (
            OciError::Tag(TagCause::None(TagError::NoMatch("9.x".into()))),
            (
                FETCH_FAILED,
                "ReadOperationFailed",
                "failed to determine the artifact tag for 'oci://r/a': no match found for semver: 9.x",
            ),
        ),
        (
            OciError::Digest(super::super::super::oci::DigestCause::Answer(answer.clone())),
            (
                FETCH_FAILED,
                "OCIArtifactPullFailed",
                "failed to determine artifact digest: GET x: MANIFEST_UNKNOWN: unknown",
            ),
        ),
        (
            OciError::Pull(answer.clone()),
            (
                FETCH_FAILED,
                "OCIArtifactPullFailed",
                "failed to pull artifact from 'oci://r/a': GET x: MANIFEST_UNKNOWN: unknown",
            ),
        ),
        (
            OciError::Manifest(ManifestError::NoLayers),
            (FETCH_FAILED, "OCIArtifactLayerOperationFailed", "no layers found in artifact"),
        ),
        (
            OciError::Layer(answer),
            (
                FETCH_FAILED,
                "OCIArtifactLayerOperationFailed",
                "failed to extract the first layer from artifact: GET x: MANIFEST_UNKNOWN: unknown",
            ),
        ),
        (
            OciError::Unsigned {
                revision: "r".into(),
                cause: SignatureError::NoMatch("r/a@sha256:aa".into()),
            },
            (
                SOURCE_VERIFIED,
                "VerificationError",
                "failed to verify the signature using provider 'cosign': no matching signatures were found for 'r/a@sha256:aa'",
            ),
        ),
    ];
    for (error, (condition, reason, message)) in cases {
        assert_eq!(told(error), (condition, reason, message.to_owned()));
    }
    assert!(explain(&object.spec, "u", &OciError::Cancelled).cancelled);
}

#[test]
fn successes_in_flux_words() {
    let mut spec = ask(&json!({})).unwrap();
    let stored = OCIRepository::stored(&spec, "v1@sha256:aa", ", origin source 's', origin revision 'r'");
    let message = "stored artifact with revision 'v1@sha256:aa' from 'oci://r.example/org/app', origin source 's', origin revision 'r'";
    assert_eq!(stored, Produced::Stored { message: message.into() });
    ", origin".clone_into(&mut spec.origin);
    let Produced::Unchanged { reason, message, recovered } = OCIRepository::unchanged(&spec, "r") else {
        panic!("nothing new")
    };
    assert_eq!(
        (reason, message.as_str()),
        ("ArtifactUpToDate", "artifact up-to-date with remote revision: 'r'")
    );
    assert_eq!(
        recovered.as_deref(),
        Some("stored artifact with revision 'r' from 'oci://r.example/org/app', origin")
    );
    assert_eq!(
        OCIRepository::news(&spec, "v1@sha256:aa"),
        "new revision 'v1@sha256:aa' for 'r.example/org/app:v1'"
    );
}

fn signers() -> Signers {
    let data = SecretData::from([("a.pub".to_owned(), Signer::new().unwrap().pem().into_bytes())]);
    Signers::of_secret(&data)
}

#[test]
fn what_was_verified_is_proved_for_this_spec_these_keys_and_this_revision() {
    let mut spec = ask(&json!({})).unwrap();
    let signers = signers();
    spec.signers = Some(signers.clone());
    let mut status = stored("v1@sha256:aa");
    OCIRepository::heard(&mut status, &spec, "v1@sha256:aa", 2);
    assert!(
        lines(&status).contains("SourceVerified=True Succeeded: verified signature of revision v1@sha256:aa")
    );
    assert_eq!(proved(&status, 2, Some(&signers)).as_deref(), Some("v1@sha256:aa"));
    assert_eq!(proved(&status, 3, Some(&signers)), None, "another spec");
    assert_eq!(proved(&status, 2, Some(&self::signers())), None, "other keys");
    assert_eq!(proved(&status, 2, None), None);
    let mut moved = status.clone();
    moved.artifact.as_mut().unwrap().revision = "v2@sha256:bb".into();
    assert_eq!(proved(&moved, 2, Some(&signers)), None, "another revision");
    let mut refused = status.clone();
    refused.deny("SourceVerified", "VerificationError", "no", 2);
    assert_eq!(proved(&refused, 2, Some(&signers)), None, "refused since");

    spec.signers = None;
    OCIRepository::heard(&mut status, &spec, "v1@sha256:aa", 2);
    assert!(!lines(&status).contains("SourceVerified"), "nobody asks for signatures any more");
    assert!(status.observed.is_empty());
}

#[test]
fn an_unsigned_revision_is_told_with_what_was_found() {
    let mut status = Status::default();
    status.deny("SourceVerified", "VerificationError", "no matching signatures", 2);
    status.summarise(2);
    assert!(lines(&status).contains("Ready=False VerificationError: no matching signatures"));
    let error =
        OciError::Unsigned { revision: "v1@sha256:aa".into(), cause: SignatureError::NoMatch("x".into()) };
    assert_eq!(OCIRepository::found_before(&error), Some("v1@sha256:aa"));
}
