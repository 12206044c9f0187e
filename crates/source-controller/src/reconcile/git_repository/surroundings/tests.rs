//! What of the status has to fit for an artifact to be current.

use serde_json::{Map, Value, json};

use super::{is_current, observed, same_artifacts};
use crate::samples::{artifact, git_repository};
use crate::status::Status;
use crate::verify::Policy;
use crate::verify::signature::{Keys, Mode, Trust};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn status(value: Value) -> Status {
    Status { observed: map(value), ..Status::default() }
}

#[test]
fn what_the_status_says_of_a_spec() {
    let plain = git_repository(&json!({}));
    assert!(observed(&plain.spec, &[]).is_empty());
    let spec = json!({"recurseSubmodules": true, "sparseCheckout": ["a"],
        "include": [{"repository": {"name": "b"}, "fromPath": "c"}]});
    let found = observed(&git_repository(&spec).spec, &[artifact("main@sha1:bb", "sha256:bb")]);
    let expected = json!({"observedRecurseSubmodules": true, "observedSparseCheckout": ["a"],
        "observedInclude": [{"repository": {"name": "b"}, "fromPath": "c"}],
        "includedArtifacts": [json!(artifact("main@sha1:bb", "sha256:bb"))]});
    assert_eq!(Value::Object(found), expected);
}

#[test]
fn an_artifact_is_made_again_when_something_differs() {
    let wanted = map(json!({"observedSparseCheckout": ["a"]}));
    let is = |value: Value| is_current(&wanted, &Policy::None, &status(value));
    assert!(is(json!({"observedSparseCheckout": ["a"]})));
    assert!(!is(json!({"observedSparseCheckout": ["b"]})));
    assert!(!is(json!({})));
    assert!(!is(json!({"observedSparseCheckout": ["a"], "observedRecurseSubmodules": true})));
    assert!(is(json!({"observedSparseCheckout": ["a"], "sourceVerificationMode": "HEAD"})), "as in Flux");
    let of = |revision: &str, digest: &str, time: &str| {
        map(json!({"includedArtifacts": [{"revision": revision, "digest": digest, "lastUpdateTime": time}]}))
    };
    assert!(same_artifacts(&of("r", "d", "1"), &of("r", "d", "2")));
    assert!(!same_artifacts(&of("r", "d", "1"), &of("r", "e", "1")));
    assert!(!same_artifacts(&of("r", "d", "1"), &Map::new()));
    assert!(same_artifacts(&Map::new(), &Map::new()));
}

#[test]
fn it_is_verified_again_when_keys_or_mode_change() {
    let keys = Keys::of(&[("a".to_owned(), b"key".to_vec())].into());
    let fingerprint = keys.fingerprint();
    let policy = |mode| Policy::Git(Trust { mode, keys: keys.clone() }.into());
    let is = |mode, value: Value| is_current(&Map::new(), &policy(mode), &status(value));
    let seen =
        |mode: &str, by: &str| json!({"sourceVerificationMode": mode, "sourceVerificationFingerprint": by});
    assert!(is(Mode::Head, seen("HEAD", &fingerprint)));
    assert!(is(Mode::Tag, seen("TagAndHEAD", &fingerprint)));
    assert!(!is(Mode::Tag, seen("HEAD", &fingerprint)));
    assert!(!is(Mode::Head, seen("HEAD", "sha256:other")));
    assert!(!is(Mode::Head, json!({"sourceVerificationMode": "HEAD"})), "verified by an older controller");
    assert!(!is(Mode::Head, json!({})));
    assert!(!is_current(&Map::new(), &Policy::Unknown(String::new()), &Status::default()));
}
