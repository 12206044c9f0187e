//! What becomes of an archive that is taken apart, and what is refused.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use manifest::budget;
use tar::EntryType;

use super::{Node, Spool};
use crate::error::UnpackError;
use crate::unpack::Limits;

/// An entry: kind, name, mode, content.
type Entry<'a> = (EntryType, &'a str, u32, &'a [u8]);

fn archive(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (kind, name, mode, content) in entries {
        let mut header = tar::Header::new_ustar();
        // `set_path` refuses what is to be tried here.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    gzip(&tar.into_inner().unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn fill(bytes: &[u8]) -> Result<Spool, UnpackError> {
    fill_within(bytes, Limits::default())
}

fn fill_within(bytes: &[u8], limits: Limits) -> Result<Spool, UnpackError> {
    Spool::fill(bytes, tempfile::tempfile().unwrap(), &limits, &budget::Budget::default())
}

/// One line per node.
fn lines(spool: &Spool) -> Vec<String> {
    let line = |(path, node): (&str, Node)| match node {
        Node::Dir => format!("{path}/"),
        Node::File { executable, .. } => {
            let content = String::from_utf8(spool.read(node).unwrap()).unwrap();
            format!("{path}{} {content}", if executable { "*" } else { "" })
        }
    };
    spool.nodes().map(line).collect()
}

const FILE: EntryType = EntryType::Regular;
const DIR: EntryType = EntryType::Directory;

#[test]
fn files_and_folders_come_in_the_order_of_a_walk() {
    let bytes = archive(&[
        (FILE, "b.yaml", 0o644, b"b"),
        (FILE, "./a/x.sh", 0o755, b"x"),
        (FILE, "a.yaml", 0o600, b"a"),
        (DIR, "empty/", 0o755, b""),
        (DIR, "./", 0o755, b""),
        (FILE, "a//deep/./y", 0o644, b"y"),
    ]);
    let spool = fill(&bytes).unwrap();
    assert_eq!(lines(&spool), ["a/", "a/deep/", "a/deep/y y", "a/x.sh* x", "a.yaml a", "b.yaml b", "empty/"]);
}

#[test]
fn the_last_of_a_name_counts_and_links_are_nothing() {
    let bytes = archive(&[
        (FILE, "twice", 0o755, b"first and longer"),
        (FILE, "twice", 0o644, b"second"),
        (EntryType::Symlink, "link", 0o777, b""),
        (EntryType::Link, "hard", 0o644, b""),
        (
            EntryType::XGlobalHeader,
            "pax_global_header",
            0,
            b"52 comment=0123456789012345678901234567890123456789\n",
        ),
    ]);
    assert_eq!(lines(&fill(&bytes).unwrap()), ["hard ", "twice* second"]);
}

#[test]
fn what_leads_out_or_is_no_file_is_refused() {
    for (kind, name, expected) in [
        (FILE, "../../x.yaml", "tar contained invalid name error \"../../x.yaml\""),
        (FILE, "/etc/passwd", "tar contained invalid name error \"/etc/passwd\""),
        (FILE, "a/../../b", "tar contained invalid name error \"a/../../b\""),
        (FILE, "a\\b", "tar contained invalid name error \"a\\\\b\""),
        (DIR, "..", "tar contained invalid name error \"..\""),
        (EntryType::Symlink, "../out", "tar contained invalid name error \"../out\""),
        (EntryType::Fifo, "pipe", "tar file entry pipe contained unsupported file type p---------"),
        (EntryType::Char, "null", "tar file entry null contained unsupported file type Dc---------"),
    ] {
        let refused = fill(&archive(&[(kind, name, 0o644, b"")])).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    let file_in_the_way = archive(&[(FILE, "a", 0o644, b"1"), (FILE, "a/b", 0o644, b"2")]);
    assert!(matches!(fill(&file_in_the_way), Err(UnpackError::Path(_))));
    let folder_in_the_way = archive(&[(FILE, "a/b", 0o644, b"1"), (FILE, "a", 0o644, b"2")]);
    assert!(matches!(fill(&folder_in_the_way), Err(UnpackError::Path(_))));
}

#[test]
fn what_is_no_archive_is_refused() {
    assert_eq!(fill(b"").unwrap_err().to_string(), "requires gzip-compressed body: EOF");
    assert_eq!(
        fill(b"plain").unwrap_err().to_string(),
        "requires gzip-compressed body: gzip: invalid header"
    );
    let whole = archive(&[(FILE, "a", 0o644, &[7; 5000])]);
    for cut in [20, whole.len() / 2, whole.len() - 4] {
        assert!(matches!(fill(&whole[..cut]), Err(UnpackError::Malformed(_))), "{cut}");
    }
    assert!(matches!(fill(&gzip(b"no tar in here")), Err(UnpackError::Malformed(_))));
}

#[test]
fn limits_hold_before_anything_is_kept() {
    let many: Vec<String> = (0..20).map(|number| format!("f{number}")).collect();
    let many: Vec<Entry<'_>> = many.iter().map(|name| (FILE, name.as_str(), 0o644, &b"x"[..])).collect();
    let limits = Limits { entries: 10, ..Limits::default() };
    assert!(matches!(fill_within(&archive(&many), limits), Err(UnpackError::TooManyEntries(10))));

    let bomb = archive(&[(FILE, "zeros", 0o644, &vec![0; 4 << 20])]);
    assert!(bomb.len() < 64 << 10, "it is a bomb: {}", bomb.len());
    let limits = Limits { expanded: 1 << 20, ..Limits::default() };
    assert!(matches!(fill_within(&bomb, limits), Err(UnpackError::TooLarge(_))));

    let cancel = budget::Cancel::default();
    cancel.cancel();
    let budget = budget::Budget::new(budget::Limits::NONE, cancel);
    let ended = Spool::fill(bomb.as_slice(), tempfile::tempfile().unwrap(), &Limits::default(), &budget);
    assert!(matches!(ended, Err(UnpackError::Cancelled)), "{ended:?}");

    // The index is held at the budget: deep paths cost.
    let budget = budget::Budget::new(
        budget::Limits { bytes: 600 << 10, ..budget::Limits::NONE },
        budget::Cancel::default(),
    );
    let deep: Vec<String> = (0..90).map(|number| format!("{number}/{}", "d/".repeat(40))).collect();
    let deep: Vec<Entry<'_>> = deep.iter().map(|name| (DIR, name.as_str(), 0o755, &b""[..])).collect();
    let ended =
        Spool::fill(archive(&deep).as_slice(), tempfile::tempfile().unwrap(), &Limits::default(), &budget);
    assert!(matches!(ended, Err(UnpackError::TooLarge(_))), "{ended:?}");
}
