//! What a verification may cost. What it finds is `signature`'s to test.

use std::time::{Duration, SystemTime};

use manifest::budget::{Budget, Cancel, Limits};

use super::{MOST_KEYS, STEPS, parse, within};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/signatures/", $name))
    };
}

/// The beginning of 2027.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600)
}

/// What a signed tag costs, or what is said when it costs more than so much.
fn cost(steps: u64, payload: &str) -> Result<u64, String> {
    let tag = sample!("pgp.tag");
    let signature = tag.get(tag.find("-----BEGIN").unwrap()..).unwrap().trim();
    let rings = [sample!("one.asc").to_owned()];
    let budget = Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default());
    let found = within(&rings, payload.as_bytes(), signature.as_bytes(), now(), &budget);
    match found {
        Err(cause) if cause.contains("needs more than") => Err(cause),
        _ => Ok(budget.steps()),
    }
}

#[test]
fn keys_signatures_and_bytes_are_bounded() {
    let small = cost(u64::MAX, "small").unwrap();
    assert!(small < STEPS.steps / 1_000, "{small}: an ordinary one is far from the limit");
    let said = cost(small - 1, "small").unwrap_err();
    assert!(said.starts_with("the verification needs more than") && said.contains("fewer keys"), "{said}");
    assert!(cost(small, &"x".repeat(1 << 20)).is_err(), "what is signed counts");
}

#[test]
fn subkeys_are_keys() {
    let ring = sample!("three.asc");
    let mut left = MOST_KEYS;
    assert_eq!(parse(ring, &mut left).unwrap().len(), 1);
    assert_eq!(left, MOST_KEYS - 2, "it has one subkey");
    assert!(parse(ring, &mut 1).is_err());
}
