//! Values as Go reads them, by table.

use std::path::PathBuf;
use std::time::Duration;

use super::{FlagValue, List, MapOfBool};

fn read<T: FlagValue>(given: &[&str]) -> Result<T, (String, String)> {
    T::read(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
}

/// What a text is refused with.
fn refused<T: FlagValue + std::fmt::Debug>(text: &str) -> String {
    let (at_fault, reason) = read::<T>(&[text]).expect_err("refused");
    assert_eq!(at_fault, text, "the text at fault");
    reason
}

#[test]
fn whole_numbers_may_have_a_base() {
    for (text, number) in [
        ("0", 0),
        ("-0", 0),
        ("42", 42),
        ("+42", 42),
        ("-42", -42),
        ("0x1F", 31),
        ("0X1f", 31),
        ("-0x10", -16),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("00", 0),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(read::<i64>(&[text]), Ok(number), "{text}");
    }
}

#[test]
fn what_is_not_a_whole_number_is_refused_in_gos_words() {
    for text in
        ["", "-", "+", "+-1", "1.5", "1e3", "x", "0x", "0b2", "0o8", "08", "1_000", " 1", "0x0x1", "0b0b1"]
    {
        assert_eq!(refused::<i64>(text), format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
    }
    for text in ["9223372036854775808", "-9223372036854775809", "0xffffffffffffffffffffffffffffffffffff"] {
        assert_eq!(refused::<i64>(text), format!("strconv.ParseInt: parsing {text:?}: value out of range"));
    }
}

#[test]
fn narrower_numbers_have_their_limits() {
    assert_eq!(read::<usize>(&["7"]), Ok(7));
    assert_eq!(refused::<usize>("-1"), "must not be negative");
    assert_eq!((read::<u8>(&["0"]), read::<u8>(&["255"])), (Ok(0), Ok(255)));
    for text in ["256", "-1"] {
        assert_eq!(refused::<u8>(text), format!("strconv.ParseUint: parsing {text:?}: value out of range"));
    }
}

#[test]
fn booleans_have_gos_spellings() {
    for text in ["1", "t", "T", "true", "TRUE", "True"] {
        assert_eq!(read::<bool>(&[text]), Ok(true), "{text}");
    }
    for text in ["0", "f", "F", "false", "FALSE", "False"] {
        assert_eq!(read::<bool>(&[text]), Ok(false), "{text}");
    }
    for text in ["", "yes", "tRUE", "on", " true"] {
        assert_eq!(refused::<bool>(text), format!("strconv.ParseBool: parsing {text:?}: invalid syntax"));
    }
}

#[test]
fn decimals_and_durations() {
    assert_eq!(read::<f64>(&["50.5"]), Ok(50.5));
    assert_eq!(refused::<f64>("many"), "strconv.ParseFloat: parsing \"many\": invalid syntax");
    for (text, millis) in [("0", 0), ("1.5s", 1500), ("2m", 120_000), ("1h0m0.5s", 3_600_500), ("15ms", 15)] {
        assert_eq!(read::<Duration>(&[text]), Ok(Duration::from_millis(millis)), "{text}");
    }
    for text in ["3", "s", "1d", ""] {
        assert!(refused::<Duration>(text).starts_with("time: "), "{text}");
    }
}

#[test]
fn the_last_of_several_values_stands() {
    assert_eq!(read::<String>(&["a", "b"]), Ok("b".to_owned()));
    assert_eq!(read::<PathBuf>(&["a", "/b"]), Ok(PathBuf::from("/b")));
    assert_eq!(read::<bool>(&["true", "false"]), Ok(false));
    assert_eq!(read::<i64>(&["x", "1"]), Ok(1), "each was checked when it was read");
}

#[test]
fn collections_keep_all_of_them() {
    assert_eq!(read::<List>(&["a,b", "", "c,,d"]).expect("a list").0, ["a", "b", "c", "d"]);
    assert_eq!(read::<List>(&[""]).expect("a list").0, [""; 0]);
    let gates = read::<MapOfBool>(&["A=true, B = 0", "A=false,"]).expect("gates").0;
    assert_eq!(gates.into_iter().collect::<Vec<_>>(), [("A".to_owned(), false), ("B".to_owned(), false)]);
    assert_eq!(refused::<MapOfBool>("A"), "malformed pair, expect string=bool, found A");
    assert_eq!(refused::<MapOfBool>("A=true,B=maybe"), "invalid value of B: maybe");
}

#[test]
fn types_are_shown_under_pflags_names_and_only_switches_stand_alone() {
    let names = [
        (bool::TYPE, bool::BARE),
        (String::TYPE, String::BARE),
        (PathBuf::TYPE, PathBuf::BARE),
        (i64::TYPE, i64::BARE),
        (usize::TYPE, usize::BARE),
        (u8::TYPE, u8::BARE),
        (f64::TYPE, f64::BARE),
        (Duration::TYPE, Duration::BARE),
        (List::TYPE, List::BARE),
        (MapOfBool::TYPE, MapOfBool::BARE),
    ];
    let types = names.map(|(name, _)| name).join(" ");
    assert_eq!(types, "bool string string int int uint8 float32 duration strings mapStringBool");
    let bare: Vec<_> = names.iter().filter_map(|(name, bare)| bare.map(|text| (*name, text))).collect();
    assert_eq!(bare, [("bool", "true")]);
}
