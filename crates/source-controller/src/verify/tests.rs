//! What may be published.

use super::{Evidence, Policy, Refused, verify};

fn evidence(digest: &str) -> Evidence {
    Evidence { digest: digest.to_owned() }
}

#[test]
fn without_a_policy_the_content_that_was_asked_for_passes() {
    for revision in ["main@sha1:aa", "sha1:aa", "v1@2@sha1:aa", "sha1:AA"] {
        let verified = verify(revision, &evidence("sha1:aa"), Policy::None).unwrap();
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
        assert_eq!(verify(revision, &evidence(digest), Policy::None), Err(refused), "{revision} {digest}");
    }
    let refused = verify("main@sha1:aa", &evidence("sha1:bb"), Policy::None).unwrap_err();
    assert_eq!(refused.to_string(), "the content of revision 'main@sha1:aa' is 'sha1:bb'");
}
