//! What a scope is by default, and that a pause of a watch ends early when it is woken.

use std::time::Duration;

use futures::FutureExt as _;
use k8s_openapi::api::core::v1::ConfigMap;

use super::{Scope, Wake};
use crate::watch::Guarded;

#[test]
fn a_scope_is_everything_without_the_bulk() {
    let scope = Scope::default();
    assert_eq!((scope.labels, scope.fields, scope.managed_fields), (None, None, false));
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_when_it_is_woken_also_by_a_wake_before_it() {
    let wake = Wake::default();
    wake.now();
    assert!(wake.pause(Duration::from_secs(3600)).now_or_never().is_some(), "a wake is kept");
    let mut pause = Box::pin(wake.pause(Duration::from_secs(3600)));
    assert!(pause.as_mut().now_or_never().is_none(), "once");
    wake.clone().now();
    assert!(pause.now_or_never().is_some());
    let before = tokio::time::Instant::now();
    wake.pause(Duration::from_secs(3600)).await;
    assert_eq!(before.elapsed(), Duration::from_secs(3600));
}

#[test]
fn an_object_that_cannot_be_read_leaves_its_name() {
    let text = r#"{"metadata": {"name": "a", "namespace": "ns", "uid": "u"}, "data": "not a map"}"#;
    let bad = serde_json::from_str::<Guarded<ConfigMap>>(text).expect("guarded").0.expect_err("unreadable");
    assert_eq!((bad.metadata.name.as_deref(), bad.metadata.uid.as_deref()), (Some("a"), Some("u")));
    assert!(bad.error.contains("map"), "{}", bad.error);
}
