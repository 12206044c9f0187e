//! That the first values stay, and no further ones come.

use super::{Bounded, OTHER};

#[test]
fn the_first_values_have_series_of_their_own() {
    let bounded = Bounded::new(2);
    assert_eq!(["a", "b", "c", "a", "d"].map(|value| bounded.label(value)), ["a", "b", OTHER, "a", OTHER]);
}

#[test]
fn a_long_value_takes_no_place() {
    let bounded = Bounded::new(1);
    assert_eq!(bounded.label(&"x".repeat(129)), OTHER);
    assert_eq!(bounded.label("a"), "a");
}
