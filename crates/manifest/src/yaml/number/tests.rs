//! Floats as Go prints them, recorded from `strconv.FormatFloat` and `encoding/json`.

use super::{go_float, go_float32, json_float};

/// A float, and its texts with 64 bits, with 32 bits and in JSON.
#[test]
fn floats_are_printed_as_go_prints_them() {
    for (float, long, short, json) in [
        (0.0, "0", "0", "0"),
        (1.0, "1", "1", "1"),
        (-1.0, "-1", "-1", "-1"),
        (0.5, "0.5", "0.5", "0.5"),
        (1e5, "100000", "100000", "100000"),
        (999_999.0, "999999", "999999", "999999"),
        (1e6, "1e+06", "1e+06", "1000000"),
        (1_234_567.0, "1.234567e+06", "1.234567e+06", "1234567"),
        (0.0001, "0.0001", "0.0001", "0.0001"),
        (0.00001, "1e-05", "1e-05", "0.00001"),
        (1.5e-5, "1.5e-05", "1.5e-05", "0.000015"),
        (123_456.789, "123456.789", "123456.79", "123456.789"),
        (1e20, "1e+20", "1e+20", "100000000000000000000"),
        (1e21, "1e+21", "1e+21", "1e+21"),
        (1e-6, "1e-06", "1e-06", "0.000001"),
        (9.9e-7, "9.9e-07", "9.9e-07", "9.9e-7"),
        (1e-7, "1e-07", "1e-07", "1e-7"),
        (-2.5e10, "-2.5e+10", "-2.5e+10", "-25000000000"),
        (3.000_000_1, "3.0000001", "3", "3.0000001"),
        (16_777_217.0, "1.6777217e+07", "1.6777216e+07", "16777217"),
        (5e-324, "5e-324", "0", "5e-324"),
    ] {
        assert_eq!([go_float(float), go_float32(float), json_float(float)], [long, short, json]);
    }
}

#[test]
fn what_is_beyond_a_float_takes_the_spelling_of_yaml() {
    assert_eq!(go_float(f64::INFINITY), ".inf");
    assert_eq!(go_float(f64::NEG_INFINITY), "-.inf");
    assert_eq!(go_float(f64::NAN), ".nan");
    assert_eq!(go_float32(1e300), ".inf", "32 bits do not hold it");
    assert_eq!(json_float(f64::MAX), "1.7976931348623157e+308");
}

#[test]
fn zero_keeps_its_sign() {
    assert_eq!(go_float(-0.0), "-0");
    assert_eq!(json_float(-0.0), "-0");
}
