//! What is asked for, and what the answers mean.

use super::{Answer, Known};
use crate::samples::stored;
use crate::status::Status;
use crate::upstream::Resolved;

fn revision(revision: &str) -> Resolved<()> {
    Resolved::Revision { revision: revision.to_owned(), place: () }
}

#[test]
fn a_revision_is_known_when_its_artifact_is_good_and_made_with_the_same_settings() {
    let status = stored("main@sha1:aa");
    assert_eq!(Known::of(&status, None, true).revision(), Some("main@sha1:aa"));
    assert_eq!(Known::of(&status, Some(""), true).revision(), None, "empty is not the same as not set");
    assert_eq!(Known::of(&Status::default(), None, true).revision(), None);
    assert_eq!(Known::of(&status, None, false).revision(), None, "something else differs");
    let mut in_doubt = status.clone();
    in_doubt.remove("ArtifactInStorage");
    assert_eq!(Known::of(&in_doubt, None, true).revision(), None);
    for status in [&status, &in_doubt] {
        assert!(Known::of(status, None, true).has_artifact());
    }
    assert!(!Known::of(&Status::default(), None, true).has_artifact());
}

#[test]
fn what_answers_mean() {
    let known = Known::of(&stored("main@sha1:aa"), None, true);
    let make = |revision: &str, is_new| Answer::Make { revision: revision.to_owned(), place: (), is_new };
    assert_eq!(known.interpret(Resolved::<()>::Unchanged), Answer::Unchanged("main@sha1:aa".to_owned()));
    assert_eq!(known.interpret(revision("main@sha1:aa")), Answer::UpToDate("main@sha1:aa".to_owned()));
    assert_eq!(known.interpret(revision("main@sha1:bb")), make("main@sha1:bb", true));
    let nothing = Known::of(&Status::default(), None, true);
    assert_eq!(nothing.interpret(revision("main@sha1:aa")), make("main@sha1:aa", true));
}

#[test]
fn other_settings_make_another_artifact_of_the_same_revision() {
    let known = Known::of(&stored("main@sha1:aa"), Some("*.md"), true);
    let make = Answer::Make { revision: "main@sha1:aa".to_owned(), place: (), is_new: false };
    assert_eq!(known.interpret(revision("main@sha1:aa")), make);
}
