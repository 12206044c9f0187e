//! Names at the limits of USTAR, and the fields of a record.

use super::{
    Kind, MAX_SIZE, NAME, PREFIX, RECORD, field, pad, pax_record, record, shortened, ustar_name, write,
};

fn split(name: &str) -> Option<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    ustar_name(name.as_bytes()).map(|(prefix, name)| (text(prefix), text(name)))
}

#[test]
fn a_name_that_fits_is_not_split() {
    let full = "n".repeat(NAME);
    assert_eq!(split(&full), Some((String::new(), full)));
    assert_eq!(split("a/b"), Some((String::new(), "a/b".to_owned())));
    assert_eq!(split("ü"), None, "USTAR is ASCII");
}

#[test]
fn a_longer_name_is_split_at_the_last_slash_that_the_prefix_holds() {
    let (folder, base) = ("f".repeat(PREFIX), "n".repeat(NAME));
    assert_eq!(split(&format!("{folder}/{base}")), Some((folder.clone(), base.clone())));
    assert_eq!(split(&format!("{folder}f/{base}")), None, "the prefix is one too long");
    assert_eq!(split(&format!("{folder}/{base}n")), None, "the name is one too long");
    assert_eq!(split(&"n".repeat(NAME + 1)), None, "there is nowhere to split");
    let nested = format!("a/{}/{}", "b".repeat(60), "c".repeat(60));
    assert_eq!(split(&nested), Some((format!("a/{}", "b".repeat(60)), "c".repeat(60))));
    assert_eq!(split(&format!("/{}", "n".repeat(NAME))), None, "an empty prefix says nothing");
}

#[test]
fn the_length_of_a_pax_record_counts_itself() {
    for length in [1, 80, 85, 86, 87, 88, 89, 980, 985, 986, 987, 988, 989, 4096] {
        let record = pax_record("path", "x".repeat(length).as_bytes());
        let text = String::from_utf8(record.clone()).unwrap();
        let (said, rest) = text.split_once(' ').unwrap();
        assert_eq!(said.parse::<usize>().unwrap(), record.len(), "{length}");
        assert!(rest.starts_with("path=x") && rest.ends_with("x\n"));
    }
}

#[test]
fn old_readers_get_a_short_ascii_name() {
    assert_eq!(shortened("aüb".as_bytes()), b"ab");
    assert_eq!(shortened("n".repeat(NAME).as_bytes()).len(), NAME);
    let cut = format!("{}/{}", "f".repeat(NAME - 1), "n");
    assert_eq!(
        shortened(cut.as_bytes()),
        "f".repeat(NAME - 1).into_bytes(),
        "a cut name does not look like a folder"
    );
    assert_eq!(shortened(b"folder/"), b"folder/", "one that was not cut may");
}

#[test]
fn a_record_has_its_fields_in_their_places_and_a_valid_sum() {
    for (kind, flag, device) in [
        (Kind::File, b'0', b"0000000\0".as_slice()),
        (Kind::Dir, b'5', b"0000000\0"),
        (Kind::Pax, b'x', b"\0\0\0\0\0\0\0\0"),
    ] {
        let bytes = record(b"prefix", b"name", kind, 0o600, 0o1234);
        assert_eq!(bytes.len(), RECORD);
        assert_eq!(&bytes[..5], b"name\0");
        assert_eq!(&bytes[100..108], b"0000600\0");
        assert_eq!(&bytes[108..124], b"0000000\x000000000\0", "nobody owns it");
        assert_eq!(&bytes[124..148], b"00000001234\x0000000000000\0", "size, and no time");
        assert_eq!(bytes[156], flag);
        assert_eq!(&bytes[257..265], b"ustar\x0000");
        assert_eq!(&bytes[329..337], device);
        assert_eq!(&bytes[345..352], b"prefix\0");
        let sum: u32 = bytes
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
            .sum();
        assert_eq!(&bytes[148..156], format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn content_is_filled_to_whole_records() {
    for (length, zeros) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511)] {
        let mut out = Vec::new();
        pad(&mut out, length).unwrap();
        assert_eq!(out, vec![0; zeros], "{length}");
    }
    let mut out = vec![b'x'];
    field(&mut out, b"abc", 2);
    field(&mut out, b"d", 3);
    assert_eq!(out, b"xabd\0\0");
}

#[test]
fn a_name_that_needs_pax_costs_two_records_more() {
    let length = |name: &str| {
        let mut out = Vec::new();
        write(&mut out, name.as_bytes(), Kind::File, 0o600, 0).unwrap();
        out.len()
    };
    assert_eq!((length("a"), length("ü")), (RECORD, 3 * RECORD));
}

#[test]
fn a_file_beyond_what_eleven_digits_hold_is_refused() {
    let mut out = Vec::new();
    assert!(write(&mut out, b"a", Kind::File, 0o600, MAX_SIZE).is_ok());
    assert!(write(&mut out, b"a", Kind::File, 0o600, MAX_SIZE + 1).is_err());
}
