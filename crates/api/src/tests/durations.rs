//! Durations: Go's text form in both directions, and times in whole seconds.

use std::time::Duration as Span;

use proptest::prelude::*;

use crate::Duration;

fn check(text: &str, printed: &str) {
    let duration: Duration = text.parse().expect(text);
    assert_eq!(duration.to_string(), printed, "{text}");
}

#[test]
fn prints_as_go_does() {
    check("0", "0s");
    check("0s", "0s");
    check("60s", "1m0s");
    check("10m", "10m0s");
    check("1h", "1h0m0s");
    check("90m", "1h30m0s");
    check("1.5h", "1h30m0s");
    check("1h2m3.004s", "1h2m3.004s");
    check("500ms", "500ms");
    check("1.5ms", "1.5ms");
    check("1500ms", "1.5s");
    check("100us", "100\u{b5}s");
    check("100\u{3bc}s", "100\u{b5}s");
    check("7ns", "7ns");
    check("24h", "24h0m0s");
    check("+5s", "5s");
    check(".5s", "500ms");
    check("5.s", "5s");
    check("-0s", "0s");
    check("1s1s", "2s");
    check("0.100000000000000000000h", "6m0s");
    check("2562047h47m16.854775807s", "2562047h47m16.854775807s");
}

#[test]
fn refuses_what_go_refuses() {
    for (text, message) in [
        ("", "invalid duration \"\""),
        ("3", "missing unit in duration \"3\""),
        ("-", "invalid duration \"-\""),
        ("s", "invalid duration \"s\""),
        (".", "invalid duration \".\""),
        (".s", "invalid duration \".s\""),
        ("1d", "unknown unit \"d\" in duration \"1d\""),
        ("1h 2m", "unknown unit \"h \" in duration \"1h 2m\""),
        ("9223372036854775808ns", "invalid duration \"9223372036854775808ns\""),
        ("2562048h", "invalid duration \"2562048h\""),
        ("99999999999999999999999h", "invalid duration \"99999999999999999999999h\""),
        ("-1s", "negative duration \"-1s\""),
    ] {
        let error = text.parse::<Duration>().expect_err(text);
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn serialises_as_text() {
    let duration: Duration = serde_json::from_str("\"60s\"").expect("a duration");
    assert_eq!(duration, Duration::from_secs(60));
    assert_eq!(serde_json::to_string(&duration).expect("JSON"), "\"1m0s\"");
    serde_json::from_str::<Duration>("60").expect_err("a number is no duration");
}

proptest! {
    #[test]
    fn printing_loses_nothing(nanos in 0..=i64::MAX.unsigned_abs()) {
        let duration = Duration::from(Span::from_nanos(nanos));
        prop_assert_eq!(duration.to_string().parse::<Duration>(), Ok(duration));
    }

    #[test]
    fn any_text_is_answered(text in "[-+.0-9a-zµ ]{0,24}|\\PC{0,12}") {
        if let Ok(duration) = text.parse::<Duration>() {
            prop_assert_eq!(duration.to_string().parse::<Duration>(), Ok(duration));
        }
    }
}

#[test]
fn a_time_loses_its_fraction_of_a_second() {
    let cut = |text: &str| crate::duration::whole_seconds(text.parse().expect(text)).to_string();
    assert_eq!(cut("2026-01-01T10:00:00.999999999Z"), "2026-01-01T10:00:00Z");
    assert_eq!(cut("2026-01-01T10:00:01Z"), "2026-01-01T10:00:01Z");
}
