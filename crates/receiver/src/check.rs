//! Whether a request for a path that somebody has is let in: what its type asks for.
//!
//! What it costs is bounded before anybody is known: the body was read within bounds, and at most one code is made over it,
//! with the hash that the type and the header name. Each comparison with a secret takes as long whatever it finds. The first
//! thing that is wrong is told, in Flux's words.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;

use crate::event::{Content, Event, shown};
use crate::google::{self, Keys};
use crate::hook::Hook;
use crate::kind::Kind;
use crate::mac::{Hash, is_code, same};
use crate::payload::{self, PayloadFault};

#[cfg(test)]
mod tests;

/// A request, read whole.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
}

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The signature is missing, is none, or is of something else.
    #[error("{what} signature header is invalid, err: {fault}")]
    Signature {
        /// Whose.
        what: &'static str,
        /// What is wrong.
        fault: SignatureFault,
    },
    /// GitHub's senders say what a body is.
    #[error("webhook request has unsupported Content-Type")]
    ContentType,
    /// The token that was presented is another one.
    #[error("the {0} header value does not match the receiver token")]
    Token(&'static str),
    /// The token of an identity does not hold.
    #[error("cannot authenticate GCR request: {0}")]
    Identity(#[from] google::TokenError),
    /// The body is not what such a sender sends.
    #[error("cannot decode {what} webhook payload: {fault}")]
    Payload {
        /// Whose.
        what: &'static str,
        /// What is wrong.
        fault: PayloadFault,
    },
    /// The event is not one of `spec.events`.
    #[error("the {what} event '{name}' is not authorised")]
    Event {
        /// Whose.
        what: &'static str,
        /// The sender's word, in printable letters and not long.
        name: String,
    },
}

/// What is wrong with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is none.
    #[error("missing signature")]
    Missing,
    /// It is not `HASH=DIGITS`.
    #[error("error parsing signature")]
    Form,
    /// Its hash is not known.
    #[error("unknown hash type prefix")]
    Hash,
    /// Its digits are none.
    #[error("error decoding signature")]
    Digits,
    /// It is not that of the body.
    #[error("payload signature check failed")]
    Other,
}

/// Lets a request for the path of `hook` in, or not.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(hook: &Hook, request: Request<'_>, keys: &Keys, now: Timestamp) -> Result<Event, Rejected> {
    authenticate(hook, request, keys, now)?;
    let name = event(hook, request.headers)?;
    let content = match hook.kind {
        Kind::Gcr => Content::Read(
            payload::gcr(request.body).map_err(|fault| Rejected::Payload { what: "GCR", fault })?,
        ),
        _ if is_json(request.headers) => Content::Text,
        _ => Content::None,
    };
    Ok(Event { name, content })
}

fn authenticate(hook: &Hook, request: Request<'_>, keys: &Keys, now: Timestamp) -> Result<(), Rejected> {
    let Request { headers, body } = request;
    let token = hook.token().bytes();
    let signed = |what, name: &str| {
        signature(token, body, text(headers, name)).map_err(|fault| Rejected::Signature { what, fault })
    };
    let presents = |what, name: &str| {
        let presented = headers.get(name).map_or(&[][..], |value| value.as_bytes());
        if same(token, presented) { Ok(()) } else { Err(Rejected::Token(what)) }
    };
    let is = |what, read: fn(&[u8]) -> Result<(), PayloadFault>| {
        read(body).map_err(|fault| Rejected::Payload { what, fault })
    };
    match hook.kind {
        Kind::Generic => Ok(()),
        Kind::GenericHmac => signed("the HMAC", "x-signature"),
        Kind::GitHub => as_github(headers, |name| signed("the GitHub", name)),
        Kind::Bitbucket => as_github(headers, |name| signed("the Bitbucket server", name)),
        Kind::GitLab => presents("X-Gitlab-Token", "x-gitlab-token"),
        Kind::Harbor => presents("Harbor Authorization", AUTHORIZATION.as_str()),
        Kind::Quay => is("Quay", payload::quay),
        Kind::DockerHub => is("DockerHub", payload::docker_hub),
        Kind::Acr => is("ACR", payload::acr),
        Kind::CdEvents => is("CDEvent", payload::cd_event),
        Kind::Nexus => {
            let digits = text(headers, "x-nexus-webhook-signature").filter(|digits| !digits.is_empty());
            let checked = digits
                .ok_or(SignatureFault::Missing)
                .and_then(|digits| code(Hash::Sha1, digits, token, body));
            checked.map_err(|fault| Rejected::Signature { what: "the Nexus", fault })?;
            is("Nexus", payload::nexus)
        }
        Kind::Gcr => {
            let expected = hook.google.as_ref().ok_or(google::TokenError::Unexpected)?;
            let bearer = text(headers, AUTHORIZATION.as_str());
            Ok(google::verify(bearer, expected, keys, now)?)
        }
    }
}

/// GitHub's newer header, or its older one, over a body of two kinds.
fn as_github(headers: &HeaderMap, signed: impl Fn(&str) -> Result<(), Rejected>) -> Result<(), Rejected> {
    let newer = text(headers, NEWER).is_some_and(|value| !value.is_empty());
    signed(if newer { NEWER } else { "x-hub-signature" })?;
    let kind = text(headers, CONTENT_TYPE.as_str()).map(media_type);
    let is_known = matches!(kind.as_deref(), Some(JSON | "application/x-www-form-urlencoded"));
    if is_known { Ok(()) } else { Err(Rejected::ContentType) }
}

const NEWER: &str = "x-hub-signature-256";
const JSON: &str = "application/json";

/// `HASH=DIGITS`.
fn signature(token: &[u8], body: &[u8], header: Option<&str>) -> Result<(), SignatureFault> {
    let header = header.filter(|header| !header.is_empty()).ok_or(SignatureFault::Missing)?;
    let (hash, digits) = header.split_once('=').ok_or(SignatureFault::Form)?;
    let hash = match hash {
        "sha1" => Hash::Sha1,
        "sha256" => Hash::Sha256,
        "sha512" => Hash::Sha512,
        _ => return Err(SignatureFault::Hash),
    };
    code(hash, digits, token, body)
}

fn code(hash: Hash, digits: &str, token: &[u8], body: &[u8]) -> Result<(), SignatureFault> {
    let presented = manifest::digest::bytes_of_hex(digits).ok_or(SignatureFault::Digits)?;
    if is_code(hash, token, body, &presented) { Ok(()) } else { Err(SignatureFault::Other) }
}

/// The event that a request is about, if it is one that is heeded.
fn event(hook: &Hook, headers: &HeaderMap) -> Result<Option<String>, Rejected> {
    let Some((what, header)) = hook.kind.event_header() else { return Ok(None) };
    let event = headers.get(header).map_or(&[][..], |value| value.as_bytes());
    let mut heeded = hook.events.iter();
    let is_heeded =
        hook.events.is_empty() || heeded.any(|heeded| heeded.as_bytes().eq_ignore_ascii_case(event));
    let name = shown(event);
    if is_heeded { Ok(Some(name)) } else { Err(Rejected::Event { what, name }) }
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, CONTENT_TYPE.as_str())
        .is_some_and(|value| value.split(',').any(|one| media_type(one) == JSON))
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
