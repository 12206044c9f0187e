//! Patience and room, without a server.

use std::sync::Arc;
use std::time::Duration;

use manifest::budget::Reserve;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Limits, Patience, Room, STEP};
use crate::error::FetchError;
use crate::gate::Reserved;

#[test]
fn a_server_has_to_keep_its_rate_after_a_while() {
    let limits = Limits { rate: 1000, ..Limits::default() };
    let begin = Instant::now();
    let until = |received, after| {
        let patience = Patience::new(&limits, begin, received, begin + Duration::from_secs(after));
        (patience.until.duration_since(begin).as_secs(), patience.is_rate)
    };
    assert_eq!(until(0, 0), (10, true), "before it is silent for too long, it is too slow");
    assert_eq!(until(9_000, 9), (10, true));
    assert_eq!(until(12_000, 9), (12, true), "it earned two more seconds");
    assert_eq!(until(1_000_000, 9), (39, false), "silence");
    let error = |received| {
        let patience = Patience::new(&limits, begin, received, begin);
        patience.error("http://u:p@h/a", &limits).to_string()
    };
    assert_eq!(
        error(0),
        "failed to download archive from http://h/a: the server sent less than 1000 bytes a second"
    );
    assert_eq!(
        error(u64::MAX),
        "failed to download archive from http://h/a: the server did not answer in time"
    );
    let error = Patience::new(&limits, begin, 0, begin).error("", &limits);
    assert!(matches!(error, FetchError::TooSlow { .. }));
}

/// Memory of so many bytes.
struct Memory(Mutex<u64>);

impl Reserve for Memory {
    fn grow(&self, bytes: u64) -> bool {
        let mut left = self.0.lock();
        let more = left.checked_sub(bytes);
        *left = more.unwrap_or(*left);
        more.is_some()
    }
}

impl Reserved for Memory {
    fn shrink_to(&self, _: u64) {}
}

#[test]
fn an_announced_size_is_a_claim() {
    let mut room = Room { reserved: Arc::new(Memory(Mutex::new(u64::MAX))), size: 0, bytes: Vec::new() };
    assert!(room.make(10, Some(1 << 40)));
    assert!(room.size <= STEP + 10, "{} were reserved for ten", room.size);
    let mut exact = Room { reserved: Arc::new(Memory(Mutex::new(u64::MAX))), size: 0, bytes: Vec::new() };
    assert!(exact.make(10, Some(30)));
    assert_eq!((exact.bytes.capacity(), exact.size), (30, 30));
    exact.bytes.resize(30, 0);
    assert!(exact.make(1, Some(30)), "more than announced is room like any other");
}

#[test]
fn what_is_held_was_reserved() {
    let memory = 10 * STEP;
    let mut room = Room { reserved: Arc::new(Memory(Mutex::new(memory))), size: 0, bytes: Vec::new() };
    let mut received = 0;
    while room.make(10_000, None) {
        room.bytes.extend_from_slice(&[0; 10_000]);
        received += 10_000;
        assert!(room.bytes.capacity() as u64 <= room.size && room.size <= memory);
    }
    assert!(received as u64 > memory / 4, "only {received} bytes of {memory}");
    assert_eq!(room.bytes.len(), received);
}
