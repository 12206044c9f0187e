//! Entries of archives of others.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::{EntryError, Writer, each};

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Writer::new("test");
    for (name, data) in files {
        out.append(name, data).unwrap();
    }
    out.finish().unwrap()
}

fn read(bytes: &[u8], limit: u64, budget: &Budget) -> Result<Vec<(String, usize)>, EntryError> {
    let mut seen = Vec::new();
    each(bytes, limit, budget, |entry| {
        let data = entry.read(budget)?;
        seen.push((entry.name.clone(), data.len()));
        Ok::<_, EntryError>(())
    })?;
    Ok(seen)
}

#[test]
fn what_is_written_is_read() {
    let long = format!("{}/b", "a".repeat(150));
    let bytes = archive(&[("a/b", b"one"), (&long, b"")]);
    assert_eq!(bytes, archive(&[("a/b", b"one"), (&long, b"")]));
    let seen = read(&bytes, 1 << 20, &Budget::default());
    assert_eq!(seen, Ok(vec![("a/b".to_owned(), 3), (long, 0)]));
}

#[test]
fn what_is_none_or_too_much_ends() {
    let all = Budget::default();
    assert_eq!(read(b"", 9, &all), Err(EntryError::Empty));
    assert_eq!(read(b"short", 9, &all), Err(EntryError::Cut));
    assert_eq!(read(b"no archive at all", 9, &all), Err(EntryError::NotGzip));
    let bytes = archive(&[("a", &[0; 100_000])]);
    assert!(read(&bytes[..bytes.len() / 2], 1 << 20, &all).is_err());
    assert_eq!(read(&bytes, 50_000, &all), Err(EntryError::TooLarge(50_000)));
    let small = Budget::new(Limits { steps: u64::MAX, bytes: 1000 }, Cancel::default());
    assert_eq!(read(&bytes, 1 << 20, &small), Err(Exceeded::Bytes(1000).into()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(4 << 20);
    header.set_cksum();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(header.as_bytes()).unwrap();
    gzip.write_all(&vec![b'x'; 4 << 20]).unwrap();
    assert_eq!(read(&gzip.finish().unwrap(), 1 << 30, &all), Err(EntryError::LongHeader));
}

#[test]
fn a_hole_gives_headers_no_room() {
    const CLAIM: &[u8; 12] = b"77777777777\0";
    let mut hole = tar::Header::new_gnu();
    hole.set_path("sparse").unwrap();
    hole.set_entry_type(tar::EntryType::GNUSparse);
    hole.set_size(0);
    if let Some(gnu) = hole.as_gnu_mut() {
        gnu.realsize.copy_from_slice(CLAIM);
        gnu.sparse[0].offset.copy_from_slice(CLAIM);
        gnu.sparse[0].numbytes.copy_from_slice(b"00000000000\0");
    }
    hole.set_cksum();
    let mut name = tar::Header::new_gnu();
    name.set_entry_type(tar::EntryType::GNULongName);
    name.set_size(4 << 20);
    name.set_cksum();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(hole.as_bytes()).unwrap();
    gzip.write_all(name.as_bytes()).unwrap();
    gzip.write_all(&vec![b'x'; 4 << 20]).unwrap();
    let bytes = gzip.finish().unwrap();
    let mut sizes = Vec::new();
    let looked = each(&bytes, 1 << 30, &Budget::default(), |entry| {
        sizes.push(entry.size);
        Ok::<_, EntryError>(())
    });
    assert_eq!((looked, sizes), (Err(EntryError::LongHeader), vec![0o77_777_777_777]));
}
