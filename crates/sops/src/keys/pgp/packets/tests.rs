//! Tests of the frame of OpenPGP messages.

use std::io::Write as _;

use super::{dearmor, literal, packets, whole};

/// Literal data in one piece.
fn plain(data: &[u8]) -> Vec<u8> {
    let mut body = vec![b'b', 1, b'n', 0, 0, 0, 0];
    body.extend_from_slice(data);
    let mut packet = vec![0xcb, u8::try_from(body.len()).unwrap()];
    packet.extend_from_slice(&body);
    packet
}

#[test]
fn parts_become_one_piece() {
    // One byte, two bytes, then one byte that ends it.
    let parts = [0xcb, 0xe0, 1, 0xe1, 2, 3, 1, 4];
    assert_eq!(whole(&parts).unwrap(), [0xcb, 0xff, 0, 0, 0, 4, 1, 2, 3, 4]);
    // Old forms of one, two and four bytes, and up to the end.
    assert_eq!(whole(&[0x84, 1, 7]).unwrap(), [0xc1, 0xff, 0, 0, 0, 1, 7]);
    assert_eq!(whole(&[0x85, 0, 1, 7]).unwrap(), [0xc1, 0xff, 0, 0, 0, 1, 7]);
    assert_eq!(whole(&[0x86, 0, 0, 0, 1, 7]).unwrap(), [0xc1, 0xff, 0, 0, 0, 1, 7]);
    assert_eq!(whole(&[0x87, 7, 8]).unwrap(), [0xc1, 0xff, 0, 0, 0, 2, 7, 8]);
}

#[test]
fn broken_packets_are_none() {
    for bytes in [
        &[0x00][..],
        &[0xcb],
        &[0xcb, 2, 1],
        &[0xcb, 0xfe, 1],
        &[0xcb, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x84],
    ] {
        assert!(packets(bytes).is_none(), "{bytes:?}");
    }
    assert!(packets(&[0xcb, 0].repeat(1000)).is_none());
}

#[test]
fn data_is_found_below_compression_and_signatures() {
    assert_eq!(*literal(&plain(b"key")).unwrap(), b"key");
    let mut deflated = flate2::write::ZlibEncoder::new(vec![2], flate2::Compression::fast());
    deflated.write_all(&[0xc4, 1, 0]).unwrap();
    deflated.write_all(&plain(b"key")).unwrap();
    let body = deflated.finish().unwrap();
    let mut packet = vec![0xc8, u8::try_from(body.len()).unwrap()];
    packet.extend_from_slice(&body);
    assert_eq!(*literal(&packet).unwrap(), b"key");
    assert!(literal(&[0xc8, 1, 9]).is_none());
    assert!(literal(&[0xc8, 3, 0, 0xc8, 0]).is_none());
}

#[test]
fn a_bomb_is_cut() {
    let mut deflated = flate2::write::ZlibEncoder::new(vec![2], flate2::Compression::best());
    deflated.write_all(&[0xcb, 0xff, 0, 0x10, 0, 0]).unwrap();
    deflated.write_all(&vec![0; 0x10_0000]).unwrap();
    let body = deflated.finish().unwrap();
    let mut packet = vec![0xc8, 0xff];
    packet.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    packet.extend_from_slice(&body);
    assert!(literal(&packet).is_none());
}

#[test]
fn armor_may_have_headers_and_a_checksum() {
    let text = b"x\n-----BEGIN PGP MESSAGE-----\nVersion: 1\n\nAQ\nID\n=abcd\n-----END PGP MESSAGE-----\n";
    assert_eq!(dearmor(text).unwrap(), [1, 2, 3]);
    assert!(dearmor(b"-----BEGIN PGP MESSAGE-----\n\n%\n-----END PGP MESSAGE-----").is_none());
    assert!(dearmor(b"").is_none());
}
