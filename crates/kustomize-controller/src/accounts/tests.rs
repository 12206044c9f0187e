//! Whose token it is.

use super::{account_of, subject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[test]
fn whose_token_it_is() {
    let token = |claims: &str| format!("h.{}.s\n", URL_SAFE_NO_PAD.encode(claims));
    assert_eq!(
        subject(&token(r#"{"sub": "system:serviceaccount:ns:a"}"#)).as_deref(),
        Some("system:serviceaccount:ns:a")
    );
    for bad in ["", "a.b.c", &token("{}"), &token("no")] {
        assert_eq!(subject(bad), None);
    }
    assert_eq!(account_of("system:serviceaccount:ns:a"), Some(["ns", "a"]));
    for bad in ["system:serviceaccount:ns", "system:user:ns:a", "admin"] {
        assert_eq!(account_of(bad), None);
    }
}
