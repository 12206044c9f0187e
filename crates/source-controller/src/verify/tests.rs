//! What may be published.

use std::time::SystemTime;

use super::{Evidence, Policy, Refused, verify};

fn evidence(digest: &str) -> Evidence {
    Evidence { digest: digest.to_owned(), signed: None, attested: None }
}

#[test]
fn without_a_policy_the_content_that_was_asked_for_passes() {
    for revision in ["main@sha1:aa", "sha1:aa", "v1@2@sha1:aa"] {
        let verified = verify(revision, &evidence("sha1:aa"), &Policy::None, SystemTime::now()).unwrap();
        assert_eq!(verified.revision(), revision);
    }
}

#[test]
fn other_content_never_passes() {
    for (revision, digest) in [
        ("main@sha1:aa", "sha1:ab"),
        ("sha1:aa", "sha256:aa"),
        ("main@sha1:aa", ""),
        ("sha1:aa@main", "sha1:aa"),
    ] {
        let refused = Refused::OtherContent { revision: revision.to_owned(), digest: digest.to_owned() };
        assert_eq!(
            verify(revision, &evidence(digest), &Policy::None, SystemTime::now()),
            Err(refused),
            "{revision} {digest}"
        );
    }
    let refused = verify("main@sha1:aa", &evidence("sha1:bb"), &Policy::None, SystemTime::now()).unwrap_err();
    assert_eq!(refused.to_string(), "the content of revision 'main@sha1:aa' is 'sha1:bb'");
}

#[test]
fn nothing_passes_when_it_is_not_known_who_is_trusted() {
    let policy = Policy::Unknown("secrets \"keys\" not found".to_owned());
    let refused = verify("sha1:aa", &evidence("sha1:aa"), &policy, SystemTime::now()).unwrap_err();
    assert_eq!(refused.to_string(), "public keys secret error: secrets \"keys\" not found");
    let trust = super::signature::Trust { mode: super::Mode::Head, keys: super::signature::Keys::default() };
    let policy = Policy::Git(trust.into());
    assert!(verify("sha1:aa", &evidence("sha1:aa"), &policy, SystemTime::now()).is_err(), "without evidence");
}

#[test]
fn a_policy_of_signatures_wants_proof() {
    assert!(verify("v1@sha256:aa", &evidence("sha256:aa"), &Policy::Signed, SystemTime::now()).is_err());
}
