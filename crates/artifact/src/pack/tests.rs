//! The archive's bytes: pinned, ordered, readable by others.

use std::io::Read as _;

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::Packer;
use crate::digest::{Algorithm, Digest};
use crate::path::walk_order;

mod segments;

fn long_name() -> String {
    format!("{}{}.txt", "verylongdirectoryname/".repeat(7), "n".repeat(120))
}

fn sample() -> Vec<u8> {
    let mut packer = Packer::new(Vec::new()).unwrap();
    packer.dir("a b").unwrap();
    packer.file("a b/ü/f.txt", false, b"x\n").unwrap();
    packer.file("a.yaml", false, &[b'y'; 1000]).unwrap();
    packer.file("run.sh", true, b"#!/bin/sh\n").unwrap();
    packer.file(long_name(), false, b"z").unwrap();
    packer.finish().unwrap()
}

/// A change of these digests changes every artifact's digest: every consumer would apply again after an upgrade.
#[test]
fn the_bytes_are_pinned() {
    let archive = sample();
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(archive.as_slice()).read_to_end(&mut tar).unwrap();
    assert_eq!(
        Digest::of(Algorithm::Sha256, &tar).to_string(),
        "sha256:e2506ea9d85ade2e24eb0ec3b83b00fa555ae542687c4471ba942886f8082e0c"
    );
    assert_eq!(
        Digest::of(Algorithm::Sha256, &archive).to_string(),
        "sha256:4934986c1c8056a81687d175105bb8ee4d2e536027532ede0bb26c2d31f309c4"
    );
    assert_eq!(archive[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn the_headers_are_what_the_contract_says() {
    let archive = sample();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let entries: Vec<_> = tar
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
            assert_eq!(header.username().unwrap(), Some(""));
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            (name, header.mode().unwrap(), header.entry_type().is_dir())
        })
        .collect();
    let expected = [
        (".".to_owned(), 0o750, true),
        ("a b".to_owned(), 0o750, true),
        ("a b/ü/f.txt".to_owned(), 0o600, false),
        ("a.yaml".to_owned(), 0o600, false),
        ("run.sh".to_owned(), 0o700, false),
        (long_name(), 0o600, false),
    ];
    assert_eq!(entries, expected);
}

#[test]
fn what_is_written_comes_back() {
    let tree = crate::unpack::unpack(&sample(), &crate::unpack::Limits::default()).unwrap();
    assert_eq!(tree.len(), 4);
    assert!(tree.is_dir("a b/ü") && tree.is_dir("verylongdirectoryname"));
    assert_eq!(tree.get("a.yaml").unwrap().len(), 1000);
    assert_eq!(tree.get(&long_name()).unwrap().as_ref(), b"z");
    assert_eq!(tree.list("").collect::<Vec<_>>()[..3], [("a b", true), ("a.yaml", false), ("run.sh", false)]);
}

/// Byte by byte, whatever a repository has.
#[test]
fn names_are_bytes() {
    let names: [&[u8]; 5] = [b"a\\b.service", b"caf\xe8.txt", b"caf\xe9.txt", b"line\nfeed", b"nul"];
    let mut packer = Packer::new(Vec::new()).unwrap();
    for name in names {
        packer.file(name, false, name).unwrap();
    }
    let archive = packer.finish().unwrap();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive.as_slice()));
    let written: Vec<_> =
        tar.entries().unwrap().skip(1).map(|entry| entry.unwrap().path_bytes().into_owned()).collect();
    assert_eq!(written, names);
    let tree = crate::unpack::unpack(&archive, &crate::unpack::Limits::default()).unwrap();
    for name in names {
        assert_eq!(tree.get(&crate::path::escaped(name)).unwrap().as_ref(), name);
    }
}

#[test]
fn the_same_entries_give_the_same_bytes_however_they_are_cut() {
    // Content larger than the block that deflate gets at a time.
    let large: Vec<u8> = (0..300_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    let pack = || {
        let mut packer = Packer::new(Vec::new()).unwrap();
        packer.file("large", false, &large).unwrap();
        packer.finish().unwrap()
    };
    assert_eq!(pack(), pack());
}

/// Contents above and around the size of a block, that compress well, badly and not at all.
#[test]
fn the_bytes_of_large_contents_are_pinned() {
    let noise = |length: u64| -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    let text: Vec<u8> =
        (0..200_000u32).flat_map(|n| format!("key-{}: {}\n", n % 977, n / 3).into_bytes()).collect();
    let mut packer = Packer::new(Vec::new()).unwrap();
    packer.file("a-zeros", false, &vec![0; 3_000_000]).unwrap();
    packer.file("b-noise", false, &noise(1_000_001)).unwrap();
    packer.file("c-text", false, &text).unwrap();
    for (name, length) in [("d", 65_023), ("e", 65_024), ("f", 65_535), ("g", 65_536), ("h", 65_537)] {
        packer.file(name, false, &text[..length]).unwrap();
    }
    let archive = packer.finish().unwrap();
    assert_eq!(
        Digest::of(Algorithm::Sha256, &archive).to_string(),
        "sha256:59a44954e65777f478fd8876123224bff4f7cf97c0843973d8ff4ec33a3a870d"
    );
}

#[test]
fn entries_come_in_walk_order_and_once() {
    let order = |a: &str, b: &str| {
        let mut packer = Packer::new(Vec::new()).unwrap();
        packer.file(a, false, b"").unwrap();
        packer.file(b, false, b"").is_ok()
    };
    // Not the order of the whole text, in which `a.yaml` comes before `a/x`.
    assert!(order("a/x", "a.yaml"));
    assert!(!order("a.yaml", "a/x"));
    assert!(!order("a", "a"));
    let mut paths = ["b", "a.yaml", "a/b/c", "a", "a/b"];
    paths.sort_by(|a, b| walk_order(a, b));
    assert_eq!(paths, ["a", "a/b", "a/b/c", "a.yaml", "b"]);
}

/// What ended an archive.
fn exceeded(error: &std::io::Error) -> Option<&Exceeded> {
    error.get_ref()?.downcast_ref()
}

#[test]
fn an_archive_ends_with_its_budget_in_the_middle_of_a_file() {
    let limits = Limits { steps: 100, ..Limits::NONE };
    let budget = Budget::new(limits, Cancel::default());
    let mut packer = Packer::within(Vec::new(), budget.clone()).unwrap();
    packer.file("a", false, &vec![0; 3_000_000]).unwrap();
    assert!((46..60).contains(&budget.steps()), "one for 64 KiB, and a few: {}", budget.steps());
    let error = packer.file("b", false, &vec![0; 100_000_000]).unwrap_err();
    assert_eq!(exceeded(&error), Some(&Exceeded::Steps(100)));
}

#[test]
fn a_cancelled_archive_takes_no_further_entry() {
    let cancel = Cancel::default();
    let mut packer = Packer::within(Vec::new(), Budget::new(Limits::NONE, cancel.clone())).unwrap();
    packer.dir("a").unwrap();
    cancel.cancel();
    assert_eq!(exceeded(&packer.dir("b").unwrap_err()), Some(&Exceeded::Cancelled));
    assert_eq!(exceeded(&packer.file("c", false, b"").unwrap_err()), Some(&Exceeded::Cancelled));
}

#[test]
fn names_that_could_escape_are_refused() {
    for name in ["/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "", "a\0b"] {
        let mut packer = Packer::new(Vec::new()).unwrap();
        assert!(packer.file(name, false, b"").is_err(), "{name:?}");
    }
}
