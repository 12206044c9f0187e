//! Files, folders and costs of a tree in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::proptest;
use proptest::{prop_assert, prop_assert_eq};

use super::MemTree;
use crate::error::PathError;

fn tree(paths: &[&str]) -> MemTree {
    MemTree::from_files(paths.iter().map(|path| (*path, path.as_bytes()))).unwrap()
}

#[test]
fn files_make_the_folders_above_them() {
    let tree = tree(&["b/c/d", "a", "b/a"]);
    assert_eq!((tree.len(), tree.is_empty()), (3, false));
    assert_eq!(tree.list("").collect::<Vec<_>>(), [("a", false), ("b", true)]);
    assert_eq!(tree.list("b").collect::<Vec<_>>(), [("a", false), ("c", true)]);
    assert_eq!(tree.list("b/c").collect::<Vec<_>>(), [("d", false)]);
    assert_eq!(tree.list("absent").count() + tree.list("a").count(), 0);
    assert!(tree.is_dir("") && tree.is_dir("b") && tree.is_dir("b/c") && !tree.is_dir("a"));
    assert!(tree.is_file("b/c/d") && !tree.is_file("b/c") && !tree.is_file(""));
    assert_eq!(tree.files().map(|(path, _)| path).collect::<Vec<_>>(), ["a", "b/a", "b/c/d"]);
    assert_eq!(tree.get("b/a").map(AsRef::as_ref), Some(b"b/a".as_slice()));
    assert!(tree.get("b").is_none() && tree.get("./a").is_none());
}

#[test]
fn a_path_is_one_thing() {
    let duplicate = |path: &str| Err(PathError::Duplicate(path.to_owned()));
    let mut tree = tree(&["a", "b/c"]);
    let none = || Arc::<[u8]>::from(Vec::new());
    assert_eq!(tree.insert_file("a".to_owned(), none()), duplicate("a"));
    assert_eq!(tree.insert_file("b".to_owned(), none()), duplicate("b"));
    assert_eq!(tree.insert_file("a/x".to_owned(), none()), duplicate("a"));
    assert_eq!(tree.insert_file("a/x/y".to_owned(), none()), duplicate("a"));
    assert_eq!(tree.insert_dir("a"), duplicate("a"));
    assert_eq!(tree.insert_dir("b"), Ok(()));
    assert_eq!(tree.insert_dir("b/d/e"), Ok(()));
    assert!(tree.is_dir("b/d/e") && tree.list("b/d/e").next().is_none(), "an empty folder");
    assert!(matches!(tree.insert_dir("../x"), Err(PathError::Unclean(_))));
    assert_eq!(tree.len(), 2);
}

#[test]
fn content_is_hashed_once_and_by_itself() {
    let tree = tree(&["a", "b"]);
    let hash = tree.content_hash("a").expect("a file");
    assert_eq!(hash[..4], [0xca, 0x97, 0x81, 0x12], "sha256 of the letter");
    assert_eq!(tree.content_hash("a"), Some(hash));
    assert_ne!(tree.content_hash("b"), Some(hash));
    assert_eq!(tree.content_hash("absent"), None);
}

#[test]
fn names_and_folders_cost_too() {
    let empty = MemTree::default();
    assert_eq!((empty.bytes(), empty.cost(), empty.entries()), (0, 0, 0));
    let flat = tree(&["a", "b"]);
    assert_eq!((flat.bytes(), flat.entries()), (2, 3), "two files and the root");
    let deep = tree(&["a/b/c/d"]);
    assert_eq!((deep.bytes(), deep.entries()), (7, 5));
    assert!(flat.cost() > flat.bytes() && deep.cost() > deep.bytes() + 4 * 160);
}

#[test]
fn the_debug_form_shows_no_content() {
    assert_eq!(format!("{:?}", tree(&["secret", "b"])), "MemTree { files: 2, bytes: 7 }");
}

proptest! {
    #[test]
    fn every_file_is_reached_by_listing(paths in proptest::collection::btree_set("[ab](/[ab]){0,3}", 0..12)) {
        let mut tree = MemTree::default();
        let mut taken = BTreeSet::new();
        for path in paths {
            if tree.insert_file(path.clone(), Vec::new().into()).is_ok() {
                taken.insert(path);
            }
        }
        let (mut found, mut folders) = (BTreeSet::new(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            for (name, is_dir) in tree.list(&folder) {
                let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
                prop_assert_eq!(tree.is_dir(&path), is_dir);
                prop_assert_eq!(tree.is_file(&path), !is_dir);
                if is_dir {
                    folders.push(path);
                } else {
                    prop_assert!(found.insert(path));
                }
            }
        }
        prop_assert_eq!(found, taken);
    }
}
