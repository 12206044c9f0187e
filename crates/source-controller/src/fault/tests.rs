//! Which failure is whose, and whether it is tried again.

use super::Fault;
use crate::access::{AccessError, Unusable};
use crate::verify::Refused;

fn line(fault: impl Into<Fault>) -> String {
    let Fault { condition, reason, message, stalling, excess, cancelled } = fault.into();
    assert!(!cancelled);
    let then = match (stalling, excess) {
        (true, false) => "stalls",
        (true, true) => "stalls and is throttled",
        (false, true) => "is throttled",
        (false, false) => "is tried again",
    };
    format!("{} {reason} {then}: {message}", condition.unwrap_or("-"))
}

#[test]
fn access_that_cannot_be_had() {
    let name = || "ns/auth".to_owned();
    let lines = [
        line(AccessError::Unsupported("spec.provider")),
        line(AccessError::Unreadable { name: name(), cause: "not found".to_owned() }),
        line(AccessError::OtherProvider { name: name() }),
        line(AccessError::Unusable(Unusable::BasicAndBearer)),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    - UnsupportedField stalls: spec.provider is not supported by this source-controller
    FetchFailed AuthenticationFailed is tried again: failed to get secret 'ns/auth': failed to get secret 'ns/auth': not found
    FetchFailed InvalidProviderConfiguration is tried again: secretRef 'ns/auth' has github app data but provider is not set to github
    FetchFailed AuthenticationFailed is tried again: failed to configure authentication options: basic auth and bearer token cannot be set at the same time
    ");
}

#[test]
fn content_that_is_refused() {
    let refused = Refused::OtherContent { revision: "main@sha1:aa".into(), digest: "sha1:bb".into() };
    insta::assert_snapshot!(line(refused), @"FetchFailed VerificationError is tried again: the content of revision 'main@sha1:aa' is 'sha1:bb'");
    insta::assert_snapshot!(line(Fault::storage("InvalidPath", "no".into())), @"StorageOperationFailed InvalidPath is tried again: no");
}

#[test]
fn what_costs_too_much_says_when_it_is_tried_again() {
    let lines = [
        line(Fault::excess("FetchFailed", "Because", "too much")),
        line(Fault::throttled("FetchFailed", "Because", "too long")),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    FetchFailed Because stalls and is throttled: too much; it is tried again after its interval and at least 1m, doubling up to 1h, or at once when its spec changes or a reconcile is requested
    FetchFailed Because is throttled: too long; it is tried again after its interval and at least 1m, doubling up to 1h, or at once when its spec changes or a reconcile is requested
    ");
}
