//! resourceVersions as numbers.

use super::version_number;

#[test]
fn what_is_not_a_number_is_zero() {
    assert_eq!(version_number(Some("184467440737095516")), 184_467_440_737_095_516);
    assert_eq!(version_number(Some("18446744073709551616")), 0, "beyond 64 bits");
    for text in ["", "v1", "-1", "1.5", " 1"] {
        assert_eq!(version_number(Some(text)), 0, "{text:?}");
    }
    assert_eq!(version_number(None), 0);
}
