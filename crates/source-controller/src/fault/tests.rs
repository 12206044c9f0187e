//! Which failure is whose, and whether it is tried again.

use super::Fault;
use crate::access::{AccessError, Unusable};
use crate::verify::Refused;

fn line(fault: impl Into<Fault>) -> String {
    let Fault { condition, reason, message, stalling, excess, waiting, cancelled, unknown: _ } = fault.into();
    assert!(!waiting);
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
        line(AccessError::NoApp { stalling: true }),
        line(AccessError::NoApp { stalling: false }),
        line(AccessError::Locked(name())),
        line(AccessError::Proxy("secret 'ns/auth' not found".to_owned())),
        line(AccessError::Unusable(Unusable::BasicAndBearer)),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    - UnsupportedField stalls: spec.provider is not supported by this source-controller
    FetchFailed AuthenticationFailed is tried again: failed to get secret 'ns/auth': failed to get secret 'ns/auth': not found
    FetchFailed InvalidProviderConfiguration is tried again: secretRef 'ns/auth' has github app data but provider is not set to github
    FetchFailed InvalidProviderConfiguration stalls: secretRef with github app data must be specified when provider is set to github
    FetchFailed InvalidProviderConfiguration is tried again: secretRef with github app data must be specified when provider is set to github
    FetchFailed AuthenticationFailed is tried again: SSH identity key is encrypted but no 'password' field was provided in the secret 'ns/auth'
    FetchFailed AuthenticationFailed is tried again: failed to configure proxy options: secret 'ns/auth' not found
    FetchFailed AuthenticationFailed is tried again: failed to configure authentication options: basic auth and bearer token cannot be set at the same time
    ");
}

#[test]
fn content_that_is_refused() {
    let refused = Refused::OtherContent { revision: "main@sha1:aa".into(), digest: "sha1:bb".into() };
    insta::assert_snapshot!(line(refused), @"FetchFailed VerificationError is tried again: the content of revision 'main@sha1:aa' is 'sha1:bb'");
    insta::assert_snapshot!(line(Refused::NoKeys("gone".into())), @"SourceVerified VerificationError is tried again: public keys secret error: gone");
    let unsigned =
        |stalling| Refused::Signature { reason: "Because", message: "not signed".into(), stalling };
    insta::assert_snapshot!(line(unsigned(false)), @"SourceVerified Because is tried again: not signed");
    insta::assert_snapshot!(line(unsigned(true)), @"SourceVerified Because stalls: not signed");
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
