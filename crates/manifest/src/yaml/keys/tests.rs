//! The order of keys, recorded from what go-yaml v2 writes for maps of them.

use super::sort_keys;

/// Every key stands before all that follow it.
fn check(keys: &[&str]) {
    for (i, a) in keys.iter().enumerate() {
        assert!(sort_keys(a, a).is_eq(), "{a}");
        for b in keys.iter().skip(i + 1) {
            assert!(sort_keys(a, b).is_lt() && sort_keys(b, a).is_gt(), "{a} {b}");
        }
    }
}

#[test]
fn letters_by_their_codes_and_a_prefix_first() {
    check(&["", "A", "B", "a", "aa", "ab", "b", "\u{e9}"]);
}

#[test]
fn digits_by_value_wherever_they_stand() {
    check(&["a1", "a2", "a10", "a100"]);
    check(&["1", "2", "10", "12", "100"]);
    check(&["a100", "a101", "a110"]);
    check(&["x", "x3", "x3y", "x3z1", "x20"]);
}

#[test]
fn of_equal_values_the_one_with_fewer_zeros_goes_first() {
    check(&["a1", "a01", "a001"]);
}

#[test]
fn signs_before_digits_before_letters() {
    check(&["a b", "a-b", "a.b", "a/b", "a_b", "a1", "aB", "ab"]);
    check(&["-", "_", "1", "Z", "a"]);
    check(&["App", "app", "app-2", "app-10", "app.kubernetes.io/name"]);
}

/// What makes the order contradict itself: one key is the longer number, another the letter that ends a shorter one.
#[test]
fn numbers_before_letters_go_round_in_a_circle() {
    for pair in [["a1b", "a2b"], ["a2b", "a10b"], ["a10b", "a1b"]] {
        check(&pair);
    }
}
