//! Values of boolean flags. How they are typed is proved where they are declared.

use super::*;

#[test]
fn on_with_true_or_without_a_value() {
    assert!(is_on(Some(None)));
    assert!(is_on(Some(Some(true))));
    assert!(!is_on(Some(Some(false))));
    assert!(!is_on(None));
}
