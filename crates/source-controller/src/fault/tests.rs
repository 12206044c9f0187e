//! Which failure is whose, and whether it is tried again.

use super::Fault;
use crate::access::{AccessError, Unusable};
use crate::verify::Refused;

fn line(fault: impl Into<Fault>) -> String {
    let Fault { condition, reason, message, stalling, cancelled } = fault.into();
    assert!(!cancelled);
    let then = if stalling { "stalls" } else { "is tried again" };
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
