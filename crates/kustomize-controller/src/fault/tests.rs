//! What follows from each kind of end.

use super::{Fault, FaultKind, Retry, Tell, timeout_of};
use crate::status::WriteError;
use std::time::Duration;

/// Rows: kind, retry, event, stalled, awaits dependency, awaits source, history.
#[test]
fn behaviour_follows_from_the_kind() {
    use FaultKind as K;
    let rows = [
        (K::Unsupported, Retry::OnChange, Tell::Error, true, false, false, false),
        (K::Invalid, Retry::OnChange, Tell::Error, true, false, false, false),
        (K::AccessDenied, Retry::OnChange, Tell::Error, true, false, false, false),
        (K::SourceMissing, Retry::Interval, Tell::Nothing, false, false, true, false),
        (K::ArtifactMissing, Retry::Requeue, Tell::Nothing, false, false, true, false),
        (K::ArtifactAltered, Retry::Requeue, Tell::ErrorOnce, false, false, false, false),
        (K::Artifact, Retry::Interval, Tell::Error, false, false, false, false),
        (K::Build, Retry::Interval, Tell::Error, false, false, false, false),
        (K::BuildExceeded, Retry::Interval, Tell::Error, false, false, false, false),
        (K::Throttled, Retry::Interval, Tell::Nothing, false, false, false, false),
        (K::Client, Retry::Interval, Tell::Error, false, false, false, false),
        (K::Apply, Retry::Interval, Tell::Error, false, false, false, true),
        (K::Prune, Retry::Interval, Tell::Error, false, false, false, true),
        (K::Unhealthy, Retry::Interval, Tell::Error, false, false, false, true),
        (K::DependencyNotReady, Retry::Requeue, Tell::InfoOnce, false, true, false, false),
        (K::DependencyBehind, Retry::Requeue, Tell::InfoOnce, false, true, false, false),
        (K::DependencyUnread, Retry::Backoff, Tell::InfoOnce, false, false, false, false),
        (K::Status, Retry::Backoff, Tell::Nothing, false, false, false, true),
        (K::Cancelled, Retry::Now, Tell::Nothing, false, false, false, false),
    ];
    for (kind, retry, tell, stalled, dependency, source, history) in rows {
        assert_eq!((kind.retry(), kind.tell()), (retry, tell), "{kind:?}");
        assert_eq!(
            (kind.is_stalled(), kind.awaits_dependency(), kind.awaits_source(), kind.is_in_history()),
            (stalled, dependency, source, history),
            "{kind:?}"
        );
    }
}

#[test]
fn timeouts_have_a_floor() {
    let seconds = Duration::from_secs;
    assert_eq!(timeout_of(None, seconds(600)), seconds(570));
    assert_eq!(timeout_of(None, seconds(40)), seconds(30));
    assert_eq!(timeout_of(Some(seconds(5)), seconds(600)), seconds(30));
    assert_eq!(timeout_of(Some(seconds(90)), seconds(600)), seconds(90));
}

#[test]
fn reasons_are_flux_s() {
    use FaultKind as K;
    let all = [
        K::Unsupported,
        K::Invalid,
        K::AccessDenied,
        K::SourceMissing,
        K::ArtifactMissing,
        K::ArtifactAltered,
        K::Artifact,
        K::Build,
        K::BuildExceeded,
        K::Throttled,
        K::Client,
        K::Apply,
        K::Prune,
        K::Unhealthy,
        K::DependencyNotReady,
        K::DependencyBehind,
        K::DependencyUnread,
        K::Status,
        K::Cancelled,
    ];
    let rows: Vec<String> = all
        .iter()
        .map(|kind| {
            let judged = if kind.is_about_the_spec() { ", the spec is judged" } else { "" };
            format!("{kind:?}: {}{judged}", kind.reason())
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    Unsupported: UnsupportedField, the spec is judged
    Invalid: InvalidSpec, the spec is judged
    AccessDenied: AccessDenied
    SourceMissing: ArtifactFailed
    ArtifactMissing: ArtifactFailed
    ArtifactAltered: ArtifactFailed
    Artifact: ArtifactFailed
    Build: BuildFailed
    BuildExceeded: BuildFailed
    Throttled: BuildFailed
    Client: ReconciliationFailed
    Apply: ReconciliationFailed
    Prune: PruneFailed
    Unhealthy: HealthCheckFailed
    DependencyNotReady: DependencyNotReady
    DependencyBehind: DependencyNotReady
    DependencyUnread: DependencyNotReady
    Status: ReconciliationFailed
    Cancelled: Progressing
    ");
}

#[test]
fn what_others_met_becomes_a_fault() {
    let fault = Fault::from(WriteError::Overtaken);
    assert_eq!(fault.kind, FaultKind::Status);
    insta::assert_snapshot!(fault.message, @"another process changed the status in the meantime");
    let fault = Fault::from(cluster::Error::invalid_request("no key"));
    assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Client, "no key"));
    insta::assert_snapshot!(fault.event.unwrap(), @"failed to build kube client: no key");
    assert_eq!(Fault::cancelled().kind, FaultKind::Cancelled);
}

#[test]
fn what_a_repository_says_does_not_steer_a_terminal() {
    let fault = Fault::new(FaultKind::Build, "open a\0b\u{1b}[31m:\n\tgone").event("a\u{202e}b");
    assert_eq!(fault.message, "open ab[31m:\n\tgone");
    assert_eq!(fault.event.as_deref(), Some("ab"));
}
