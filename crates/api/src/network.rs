//! Why a server gave no answer, read from the words of Go's and our own network errors, in which controllers, registries
//! and API servers tell it. What to do about it is said where the server is known.
//!
//! ```
//! use api::network::{Network, read};
//! let said = "Get \"https://git.example.com/\": dial tcp: lookup git.example.com on 10.0.0.10:53: no such host";
//! assert_eq!(read(said), Some(Network::NoSuchHost("git.example.com")));
//! ```

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network<'a> {
    /// The name has no address.
    NoSuchHost(&'a str),
    /// Nothing listens at the address, which is empty where it is not told.
    Refused(&'a str),
    /// No answer came in time.
    TimedOut,
    /// There is no way to the address.
    NoRoute,
    /// The connection ended before the answer did.
    Closed,
    /// The certificate was not accepted.
    Certificate(Certificate),
}

/// Why a certificate was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Nobody who is trusted has signed it.
    UnknownAuthority,
    /// It is too old, or not valid yet.
    Outdated,
    /// It is another server's.
    OtherName,
    /// The server does not speak TLS.
    NotTls,
    /// The server wants a certificate of its client.
    ClientRefused,
    /// Another reason.
    Other,
}

/// Reads an error. `None` when it tells of no trouble on the way.
#[must_use]
pub fn read(text: &str) -> Option<Network<'_>> {
    let says = |words: &str| text.contains(words);
    if let Some(certificate) = certificate(text) {
        return Some(Network::Certificate(certificate));
    }
    if says("no such host") || says("Temporary failure in name resolution") || says("server misbehaving") {
        return Some(Network::NoSuchHost(between(text, "lookup ", &[' ', ':'])));
    }
    if says("connection refused") {
        return Some(Network::Refused(address(text)));
    }
    if says("no route to host") || says("network is unreachable") {
        return Some(Network::NoRoute);
    }
    let late = [
        "i/o timeout",
        "context deadline exceeded",
        "deadline exceeded",
        "connection timed out",
        "TLS handshake timeout",
        "Client.Timeout",
        "no complete answer within",
        "request canceled while waiting",
    ];
    if late.iter().any(|words| says(words)) {
        return Some(Network::TimedOut);
    }
    let closed = ["unexpected EOF", "connection reset by peer", "broken pipe", "connection closed", ": EOF"];
    closed.iter().any(|words| says(words)).then_some(Network::Closed)
}

fn certificate(text: &str) -> Option<Certificate> {
    let says = |words: &str| text.contains(words);
    if says("unknown authority") || says("UnknownIssuer") || says("unable to get local issuer certificate") {
        return Some(Certificate::UnknownAuthority);
    }
    if says("certificate has expired") || says("is not yet valid") {
        return Some(Certificate::Outdated);
    }
    if says("x509: certificate is valid for")
        || says("x509: cannot validate certificate for")
        || says("certificate is not valid for")
    {
        return Some(Certificate::OtherName);
    }
    if says("does not look like a TLS handshake") || says("server gave HTTP response to HTTPS client") {
        return Some(Certificate::NotTls);
    }
    if says("certificate required") || says("tls: bad certificate") {
        return Some(Certificate::ClientRefused);
    }
    (says("x509:") || says("tls: ")).then_some(Certificate::Other)
}

/// What stands behind `start`, up to one of the ends.
fn between<'a>(text: &'a str, start: &str, ends: &[char]) -> &'a str {
    let Some((_, rest)) = text.split_once(start) else { return "" };
    rest.split(ends).next().unwrap_or_default()
}

/// The address of `dial tcp ADDRESS: connect: …`.
fn address(text: &str) -> &str {
    let Some((_, rest)) = text.split_once("dial tcp ") else { return "" };
    rest.split(": ").next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
