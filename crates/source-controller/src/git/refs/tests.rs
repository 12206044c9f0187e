//! From `spec.ref` to targets and revisions.

use api::git_repository::GitRepositoryRef;
use serde_json::json;

use super::{SemverError, Target, highest, parts, revision};

fn target(reference: serde_json::Value) -> Target {
    let reference: GitRepositoryRef = serde_json::from_value(reference).unwrap();
    Target::of(Some(&reference))
}

#[test]
fn commit_then_name_then_tag_then_semver_then_branch() {
    let all = json!({ "commit": "c", "name": "refs/x", "tag": "t", "semver": "1", "branch": "b" });
    let commit = Target::Commit { id: "c".into(), branch: Some("b".into()), label: Some("refs/x".into()) };
    assert_eq!(target(all), commit);
    let plain = Target::Commit { id: "c".into(), branch: None, label: None };
    assert_eq!(target(json!({ "commit": "c" })), plain);
    let on_branch = Target::Commit { id: "c".into(), branch: Some("b".into()), label: Some("b".into()) };
    assert_eq!(target(json!({ "commit": "c", "branch": "b" })), on_branch);
    assert_eq!(
        target(json!({ "name": "refs/x", "tag": "t", "semver": "1", "branch": "b" })),
        Target::Name("refs/x".into())
    );
    assert_eq!(target(json!({ "tag": "t", "semver": "1", "branch": "b" })), Target::Tag("t".into()));
    assert_eq!(target(json!({ "semver": "1", "branch": "b" })), Target::Semver("1".into()));
    assert_eq!(target(json!({ "branch": "b" })), Target::Branch("b".into()));
    assert_eq!(target(json!({ "branch": "", "tag": "" })), Target::Branch("master".into()));
    assert_eq!(Target::of(None), Target::Branch("master".into()));
}

#[test]
fn names_and_revisions() {
    assert_eq!(Target::Branch("feature/x".into()).full_name().as_deref(), Some("refs/heads/feature/x"));
    assert_eq!(Target::Tag("v1".into()).full_name().as_deref(), Some("refs/tags/v1"));
    assert_eq!(Target::Name("refs/tags/v1^{}".into()).full_name().as_deref(), Some("refs/tags/v1"));
    assert_eq!(revision(Some("feature/x"), "abc"), "feature/x@sha1:abc");
    assert_eq!(revision(None, "abc"), "sha1:abc");
    assert_eq!(parts("feature/x@sha1:abc"), Some(("feature/x", "abc")));
    assert_eq!(parts("sha1:abc"), None);
}

#[test]
fn the_highest_tag_of_a_range() {
    let tags = ["v1.0.0", "1.2.0", "v1.10.0", "v2.0.0-rc.1", "latest", "v1.10.0+b", "nested/v9.0.0"];
    let find = |range: &str| highest(range, tags.into_iter());
    assert_eq!(find("<1.10").unwrap(), ["1.2.0"]);
    assert_eq!(find(">=1.0").unwrap(), ["v1.10.0", "v1.10.0+b"]);
    assert_eq!(find(">=1.0.0-0").unwrap(), ["v2.0.0-rc.1"]);
    assert_eq!(find(">=3").unwrap_err(), SemverError::NoMatch(">=3".into()));
    assert_eq!(find(">=3").unwrap_err().to_string(), "no match found for semver: >=3");
    assert_eq!(find("x.y").unwrap_err().to_string(), "semver parse error: improper constraint: \"x.y\"");
}
