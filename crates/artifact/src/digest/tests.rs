//! Reading, computing and comparing, with the values that other programs print.

use super::{Algorithm, Digest, Hasher};
use crate::error::DigestError;

const ALL: [Algorithm; 5] =
    [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512, Algorithm::Blake3];

#[test]
fn digests_of_nothing_are_those_of_other_programs() {
    // `sha1sum </dev/null` and the like.
    for (algorithm, start) in [
        (Algorithm::Sha1, "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (Algorithm::Sha256, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (Algorithm::Sha384, "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"),
        (Algorithm::Sha512, "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"),
        (Algorithm::Blake3, "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
    ] {
        let digest = Digest::of(algorithm, b"");
        assert!(digest.to_string().starts_with(start), "{digest}");
        assert_eq!(digest.hex().len(), algorithm.hex_len());
    }
}

#[test]
fn what_is_written_is_read_back() {
    for algorithm in ALL {
        assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
        let digest = Digest::of(algorithm, b"content");
        assert_eq!(digest.to_string().parse(), Ok(digest.clone()));
        let upper = format!("{}:{}", algorithm.as_str(), digest.hex().to_ascii_uppercase());
        assert_eq!(Digest::parse(&upper), Ok(digest), "case is not part of a digest");
    }
    assert_eq!(Algorithm::default(), Algorithm::Sha256);
}

#[test]
fn texts_that_are_not_digests_are_refused() {
    let malformed = |text: &str| Err(DigestError::Malformed(text.to_owned()));
    let short = format!("sha256:{}", "a".repeat(63));
    let long = format!("sha256:{}", "a".repeat(65));
    let odd = format!("sha256:{}g", "a".repeat(63));
    for text in ["", "sha256", "sha256:", short.as_str(), &long, &odd] {
        assert_eq!(Digest::parse(text), malformed(text), "{text}");
    }
    let other = |name: &str| Err(DigestError::UnknownAlgorithm(name.to_owned()));
    assert_eq!(Digest::parse(&format!("md5:{}", "a".repeat(32))), other("md5"));
    assert_eq!(
        Digest::parse(&format!("SHA256:{}", "a".repeat(64))),
        other("SHA256"),
        "case is part of a name"
    );
    let endless = "x".repeat(10_000);
    let Err(DigestError::Malformed(quoted)) = Digest::parse(&endless) else { panic!("it was read") };
    assert_eq!(quoted.len(), 160, "an error stays readable");
}

#[test]
fn digests_are_equal_only_in_everything() {
    let digest = Digest::of(Algorithm::Sha256, b"content");
    assert!(digest.matches(b"content") && !digest.matches(b"other"));
    assert!(digest.same_as(&digest.clone()));
    let other_algorithm = Digest { algorithm: Algorithm::Blake3, ..digest.clone() };
    assert!(!digest.same_as(&other_algorithm));
    for at in [0, 31, 63] {
        let mut hex = digest.hex().to_owned().into_bytes();
        hex[at] = if hex[at] == b'0' { b'1' } else { b'0' };
        let other = Digest { algorithm: Algorithm::Sha256, hex: String::from_utf8(hex).unwrap() };
        assert!(!digest.same_as(&other), "digit {at}");
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_are_cut() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for algorithm in ALL {
        let mut hasher = Hasher::new(algorithm);
        for part in bytes.chunks(977) {
            hasher.update(part);
        }
        assert_eq!(hasher.finish(), Digest::of(algorithm, &bytes));
    }
}
