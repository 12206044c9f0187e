//! Types of plain scalars against what Go's libraries say, and times in full.

use serde_json::{Value, json};

use super::{Resolved, resolve, timestamp};
use crate::yaml::tests::PLAIN;
use crate::yaml::{Dialect, read_all};

#[test]
fn tags_are_those_of_go_yaml_v3() {
    for (text, tag, _) in PLAIN {
        assert_eq!(resolve(text, Dialect::V3, true).tag(), *tag, "{text}");
    }
}

#[test]
fn values_are_those_of_sigs_yaml() {
    for (text, _, wanted) in PLAIN {
        let read = read_all(&format!("k: {text}\n"), Dialect::V2);
        if wanted.is_empty() {
            assert!(read.is_err(), "{text}");
            continue;
        }
        let wanted: Value = serde_json::from_str(wanted).expect("JSON");
        assert_eq!(read, Ok(vec![wanted]), "{text}");
    }
}

#[test]
fn the_dialects_differ_in_old_booleans_alone() {
    for (text, _, _) in PLAIN {
        let (v2, v3) = (resolve(text, Dialect::V2, false), resolve(text, Dialect::V3, false));
        if matches!(v2, Resolved::Bool(_)) && v3 == Resolved::Str {
            continue;
        }
        // NaN does not equal itself.
        assert_eq!(format!("{v2:?}"), format!("{v3:?}"), "{text}");
    }
    assert_eq!(resolve("yes", Dialect::V2, true), Resolved::Bool(true));
    assert_eq!(resolve("off", Dialect::V2, true), Resolved::Bool(false));
    assert_eq!(resolve("yes", Dialect::V3, true), Resolved::Str);
}

#[test]
fn numbers_at_the_edge_of_64_bits() {
    let of = |text| resolve(text, Dialect::V3, true);
    assert_eq!(of("9223372036854775807"), Resolved::Int(i64::MAX));
    assert_eq!(of("9223372036854775808"), Resolved::Uint(1 << 63));
    assert_eq!(of("-9223372036854775808"), Resolved::Int(i64::MIN));
    assert_eq!(of("18446744073709551615"), Resolved::Uint(u64::MAX));
    assert_eq!(of("0xffffffffffffffff"), Resolved::Uint(u64::MAX));
    assert!(matches!(of("18446744073709551616"), Resolved::Float(_)));
    // Where a sign stands, an unsigned integer is not tried.
    assert!(matches!(of("+9223372036854775808"), Resolved::Float(_)));
}

#[test]
fn a_date_is_a_time_unless_another_type_was_asked_for() {
    assert_eq!(resolve("2024-01-31", Dialect::V3, true), Resolved::Time("2024-01-31T00:00:00Z".to_owned()));
    assert_eq!(resolve("2024-01-31", Dialect::V3, false), Resolved::Str);
    assert_eq!(resolve("", Dialect::V3, true), Resolved::Null);
}

#[test]
fn times_are_printed_with_their_own_offset() {
    for (text, wanted) in [
        ("2024-01-31", "2024-01-31T00:00:00Z"),
        ("2024-1-3", "2024-01-03T00:00:00Z"),
        ("2024-01-31T1:2:3Z", "2024-01-31T01:02:03Z"),
        ("2024-01-31t10:00:00Z", "2024-01-31T10:00:00Z"),
        ("2024-01-31 10:00:00", "2024-01-31T10:00:00Z"),
        ("2024-01-31T10:00:00.5Z", "2024-01-31T10:00:00.5Z"),
        ("2024-01-31T10:00:00.500Z", "2024-01-31T10:00:00.5Z"),
        ("2024-01-31T10:00:00.000Z", "2024-01-31T10:00:00Z"),
        ("2024-01-31T10:00:00.1234567899Z", "2024-01-31T10:00:00.123456789Z"),
        ("2024-01-31T10:00:00,5Z", "2024-01-31T10:00:00.5Z"),
        ("2024-01-31T10:00:00+02:00", "2024-01-31T10:00:00+02:00"),
        ("2024-01-31T10:00:00-00:30", "2024-01-31T10:00:00-00:30"),
        ("2024-01-31T10:00:00+00:00", "2024-01-31T10:00:00Z"),
    ] {
        assert_eq!(timestamp(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn what_no_calendar_or_clock_has_is_not_a_time() {
    for text in [
        "",
        "2024",
        "2024-01",
        "24-01-01",
        "2024-00-01",
        "2024-13-01",
        "2024-01-00",
        "2024-04-31",
        "2023-02-29",
        "1900-02-29",
        "2024-01-31X10:00:00Z",
        "2024-01-31T10:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T10:60:00Z",
        "2024-01-31T10:00:60Z",
        "2024-01-31T10:00:00",
        "2024-01-31T10:00:00.Z",
        "2024-01-31T10:00:00z",
        "2024-01-31T10:00:00+0200",
        "2024-01-31T10:00:00+25:00",
        "2024-01-31 10:00:00Z",
        "2024-01-31T10:00:00Z ",
    ] {
        assert_eq!(timestamp(text), None, "{text}");
    }
    assert_eq!(timestamp("2000-02-29").as_deref(), Some("2000-02-29T00:00:00Z"));
    assert_eq!(json!(timestamp("2024-02-29")), "2024-02-29T00:00:00Z");
}
