//! From commits that the git binary made to archives.

use artifact::MemTree;
use artifact::unpack::{Limits, unpack};
use testkit::git::{Content as File, GitServer, Repository};

use super::{ArchiveError, Commit, read, subject};
use crate::upstream::{Content as _, Fetched, PackError};

struct Bench {
    _server: GitServer,
    repository: Repository,
}

impl Bench {
    async fn new() -> Self {
        let server = GitServer::start().await.unwrap();
        let repository = server.repository("app").unwrap();
        Self { _server: server, repository }
    }

    fn read(&self, commit: &str) -> Result<Fetched<Commit>, ArchiveError> {
        read(self.repository.folder().to_owned(), commit.to_owned())
    }

    fn pack(&self, commit: &str, ignore: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.read(commit).unwrap().content.pack(ignore, &mut bytes).unwrap();
        bytes
    }

    fn paths(&self, commit: &str, ignore: Option<&str>) -> Vec<String> {
        let tree: MemTree = unpack(&self.pack(commit, ignore), &Limits::default()).unwrap();
        let mut paths: Vec<_> = tree.files().map(|(path, _)| path.to_owned()).collect();
        paths.sort();
        paths
    }
}

#[tokio::test]
async fn files_go_in_and_links_do_not() {
    let bench = Bench::new().await;
    let files = [
        ("a.yaml", File::from("a")),
        ("deploy/run.sh", File::Executable(b"#!/bin/sh".to_vec())),
        ("deploy/link", File::Link("../a.yaml".into())),
    ];
    let commit = bench.repository.commit("main", "first\n\nmore", files).unwrap();
    assert_eq!(bench.paths(&commit, None), ["a.yaml", "deploy/run.sh"]);
    let fetched = bench.read(&commit).unwrap();
    assert_eq!((fetched.subject.as_str(), &fetched.file), ("first", &commit));
    assert_eq!(fetched.evidence.digest, format!("sha1:{commit}"));
}

#[tokio::test]
async fn ignore_rules_of_the_tree_and_of_the_spec() {
    let bench = Bench::new().await;
    let files = [
        (".sourceignore", "*.md\n"),
        ("a.yaml", "a"),
        ("notes.md", "n"),
        ("deploy/.sourceignore", "secret.yaml\n"),
        ("deploy/secret.yaml", "s"),
        ("deploy/b.yaml", "b"),
        ("secret.yaml", "not the same folder"),
    ];
    let commit = bench.repository.commit("main", "first", files).unwrap();
    let all = bench.paths(&commit, None);
    assert!(
        !all.contains(&"notes.md".to_owned()) && !all.contains(&"deploy/secret.yaml".to_owned()),
        "{all:?}"
    );
    assert!(all.contains(&"secret.yaml".to_owned()) && all.contains(&"deploy/b.yaml".to_owned()), "{all:?}");
    let narrowed = bench.paths(&commit, Some("/*\n!/deploy\n"));
    assert!(
        narrowed.contains(&"deploy/b.yaml".to_owned()) && !narrowed.contains(&"a.yaml".to_owned()),
        "{narrowed:?}"
    );
}

#[tokio::test]
async fn the_same_tree_gives_the_same_bytes() {
    let bench = Bench::new().await;
    let one = bench.repository.commit("main", "one", [("a", "1"), ("b/c", "2")]).unwrap();
    let two = bench.repository.commit("main", "two", [("a", "1")]).unwrap();
    let three = bench.repository.commit("main", "three", [("a", "3")]).unwrap();
    assert_ne!(one, two);
    assert_eq!(bench.pack(&one, None), bench.pack(&two, None));
    assert_ne!(bench.pack(&one, None), bench.pack(&three, None));
}

#[tokio::test]
async fn a_commit_that_cannot_be_read_is_broken() {
    let bench = Bench::new().await;
    let commit = bench.repository.commit("main", "one", [("a", "1")]).unwrap();
    let absent = "0123456789012345678901234567890123456789";
    for id in [absent, "short", "", &commit[..39]] {
        let error = bench.read(id).unwrap_err();
        assert!(error.to_string().starts_with(&format!("commit '{id}' cannot be read: ")), "{error}");
        assert!(matches!(PackError::from(error), PackError::Broken(_)));
    }
    let nowhere = read(bench.repository.folder().join("nowhere"), commit).unwrap_err();
    assert!(matches!(nowhere, ArchiveError::Object(..)));
}

#[test]
fn who_is_at_fault() {
    let refused = [ArchiveError::TooManyEntries, ArchiveError::TooLarge, ArchiveError::NotUtf8("x".into())];
    for error in refused {
        assert!(matches!(PackError::from(error), PackError::Refused(_)));
    }
    let disk = ArchiveError::Write(std::io::Error::other("full"));
    assert!(matches!(PackError::from(disk), PackError::Write(_)));
}

#[test]
fn a_subject_is_one_short_line() {
    assert_eq!(subject("Mend it\n\nBecause"), "Mend it");
    assert_eq!(subject(""), "");
    let fifty = "ä".repeat(50);
    assert_eq!(subject(&fifty), fifty);
    assert_eq!(subject(&format!("{fifty}b")), format!("{fifty}..."));
}
