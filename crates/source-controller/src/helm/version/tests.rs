//! Lenient versions.

use super::{choosable, coerce, with_metadata};

#[test]
fn what_is_left_out_is_zero() {
    for (text, full) in [
        ("1", "1.0.0"),
        ("v1.2", "1.2.0"),
        ("01.02.3", "1.2.3"),
        ("1.2.3-rc.1+b-7", "1.2.3-rc.1+b-7"),
        ("1-alpha", "1.0.0-alpha"),
    ] {
        assert_eq!(coerce(text).unwrap().to_string(), full, "{text}");
    }
    for text in
        ["", "v", "1.", "1.2.3.4", "a", "1.x", "1.2.3-", "1.2.3+", "1.2.3-01", "-1", "1..2", "1.2.3-a+b+c"]
    {
        assert!(coerce(text).is_none(), "{text}");
    }
    assert!(choosable("1.2").is_none() && choosable("1.2.3").is_some());
}

#[test]
fn metadata_is_replaced() {
    assert_eq!(with_metadata("v1.2+old", "abc.3").as_deref(), Ok("1.2.0+abc.3"));
    assert!(with_metadata("1.2.3", "a b").is_err());
    assert!(with_metadata("nope", "3").is_err());
}
