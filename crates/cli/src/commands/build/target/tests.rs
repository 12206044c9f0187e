//! Targets that can be built, and the words for those that cannot.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::error::ErrorKind;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = fs::canonicalize(folder.path()).expect("its path");
    (folder, root)
}

/// Kind and message of a target that is not built, with the folder's path shown as `[DIR]`.
fn refused(target: &Path, root: &Path) -> String {
    let error = resolve(target, false).expect_err("refused");
    format!("{:?}: {error}", error.kind()).replace(&root.display().to_string(), "[DIR]")
}

#[test]
fn directories_by_their_resolved_path() {
    let (_owner, root) = folder();
    fs::create_dir_all(root.join("a/b")).expect("folders");
    symlink("a/b", root.join("link")).expect("a link");
    let wanted = format!("{}/a/b", root.display());
    for target in ["a/b", "link", "a/../a/./b/", "link/../b"] {
        let resolved = resolve(&root.join(target), false).expect(target);
        assert_eq!(format!("/{resolved}"), wanted, "{target}");
    }
}

#[test]
fn what_is_not_a_directory() {
    let (_owner, root) = folder();
    fs::write(root.join("file"), "").expect("a file");
    symlink("gone", root.join("broken")).expect("a link");
    let lines = ["file", "file/x", "gone/deep", "broken"].map(|name| refused(&root.join(name), &root));
    insta::assert_snapshot!(lines.join("\n"), @"
    Target: must build at directory: '[DIR]/file': file is not directory
    Target: must build at directory: not a valid directory: evalsymlink failure on '[DIR]/file/x' : lstat [DIR]/file/x: not a directory
    Target: must build at directory: not a valid directory: evalsymlink failure on '[DIR]/gone/deep' : lstat [DIR]/gone: no such file or directory
    Target: must build at directory: not a valid directory: evalsymlink failure on '[DIR]/broken' : lstat [DIR]/broken: no such file or directory
    ");
}

#[test]
fn an_empty_path() {
    insta::assert_snapshot!(refused(Path::new(""), Path::new("/none")), @"Target: must build at directory: directory path cannot be empty");
}

#[test]
fn a_path_that_is_not_utf_8() {
    let (_owner, root) = folder();
    let odd = root.join(OsStr::from_bytes(b"odd\xff"));
    fs::create_dir(&odd).expect("a folder");
    insta::assert_snapshot!(refused(&odd, &root), @"Target: must build at directory: '[DIR]/odd�': the path is not UTF-8");
}

const REMOTE: [&str; 9] = [
    "https://git.example/a/b//c?ref=v1",
    "HTTPS://git.example/a",
    "ssh://x/y",
    "file:///nowhere/at/all",
    "git@git.example:a/b",
    "git::https://git.example/a",
    "gh:a/b",
    "github.com/a/b",
    "GitHub.com:a/b",
];

#[test]
fn remote_targets_are_refused_by_name() {
    for url in REMOTE {
        let error = resolve(Path::new(url), false).expect_err(url);
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
        assert_eq!(error.to_string(), format!("remote target '{url}' is not supported"));
        assert_eq!(error.hints().len(), 1, "{url}");
    }
}

#[test]
fn remote_targets_are_left_to_the_engine_if_they_are_allowed() {
    for url in REMOTE {
        assert_eq!(resolve(Path::new(url), true).as_deref(), Ok(url), "as typed");
    }
    let error = resolve(Path::new("no/such/folder"), true).expect_err("not a URL");
    assert_eq!(error.kind(), ErrorKind::Target);
}

#[test]
fn names_that_only_resemble_a_url() {
    for name in ["github.company/a", "a/github.com/b", "git/a", "ghx:a", "a:b", "./gh:a"] {
        assert!(!is_remote(Path::new(name)), "{name}");
    }
    assert!(!is_remote(Path::new(OsStr::from_bytes(b"https://\xff"))));
}

#[test]
fn the_first_missing_part() {
    assert_eq!(first_missing(Path::new("/nowhere/at/all")), Path::new("/nowhere"));
    let (_owner, root) = folder();
    assert_eq!(first_missing(&root.join("a/b")), root.join("a"));
    assert_eq!(first_missing(&root), root, "nothing is missing");
}
