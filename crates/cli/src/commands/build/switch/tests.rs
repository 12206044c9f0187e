//! Values of boolean flags. How they are typed is proved where they are declared.

use super::*;

#[test]
fn on_with_true_or_without_a_value() {
    assert!(is_on(Some(None)));
    assert!(is_on(Some(Some(true))));
    assert!(!is_on(Some(Some(false))));
    assert!(!is_on(None));
}

#[test]
fn words_of_go() {
    for word in ["1", "t", "T", "true", "TRUE", "True"] {
        assert_eq!(go_bool(word), Ok(true), "{word}");
    }
    for word in ["0", "f", "F", "false", "FALSE", "False"] {
        assert_eq!(go_bool(word), Ok(false), "{word}");
    }
    for word in ["", "yes", "on", "tRUE", "2"] {
        assert_eq!(go_bool(word), Err("must be true or false"), "{word}");
    }
}
