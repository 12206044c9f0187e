//! Bounds of what a store says of its objects.

use manifest::budget::Exceeded;
use reqwest::Response;

use super::{etag_of, too_long};
use crate::bucket::Failure;

fn answer(etag: &str) -> Response {
    http::Response::builder().header("etag", etag).body("").unwrap().into()
}

#[test]
fn etags_of_answers() {
    assert_eq!(etag_of(&answer("W/\"a\"")), Ok(Some("a".to_owned())));
    assert_eq!(etag_of(&answer("\"\"")), Ok(None));
    let long = "e".repeat(1024);
    assert_eq!(etag_of(&answer(&format!("\"{long}\""))), Ok(Some(long.clone())));
    assert!(matches!(etag_of(&answer(&format!("\"{long}e\""))), Err(Failure::Excess(_))));
}

#[test]
fn why_rules_ended() {
    assert_eq!(too_long(Exceeded::Cancelled), Failure::Cancelled);
    assert!(matches!(too_long(Exceeded::Steps(1)), Failure::Excess(_)));
}
