//! What a release is made of, and of what none is made. The files themselves are looked at by the end-to-end tests.

use super::*;

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.2.3] - 2026-11-30\n\n- old\n";

#[test]
fn notes_are_those_of_the_version() {
    assert_eq!(notes(CHANGELOG, "1.2.3", false).unwrap(), "- old\n");
    assert_eq!(notes(CHANGELOG, "1.3.0", true).unwrap(), "- new\n");
    notes(CHANGELOG, "1.3.0", false).expect_err("it is not told what is in it");
}

#[test]
fn only_a_tagged_commit_is_released() {
    let stamp =
        |revision: &str| Stamp { version: "1.2.3".to_owned(), revision: revision.to_owned(), epoch: 0 };
    let tags = ["v1.2.3".to_owned()];
    check_tree(&stamp("abc"), &tags).unwrap();
    check_tree(&stamp("abc"), &[]).expect_err("no tag");
    check_tree(&stamp("abc-dirty"), &tags).expect_err("not committed");
    check_tree(&stamp(""), &tags).expect_err("no repository");
}
