//! What is kept, and for how long; who waits for whom.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::at;
use crate::kept::{Kept, Lasting, Value, until};
use crate::{Error, Secret};

fn lasting(text: &str, end: &str) -> Lasting {
    Lasting { value: Value::Token(Secret::new(text.to_owned())), until: at(end) }
}

#[test]
fn most_of_a_life_and_an_hour_at_most() {
    let now = at("2026-01-01T00:00:00Z");
    assert_eq!(until(now, 1000), at("2026-01-01T00:13:20Z"));
    assert_eq!(until(now, 86400), at("2026-01-01T01:00:00Z"));
    for none in [0, -5, i64::MIN] {
        assert_eq!(until(now, none), now);
    }
    assert_eq!(until(now, i64::MAX), at("2026-01-01T01:00:00Z"));
}

#[tokio::test]
async fn asked_for_once_until_it_ends() {
    let (kept, asked) = (Kept::default(), AtomicUsize::new(0));
    let ask = || async {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        Ok(lasting(&nth.to_string(), "2026-01-01T00:10:00Z"))
    };
    let get = |name: &str, now: &'static str| kept.get_or(name.to_owned(), move || at(now), ask);
    let (one, other) = futures::join!(get("a", "2026-01-01T00:00:00Z"), get("a", "2026-01-01T00:00:00Z"));
    assert_eq!(one, other);
    assert_eq!(get("a", "2026-01-01T00:09:59Z").await, one);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_ne!(get("a", "2026-01-01T00:10:00Z").await, one, "its time is over");
    assert_ne!(get("b", "2026-01-01T00:00:00Z").await, one, "another name");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

/// Ten who wait for a server that is away do not wait ten times as long.
#[tokio::test]
async fn who_waited_gets_the_same_no() {
    let (kept, asked, clock) = (Kept::default(), AtomicUsize::new(0), AtomicUsize::new(0));
    let now = || {
        let seconds = clock.fetch_add(1, Ordering::SeqCst);
        at("2026-01-01T00:00:00Z") + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap())
    };
    let ask = || async {
        asked.fetch_add(1, Ordering::SeqCst);
        // The others come while this one is on its way.
        tokio::task::yield_now().await;
        Err(Error::Answer("x"))
    };
    let get = || kept.get_or("a".to_owned(), now, ask);
    let (one, two, three) = futures::join!(get(), get(), get());
    assert!(one.is_err() && two.is_err() && three.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(get().await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 2, "who comes later asks anew");
}

/// Names come from objects: whoever makes many of them does not fill the memory.
#[tokio::test]
async fn no_more_than_so_many() {
    let kept = Kept::default();
    for n in 0..2500 {
        let ask = || async { Ok(lasting("x", "2027-01-01T00:00:00Z")) };
        kept.get_or(n.to_string(), || at("2026-01-01T00:00:00Z"), ask).await.unwrap();
    }
    let shown = format!("{kept:?}");
    let count: usize = shown.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse().ok()).unwrap();
    assert!((1..=1000).contains(&count), "{shown}");
}
