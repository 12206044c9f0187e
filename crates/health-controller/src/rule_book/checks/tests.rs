//! Which rules a Kustomization has for its own objects.

use api::kustomization::CustomHealthCheck;
use reconcile_core::watch_pool::WatchedKind;

use super::Checks;
use crate::samples::key;

fn check(api_version: &str, kind: Option<&str>, current: &str) -> CustomHealthCheck {
    CustomHealthCheck {
        api_version: api_version.to_owned(),
        kind: kind.map(str::to_owned),
        current: current.to_owned(),
        in_progress: None,
        failed: Some("has(status.failed)".to_owned()),
    }
}

#[test]
fn a_check_covers_its_kind_in_any_version() {
    let checks = Checks::compile(&key("web"), &[check("example.com/v1", Some("Thing"), "true")]);
    assert!(checks.cover(&WatchedKind::gvk("example.com", "v2", "Thing")));
    assert!(!checks.cover(&WatchedKind::gvk("example.com", "v1", "Other")));
    assert!(!checks.cover(&WatchedKind::gvk("other.com", "v1", "Thing")));
}

#[test]
fn what_cannot_be_used_says_nothing() {
    let bad = Checks::compile(&key("web"), &[check("example.com/v1", Some("Thing"), "status.")]);
    assert!(bad.rules().is_empty() && !bad.is_empty(), "it is not read again and again");
}
