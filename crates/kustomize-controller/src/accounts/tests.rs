//! Whose token it is.

use super::{Own, account_of, said};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

#[test]
fn whose_token_it_is() {
    let token = |claims: &str| format!("h.{}.s\n", URL_SAFE_NO_PAD.encode(claims));
    let own = |audiences: &[&str]| Own {
        account: ["ns".to_owned(), "a".to_owned()],
        audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
    };
    for (claims, wanted) in [
        (r#"{"sub": "system:serviceaccount:ns:a"}"#, own(&[])),
        (r#"{"sub": "system:serviceaccount:ns:a", "aud": "one"}"#, own(&["one"])),
        (r#"{"sub": "system:serviceaccount:ns:a", "aud": ["one", "two"]}"#, own(&["one", "two"])),
    ] {
        assert_eq!(said(&token(claims)), Ok(wanted));
    }
    for bad in ["", "a.b.c", &token("{}"), &token("no")] {
        let text = "failed to get subject from service account token: token is malformed";
        assert_eq!(said(bad), Err(text.to_owned()));
    }
    assert!(said(&token(r#"{"sub": "admin"}"#)).unwrap_err().ends_with("token: admin"));
    assert_eq!(account_of("system:serviceaccount:ns:a"), Some(["ns", "a"]));
    for bad in ["system:serviceaccount:ns", "system:user:ns:a", "admin"] {
        assert_eq!(account_of(bad), None);
    }
}
