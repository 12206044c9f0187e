//! Folders of clones, and clones that are broken.

use std::fs;
use std::path::Path;

use super::{DiskError, folder, open_or_make, packs, wipe};
use crate::git::refs::Target;

#[test]
fn a_clone_is_of_one_object_address_and_depth() {
    let of = |uid: &str, url: &str, target: &Target| folder(Path::new("/r"), uid, url, target);
    let tip = Target::Branch("main".into());
    let one = of("u", "https://a/x", &tip);
    assert_eq!(one.parent(), Some(Path::new("/r")));
    let name = one.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("u.") && name.ends_with(".tip"), "{name}");
    assert_eq!(one, of("u", "https://a/x", &Target::Semver("*".into())));
    let history = Target::Commit { id: "c".into(), branch: None, label: None };
    for other in
        [of("v", "https://a/x", &tip), of("u", "https://b/x", &tip), of("u", "https://a/x", &history)]
    {
        assert_ne!(one, other);
    }
}

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
fn a_clone_is_made_when_there_is_none_that_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clones/u.1.tip");
    assert!(open_or_make(&path).unwrap().is_bare());
    let mark = path.join("mark");
    fs::write(&mark, "").unwrap();
    open_or_make(&path).unwrap();
    assert!(mark.exists(), "what can be opened is kept");
    fs::remove_file(path.join("HEAD")).unwrap();
    open_or_make(&path).unwrap();
    assert!(!mark.exists(), "what cannot be opened is made again");
}

#[test]
fn what_is_in_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file/u.1.tip");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = open_or_make(&path).unwrap_err();
    assert!(matches!(error, DiskError::Folder { .. }) && error.to_string().contains("u.1.tip"), "{error}");
    assert!(wipe(&folder.path().join("nothing")).is_ok(), "what is not there is gone");
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
