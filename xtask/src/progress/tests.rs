//! What the line looks like, and that it is none where nobody looks.

use super::{clear, draw, during};
use std::time::Duration;

#[test]
fn the_line_is_drawn_over_itself_and_goes() {
    let (mut out, mut drawn) = (Vec::new(), false);
    clear(&mut drawn, &mut out);
    assert!(out.is_empty(), "there was no line");
    draw(&mut drawn, "building etcd", Duration::from_secs(3), &mut out);
    draw(&mut drawn, &"x".repeat(100), Duration::from_secs(4), &mut out);
    clear(&mut drawn, &mut out);
    clear(&mut drawn, &mut out);
    let text = String::from_utf8(out).unwrap();
    let long = "x".repeat(64);
    assert_eq!(text, format!("\r\x1b[2Kbuilding etcd ... 3 s\r\x1b[2K{long} ... 4 s\r\x1b[2K"));
}

#[test]
fn the_work_is_done_with_and_without_a_terminal() {
    assert_eq!(during("something long", || 7), 7);
}
