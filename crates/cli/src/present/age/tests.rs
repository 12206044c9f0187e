//! How long ago.

use super::*;

#[test]
fn ages() {
    let now: Timestamp = "2026-11-25T10:00:00Z".parse().expect("a time");
    let ago = |seconds: i64| age(Timestamp::from_second(now.as_second() - seconds).expect("a time"), now);
    for (seconds, shown) in [
        (-5, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (310, "5m10s"),
        (3599, "59m"),
        (10_800, "3h"),
        (11_000, "3h3m"),
        (90_000, "25h"),
        (172_800, "2d"),
        (180_000, "2d2h"),
        (691_200, "8d"),
        (94_608_000, "3y"),
    ] {
        assert_eq!(ago(seconds), shown, "{seconds}");
    }
    assert_eq!(instant(now), "2026-11-25 10:00:00Z");
}
