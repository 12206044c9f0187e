//! Archives from anybody: hostile names, links, bombs, and random bytes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::{Limits, unpack};
use crate::error::UnpackError;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive of entries whose names go in unchecked.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn refused(bytes: &[u8]) -> UnpackError {
    unpack(bytes, &Limits::default()).unwrap_err()
}

#[test]
fn hostile_names_are_refused() {
    for name in ["../x", "/etc/passwd", "a/../../b", "a//b", "a\\b", "..", "a/./b"] {
        let error = refused(&archive(&[(name, EntryType::Regular, b"x")]));
        assert!(matches!(error, UnpackError::Path(_)), "{name}: {error}");
    }
    let twice = archive(&[("a", EntryType::Regular, b"1"), ("a", EntryType::Regular, b"2")]);
    assert!(matches!(refused(&twice), UnpackError::Path(_)));
    let under_a_file = archive(&[("a", EntryType::Regular, b"1"), ("a/b", EntryType::Regular, b"2")]);
    assert!(matches!(refused(&under_a_file), UnpackError::Path(_)));
    let over_a_folder = archive(&[("a/b", EntryType::Regular, b"1"), ("a", EntryType::Regular, b"2")]);
    assert!(matches!(refused(&over_a_folder), UnpackError::Path(_)));
}

#[test]
fn links_and_devices_are_skipped() {
    let bytes = archive(&[
        ("./", EntryType::Directory, b""),
        ("link", EntryType::Symlink, b""),
        ("hard", EntryType::Link, b""),
        ("tty", EntryType::Char, b""),
        ("pipe", EntryType::Fifo, b""),
        ("./kept", EntryType::Regular, b"x"),
        ("folder/", EntryType::Directory, b""),
    ]);
    let tree = unpack(&bytes, &Limits::default()).unwrap();
    assert_eq!(tree.files().map(|(path, _)| path).collect::<Vec<_>>(), ["kept"]);
    assert!(tree.is_dir("folder") && tree.is_dir(""));
    assert!(!tree.is_dir("kept") && tree.get("folder").is_none());
}

#[test]
fn budgets_hold() {
    let limits = Limits { entries: 3, expanded: 10 << 20, ratio: 200 };
    let many: Vec<_> = (0..5).map(|n| n.to_string()).collect();
    let entries: Vec<(&str, EntryType, &[u8])> =
        many.iter().map(|name| (name.as_str(), EntryType::Regular, b"x".as_slice())).collect();
    assert!(matches!(unpack(&archive(&entries), &limits).unwrap_err(), UnpackError::TooManyEntries(3)));

    let zeros = vec![0u8; 9 << 20];
    let dense = archive(&[("zeros", EntryType::Regular, &zeros)]);
    assert!(matches!(unpack(&dense, &limits).unwrap_err(), UnpackError::TooDense(200)));
    let generous = Limits { ratio: 100_000, ..limits };
    assert_eq!(unpack(&dense, &generous).unwrap().bytes(), 9 << 20);
    let small = Limits { expanded: 1 << 20, ..generous };
    assert!(matches!(unpack(&dense, &small).unwrap_err(), UnpackError::TooLarge(_)));
}

#[test]
fn a_size_that_lies_costs_nothing() {
    let mut header = Header::new_ustar();
    header.set_path("huge").unwrap();
    header.set_size(7 << 30);
    header.set_cksum();
    let error = refused(&gzip(header.as_bytes()));
    assert!(matches!(error, UnpackError::TooLarge(_)), "{error}");
    header.set_size(100 << 20);
    header.set_cksum();
    let error = refused(&gzip(header.as_bytes()));
    assert!(matches!(error, UnpackError::Malformed(_)), "{error}");
}

#[test]
fn folders_above_deep_files_count() {
    // Each name makes 120 folders: the names themselves are the bomb.
    let names: Vec<String> = (0..40).map(|n| format!("{n}{}f", "/a".repeat(40))).collect();
    let entries: Vec<(&str, EntryType, &[u8])> =
        names.iter().map(|name| (name.as_str(), EntryType::Regular, b"".as_slice())).collect();
    let limits = Limits { entries: 1000, ..Limits::default() };
    assert!(matches!(unpack(&archive(&entries), &limits).unwrap_err(), UnpackError::TooManyEntries(_)));
}

#[test]
fn broken_archives_are_errors() {
    let good = archive(&[("a", EntryType::Regular, b"content")]);
    for end in 0..good.len() {
        // Cut anywhere: an error, or the empty archive, never a panic.
        drop(unpack(&good[..end], &Limits::default()));
    }
    assert!(matches!(refused(b"no gzip"), UnpackError::Malformed(_)));
    let mut flipped = good.clone();
    for at in 0..flipped.len() {
        flipped[at] ^= 0x55;
        drop(unpack(&flipped, &Limits::default()));
        flipped[at] ^= 0x55;
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_an_error_or_a_tree(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2048)) {
        drop(unpack(&gzip(&bytes), &Limits::default()));
        drop(unpack(&bytes, &Limits::default()));
    }
}
