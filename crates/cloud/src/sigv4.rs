//! AWS Signature Version 4, by headers and by query, for requests with their body in hand.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::http::{self, Request};
use crate::{AwsCredentials, Error, Secret};

/// What is signed of a request without a body.
pub const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a signature is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The region.
    pub region: &'a str,
    /// The service in AWS' short form.
    pub service: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// The parts of a URL that are signed.
struct Place<'u> {
    host: &'u str,
    path: &'u str,
    query: &'u str,
}

impl<'u> Place<'u> {
    fn of(url: &'u str) -> Result<Self, Error> {
        let address = Error::Address { service: "AWS", why: "the URL has no host" };
        let (scheme, rest) = url.split_once("://").ok_or(address.clone())?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(end);
        // As it is sent: without the port that everybody knows.
        let host = host.strip_suffix(if scheme == "https" { ":443" } else { ":80" }).unwrap_or(host);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(address);
        }
        Ok(Self { host, path: if path.is_empty() { "/" } else { path }, query })
    }
}

impl Signing<'_> {
    fn time(&self) -> String {
        self.now.strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.now.strftime("%Y%m%d"), self.region, self.service)
    }

    /// The signature of a canonical request, with the time as that form of it has it.
    pub(crate) fn signature(&self, credentials: &AwsCredentials, canonical: &str, time: &str) -> String {
        let scope = self.scope();
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hashed(canonical.as_bytes()));
        let secret = Zeroizing::new(format!("AWS4{}", *credentials.secret_access_key));
        let mut key = Zeroizing::new(secret.as_bytes().to_vec());
        for part in scope.split('/') {
            key = Zeroizing::new(mac(&key, part.as_bytes()));
        }
        hex(&mac(&key, to_sign.as_bytes()))
    }
}

/// Adds date, session token, host and signature to a request. All its headers are signed; its query has to be sorted and
/// encoded already. A header `x-amz-content-sha256` speaks for a body that is sent along and not in hand.
///
/// # Errors
/// The URL has no host.
pub fn sign(
    mut request: Request,
    credentials: &AwsCredentials,
    signing: Signing<'_>,
) -> Result<Request, Error> {
    let place = Place::of(&request.url)?;
    request.headers.push(("host", place.host.to_owned().into()));
    request.headers.push(("x-amz-date", signing.time().into()));
    if let Some(token) = &credentials.session_token {
        request.headers.push(("x-amz-security-token", token.clone()));
    }
    request.headers.sort_by_key(|(name, _)| *name);
    let Place { path, query, .. } = place;
    // An object's key has no other slashes than those of its path, however they are sent.
    let path = if signing.service == "s3" { path.replace("%2F", "/") } else { path.to_owned() };
    let said = request.headers.iter().find(|(name, _)| *name == "x-amz-content-sha256");
    let payload = said.map_or_else(|| hashed(&request.body), |(_, value)| value.as_str().to_owned());
    let (canonical, names) = canonical(request.method, &path, query, &request.headers, &payload);
    let signature = signing.signature(credentials, &canonical, &signing.time());
    let (id, scope) = (&credentials.access_key_id, signing.scope());
    let value =
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    request.headers.push(("authorization", value.into()));
    Ok(request)
}

/// The URL of a `GET` that whoever has it may send, with these headers, for so many seconds. `payload` is what is signed
/// of the body, such as [`EMPTY`]. The URL may have a query of its own, encoded.
///
/// # Errors
/// The URL has no host.
pub fn presign(
    url: &str,
    headers: &[(&'static str, &str)],
    payload: &str,
    seconds: u32,
    credentials: &AwsCredentials,
    signing: Signing<'_>,
) -> Result<Secret, Error> {
    let Place { host, path, query } = Place::of(url)?;
    let mut headers: Vec<(&'static str, Secret)> =
        headers.iter().map(|(name, value)| (*name, (*value).to_owned().into())).collect();
    headers.push(("host", host.to_owned().into()));
    headers.sort_by_key(|(name, _)| *name);
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let credential = format!("{}/{}", credentials.access_key_id, signing.scope());
    let mut pairs: Vec<Secret> =
        query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.to_owned().into()).collect();
    let mut add = |name: &str, value: &str| pairs.push(format!("{name}={}", http::encoded(value)).into());
    add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    add("X-Amz-Credential", &credential);
    add("X-Amz-Date", &signing.time());
    add("X-Amz-Expires", &seconds.to_string());
    add("X-Amz-SignedHeaders", &names);
    if let Some(token) = &credentials.session_token {
        add("X-Amz-Security-Token", token);
    }
    pairs.sort_unstable_by(|one, other| one.as_str().cmp(other));
    let query = Zeroizing::new(pairs.iter().map(|pair| pair.as_str()).collect::<Vec<_>>().join("&"));
    let (canonical, _) = canonical("GET", path, &query, &headers, payload);
    let signature = signing.signature(credentials, &canonical, &signing.time());
    let start = url.split('?').next().unwrap_or_default();
    let has_path = start.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let slash = if has_path { "" } else { "/" };
    Ok(Zeroizing::new(format!("{start}{slash}?{}&X-Amz-Signature={signature}", *query)))
}

/// The canonical form of a request, and the names of its headers, which are in order.
fn canonical(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&'static str, Secret)],
    payload: &str,
) -> (Secret, String) {
    let mut text = Zeroizing::new(format!("{method}\n{path}\n{query}\n"));
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim());
        text.push('\n');
    }
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    // Writing to a String does not fail.
    _ = write!(text, "\n{names}\n{payload}");
    (text, names)
}

fn mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec()
}

fn hashed(data: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, data).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}
