//! From commits that the git binary made to archives.

use std::sync::Arc;

use artifact::MemTree;
use artifact::pack::Kept;
use artifact::unpack::{Limits, unpack};
use testkit::git::{Content as File, GitServer, Repository};

use manifest::budget::Exceeded;

use super::limits::MAX_BYTES;
use super::samples::{EXECUTABLE, FILE, FOLDER, Raw};
use super::segments::add;
use super::{ArchiveError, Assembly, Commit, MAX_HOPS, MAX_SIGNED, STEPS, read, subject};
use crate::git::clone::{TagRef, Tip};
use crate::upstream::{Content as _, Fetched, Means, PackError};

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
        self.assembled(commit, Assembly::default())
    }

    fn assembled(&self, commit: &str, assembly: Assembly) -> Result<Fetched<Commit>, ArchiveError> {
        let clone = self.repository.folder().to_owned();
        read(Tip { clone, commit: commit.to_owned(), ..Tip::default() }, assembly)
    }

    fn pack(&self, commit: &str, ignore: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.read(commit).unwrap().content.pack(ignore, &Means::default(), &mut bytes).unwrap();
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
    let tip = Tip { clone: bench.repository.folder().join("nowhere"), commit, ..Tip::default() };
    let nowhere = read(tip, Assembly::default()).unwrap_err();
    assert!(matches!(nowhere, ArchiveError::Object(..)));
}

/// What becomes of a commit that a server says this tag stands for.
fn tagged(raw: &Raw, commit: &str, tag: gix::ObjectId) -> Result<Fetched<Commit>, ArchiveError> {
    let tag = Some(TagRef { name: "v1".to_owned(), object: Some(tag.to_string()) });
    let tip = Tip { clone: raw.path().to_owned(), commit: commit.to_owned(), tag, ..Tip::default() };
    read(tip, Assembly::default())
}

/// A tag object that says so.
fn tag(raw: &Raw, kind: &str, target: &str) -> gix::ObjectId {
    let who = "Test <test@flyball.dev> 1700000000 +0000";
    let text = format!("object {target}\ntype {kind}\ntag v1\ntagger {who}\n\nmessage\n");
    raw.object(gix::object::Kind::Tag, text.as_bytes())
}

/// Else whoever has a signed tag could have it stand for any commit.
#[test]
fn a_tag_stands_for_the_commit_that_it_names_itself() {
    let raw = Raw::new();
    let commit = |text: &str| raw.commit(raw.tree([(FILE, "a", raw.blob(text))])).id;
    let (one, other) = (commit("one"), commit("other"));
    let direct = tag(&raw, "commit", &one);
    let fetched = tagged(&raw, &one, direct).unwrap();
    let signed = fetched.evidence.signed.unwrap();
    assert_eq!(signed.tag.unwrap().object.unwrap().0, direct.to_string());
    let outer = tag(&raw, "tag", &direct.to_string());
    assert!(tagged(&raw, &one, outer).is_ok(), "a tag of a tag");
    for of_one in [direct, outer] {
        let error = tagged(&raw, &other, of_one).unwrap_err();
        assert!(matches!(&error, ArchiveError::Tag(_)), "{error}");
        let expected =
            format!("tag 'v1' stands for commit '{one}', and the server says for commit '{other}'");
        assert_eq!(error.to_string(), expected);
    }
    let deep = (0..=MAX_HOPS).fold(direct, |inner, _| tag(&raw, "tag", &inner.to_string()));
    assert!(matches!(tagged(&raw, &one, deep), Err(ArchiveError::Tag(_))));
    let nonsense = raw.object(gix::object::Kind::Tag, b"nonsense\n");
    assert!(matches!(tagged(&raw, &one, nonsense), Err(ArchiveError::Tag(_))));
    let absent = tag(&raw, "tag", "0123456789012345678901234567890123456789");
    assert!(matches!(tagged(&raw, &one, absent), Err(ArchiveError::Object(..))), "it is fetched again");
}

#[test]
fn what_may_be_signed_is_bounded() {
    let raw = Raw::new();
    let one = raw.commit(raw.tree([(FILE, "a", raw.blob("a"))])).id;
    let long = "x".repeat(usize::try_from(MAX_SIGNED).unwrap());
    let text =
        format!("object {one}\ntype commit\ntag v1\ntagger T <t@flyball.dev> 1700000000 +0000\n\n{long}");
    let large = raw.object(gix::object::Kind::Tag, text.as_bytes());
    assert!(matches!(tagged(&raw, &one, large), Err(ArchiveError::Signed(MAX_SIGNED))));
    let large = raw.object(gix::object::Kind::Commit, text.as_bytes()).to_string();
    let tip = Tip { clone: raw.path().to_owned(), commit: large, ..Tip::default() };
    assert!(matches!(read(tip, Assembly::default()), Err(ArchiveError::Signed(_))));
}

