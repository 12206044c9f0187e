//! The lower bound, over instants in milliseconds and over headers.

use super::{Took, date_of, earliest};
use http::HeaderMap;
use proptest::prelude::*;
use std::time::Duration;

const fn took(monotonic: u64, wall: Option<u64>) -> Took {
    let wall = match wall {
        Some(wall) => Some(Duration::from_millis(wall)),
        None => None,
    };
    Took { monotonic: Duration::from_millis(monotonic), wall }
}

#[test]
fn the_longer_of_two_clocks_counts_and_a_second_that_has_begun_counts_whole() {
    assert_eq!(earliest(Some(1_000), took(0, Some(0))), Some(999));
    assert_eq!(earliest(Some(1_000), took(1, Some(1))), Some(998));
    assert_eq!(earliest(Some(1_000), took(1_000, Some(1_000))), Some(998));
    // The machine was suspended: only the wall clock saw it.
    assert_eq!(earliest(Some(1_000), took(20, Some(600_000))), Some(399));
    assert_eq!(earliest(Some(1_000), took(900, Some(500))), Some(998));
}

#[test]
fn what_cannot_be_told_is_not_told() {
    assert_eq!(earliest(None, took(1, Some(1))), None);
    // Our wall clock was set back, so it cannot say whether the machine was suspended.
    assert_eq!(earliest(Some(1_000), took(20, None)), None);
    assert_eq!(earliest(Some(1_000), took(5_000, Some(20))), None);
}

#[test]
fn a_date_that_a_proxy_wrote_is_not_the_servers() {
    let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    let headers = |more: &[(&'static str, &'static str)]| {
        let all = more.iter().chain([&date]);
        all.map(|(key, value)| (key.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
    };
    assert_eq!(date_of(&headers(&[])), Some(1_767_225_600));
    assert_eq!(date_of(&headers(&[("server", "nginx")])), None);
    assert_eq!(date_of(&headers(&[("via", "1.1 proxy")])), None);
    assert_eq!(date_of(&HeaderMap::new()), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the clocks are set to, and however long each part takes, no stamp lies before the bound.
    #[test]
    fn no_stamp_lies_before_the_bound(
        sent in 0_u64..1_000_000,
        parts in prop::array::uniform3(prop_oneof![0_u64..5, 0_u64..1_500, 0_u64..90_000]),
        server in -3_600_000_i64..3_600_000,
        suspended in prop_oneof![4 => Just(0_u64), 1 => 0_u64..7_200_000],
    ) {
        let [to_stamp, to_date, to_receipt] = parts;
        let clock = |instant: u64| (instant.cast_signed() + server + 10_000_000).div_euclid(1_000);
        let stamp = clock(sent + to_stamp);
        // We were suspended together with the server, or not at all.
        let date = clock(sent + to_stamp + to_date + suspended);
        let monotonic = to_stamp + to_date + to_receipt;
        let bound = earliest(Some(date), took(monotonic, Some(monotonic + suspended)));
        prop_assert!(bound.is_some_and(|bound| bound <= stamp), "{bound:?} {stamp}");
    }
}
