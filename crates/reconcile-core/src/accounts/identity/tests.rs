//! Whose name it is.

use super::Named;

#[test]
fn the_own_account_goes_before_the_default() {
    let of = |own, default| Named::or_default(own, default).map(|named| (named.name, named.by_default));
    assert_eq!(of("own", "default"), Some(("own", false)));
    assert_eq!(of("own", ""), Some(("own", false)));
    assert_eq!(of("", "default"), Some(("default", true)));
    assert_eq!(of("", ""), None);
}
