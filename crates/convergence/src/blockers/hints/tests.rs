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

#[test]
fn a_command_in_a_next_step_has_no_second_one_in_it() {
    for (object, command) in [
        ("GitRepository/apps/app", "flyball explain gitrepository/app -n apps"),
        ("GitRepository/apps/x;reboot", "flyball explain 'gitrepository/x;reboot' -n apps"),
        ("GitRepository/apps/$(id)", "flyball explain 'gitrepository/$(id)' -n apps"),
        (
            "GitRepository/--kubeconfig=x/a'b`c",
            r"flyball explain 'gitrepository/a'\''b`c' -n '--kubeconfig=x'",
        ),
        ("x y", "flyball explain 'x y'"),
    ] {
        let hint = general(BlockerCode::SourceNotReady, Some(object));
        assert!(hint.ends_with(&format!(": {command}")), "{hint}");
    }
}
