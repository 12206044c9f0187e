//! How often an object that stays as it is is looked at.

use super::{APART, Due, again, due};
use crate::drift::{Looked, TrackedObject};
use crate::samples::{absent, present};
use std::time::{Duration, Instant};

#[test]
fn what_was_seen_is_not_looked_at_again_and_the_rest_not_too_often() {
    let now = Instant::now();
    let mut tracked = TrackedObject { live: present(9, 2), ..TrackedObject::default() };
    assert_eq!(due(&tracked, now), Due::Now);
    let mut look = |version, ago| {
        tracked.looked = Some(Box::new(Looked { at: now - Duration::from_secs(ago), version }));
        due(&tracked, now)
    };
    assert_eq!(look(9, 100), Due::Known);
    assert_eq!(look(8, 3), Due::After(Duration::from_secs(7)));
    assert_eq!(look(8, 10), Due::Now);
    tracked.live = absent("u");
    assert_eq!(due(&tracked, now), Due::Now);
    tracked.looked = Some(Box::new(Looked { at: now, version: 0 }));
    assert_eq!(due(&tracked, now), Due::Known, "it is still gone");
}

#[test]
fn what_changed_during_a_look_is_looked_at_later() {
    assert_eq!(again(9, 9), None);
    assert_eq!(again(9, 10), None, "the watch is behind");
    assert_eq!(again(10, 9), Some(APART));
}
