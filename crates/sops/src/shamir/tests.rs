//! Tests of secret sharing.

use super::{ShareError, combine, inverse, mul};

/// Shares by the polynomial whose coefficients above the secret are given.
fn split(secret: &[u8], coefficients: &[u8], parts: u8) -> Vec<Vec<u8>> {
    (1..=parts)
        .map(|place| {
            let value = |byte: &u8| coefficients.iter().rev().fold(0, |sum, c| mul(sum ^ c, place)) ^ byte;
            secret.iter().map(value).chain([place]).collect()
        })
        .collect()
}

#[test]
fn multiplication_is_that_of_aes() {
    // The example of FIPS 197.
    assert_eq!(mul(0x57, 0x13), 0xfe);
    assert_eq!(mul(0x57, 0x83), 0xc1);
    for a in 1..=255 {
        assert_eq!(mul(a, inverse(a)), 1, "{a}");
    }
    assert_eq!(inverse(0), 0);
}

#[test]
fn enough_shares_give_the_secret_in_any_order() {
    let secret = b"a secret of some length";
    let shares = split(secret, &[17, 203], 5);
    for chosen in [[0, 1, 2], [4, 2, 0], [3, 1, 4]] {
        let parts: Vec<&Vec<u8>> = chosen.iter().map(|i| &shares[*i]).collect();
        assert_eq!(*combine(&parts).unwrap(), secret);
    }
    assert_eq!(*combine(&shares).unwrap(), secret);
    assert_ne!(*combine(&shares[..2]).unwrap(), secret);
}

#[test]
fn odd_shares_are_refused() {
    assert_eq!(combine(&[[0u8; 2]; 0]), Err(ShareError::TooFew));
    assert_eq!(combine(&[vec![1, 2]]), Err(ShareError::TooFew));
    assert_eq!(combine(&[vec![1], vec![2]]), Err(ShareError::TooShort));
    assert_eq!(combine(&[vec![], vec![2]]), Err(ShareError::TooShort));
    assert_eq!(combine(&[vec![1, 2], vec![1, 2, 3]]), Err(ShareError::Lengths));
    assert_eq!(combine(&[vec![1, 2], vec![3, 2]]), Err(ShareError::Duplicate));
}
