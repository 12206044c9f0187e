//! What events say of artifacts.

use reconcile_core::events::Severity;

use super::about;
use crate::samples::artifact;

#[test]
fn only_news_are_about_an_artifact() {
    let artifact = artifact("main@sha1:aa", "sha256:bb");
    let said = about(Severity::Info, Some(&artifact));
    let values: Vec<_> = said.values().map(String::as_str).collect();
    assert_eq!(values, ["sha256:bb", "main@sha1:aa"]);
    assert!(said.keys().all(|key| key.starts_with("source.toolkit.fluxcd.io/")), "{said:?}");
    assert!(about(Severity::Info, None).is_empty());
    for severity in [Severity::Trace, Severity::Error] {
        assert!(about(severity, Some(&artifact)).is_empty());
    }
}
