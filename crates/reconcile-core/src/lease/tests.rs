//! Identities.

use super::identity;

#[test]
fn an_identity_is_this_process_and_nobody_else() {
    let (one, other) = (identity(), identity());
    assert_ne!(one, other, "two processes of one host differ");
    let (host, random) = one.rsplit_once('_').expect("two parts");
    assert_eq!(host, crate::env::hostname());
    assert_eq!(random.len(), 36, "a UUID: {random}");
}
