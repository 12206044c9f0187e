//! Whether a request is let in: the work that every request costs, then what its type asks for.
//!
//! What is compared is made before anything is decided: the codes of the body and the comparison of the presented token,
//! also of requests whose path nobody has. Then the first thing that is wrong is told, in Flux's words.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;

use crate::event::{Content, Event};
use crate::google::{self, Keys};
use crate::hook::{Decoy, Hook};
use crate::kind::Kind;
use crate::mac::{Hash, Macs, bytes_of_hex, same};
use crate::payload;

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
    /// Nobody has the path.
    #[error("there is no such path")]
    Unknown,
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
    #[error("cannot decode {0} webhook payload")]
    Payload(&'static str),
    /// The event is not one of `spec.events`.
    #[error("the {0} event is not authorised")]
    Event(&'static str),
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

/// Lets a request in, or not. `hook` is that of its path; of a path that nobody has there is none, and `decoy` stands in for
/// the work.
///
/// # Errors
/// The first thing that is wrong.
pub fn check<'a>(
    hook: Option<&Hook>,
    decoy: &Decoy,
    request: Request<'a>,
    keys: &Keys,
    now: Timestamp,
) -> Result<Event<'a>, Rejected> {
    let token = hook.map_or_else(|| decoy.token(), Hook::token).bytes();
    let macs = Macs::of(token, request.body);
    let presented = presented(hook.map(|hook| hook.kind), request.headers);
    let knows_token = same(token, presented);
    let Some(hook) = hook else { return Err(Rejected::Unknown) };
    authenticate(hook, &request, &macs, knows_token, keys, now)?;
    let name = event(hook, request.headers)?;
    let content = match hook.kind {
        Kind::Gcr => Content::Read(payload::gcr(request.body).ok_or(Rejected::Payload("GCR"))?),
        _ if is_json(request.headers) => Content::Text(request.body),
        _ => Content::None,
    };
    Ok(Event { name, content })
}

/// The header that holds a token as it is; of the others some header that may be there.
fn presented(kind: Option<Kind>, headers: &HeaderMap) -> &[u8] {
    let name = if kind == Some(Kind::GitLab) { "x-gitlab-token" } else { AUTHORIZATION.as_str() };
    headers.get(name).map_or(&[], |value| value.as_bytes())
}

fn authenticate(
    hook: &Hook,
    request: &Request<'_>,
    macs: &Macs,
    knows_token: bool,
    keys: &Keys,
    now: Timestamp,
) -> Result<(), Rejected> {
    let Request { headers, body } = request;
    let signed = |what, name: &str| {
        signature(macs, text(headers, name)).map_err(|fault| Rejected::Signature { what, fault })
    };
    let is = |what, is_one: fn(&[u8]) -> bool| {
        if is_one(body) { Ok(()) } else { Err(Rejected::Payload(what)) }
    };
    match hook.kind {
        Kind::Generic => Ok(()),
        Kind::GenericHmac => signed("the HMAC", "x-signature"),
        Kind::GitHub => as_github(headers, |name| signed("the GitHub", name)),
        Kind::Bitbucket => as_github(headers, |name| signed("the Bitbucket server", name)),
        Kind::GitLab if knows_token => Ok(()),
        Kind::GitLab => Err(Rejected::Token("X-Gitlab-Token")),
        Kind::Harbor if knows_token => Ok(()),
        Kind::Harbor => Err(Rejected::Token("Harbor Authorization")),
        Kind::Quay => is("Quay", payload::is_quay),
        Kind::DockerHub => is("DockerHub", payload::is_docker_hub),
        Kind::Acr => is("ACR", payload::is_acr),
        Kind::CdEvents => is("CDEvent", payload::is_cd_event),
        Kind::Nexus => {
            let what = "the Nexus";
            let digits = text(headers, "x-nexus-webhook-signature");
            let code = digits.filter(|digits| !digits.is_empty()).ok_or(SignatureFault::Missing);
            let checked = code.and_then(|digits| {
                let code = bytes_of_hex(digits).ok_or(SignatureFault::Digits)?;
                if macs.is(Hash::Sha1, &code) { Ok(()) } else { Err(SignatureFault::Other) }
            });
            checked.map_err(|fault| Rejected::Signature { what, fault })?;
            is("Nexus", payload::is_nexus)
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
fn signature(macs: &Macs, header: Option<&str>) -> Result<(), SignatureFault> {
    let header = header.filter(|header| !header.is_empty()).ok_or(SignatureFault::Missing)?;
    let (hash, digits) = header.split_once('=').ok_or(SignatureFault::Form)?;
    let hash = match hash {
        "sha1" => Hash::Sha1,
        "sha256" => Hash::Sha256,
        "sha512" => Hash::Sha512,
        _ => return Err(SignatureFault::Hash),
    };
    let code = bytes_of_hex(digits).ok_or(SignatureFault::Digits)?;
    if macs.is(hash, &code) { Ok(()) } else { Err(SignatureFault::Other) }
}

/// The event that a request is about, if it is one that is heeded.
fn event<'a>(hook: &Hook, headers: &'a HeaderMap) -> Result<Option<&'a str>, Rejected> {
    let Some((what, name)) = hook.kind.event_header() else { return Ok(None) };
    let event = text(headers, name).unwrap_or_default();
    let is_heeded =
        hook.events.is_empty() || hook.events.iter().any(|heeded| heeded.eq_ignore_ascii_case(event));
    if is_heeded { Ok(Some(event)) } else { Err(Rejected::Event(what)) }
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
