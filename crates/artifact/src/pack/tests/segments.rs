//! Archives beside former ones: the same bytes, and what is in both is not read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::Arc;

use proptest::prelude::*;

use super::super::cut::{self, LARGE};
use super::super::{Contents, Entry, EntryKind, Kept, Packer, Pieces};
use crate::path::walk_order;

/// Files by path; an executable one begins with `#!`.
type Tree = BTreeMap<String, Vec<u8>>;

/// The files of a segment, and which were read.
struct Files<'a> {
    files: Vec<(&'a str, &'a [u8])>,
    read: &'a RefCell<Vec<String>>,
    taken: &'a RefCell<u64>,
}

impl Contents for Files<'_> {
    type Error = io::Error;

    fn size(&self, number: usize) -> io::Result<u64> {
        Ok(self.files[number].1.len() as u64)
    }

    fn read(&self, number: usize, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (path, content) = self.files[number];
        self.read.borrow_mut().push(path.to_owned());
        take(content)
    }

    fn taken(&self, bytes: u64) -> io::Result<()> {
        *self.taken.borrow_mut() += bytes;
        Ok(())
    }
}

fn sorted(tree: &Tree) -> Vec<(&str, &[u8])> {
    let mut files: Vec<_> = tree.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    files.sort_by(|(a, _), (b, _)| walk_order(a, b));
    files
}

/// One by one.
fn plainly(tree: &Tree) -> Vec<u8> {
    let mut packer = Packer::new(Vec::new()).unwrap();
    for (path, content) in sorted(tree) {
        packer.file(path, content.starts_with(b"#!"), content).unwrap();
    }
    packer.finish().unwrap()
}

struct Made {
    bytes: Vec<u8>,
    pieces: Pieces,
    read: Vec<String>,
    taken: u64,
}

/// By segments.
fn beside(tree: &Tree, kept: Option<Kept>) -> Made {
    let (read, taken) = (RefCell::default(), RefCell::default());
    let mut packer = Packer::new(Vec::new()).unwrap().beside(kept);
    let files = sorted(tree);
    let mut rest = files.as_slice();
    while !rest.is_empty() {
        let length = rest.iter().skip(1).take_while(|(path, _)| !cut::begins(path.as_bytes())).count() + 1;
        let (segment, after) = rest.split_at(length);
        let entries: Vec<_> = segment
            .iter()
            .map(|(path, content)| {
                let kind = EntryKind::File { executable: content.starts_with(b"#!"), identity: content };
                Entry { path: path.as_bytes(), kind }
            })
            .collect();
        let contents = Files { files: segment.to_vec(), read: &read, taken: &taken };
        packer.segment(&entries, &contents).unwrap();
        rest = after;
    }
    let (bytes, pieces) = packer.finish_with_pieces().unwrap();
    Made { bytes, pieces, read: read.into_inner(), taken: taken.into_inner() }
}

/// A former archive on a disk.
fn keep(made: Made) -> (tempfile::NamedTempFile, Kept) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&made.bytes).unwrap();
    let kept = Kept::open(file.path(), Arc::new(made.pieces)).unwrap();
    (file, kept)
}

