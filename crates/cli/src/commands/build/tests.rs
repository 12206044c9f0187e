//! What the steps are given. That they are carried out is proved by the transcripts in `tests/it`.

use super::*;

fn request() -> Request {
    Request {
        directory: ".".into(),
        output: None,
        restricted: true,
        legacy_sort: None,
        managed_by_label: false,
        fetch_remote: false,
    }
}

#[test]
fn the_engine_builds_as_the_command_line_does() {
    let options = options(&request());
    assert_eq!(options.mode, Mode::Cli);
    assert_eq!(options.load_restrictions, Some(true));
    assert_eq!(options.legacy_sort, None, "the mode decides");
    assert!(!options.managed_by_label);
    assert_eq!(options.root, "", "paths in messages are those of the machine");
}

#[test]
fn flags_reach_the_engine() {
    let request =
        Request { restricted: false, legacy_sort: Some(false), managed_by_label: true, ..request() };
    let options = options(&request);
    assert_eq!(options.load_restrictions, Some(false));
    assert_eq!(options.legacy_sort, Some(false));
    assert!(options.managed_by_label);
}

#[test]
fn deprecated_flags() {
    assert!(deprecations(&request()).is_empty());
    let request = Request { legacy_sort: Some(true), managed_by_label: true, ..request() };
    insta::assert_snapshot!(deprecations(&request).join("\n"), @"
    Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.
    Flag --enable-managedby-label has been deprecated, use the `managedByLabel` option in the `buildMetadata` field instead.
    ");
}
