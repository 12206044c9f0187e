//! What is kept, and what goes.

use std::collections::HashSet;
use std::fs;

use super::{Kept, Noted, id};

#[test]
fn contents_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::new(folder.path().join("objects"));
    let shelf = kept.shelf("u", "place");
    shelf.make().unwrap();
    let mut draft = shelf.begin().unwrap();
    draft.write(b"one").unwrap();
    draft.write(b"two").unwrap();
    let content = shelf.finish(draft, "../../k\0ey", "etag").unwrap();
    assert_eq!((content.size, shelf.read(&content).unwrap().as_deref()), (6, Some(&b"onetwo"[..])));
    drop(shelf.begin().unwrap());
    let left = shelf.path.join(".tmp-left");
    fs::write(&left, "x").unwrap();
    let again = Kept::new(folder.path().join("objects")).shelf("u", "place").contents();
    assert!(!left.exists());
    assert_eq!(again.get(&id("../../k\0ey", "etag")), Some(&content));
    assert_eq!((again.len(), again.get(&id("../../k\0ey", "other"))), (1, None));
    shelf.keep(&HashSet::new());
    assert_eq!((shelf.contents().len(), shelf.read(&content).unwrap()), (0, None));
}

#[test]
fn rules_are_whole_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Kept::new(folder.path().to_owned()).shelf("u", "place");
    assert_eq!(shelf.rules(), None);
    shelf.note(None).unwrap();
    shelf.make().unwrap();
    let noted = Noted { etag: "e".into(), text: b"a\nb\n".to_vec() };
    shelf.note(Some(&noted)).unwrap();
    assert_eq!(shelf.rules().as_ref(), Some(&noted));
    assert!(shelf.contents().is_empty(), "they are no content");
    let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path().join("rules");
    let mut bytes = fs::read(&path).unwrap();
    bytes.pop();
    fs::write(&path, bytes).unwrap();
    assert_eq!(shelf.rules(), None);
    shelf.note(None).unwrap();
    assert!(!path.exists());
}

#[test]
fn objects_have_their_own_folders() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::new(folder.path().to_owned());
    let shelves = [("u", "a"), ("u", "b"), ("v", "a")].map(|(uid, place)| kept.shelf(uid, place));
    for shelf in &shelves {
        shelf.make().unwrap();
    }
    let there = || shelves.each_ref().map(|shelf| shelf.path.exists());
    kept.forget("u", Some(&shelves[0]));
    assert_eq!(there(), [true, false, true]);
    kept.keep_only(|| ["u".to_owned()].into());
    assert_eq!(there(), [true, false, false]);
    kept.forget("u", None);
    assert_eq!(there(), [false; 3]);
}
