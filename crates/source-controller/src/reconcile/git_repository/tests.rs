//! What Git is asked for an object, and Flux's words.

use std::time::Duration;

use serde_json::json;

use super::{Spec, explain};
use crate::access::tls::TlsMaterialError;
use crate::fault::Fault;
use crate::git::GitError;
use crate::git::clients::ClientError;
use crate::git::clone::CloneError;
use crate::git::guard::Excess;
use crate::git::http::rules::Failure;
use crate::git::refs::{SemverError, Target};
use crate::reconcile::source::{Produced, Source as _};
use crate::samples::git_repository;
use api::git_repository::GitRepository;

fn ask(spec: &serde_json::Value) -> Result<Spec, Fault> {
    git_repository(spec).ask()
}

#[test]
fn what_git_is_asked() {
    let spec = ask(&json!({"ref": {"tag": "v1"}, "timeout": "5s"})).unwrap();
    assert_eq!((spec.uid.as_str(), spec.url.as_str()), ("u", "https://example.com/app.git"));
    assert_eq!((spec.target, spec.timeout), (Target::Tag("v1".into()), Duration::from_secs(5)));
    let spec = ask(&json!({})).unwrap();
    assert_eq!((spec.target, spec.timeout), (Target::Branch("master".into()), Duration::from_secs(60)));
}

#[test]
fn nobody_may_take_longer_than_ten_minutes() {
    for (timeout, expected) in [("9m59s", 599), ("10m", 600), ("99999h", 600), ("0s", 0)] {
        let object = git_repository(&json!({"timeout": timeout}));
        assert_eq!(object.timeout(), Duration::from_secs(expected));
        assert_eq!(object.ask().unwrap().timeout, object.timeout());
    }
    assert_eq!(git_repository(&json!({})).timeout(), Duration::from_secs(60));
}

#[test]
fn addresses_that_git_is_not_asked_at() {
    for (url, message) in [
        (
            "ftp://example.com/x",
            "failed to parse url 'ftp://example.com/x': neither http, https nor ssh with a host",
        ),
        ("http://user:pass-canary@:x/", "failed to parse url '*****@:x/': "),
        ("nonsense", "failed to parse url 'nonsense': "),
    ] {
        let fault = ask(&json!({"url": url})).unwrap_err();
        assert!(fault.message.starts_with(message) && !fault.message.contains("canary"), "{}", fault.message);
        assert_eq!(
            (fault.condition, fault.reason, fault.stalling),
            (Some("FetchFailed"), "URLInvalid", true)
        );
    }
    assert!(ask(&json!({"url": "http://example.com/x"})).is_ok());
    assert!(ask(&json!({"url": "ssh://git@example.com/x"})).is_ok());
}

fn message(error: GitError, listed_first: bool) -> String {
    let fault = explain(&error, "https://user:pass-canary@example.com/x", listed_first);
    assert!(!fault.stalling && !fault.cancelled);
    format!("{}: {}", fault.reason, fault.message)
}

