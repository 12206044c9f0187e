//! That archives depend on content alone.

use std::io::Read as _;

use serde_json::json;

use super::*;

fn entries() -> Vec<Entry> {
    vec![Entry::file("b/c.txt", 0o644, "two"), Entry::folder("tmp", 0o1777), Entry::file("a", 0o755, "one")]
}

#[test]
fn order_does_not_matter() {
    let mut other = entries();
    other.reverse();
    assert_eq!(tar(entries(), 7).unwrap(), tar(other, 7).unwrap());
    assert_ne!(tar(entries(), 7).unwrap(), tar(entries(), 8).unwrap(), "the time is in it");
}

#[test]
fn what_is_written_is_read() {
    let bytes = gzip(&tar(entries(), 7).unwrap()).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    let mut seen = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 7));
        let mode = header.mode().unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        seen.push((path, mode, text));
    }
    let text = |text: &str| text.to_owned();
    assert_eq!(
        seen,
        [
            (text("a"), 0o755, text("one")),
            (text("b/"), 0o755, String::new()),
            (text("b/c.txt"), 0o644, text("two")),
            (text("tmp/"), 0o1777, String::new()),
        ]
    );
}

#[test]
fn paths_stay_inside_and_are_unique() {
    for path in ["", "/etc", "a/", "a/../b", "./a"] {
        tar(vec![Entry::file(path, 0o644, "")], 0).expect_err(path);
    }
    tar(vec![Entry::file("a", 0o644, "1"), Entry::file("a", 0o644, "2")], 0).expect_err("twice");
}

#[test]
fn documents_and_digests() {
    assert_eq!(
        json(json!({"b": [{"d": 1, "c": 2}], "a": null})).unwrap(),
        br#"{"a":null,"b":[{"c":2,"d":1}]}"#
    );
    assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
