//! How long an answer holds, and that there are never too many.

use std::time::{Duration, Instant};

use super::Cache;

const LIFE: Duration = Duration::from_secs(10);

#[test]
fn an_answer_holds_for_its_time() {
    let (mut cache, now) = (Cache::new(4, LIFE), Instant::now());
    cache.put("a", 1, now);
    assert_eq!(cache.get(&"a", now + LIFE - Duration::from_millis(1)), Some(1));
    assert_eq!(cache.get(&"a", now + LIFE), None, "the end is not part of it");
    assert_eq!(cache.get(&"b", now), None);
    cache.put("a", 2, now + LIFE);
    assert_eq!(cache.get(&"a", now + LIFE), Some(2));
}

#[test]
fn there_are_never_more_than_fit_and_the_newest_stay() {
    let (mut cache, now) = (Cache::new(8, LIFE), Instant::now());
    for number in 0..100_u64 {
        cache.put(number, number, now + Duration::from_millis(number));
        assert!(cache.entries.len() <= 8);
        assert_eq!(cache.get(&number, now + Duration::from_millis(number)), Some(number));
    }
}

#[test]
fn what_holds_no_longer_makes_room_first() {
    let (mut cache, now) = (Cache::new(2, LIFE), Instant::now());
    cache.put("old", 0, now);
    cache.put("young", 1, now + LIFE / 2);
    cache.put("new", 2, now + LIFE);
    assert_eq!(cache.get(&"young", now + LIFE), Some(1));
    assert_eq!(cache.get(&"new", now + LIFE), Some(2));
}
