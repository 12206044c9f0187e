//! What panics say.

use std::panic::{catch_unwind, panic_any};

use super::text;

fn said(panic: fn()) -> String {
    text(&*catch_unwind(panic).expect_err("it panics"))
}

#[test]
fn a_panic_says_its_message_if_it_has_one() {
    assert_eq!(said(|| panic!("a literal")), "a literal");
    assert_eq!(said(|| panic!("number {}", std::hint::black_box(7))), "number 7");
    assert_eq!(said(|| panic_any(7)), "panic without a message");
}
