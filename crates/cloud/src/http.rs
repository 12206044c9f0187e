//! Requests and answers as values, and what all services' answers have in common.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::Error;
use crate::wipe::{Secret, Wiped};

/// A request. Its headers and body hold credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// Where it goes.
    pub url: String,
    /// Names in small letters, with values. `host` is among them where it is signed.
    pub headers: Vec<(&'static str, Secret)>,
    /// The body; empty for `GET`.
    pub body: Zeroizing<Vec<u8>>,
    /// Whether it is for the machine that this runs on (metadata and its like): no proxy is in between, and who does not
    /// answer at once is not there.
    pub near: bool,
}

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// Why there was no answer. The words go into messages, so they must not hold what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SendError(pub String);

/// A token and how long it is valid.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub token: Secret,
    /// Seconds from now.
    pub valid_seconds: i64,
}

impl Request {
    /// With a JSON body.
    pub fn json(method: &'static str, url: String, body: &Wiped) -> Self {
        let headers = vec![("content-type", Zeroizing::new("application/json".to_owned()))];
        Self { method, url, headers, body: Zeroizing::new(body.0.to_string().into_bytes()), near: false }
    }

    /// With a form as body.
    pub fn form(url: String, fields: &[(&str, &str)]) -> Self {
        let mut body = Zeroizing::new(Vec::new());
        for (i, (name, value)) in fields.iter().enumerate() {
            if i > 0 {
                body.push(b'&');
            }
            body.extend_from_slice(name.as_bytes());
            body.push(b'=');
            body.extend(encoded(value).bytes());
        }
        let content_type = "application/x-www-form-urlencoded".to_owned();
        Self { method: "POST", url, headers: vec![("content-type", content_type.into())], body, near: false }
    }

    /// Without a body.
    #[must_use]
    pub fn get(url: String) -> Self {
        Self { method: "GET", url, headers: Vec::new(), body: Zeroizing::default(), near: false }
    }

    /// For the machine that this runs on.
    #[must_use]
    pub fn near(mut self) -> Self {
        self.near = true;
        self
    }

    /// With one more header, named in small letters.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, Zeroizing::new(value.into())));
        self
    }

    /// With a token.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.headers.push(("authorization", Zeroizing::new(format!("Bearer {token}"))));
        self
    }
}

/// A text as it stands in a query, a form or a segment of a path: all but unreserved characters are encoded.
pub fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The host of an address, if it is one of `https` (or `http`, where that is allowed) without anything that could
/// hide another host.
pub fn host(url: &str, plain: bool) -> Option<&str> {
    let rest = match url.strip_prefix("https://") {
        Some(rest) => rest,
        None => url.strip_prefix("http://").filter(|_| plain)?,
    };
    let authority = rest.split('/').next().unwrap_or_default();
    if !authority
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']' | b'_'))
    {
        return None;
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        Some(_) if !authority.ends_with(']') => return None,
        _ => authority,
    };
    (!host.is_empty()).then_some(host)
}

/// Whether a host is the own machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "[::1]")
        || host.strip_prefix("127.").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// The JSON of an answer; an error status becomes an error, with the name that `code` finds in it.
pub fn json(
    response: &Response,
    service: &'static str,
    context: &'static str,
    code: fn(&Value) -> Option<&str>,
) -> Result<Wiped, Error> {
    let value = serde_json::from_slice(&response.body).map(Wiped);
    if !(200..300).contains(&response.status) {
        let code = value.ok().and_then(|value| code(&value.0).and_then(word));
        return Err(Error::Refused { context, service, status: response.status, code });
    }
    value.map_err(|_| Error::Answer(service))
}

/// A service's name for an error, if it is a word: what a server says is not for our messages otherwise.
pub fn word(text: &str) -> Option<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// The token in an answer of an OAuth server.
pub fn token(value: &Wiped, service: &'static str) -> Result<Token, Error> {
    let token = value.text("access_token").ok_or(Error::Answer(service))?;
    let seconds = value.0.get("expires_in").and_then(|field| {
        // The identity of a machine has it as text.
        field.as_i64().or_else(|| field.as_str()?.parse().ok())
    });
    Ok(Token { token: Zeroizing::new(token.to_owned()), valid_seconds: seconds.unwrap_or_default() })
}

/// `error` of an OAuth server.
pub fn oauth_code(value: &Value) -> Option<&str> {
    value.get("error")?.as_str()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("valid_seconds", &self.valid_seconds).finish_non_exhaustive()
    }
}
