//! Errors of the network as they are told, and what they mean.

use super::{Certificate, Network, read};

#[test]
fn words_of_the_network() {
    for (text, expected) in [
        ("dial tcp: lookup git.invalid: no such host", Network::NoSuchHost("git.invalid")),
        ("dial tcp: lookup git.invalid on 10.96.0.10:53: no such host", Network::NoSuchHost("git.invalid")),
        ("dial tcp 10.0.0.1:443: connect: connection refused", Network::Refused("10.0.0.1:443")),
        ("dial tcp [::1]:443: connect: connection refused", Network::Refused("[::1]:443")),
        ("connection refused", Network::Refused("")),
        ("dial tcp 10.0.0.1:443: i/o timeout", Network::TimedOut),
        ("Post \"https://x\": context deadline exceeded", Network::TimedOut),
        ("dial tcp 10.0.0.1:443: connect: no route to host", Network::NoRoute),
        ("read tcp 10.0.0.1:443: read: connection reset by peer", Network::Closed),
        ("Get \"https://x\": EOF", Network::Closed),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            Network::Certificate(Certificate::UnknownAuthority),
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2026 is after 2025",
            Network::Certificate(Certificate::Outdated),
        ),
        (
            "x509: certificate is valid for a.example, not b.example",
            Network::Certificate(Certificate::OtherName),
        ),
        ("tls: first record does not look like a TLS handshake", Network::Certificate(Certificate::NotTls)),
        ("remote error: tls: certificate required", Network::Certificate(Certificate::ClientRefused)),
        ("remote error: tls: handshake failure", Network::Certificate(Certificate::Other)),
    ] {
        assert_eq!(read(text), Some(expected), "{text}");
    }
    for text in ["", "spec.replicas: Invalid value: -1", "repository not found", "the EOFs are many"] {
        assert_eq!(read(text), None, "{text}");
    }
}