#[test]
fn why_git_gave_nothing() {
    let lines = [
        message(CloneError::Empty.into(), false),
        message(ClientError::Tls(TlsMaterialError::NoKeyPair).into(), false),
        message(CloneError::Semver(SemverError::NoMatch(">9".into())).into(), true),
        message(CloneError::CommitNotFound("abc".into()).into(), true),
        message(CloneError::NameNotFound("main".into()).into(), true),
        message(CloneError::RefNotFound("refs/heads/x".into()).into(), true),
        message(CloneError::Wire(Failure::NotFound("gone".into())).into(), false),
        message(CloneError::Wire(Failure::Timeout).into(), true),
        message(CloneError::Git("odd".into()).into(), false),
        message(CloneError::Wire(Failure::NoRepository).into(), false),
        message(CloneError::Wire(Failure::NoRepository).into(), true),
        message(CloneError::Wire(Failure::Auth("ssh: no key found".into())).into(), true),
        message(GitError::Module(CloneError::Wire(Failure::NotFound(String::new()))), true),
        message(
            GitError::Sparse("sparse checkout dir 'x' does not exist in repository: lstat /x".into()),
            true,
        ),
        message(GitError::Panicked("bites".into()), true),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    EmptyGitRepository: git repository is empty
    AuthenticationFailed: failed to configure authentication options: 'tls.crt' and 'tls.key' are not a key pair
    GitOperationFailed: failed to checkout and determine revision: no match found for semver: >9
    GitOperationFailed: failed to checkout and determine revision: unable to resolve commit object for 'abc': object not found
    GitOperationFailed: failed to checkout and determine revision: unable to resolve ref 'main' to a specific commit
    GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://example.com/x': couldn't find remote ref "refs/heads/x"
    GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://example.com/x': repository not found: gone
    GitOperationFailed: failed to checkout and determine revision: unable to list remote for 'https://example.com/x': context deadline exceeded
    GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://example.com/x': odd
    GitOperationFailed: failed to checkout and determine revision: unable to clone: repository not found: git repository: 'https://example.com/x'
    GitOperationFailed: failed to checkout and determine revision: unable to list remote for 'https://example.com/x': repository not found
    GitOperationFailed: failed to checkout and determine revision: unable to construct auth method with options: ssh: no key found
    GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://example.com/x': repository not found: 
    GitOperationFailed: failed to sparse checkout directories : sparse checkout dir 'x' does not exist in repository: lstat /x
    GitOperationFailed: failed to checkout and determine revision: unable to clone 'https://example.com/x': git failed unexpectedly: bites
    "#);
    assert!(explain(&GitError::Cancelled, "x", true).cancelled);
}

#[test]
fn the_remote_is_listed_first_when_there_is_something_to_compare() {
    let timeout = || GitError::Clone(CloneError::Wire(Failure::Timeout));
    let said = |reference: serde_json::Value, has_artifact| {
        let object = git_repository(&json!({"ref": reference}));
        object.explain(&object.ask().unwrap(), &timeout(), has_artifact).message
    };
    assert!(said(json!({"branch": "main"}), true).contains("unable to list remote for"));
    assert!(said(json!({"branch": "main"}), false).contains("unable to clone"));
    assert!(said(json!({"semver": "*"}), true).contains("unable to clone"));
}

#[test]
fn what_is_said_when_nothing_is_new() {
    let same = |reference: serde_json::Value| {
        GitRepository::unchanged(&ask(&json!({"ref": reference})).unwrap(), "main@sha1:aa")
    };
    let listed = Produced::Unchanged {
        reason: "GitOperationSucceeded",
        message: "no changes since last reconciliation: observed revision 'main@sha1:aa'".to_owned(),
        recovered: None,
    };
    assert_eq!(same(json!({"branch": "main"})), listed);
    let cloned = Produced::Unchanged {
        reason: "ArtifactUpToDate",
        message: "artifact up-to-date with remote revision: 'main@sha1:aa'".to_owned(),
        recovered: Some("stored artifact for commit 'main@sha1:aa'".to_owned()),
    };
    assert_eq!(same(json!({"semver": "*"})), cloned);
    assert_eq!(GitRepository::up_to_date(&ask(&json!({})).unwrap(), "main@sha1:aa"), cloned);
    let made = Produced::Stored { message: "stored artifact for commit 'Mend it'".to_owned() };
    assert_eq!(GitRepository::stored(&ask(&json!({})).unwrap(), "main@sha1:aa", "Mend it"), made);
}

#[test]
fn what_a_server_sends_too_much_is_asked_for_seldom() {
    let error = GitError::Clone(CloneError::Wire(Failure::Excess(Excess::Talk(7))));
    let fault = explain(&error, "https://example.com/app.git", false);
    assert!(fault.excess && !fault.stalling, "{fault:?}");
    assert_eq!((fault.condition, fault.reason), (Some("FetchFailed"), "GitOperationFailed"));
    let before = "failed to checkout and determine revision: unable to clone 'https://example.com/app.git': ";
    assert!(fault.message.starts_with(before) && fault.message.contains("; it is tried again"), "{fault:?}");
}