fn name() -> impl Strategy<Value = String> {
    (0..6_u32, 0..60_u32).prop_map(|(folder, file)| match folder {
        0 => format!("f{file}.yaml"),
        folder => format!("d{folder}/f{file}.yaml"),
    })
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![8 => 0..2_000_usize, 1 => LARGE - 600..LARGE + 600, 1 => 0..3 * LARGE];
    (length, any::<u8>(), any::<bool>()).prop_map(|(length, seed, runs)| {
        let start: &[u8] = if runs { b"#!" } else { b"" };
        let text = (0..length).map(|at| (at / 7).wrapping_mul(usize::from(seed) + 1) as u8);
        start.iter().copied().chain(text).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_bytes_are_the_same_with_and_without_a_former_archive(
        before in prop::collection::btree_map(name(), content(), 0..150),
        added in prop::collection::btree_map(name(), content(), 0..6),
        removed in prop::collection::vec(name(), 0..6),
    ) {
        let mut after = before.clone();
        after.extend(added);
        removed.iter().for_each(|name| drop(after.remove(name)));
        let wanted = plainly(&after);
        let alone = beside(&after, None);
        prop_assert!(alone.bytes == wanted);
        let (_file, kept) = keep(beside(&before, None));
        let first = beside(&after, Some(kept));
        prop_assert!(first.bytes == wanted);
        let total: usize = after.values().map(Vec::len).sum();
        prop_assert!(first.taken <= total as u64);
        // What was copied is copied again.
        let (_file, kept) = keep(first);
        let second = beside(&after, Some(kept));
        prop_assert!(second.bytes == wanted);
        prop_assert!(second.read.is_empty(), "{:?}", second.read);
        let tree = crate::unpack::unpack(&second.bytes, &crate::unpack::Limits::default()).unwrap();
        prop_assert_eq!(tree.len(), after.len());
        prop_assert!(after.iter().all(|(path, content)| tree.get(path).unwrap().as_ref() == content.as_slice()));
    }
}

fn many() -> Tree {
    (0..2_000).map(|number| (format!("app/f{number}.yaml"), format!("n: {number}\n").into_bytes())).collect()
}

#[test]
fn a_change_reads_its_own_segment_only() {
    let before = many();
    let (_file, kept) = keep(beside(&before, None));
    let mut after = before.clone();
    after.insert("app/f77.yaml".to_owned(), b"changed".to_vec());
    let large = vec![7; 5 * LARGE];
    after.insert("app/f78.yaml".to_owned(), large.clone());
    let made = beside(&after, Some(kept));
    assert!(made.bytes == plainly(&after));
    assert!(made.read.contains(&"app/f77.yaml".to_owned()) && made.read.len() < 1_000, "{}", made.read.len());
    let read: usize = made.read.iter().map(|path| after[path].len()).sum();
    let total: usize = after.values().map(Vec::len).sum();
    assert_eq!(made.taken + read as u64, total as u64);
    // A large file stands by itself, and is not read because of its neighbours.
    let (_file, kept) = keep(made);
    after.insert("app/f77.yaml".to_owned(), b"changed again".to_vec());
    let made = beside(&after, Some(kept));
    assert!(made.bytes == plainly(&after));
    assert!(!made.read.contains(&"app/f78.yaml".to_owned()));
}

#[test]
fn a_former_archive_that_is_damaged_is_of_no_use() {
    let tree = many();
    let made = beside(&tree, None);
    let wanted = made.bytes.clone();
    let (length, read) = (made.bytes.len(), made.read.len());
    let (file, kept) = keep(made);
    // Every byte but the header's and the end's.
    let mut bytes = wanted.clone();
    bytes[10..length - 10].iter_mut().for_each(|byte| *byte ^= 1);
    std::fs::write(file.path(), &bytes).unwrap();
    let made = beside(&tree, Some(kept));
    assert!(made.bytes == wanted && made.read.len() == read);
    // One that was cut.
    let (file, kept) = keep(made);
    file.as_file().set_len(length as u64 / 2).unwrap();
    let made = beside(&tree, Some(kept));
    assert!(made.bytes == wanted && made.read.len() < read && !made.read.is_empty());
}

#[test]
fn what_is_no_segment_is_refused() {
    let begins = (0..).map(|number| format!("f{number:04}")).find(|name| cut::begins(name.as_bytes()));
    let begins = begins.unwrap();
    let entry = |path: &'static str| Entry { path: path.as_bytes(), kind: EntryKind::Dir };
    let (read, taken) = (RefCell::default(), RefCell::default());
    let contents = Files { files: Vec::new(), read: &read, taken: &taken };
    let new = || Packer::new(Vec::new()).unwrap();
    assert!(!cut::begins(b"a") && !cut::begins(b"b"));
    // One that another begins within.
    let inner = [entry("a"), Entry { path: begins.as_bytes(), kind: EntryKind::Dir }];
    assert!(new().segment(&inner, &contents).is_err());
    // One that is not the first and does not begin one, also if it comes by itself.
    let mut packer = new();
    packer.segment(&[entry("a")], &contents).unwrap();
    assert!(packer.segment(&[entry("b")], &contents).is_err());
    let mut packer = new();
    packer.segment(&[entry("a")], &contents).unwrap();
    assert!(packer.dir("b").is_err());
}
