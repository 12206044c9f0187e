//! What is said of a server that is not reached.

use super::*;

#[test]
fn a_cause_without_layers() {
    for (text, said) in [
        (
            "client error (Connect): tcp connect error: Connection refused (os error 111)",
            "connection refused",
        ),
        (
            "client error (Connect): dns error: no such host",
            "client error (Connect): dns error: no such host",
        ),
        ("dial tcp 127.0.0.1:9: connect: connection refused", "connection refused"),
        ("dial tcp [::1]:9: i/o timeout", "i/o timeout"),
        ("Unauthorized", "Unauthorized"),
    ] {
        assert_eq!(without_layers(text), said);
    }
}
