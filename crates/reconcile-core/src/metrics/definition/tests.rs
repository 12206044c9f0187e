//! The bounds of buckets.

use super::Buckets;

#[test]
fn exponential_buckets_begin_and_end_where_they_should() {
    let bounds = Buckets::Exponential { first: 0.01, last: 1800.0, count: 10 }.bounds();
    assert_eq!(bounds.len(), 10);
    assert!((bounds[0] - 0.01).abs() < 1e-9 && (bounds[9] - 1800.0).abs() < 0.01, "{bounds:?}");
    assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{bounds:?}");
}

#[test]
fn a_list_is_taken_as_it_is() {
    assert_eq!(Buckets::List(&[1.0, 5.0]).bounds(), [1.0, 5.0]);
}
