//! What is swept, and what is left to others.

use std::fs;

use super::{TEMPORARY_PREFIX, remove_file, sweep};

#[test]
fn unpublished_files_are_swept_down_to_a_depth() {
    let root = tempfile::tempdir().unwrap();
    let half = format!("{TEMPORARY_PREFIX}x");
    let folders = ["", "a", "a/b", ".hidden"].map(|name| root.path().join(name));
    fs::create_dir_all(&folders[2]).unwrap();
    fs::create_dir_all(&folders[3]).unwrap();
    for folder in &folders {
        fs::write(folder.join(&half), b"").unwrap();
        fs::write(folder.join("kept"), b"").unwrap();
    }
    fs::create_dir(root.path().join(format!("{TEMPORARY_PREFIX}folder"))).unwrap();
    sweep(root.path(), 2).unwrap();
    let left = folders.clone().map(|folder| folder.join(&half).exists());
    assert_eq!(left, [false, false, true, true], "deeper ones and hidden folders are not looked at");
    assert!(folders.iter().all(|folder| folder.join("kept").exists()));
    assert!(root.path().join(format!("{TEMPORARY_PREFIX}folder")).exists(), "a folder is never one of ours");
    assert!(sweep(&root.path().join("absent"), 1).is_err());
}

#[test]
fn to_remove_what_is_gone_is_fine() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a");
    fs::write(&path, b"").unwrap();
    remove_file(&path).unwrap();
    remove_file(&path).unwrap();
    assert!(remove_file(root.path()).is_err(), "a folder is not a file");
}
