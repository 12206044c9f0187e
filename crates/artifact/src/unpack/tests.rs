//! Archives from anybody: hostile names, links, bombs, and random bytes.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use flate2::Compression;
use flate2::write::GzEncoder;
use manifest::budget::{self, Budget, Cancel, Reserve};
use proptest::strategy::Strategy as _;
use tar::{Builder, EntryType, Header};

use super::{Limits, unpack, unpack_within};
use crate::error::UnpackError;
use crate::tree::MemTree;

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
    for name in ["../x", "/etc/passwd", "a/../../b", "a//b", "..", "a/./b"] {
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
    let limits = Limits { entries: 3, expanded: 10 << 20 };
    let many: Vec<_> = (0..5).map(|n| n.to_string()).collect();
    let entries: Vec<(&str, EntryType, &[u8])> =
        many.iter().map(|name| (name.as_str(), EntryType::Regular, b"x".as_slice())).collect();
    assert!(matches!(unpack(&archive(&entries), &limits).unwrap_err(), UnpackError::TooManyEntries(3)));

    let zeros = vec![0u8; 9 << 20];
    let dense = archive(&[("zeros", EntryType::Regular, &zeros)]);
    assert_eq!(unpack(&dense, &limits).unwrap().bytes(), 9 << 20, "an empty disk image is no attack");
    let small = Limits { expanded: 1 << 20, ..limits };
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
    assert!(matches!(refused(b"no gzip"), UnpackError::NotGzip));
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

/// An entry of a kind that the reader keeps whole in memory before it gives out the entry that it belongs to.
fn extension(kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_path("././@LongLink").unwrap();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    builder.append(&header, content).unwrap();
    let mut header = Header::new_gnu();
    header.set_path("a").unwrap();
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, &[][..]).unwrap();
    gzip(&builder.into_inner().unwrap())
}

#[test]
fn long_names_and_extensions_are_bounded() {
    let long = vec![b'a'; (2 << 20) + 1];
    for kind in [EntryType::GNULongName, EntryType::GNULongLink, EntryType::XHeader] {
        let error = refused(&extension(kind, &long));
        assert!(matches!(error, UnpackError::LongHeader(_)), "{kind:?}: {error}");
    }
    // Content that is passed over is no header.
    let large = vec![b'a'; 5 << 20];
    let bytes = archive(&[("link", EntryType::Symlink, &large), ("kept", EntryType::Regular, b"x")]);
    assert_eq!(unpack(&bytes, &Limits::default()).unwrap().len(), 1);
}

/// A reserve of so many bytes, and what was taken of it.
struct Memory(AtomicU64);

impl Reserve for Memory {
    fn grow(&self, bytes: u64) -> bool {
        self.0.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(bytes)).is_ok()
    }
}

fn within(bytes: &[u8], memory: u64) -> (Result<MemTree, UnpackError>, Budget) {
    let reserve = Arc::new(Memory(AtomicU64::new(memory)));
    let budget = Budget::reserved(budget::Limits::NONE, Cancel::default(), 0, reserve);
    (unpack_within(bytes, &Limits::default(), &budget), budget)
}

#[test]
fn what_is_kept_is_held_before() {
    let content: Vec<u8> =
        (0..3_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let bytes = archive(&[("folder/a", EntryType::Regular, &content), ("b", EntryType::Regular, b"x")]);
    let (tree, budget) = within(&bytes, 16 << 20);
    assert_eq!(budget.held(), tree.unwrap().cost());
    let (refused, budget) = within(&bytes, 4 << 20);
    assert_eq!(refused.unwrap_err(), UnpackError::Reserve, "it is there twice for a moment");
    drop(budget);
}

#[test]
fn nobody_reads_on_once_cancelled() {
    let bytes = archive(&[("a", EntryType::Regular, &[1; 100_000])]);
    let cancel = Cancel::default();
    let budget = Budget::new(budget::Limits::NONE, cancel.clone());
    unpack_within(&bytes, &Limits::default(), &budget).unwrap();
    cancel.cancel();
    let error = unpack_within(&bytes, &Limits::default(), &budget).unwrap_err();
    assert_eq!(error, UnpackError::Cancelled);
}

#[test]
fn a_large_file_takes_steps_that_can_be_cancelled() {
    let content: Vec<u8> =
        (0..1_u32 << 20).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let bytes = archive(&[("a", EntryType::Regular, &content)]);
    let budget = Budget::default();
    unpack_within(&bytes, &Limits::default(), &budget).unwrap();
    assert!(budget.steps() >= content.len() as u64 / super::BUFFER, "{}", budget.steps());
}

#[test]
fn a_hole_is_not_read() {
    let mut header = Header::new_gnu();
    header.set_path("sparse").unwrap();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.realsize.copy_from_slice(b"77777777777\0");
    }
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder.append(&header, &[][..]).unwrap();
    let bytes = gzip(&builder.into_inner().unwrap());
    let (tree, budget) = within(&bytes, 16 << 20);
    assert!(tree.is_ok_and(|tree| tree.is_empty()) || budget.held() < 4 << 20);
}

fn entry() -> impl proptest::strategy::Strategy<Value = (String, bool, Vec<u8>)> {
    let size = proptest::prop_oneof![0..2000_usize, 0..300_000_usize];
    let content = proptest::strategy::Strategy::prop_flat_map(size, |size| {
        proptest::collection::vec(proptest::num::u8::ANY, size / 7 + 1)
            .prop_map(move |bytes| bytes.iter().copied().cycle().take(size).collect::<Vec<u8>>())
    });
    ("[a-c]{1,3}(/[a-c]{1,20}){0,4}", proptest::bool::weighted(0.2), content)
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn random_archives_hold_what_their_trees_take(
        entries in proptest::collection::vec(entry(), 0..20),
        memory in 0..8_u64 << 20,
    ) {
        let entries: Vec<(&str, EntryType, &[u8])> = entries
            .iter()
            .map(|(name, is_dir, content)| match is_dir {
                true => (name.as_str(), EntryType::Directory, &[][..]),
                false => (name.as_str(), EntryType::Regular, content.as_slice()),
            })
            .collect();
        let bytes = archive(&entries);
        let (tree, budget) = within(&bytes, memory);
        match tree {
            Ok(tree) => {
                proptest::prop_assert_eq!(budget.held(), tree.cost());
                proptest::prop_assert!(tree.cost() <= memory + (1 << 20));
            }
            Err(UnpackError::Reserve | UnpackError::Path(_)) => {}
            Err(error) => proptest::prop_assert!(false, "{}", error),
        }
    }
}
