//! Clones on a disk, and what is in their way.

use std::fs;

use super::{DiskError, open_or_make, packs};

#[test]
fn packs_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(packs(folder.path()), 0);
    let pack = folder.path().join("objects/pack");
    fs::create_dir_all(&pack).unwrap();
    for name in ["a.pack", "a.idx", "b.pack", "pack"] {
        fs::write(pack.join(name), "").unwrap();
    }
    assert_eq!(packs(folder.path()), 2);
}

#[test]
fn a_clone_is_made_when_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clones/1");
    assert!(open_or_make(&path).unwrap().is_bare());
    let mark = path.join("mark");
    fs::write(&mark, "").unwrap();
    open_or_make(&path).unwrap();
    assert!(mark.exists(), "what can be opened is kept");
    fs::remove_file(path.join("HEAD")).unwrap();
    assert!(matches!(open_or_make(&path), Err(DiskError::Git(_))), "it is not opened");
    assert!(mark.exists(), "somebody may be reading");
}

#[test]
fn what_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file/clone-1");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = open_or_make(&path).unwrap_err();
    assert!(matches!(error, DiskError::Folder { .. }) && error.to_string().contains("clone-1"), "{error}");
}

#[test]
fn gix_allocates_no_more_than_is_spared_for_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let limit = |repo: &gix::Repository| repo.config_snapshot().integer("gitoxide.objects.allocLimit");
    let made = open_or_make(&folder.path().join("clone")).unwrap();
    let opened = open_or_make(&folder.path().join("clone")).unwrap();
    let most = i64::try_from(crate::git::guard::Limits::ALL.object).ok();
    assert_eq!((limit(&made), limit(&opened)), (most, most));
}
