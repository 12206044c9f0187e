//! AWS Signature Version 4, by headers, for requests with their body in hand.

use std::fmt::Write as _;

use aws_lc_rs::{digest, hmac};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::http::Request;
use super::names;
use crate::{AwsCredentials, KeyError};

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

/// Adds date, session token, host and signature to a request. All its headers are signed; its query has to be sorted and
/// encoded already.
///
/// # Errors
/// The URL has no host.
pub fn sign(
    mut request: Request,
    credentials: &AwsCredentials,
    signing: Signing<'_>,
) -> Result<Request, KeyError> {
    let address = KeyError::Address { service: names::AWS, why: "the URL has no host" };
    let rest = request.url.split_once("://").map(|(_, rest)| rest).ok_or(address)?;
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host.to_owned(), format!("/{path}")),
        None => (rest.to_owned(), "/".to_owned()),
    };
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));

    let time = signing.now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = signing.now.strftime("%Y%m%d").to_string();
    request.headers.push(("host", host.into()));
    request.headers.push(("x-amz-date", Zeroizing::new(time.clone())));
    if let Some(token) = &credentials.session_token {
        request.headers.push(("x-amz-security-token", token.clone()));
    }
    request.headers.sort_by_key(|(name, _)| *name);

    let mut canonical = Zeroizing::new(format!("{}\n{path}\n{query}\n", request.method));
    for (name, value) in &request.headers {
        canonical.push_str(name);
        canonical.push(':');
        canonical.push_str(value.trim());
        canonical.push('\n');
    }
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    // Writing to a String does not fail.
    _ = write!(canonical, "\n{names}\n{}", hashed(&request.body));

    let Signing { region, service, .. } = signing;
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hashed(canonical.as_bytes()));
    let secret = Zeroizing::new(format!("AWS4{}", *credentials.secret_access_key));
    let mut key = Zeroizing::new(secret.as_bytes().to_vec());
    for part in [day.as_str(), region, service, "aws4_request"] {
        key = Zeroizing::new(mac(&key, part.as_bytes()));
    }
    let signature = hex(&mac(&key, to_sign.as_bytes()));
    let id = &credentials.access_key_id;
    let value =
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    request.headers.push(("authorization", value.into()));
    Ok(request)
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
