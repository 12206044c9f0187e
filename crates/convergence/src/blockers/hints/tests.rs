//! Every code has a next step.

use api::blocker::BlockerCode;

use super::general;

#[test]
fn no_code_is_without_a_next_step() {
    for code in BlockerCode::ALL {
        let hint = general(*code, Some("Kustomization/apps/web"));
        assert!(hint.len() > 20, "{code}: {hint}");
        assert!(general(*code, None).len() > 20, "{code}");
        assert!(hint.starts_with(char::is_lowercase) && !hint.ends_with('.'), "{code}: {hint}");
    }
    let source = general(BlockerCode::SourceNotReady, Some("GitRepository/apps/app"));
    assert!(source.ends_with("flyball explain gitrepository/app -n apps"), "{source}");
}
