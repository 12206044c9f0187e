//! Which moves are told.

use reconcile_core::events::Severity;

use super::told;
use crate::git::refs::Target;

fn said(target: &Target, before: &str, revision: &str, leaves: Option<&str>) -> Option<(bool, String)> {
    let notice = told(target, before, revision, leaves)?;
    Some((notice.severity == Severity::Error, format!("{}: {}", notice.reason, notice.message)))
}

#[test]
fn a_tag_that_names_another_commit() {
    let expected = "TagMoved: tag 'v1.0.0' was moved: it named commit 'aa' and names 'bb'";
    let moved = Some((true, expected.to_owned()));
    for target in [Target::Tag("v1.0.0".into()), Target::Semver("1.x".into())] {
        assert_eq!(said(&target, "v1.0.0@sha1:aa", "v1.0.0@sha1:bb", None), moved);
        assert_eq!(said(&target, "v1.0.0@sha1:aa", "v1.0.1@sha1:bb", None), None, "another tag");
        assert_eq!(said(&target, "v1.0.0@sha1:aa", "v1.0.0@sha1:aa", None), None, "the same commit");
    }
    let name = Target::Name("refs/tags/v1".into());
    let (is_warning, text) = said(&name, "refs/tags/v1@sha1:aa", "refs/tags/v1@sha1:bb", None).unwrap();
    assert!(is_warning && text.starts_with("TagMoved: tag 'refs/tags/v1' was moved"), "{text}");
    let odd = Target::Tag("v\u{1b}1".into());
    let (_, text) = said(&odd, "v\u{1b}1@sha1:aa", "v\u{1b}1@sha1:bb", None).unwrap();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_branch_that_left_its_commit() {
    let main = Target::Branch("main".into());
    let expected = "NonFastForward: 'main' was rewritten: commit 'bb' does not come after 'aa'";
    let rewritten = Some((false, expected.to_owned()));
    assert_eq!(said(&main, "main@sha1:aa", "main@sha1:bb", Some("aa")), rewritten);
    assert_eq!(said(&main, "main@sha1:aa", "main@sha1:bb", None), None, "nothing is known");
    assert_eq!(said(&main, "main@sha1:aa", "main@sha1:bb", Some("cc")), None, "known of another one");
    assert_eq!(said(&main, "other@sha1:aa", "main@sha1:bb", Some("aa")), None, "another branch");
    let commit = Target::Commit { id: "bb".into(), branch: None, label: Some("main".into()) };
    assert_eq!(said(&commit, "main@sha1:aa", "main@sha1:bb", Some("aa")), None, "as its object says");
    assert_eq!(said(&main, "sha1:aa", "main@sha1:bb", Some("aa")), None);
}
