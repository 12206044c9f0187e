//! What is kept, and for how long.

use super::IdleCache;
use std::convert::Infallible;
use std::time::{Duration, Instant};

const IDLE: Duration = Duration::from_secs(60);

/// A cache, the moment zero, and a way to ask it for a key after some seconds: whether the value had to be made.
struct Asked {
    cache: IdleCache<&'static str, u32>,
    zero: Instant,
    made: u32,
}

impl Asked {
    fn new() -> Self {
        Self { cache: IdleCache::new(IDLE), zero: Instant::now(), made: 0 }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.zero + Duration::from_secs(seconds)
    }

    fn ask(&mut self, key: &'static str, seconds: u64) -> u32 {
        let now = self.at(seconds);
        let made = &mut self.made;
        let value = self.cache.get_or_make(&key, now, || {
            *made += 1;
            Ok::<_, Infallible>(*made)
        });
        value.unwrap()
    }

    fn sweep(&mut self, seconds: u64) -> usize {
        let now = self.at(seconds);
        self.cache.sweep(now, |_| false);
        self.cache.len()
    }
}

#[test]
fn a_value_is_made_once_per_key() {
    let mut asked = Asked::new();
    assert_eq!([asked.ask("a", 0), asked.ask("a", 1), asked.ask("b", 1), asked.ask("a", 2)], [1, 1, 2, 1]);
    let mut values: Vec<u32> = asked.cache.values().copied().collect();
    values.sort_unstable();
    assert_eq!(values, [1, 2]);
}

#[test]
fn what_is_asked_for_stays() {
    let mut asked = Asked::new();
    asked.ask("a", 0);
    asked.ask("a", 50);
    assert_eq!(asked.sweep(109), 1, "the last use counts, not the first");
    assert_eq!(asked.sweep(110), 0, "idle for exactly the time is idle");
    assert_eq!(asked.ask("a", 110), 2);
}

#[test]
fn only_what_is_idle_goes() {
    let mut asked = Asked::new();
    asked.ask("old", 0);
    asked.ask("young", 30);
    assert_eq!(asked.sweep(60), 1);
    assert_eq!(asked.ask("young", 61), 2, "the young one is still the same");
    assert_eq!(asked.ask("old", 61), 3, "the old one is made again");
}

#[test]
fn what_is_held_is_in_use_until_it_is_let_go() {
    let mut asked = Asked::new();
    asked.ask("a", 0);
    let now = asked.at(600);
    asked.cache.sweep(now, |value| *value == 1);
    assert_eq!(asked.cache.len(), 1);
    assert_eq!(asked.sweep(659), 1, "the idle time begins when it was last seen held");
    assert_eq!(asked.sweep(660), 0);
}

#[test]
fn a_failure_is_not_kept() {
    let mut asked = Asked::new();
    let now = asked.at(0);
    assert_eq!(asked.cache.get_or_make(&"a", now, || Err::<u32, _>("no certificate")), Err("no certificate"));
    assert_eq!(asked.cache.len(), 0);
    assert_eq!(asked.ask("a", 0), 1);
}
