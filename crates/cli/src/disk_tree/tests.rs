//! Real files: kinds of entries, links, limits, and what cannot be read.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

const LIMIT: usize = 1 << 20;

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = fs::canonicalize(folder.path()).expect("its path");
    let text = in_tree(&root).expect("UTF-8");
    (folder, text)
}

#[test]
fn files_directories_and_links() {
    let (folder, root) = folder();
    fs::create_dir(folder.path().join("base")).expect("base");
    fs::write(folder.path().join("base/a.yaml"), "a: 1\n").expect("a file");
    symlink("base/a.yaml", folder.path().join("link.yaml")).expect("a link");
    symlink("nowhere", folder.path().join("broken")).expect("a broken link");
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.entry(&format!("{root}/base")), Some(Entry::Directory));
    assert_eq!(tree.entry(&format!("{root}/link.yaml")), Some(Entry::File));
    assert_eq!(tree.entry(&format!("{root}/broken")), None);
    assert_eq!(tree.entry(&format!("{root}/base/a.yaml/kustomization.yaml")), None);
    assert_eq!(tree.read(&format!("{root}/link.yaml")).as_deref(), Some(b"a: 1\n".as_slice()));
    assert_eq!(tree.read(&format!("{root}/base")), None);
    assert_eq!(tree.read(&format!("{root}/broken")), None);
    assert_eq!(tree.resolve(&format!("{root}/link.yaml")), Some(format!("{root}/base/a.yaml")));
    assert!(tree.into_unreadable().is_empty(), "what is not there is not reported");
}

#[test]
fn the_root_of_the_tree() {
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.entry(""), Some(Entry::Directory));
    assert_eq!(tree.resolve(""), Some(String::new()));
}

#[test]
fn links_in_directories_are_resolved_too() {
    let (folder, root) = folder();
    fs::create_dir_all(folder.path().join("real/sub")).expect("folders");
    for name in ["a.yaml", "b.yaml"] {
        fs::write(folder.path().join("real/sub").join(name), name).expect("a file");
    }
    symlink("real", folder.path().join("linked")).expect("a link");
    let tree = DiskTree::new(LIMIT);
    for name in ["a.yaml", "b.yaml"] {
        // The second is answered from what is remembered of the directory.
        let resolved = tree.resolve(&format!("{root}/linked/sub/{name}"));
        assert_eq!(resolved, Some(format!("{root}/real/sub/{name}")));
    }
    assert_eq!(tree.resolve(&format!("{root}/linked")), Some(format!("{root}/real")));
    assert_eq!(tree.resolve(&format!("{root}/linked/sub/..")), Some(format!("{root}/real")));
    assert_eq!(tree.resolve(&format!("{root}/linked/gone")), None);
}

#[test]
fn a_circle_of_links_is_reported() {
    let (folder, root) = folder();
    symlink("b", folder.path().join("a")).expect("a link");
    symlink("a", folder.path().join("b")).expect("a link");
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.entry(&format!("{root}/a")), None);
    assert_eq!(tree.into_unreadable(), [format!("/{root}/a: too many levels of symbolic links")]);
}

#[test]
fn a_path_is_looked_at_once_in_a_row() {
    let (folder, root) = folder();
    fs::write(folder.path().join("a"), "1").expect("a file");
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.entry(&format!("{root}/a")), Some(Entry::File));
    fs::remove_file(folder.path().join("a")).expect("removed");
    assert_eq!(tree.entry(&format!("{root}/a")), Some(Entry::File), "remembered");
    assert_eq!(tree.entry(&format!("{root}/b")), None);
    assert_eq!(tree.read(&format!("{root}/a")), None, "and read only if it is still there");
    assert_eq!(tree.entry(&root), Some(Entry::Directory));
    assert_eq!(tree.entry(&format!("{root}/a")), None, "looked at again after another path");
}

#[test]
fn a_file_is_read_up_to_the_limit() {
    let (folder, root) = folder();
    fs::write(folder.path().join("big"), "0123456789").expect("a file");
    let read = |limit| DiskTree::new(limit).read(&format!("{root}/big"));
    assert_eq!(read(4).as_deref(), Some(b"01234".as_slice()), "one byte more, so that the engine sees it");
    assert_eq!(read(9).as_deref(), Some(b"0123456789".as_slice()));
    assert_eq!(read(usize::MAX).as_deref(), Some(b"0123456789".as_slice()));
}

#[test]
fn what_cannot_be_read_is_reported() {
    let (folder, root) = folder();
    let locked = folder.path().join("locked.yaml");
    fs::write(&locked, "a: 1\n").expect("a file");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("rights");
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.entry("dev/null"), None, "no device is opened");
    assert_eq!(tree.read("dev/null"), None);
    let readable = tree.read(&format!("{root}/locked.yaml")).is_some();
    let mut wanted = vec!["/dev/null: is not a regular file".to_owned()];
    if !readable {
        // Root reads everything.
        wanted.push(format!("/{root}/locked.yaml: permission denied"));
    }
    assert_eq!(tree.into_unreadable(), wanted);
}

#[test]
fn a_link_to_a_name_that_is_not_utf_8_is_reported() {
    let (folder, root) = folder();
    let odd = folder.path().join(OsStr::from_bytes(b"odd\xff"));
    fs::write(&odd, "").expect("a file");
    symlink(&odd, folder.path().join("link")).expect("a link");
    let tree = DiskTree::new(LIMIT);
    assert_eq!(tree.resolve(&format!("{root}/link")), None);
    assert_eq!(tree.into_unreadable(), [format!("/{root}/odd\u{fffd}: the path is not UTF-8")]);
}

#[test]
fn remotes_are_offered_only_if_they_are_allowed() {
    assert!(DiskTree::new(LIMIT).remotes().is_none());
    assert!(DiskTree::new(LIMIT).with_remotes().remotes().is_some());
}
