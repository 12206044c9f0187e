//! What follows from each kind of end.

use super::{FaultKind, Retry, Tell, timeout_of};
use std::time::Duration;

/// Rows: kind, retry, event, stalled, awaits dependency, awaits source, history.
#[test]
fn behaviour_follows_from_the_kind() {
    use FaultKind as K;
    let rows = [
        (K::Unsupported, Retry::OnChange, Tell::Error, true, false, false, false),
        (K::AccessDenied, Retry::OnChange, Tell::Error, true, false, false, false),
        (K::SourceMissing, Retry::Interval, Tell::Nothing, false, false, true, false),
        (K::ArtifactMissing, Retry::Requeue, Tell::Nothing, false, false, true, false),
        (K::ArtifactAltered, Retry::Requeue, Tell::Error, false, false, false, false),
        (K::Artifact, Retry::Interval, Tell::Error, false, false, false, false),
        (K::Build, Retry::Interval, Tell::Error, false, false, false, false),
        (K::Client, Retry::Interval, Tell::Error, false, false, false, true),
        (K::Apply, Retry::Interval, Tell::Error, false, false, false, true),
        (K::Prune, Retry::Interval, Tell::Error, false, false, false, true),
        (K::Unhealthy, Retry::Interval, Tell::Error, false, false, false, true),
        (K::DependencyNotReady, Retry::Requeue, Tell::InfoOnce, false, true, false, false),
        (K::DependencyBehind, Retry::Requeue, Tell::InfoOnce, false, true, false, false),
        (K::DependencyUnread, Retry::Backoff, Tell::Error, false, false, false, false),
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