/// What a tree is refused for.
fn refused(raw: &Raw, tree: gix::ObjectId) -> String {
    match raw.pack(tree) {
        Err(PackError::Refused(message)) => message,
        other => unreachable!("it is not refused: {other:?}"),
    }
}

#[test]
fn what_is_listed_as_a_file_is_one() {
    let raw = Raw::new();
    let inner = raw.tree([(FILE, "x", raw.blob("x"))]);
    for mode in [FILE, EXECUTABLE] {
        let message = refused(&raw, raw.tree([(mode, "app.yaml", inner)]));
        assert_eq!(message, "the tree lists \"app.yaml\" as a file, and it is none");
        let message = refused(&raw, raw.tree([(mode, ".sourceignore", inner)]));
        assert!(message.contains(".sourceignore"), "{message}");
    }
    let message = refused(&raw, raw.tree([(FOLDER, "app", raw.blob("x"))]));
    assert!(message.contains("listed as a folder and is none"), "{message}");
    let ignored = raw.tree([(FILE, "icon.png", inner), (FILE, "a", raw.blob("x"))]);
    assert!(raw.pack(ignored).is_ok(), "what is ignored may be anything");
}

#[test]
fn a_malformed_tree_is_its_authors_fault_and_a_missing_one_ours() {
    let raw = Raw::new();
    for bytes in [&b"100644 x"[..], b"nonsense", b"100644 x\0short", b"999999999999 x\0aaaaaaaaaaaaaaaaaaaa"]
    {
        let message = refused(&raw, raw.object(gix::object::Kind::Tree, bytes));
        assert!(message.contains("is malformed"), "{message}");
    }
    let absent = gix::ObjectId::from_hex(b"0123456789012345678901234567890123456789").unwrap();
    for tree in [absent, raw.tree([(FOLDER, "a", absent)]), raw.tree([(FILE, "a", absent)])] {
        assert!(matches!(raw.pack(tree), Err(PackError::Broken(_))), "it is fetched again");
    }
}

#[test]
fn names_that_could_escape_or_come_twice_are_refused() {
    let raw = Raw::new();
    let blob = raw.blob("x");
    let inner = raw.tree([(FILE, "x", blob)]);
    for name in ["..", "."] {
        assert!(
            refused(&raw, raw.tree([(FILE, name, blob)])).contains("not a clean relative path"),
            "{name}"
        );
    }
    for twice in [[(FILE, "a", blob), (FILE, "a", blob)], [(FILE, "a", blob), (FOLDER, "a", inner)]] {
        assert!(refused(&raw, raw.tree(twice)).contains("does not come after"), "{twice:?}");
    }
    let twice = raw.tree([(FOLDER, "a", inner), (FOLDER, "a", inner)]);
    assert!(refused(&raw, twice).contains("does not come after"));
}

/// Byte by byte: what reads it decides what a name means.
#[test]
fn whatever_git_calls_a_name_is_archived() {
    let raw = Raw::new();
    let blob = raw.blob("x");
    let names: [&[u8]; 4] = [b"a\\b.service", b"caf\xe9", b"line\nfeed", b"nul"];
    let commit = raw.commit(raw.tree(names.map(|name| (FILE, name, blob))));
    let mut archive = Vec::new();
    commit.pack(None, &Means::default(), &mut archive).unwrap();
    let tree = unpack(&archive, &Limits::default()).unwrap();
    for name in names {
        assert!(tree.is_file(&artifact::path::escaped(name)), "{name:?}");
    }
}

/// A monorepo of which one folder is wanted.
#[test]
fn what_is_archived_counts_and_what_is_ignored_does_not() {
    let raw = Raw::new();
    let leaf = raw.many(9_999, FILE, raw.blob("x"));
    assert!(raw.pack(raw.many(10, FOLDER, leaf)).is_ok());
    let larger = raw.many(11, FOLDER, leaf);
    assert!(refused(&raw, larger).contains("more than 100000 entries that are not ignored"));
    assert!(raw.within(u64::MAX, larger, Some("/*\n!/000001\n")).is_ok());
}

#[test]
fn one_large_file_of_rules_in_many_folders() {
    let raw = Raw::new();
    let rules = raw.blob(&"a\n".repeat(10_000));
    let folder = raw.tree([(FILE, ".sourceignore", rules)]);
    assert!(raw.pack(raw.many(2, FOLDER, folder)).is_ok());
    assert!(refused(&raw, raw.many(3, FOLDER, folder)).contains("more than 20000 rules"));
    let comments = raw.blob(&"#".repeat(1 << 20));
    let folder = raw.tree([(FILE, ".sourceignore", comments)]);
    assert!(raw.pack(raw.many(1, FOLDER, folder)).is_ok());
    assert!(refused(&raw, raw.many(400, FOLDER, folder)).contains("more than 1048576 bytes"));
}

