//! Paths and codes, against what other programs make.

use std::cell::Cell;

use super::*;
use manifest::digest::bytes_of_hex;

thread_local! {
    static CODED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Counts a code over so many bytes.
pub(super) fn count(bytes: usize) {
    CODED.with(|coded| coded.set((coded.get().0 + 1, coded.get().1 + bytes)));
}

/// How many codes were made since the last question, and over how many bytes.
pub(crate) fn counted() -> (usize, usize) {
    CODED.with(|coded| coded.replace((0, 0)))
}

#[test]
fn the_path_is_flux_s() {
    // printf 'tokennamenamespace' | sha256sum
    let path = webhook_path(b"token", "name", "namespace");
    assert_eq!(path, "/hook/033cd85fb94eef8b750b62b37d50fa65adb47b1f0ab5d6a8f9f6692e516e686a");
    assert_ne!(path, webhook_path(b"other", "name", "namespace"));
}

#[test]
fn codes_are_those_of_openssl() {
    // printf 'body' | openssl dgst -sha1 -hmac token, and so on
    let is = |hash, code: &[u8]| is_code(hash, b"token", b"body", code);
    for (hash, hex) in [
        (Hash::Sha1, "cc458c69d3c8f2a7dc68b3abf500c122b3b7454d"),
        (Hash::Sha256, "4d7872738ac3b68c82e09ccb63975592ac3278d7e2ff228ce76d8028de911b5c"),
        (
            Hash::Sha512,
            "ed07f0c8f6ab6ca3b876c0381aa0683a09900228dcfc363be116a9cc3b4d10a195f6244c838f28b118550442e1a1c8526cad2f5de0541fa198fce2f4f7b16eaa",
        ),
    ] {
        let code = bytes_of_hex(hex).expect("hexadecimal digits");
        assert!(is(hash, &code), "{hash:?}");
        let mut other = code.clone();
        other[0] ^= 1;
        assert!(!is(hash, &other), "{hash:?}");
        assert!(!is(hash, &code[..code.len() - 1]), "{hash:?}");
    }
    assert!(!is(Hash::Sha256, b""));
}
