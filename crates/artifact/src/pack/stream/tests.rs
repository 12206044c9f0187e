//! Pieces, and how they come together.

use std::io::{Read as _, Write as _};

use flate2::read::GzDecoder;
use manifest::budget::{Budget, Cancel, Limits};

use super::{BLOCK, Stream};

fn plain(archive: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut decoder = GzDecoder::new(archive);
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}

fn text(length: usize) -> Vec<u8> {
    (0..u32::MAX).flat_map(|n| format!("key-{}: {}\n", n % 977, n / 3).into_bytes()).take(length).collect()
}

#[test]
fn what_is_written_comes_back_however_it_is_written() {
    let text = text(3 * BLOCK + 7);
    let whole = {
        let mut stream = Stream::new(Vec::new(), Budget::default()).unwrap();
        stream.write_all(&text).unwrap();
        stream.finish().unwrap()
    };
    assert_eq!(plain(&whole), text);
    for length in [1, 511, BLOCK - 1, BLOCK, BLOCK + 1] {
        let mut stream = Stream::new(Vec::new(), Budget::default()).unwrap();
        text.chunks(length).for_each(|chunk| stream.write_all(chunk).unwrap());
        assert!(stream.finish().unwrap() == whole, "in parts of {length}");
    }
}

#[test]
fn a_piece_is_the_same_wherever_it_stands() {
    let (one, two) = (text(100_000), text(70_000));
    let noted = |before: &[u8]| {
        let mut stream = Stream::new(Vec::new(), Budget::default()).unwrap();
        stream.write_all(before).unwrap();
        stream.begin_span().unwrap();
        stream.write_all(&one).unwrap();
        let piece = stream.end_span(0).unwrap().unwrap();
        stream.write_all(&two).unwrap();
        let bytes = stream.finish().unwrap();
        assert_eq!(plain(&bytes), [before, &one, &two].concat());
        let start = usize::try_from(piece.start).unwrap();
        let length = usize::try_from(piece.length).unwrap();
        (bytes[start..start + length].to_vec(), piece.check, piece.plain.sum())
    };
    assert!(noted(b"") == noted(&two) && noted(b"x") == noted(&one));
    assert!(noted(b"").0.ends_with(&[0, 0, 0xff, 0xff]), "it ends on a byte");
}

#[test]
fn nothing_is_a_file_too() {
    let mut stream = Stream::new(Vec::new(), Budget::default()).unwrap();
    stream.end_piece().unwrap();
    let bytes = stream.finish().unwrap();
    assert_eq!((bytes.len(), plain(&bytes)), (20, Vec::new()));
}

#[test]
fn a_large_piece_ends_in_the_middle_and_is_charged() {
    let limited = |steps| Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default());
    let mut stream = Stream::new(Vec::new(), limited(3)).unwrap();
    assert!(stream.write_all(&vec![0; 100 * BLOCK]).is_err());
    let budget = limited(100);
    let mut stream = Stream::new(Vec::new(), budget.clone()).unwrap();
    stream.write_all(&vec![0; 64 * BLOCK]).unwrap();
    assert_eq!(budget.steps(), 64);
}
