//! What is put together, and what is in the way.

use std::sync::Arc;

use artifact::pack::Packer;
use artifact::{Algorithm, Digest};
use manifest::budget::Budget;

use super::{Include, Node, Sparse, Whole, clamped};
use crate::git::archive::ArchiveError;

struct Artifact {
    _folder: tempfile::TempDir,
    include: Include,
}

fn artifact(from: &str, to: &str) -> Artifact {
    artifact_of(&[(b"dir/l", false), (b"dir/run", true), (b"top", false)], from, to)
}

/// Of files in the order of a walk, each below `dir` or at the root.
fn artifact_of(files: &[(&[u8], bool)], from: &str, to: &str) -> Artifact {
    let folder = tempfile::tempdir().unwrap();
    let mut packer = Packer::new(Vec::new()).unwrap();
    packer.dir("dir").unwrap();
    for (path, executable) in files {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap();
        packer.file(path, *executable, &name[..1]).unwrap();
    }
    let bytes = packer.finish().unwrap();
    let file = folder.path().join("a.tar.gz");
    std::fs::write(&file, &bytes).unwrap();
    let digest = Digest::of(Algorithm::Sha256, &bytes).to_string();
    let include = Include { name: "inc".into(), from: from.into(), to: to.into(), file, digest };
    Artifact { _folder: folder, include }
}

fn tree(files: &[&str]) -> Whole {
    let budget = Budget::default();
    let mut whole = Whole::default();
    for path in files {
        whole.parents(path.as_bytes(), &budget).unwrap();
        whole.file(path.as_bytes(), b"mine", &budget).unwrap();
    }
    whole
}

fn paths(whole: &Whole) -> Vec<String> {
    whole.nodes().map(|(path, _)| String::from_utf8(path).unwrap()).collect()
}

fn include(whole: &mut Whole, from: &str, to: &str) -> Result<(), String> {
    let artifact = artifact(from, to);
    let done = whole.include(&artifact.include, "/tmp/gitrepository-ns-app", &Budget::default());
    done.map_err(|error| error.to_string())
}

#[test]
fn what_is_included_goes_where_it_belongs() {
    let mut whole = tree(&["a", "z/x"]);
    include(&mut whole, "", "inc").unwrap();
    include(&mut whole, "../../dir/", "../deep/./in").unwrap();
    include(&mut whole, "top", "a").unwrap();
    let expected = [
        "a",
        "deep",
        "deep/in",
        "deep/in/l",
        "deep/in/run",
        "inc",
        "inc/dir",
        "inc/dir/l",
        "inc/dir/run",
        "inc/top",
        "z",
        "z/x",
    ];
    assert_eq!(paths(&whole), expected);
    let node = |path: &str| whole.nodes().find(|(found, _)| found == path.as_bytes()).unwrap().1.clone();
    assert!(matches!(node("deep/in/run"), Node::Bytes { executable: true, .. }));
    assert!(
        matches!(node("a"), Node::Bytes { content, executable: false } if content == Arc::from(&b"t"[..]))
    );
}

#[test]
fn names_are_included_as_they_are() {
    let files: [(&[u8], bool); 4] =
        [(b"dir/a\\b", false), (b"dir/a\\xE9", false), (b"dir/caf\\xE9", false), (b"dir/caf\xe9", false)];
    let names = |from: &str, to: &str| {
        let artifact = artifact_of(&files, from, to);
        let mut whole = Whole::default();
        whole.include(&artifact.include, "/x", &Budget::default()).unwrap();
        whole.nodes().map(|(path, _)| path).collect::<Vec<_>>()
    };
    let expected: [&[u8]; 5] =
        [b"to\\xE9", b"to\\xE9/a\\b", b"to\\xE9/a\\xE9", b"to\\xE9/caf\\xE9", b"to\\xE9/caf\xe9"];
    assert_eq!(names("dir", "to\\xE9"), expected);
    assert_eq!(names("dir/caf\\xE9", "one"), [b"one"]);
}

#[test]
fn what_is_in_the_way() {
    let old = "/tmp/flux-include/unpack";
    let new = "/tmp/gitrepository-ns-app";
    let cannot = |from: &str, to: &str, why: &str| {
        let (old, new) = (format!("{old}{from}"), format!("{new}{to}"));
        format!("link error: cannot rename {old} to {new}: rename {old} {new}: {why}")
    };
    for (from, to, cause) in [
        ("dir", "there", cannot("/dir", "/there", "file exists")),
        ("top", "there", cannot("/top", "/there", "file exists")),
        ("dir", ".", cannot("/dir", "", "file exists")),
        ("dir", "file", cannot("/dir", "/file", "not a directory")),
        ("none", "x", format!("cannot stat {old}/none: stat {old}/none: no such file or directory")),
        ("dir", "file/below", "mkdir file: not a directory".to_owned()),
    ] {
        let mut whole = tree(&["there/x", "file"]);
        let error = include(&mut whole, from, to).unwrap_err();
        assert_eq!(error, format!("failed to copy 'inc' include from {from} to {to}: {cause}"));
    }
}

#[test]
fn what_is_included_is_what_its_status_says() {
    let mut artifact = artifact("", "x");
    artifact.include.digest = format!("sha256:{}", "0".repeat(64));
    let error = Whole::default().include(&artifact.include, "/x", &Budget::default()).unwrap_err();
    assert!(matches!(&error, ArchiveError::Include(cause) if cause.contains("its digest is not")), "{error}");
    artifact.include.file = "/nowhere".into();
    assert!(Whole::default().include(&artifact.include, "/x", &Budget::default()).is_err());
}

#[test]
fn the_order_is_that_of_a_walk() {
    let whole = tree(&["a.yaml", "a/b", "a-b/c", "a0"]);
    assert_eq!(paths(&whole), ["a", "a/b", "a-b", "a-b/c", "a.yaml", "a0"]);
    assert!(whole.has("a/b") && !whole.has("b"));
}

#[test]
fn nothing_climbs() {
    for (path, expected) in [
        ("a/b", "a/b"),
        ("../a", "a"),
        ("a/../../b", "b"),
        ("/a", "a"),
        ("./", ""),
        ("a//./b/", "a/b"),
        ("", ""),
    ] {
        assert_eq!(clamped(path), expected, "{path}");
    }
}

#[test]
fn which_paths_a_sparse_checkout_wants() {
    let sparse =
        |folders: &[&str]| Sparse::of(&folders.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
    for (folders, path, wanted) in [
        (&["one"][..], "one/a", true),
        (&["one"], "oneself", true),
        (&["one"], "two", false),
        (&["./one/b"], "one/b/c", true),
        (&["./one/b"], "one/a", false),
        (&["./"], "anything", true),
        (&[], "anything", true),
        (&["/one"], "one/a", false),
    ] {
        assert_eq!(sparse(folders).wants(path.as_bytes()), wanted, "{folders:?} {path}");
    }
}

#[test]
fn which_folder_is_missing() {
    let missing = |folders: &[&str]| {
        let folders: Vec<String> = folders.iter().map(|one| (*one).to_owned()).collect();
        let exists = |path: &str| Ok::<_, ()>(["one", "one/b", "two"].contains(&path));
        Sparse::missing(&folders, exists).unwrap().map(str::to_owned)
    };
    assert_eq!(missing(&["one", "./one/b", "two/"]), None);
    assert_eq!(missing(&["./"]), None);
    for folder in ["three", "/one", "../one", "one/../two", "on"] {
        assert_eq!(missing(&[folder]).as_deref(), Some(folder));
    }
}
