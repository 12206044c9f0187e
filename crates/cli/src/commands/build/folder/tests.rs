//! Files that are made, replaced or refused, on a real file system.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Folder;
use crate::error::{CliError, ErrorKind};

fn write(path: &Path, name: &str) -> Result<(), CliError> {
    Folder::open(path)?.write(name, "new")
}

#[test]
fn a_file_is_made_and_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.yaml");
    fs::write(&file, "an older and longer text").expect("a file");
    assert_eq!(write(folder.path(), "a.yaml"), Ok(()));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "new");
    assert_eq!(write(folder.path(), "b.yaml"), Ok(()));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 2);
}

#[test]
fn a_directory_may_be_reached_by_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    fs::create_dir(&real).expect("a folder");
    symlink(&real, &link).expect("a link");
    assert_eq!(write(&link, "a.yaml"), Ok(()));
    assert_eq!(fs::read_to_string(real.join("a.yaml")).expect("the file"), "new");
}

#[test]
fn a_link_under_the_name_of_a_file_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, victim) = (folder.path().join("out"), folder.path().join("victim"));
    fs::create_dir(&inside).expect("a folder");
    fs::write(&victim, "untouched").expect("a file");
    symlink(&victim, inside.join("a.yaml")).expect("a link");
    symlink(folder.path().join("made"), inside.join("b.yaml")).expect("a link to nothing");
    symlink("c.yaml", inside.join("c.yaml")).expect("a link to itself");
    for name in ["a.yaml", "b.yaml", "c.yaml"] {
        let error = write(&inside, name).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Write);
        assert!(error.to_string().contains(name) && error.hints().len() == 1, "{error}");
    }
    assert_eq!(fs::read_to_string(&victim).expect("the file"), "untouched");
    assert!(!folder.path().join("made").exists());
}

#[test]
fn a_name_is_one_of_this_directory() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("out");
    fs::create_dir(&inside).expect("a folder");
    fs::create_dir(inside.join("sub")).expect("a folder");
    for name in ["../a.yaml", "/a.yaml", "sub/a.yaml", "..", ".", "sub", ""] {
        assert!(write(&inside, name).is_err(), "{name}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    assert_eq!(fs::read_dir(inside.join("sub")).expect("the folder").count(), 0);
}

#[test]
fn a_pipe_that_nobody_reads_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("a.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    assert!(write(folder.path(), "a.yaml").is_err());
}

#[test]
fn what_is_not_a_directory_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = Folder::open(&file).expect_err("a file").to_string();
    assert_eq!(error, format!("open {}: not a directory", file.display()));
}