#[test]
fn rules_times_entries_are_bounded() {
    let raw = Raw::new();
    let blob = raw.blob("x");
    let rules = raw.blob(&"*a*b*c*d*e\n".repeat(1_000));
    let leaf = raw.many(1_000, FILE, blob);
    let root = raw.tree([(FILE, ".sourceignore", rules), (FOLDER, "a", leaf)]);
    assert!(raw.within(10_000_000, root, None).is_ok());
    let limit = 500_000;
    let error = raw.within(limit, root, None).unwrap_err();
    assert!(matches!(error, ArchiveError::Exceeded(Exceeded::Steps(found)) if found == limit), "{error}");
    // A single rule and path that take long to compare.
    let costly = format!("*{}c", "a".repeat(2_000));
    let root = raw.many(1, FOLDER, raw.tree([(FILE, "a".repeat(4_000), blob)]));
    let error = raw.within(50_000, root, Some(&costly)).unwrap_err();
    assert!(matches!(error, ArchiveError::Exceeded(_)), "{error}");
}

#[test]
fn an_ordinary_tree_is_far_from_the_limit() {
    let raw = Raw::new();
    let leaf = raw.many(1_000, FILE, raw.blob("kind: ConfigMap"));
    let root = raw.many(10, FOLDER, leaf);
    let steps = raw.within(u64::MAX, root, Some("/*\n!/000001\n")).unwrap().steps();
    assert!(steps < STEPS.steps / 100, "{steps}");
    let steps = raw.within(u64::MAX, root, None).unwrap().steps();
    assert!(steps < STEPS.steps / 100, "{steps}: with the default rules");
}

#[test]
fn the_bytes_of_all_files_are_bounded() {
    assert_eq!(add(1, 2).unwrap(), 3);
    assert_eq!(add(MAX_BYTES - 1, 1).unwrap(), MAX_BYTES);
    assert!(matches!(add(MAX_BYTES, 1), Err(ArchiveError::TooLarge)));
    assert!(matches!(add(1, u64::MAX), Err(ArchiveError::TooLarge)));
}

#[test]
fn a_subject_is_one_short_line() {
    assert_eq!(subject("Mend it\n\nBecause"), "Mend it");
    assert_eq!(subject(""), "");
    let fifty = "ä".repeat(50);
    assert_eq!(subject(&fifty), fifty);
    assert_eq!(subject(&format!("{fifty}b")), format!("{fifty}..."));
    assert_eq!(subject("a\u{1b}[31m b\u{202e}\tc\r"), "a[31m b\tc", "nothing in it steers who reads it");
}

/// With and without the former archive, also where the commits differ in what a segment begins with.
#[tokio::test]
async fn what_a_former_archive_has_is_copied() {
    let bench = Bench::new().await;
    let files = |changed: usize| {
        (0..1_000).filter(move |number| *number != changed + 1).map(move |number| {
            let value = if number == changed { "changed" } else { "same" };
            (format!("apps/{number:03}/app-{number}.yaml"), format!("n: {number}\nvalue: {value}\n"))
        })
    };
    let first = bench.repository.replace("main", "first", files(2_000)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("former");
    let means = Means::default();
    let mut bytes = Vec::new();
    bench.read(&first).unwrap().content.pack(None, &means, &mut bytes).unwrap();
    std::fs::write(&file, &bytes).unwrap();
    let pieces = Arc::new(means.pieces.into_inner());
    assert!(!pieces.is_empty());
    for (changed, ignore) in [(2_000, None), (7, None), (500, None), (998, Some("app-7.yaml"))] {
        let commit = bench.repository.replace("main", "next", files(changed)).unwrap();
        let mut alone = Vec::new();
        let content = bench.read(&commit).unwrap().content;
        content.pack(ignore, &Means::default(), &mut alone).unwrap();
        let mut beside = Vec::new();
        let kept = Kept::open(&file, Arc::clone(&pieces)).unwrap();
        let means = Means { kept: Some(kept), ..Means::default() };
        content.pack(ignore, &means, &mut beside).unwrap();
        assert!(alone == beside, "{changed}");
        assert!(!means.pieces.lock().is_empty());
        let tree = unpack(&beside, &Limits::default()).unwrap();
        assert_eq!(tree.len(), 1_000 - usize::from(changed < 1_000) - usize::from(ignore.is_some()));
    }
}
