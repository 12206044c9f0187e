//! The signature by an account's key ("Authorize with Shared Key", version 2015-02-21 and later). Pure.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use cloud::{Request, Secret};
use reqwest::Url;

use crate::bucket::failure::Failure;

/// The header that proves who asks. `address` is the request's without its query, `pairs` are the query's, decoded and in
/// order. Signs requests without a body.
pub(super) fn authorization(
    request: &Request,
    account: &str,
    key: &Secret,
    address: &str,
    pairs: &[(String, String)],
) -> Result<Secret, Failure> {
    let broken = || Failure::Identity("the accountKey is not in base64".to_owned());
    let key = cloud::base64::standard(key.trim()).ok_or_else(broken)?;
    let url = Url::parse(address).map_err(|error| Failure::Unexpected(error.to_string()))?;
    let text = to_sign(request, account, url.path(), pairs);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    Ok(format!("SharedKey {account}:{}", cloud::base64::to_standard(signature.as_ref())).into())
}

fn to_sign(request: &Request, account: &str, path: &str, pairs: &[(String, String)]) -> String {
    let header = |name: &str| {
        let found = request.headers.iter().find(|(other, _)| *other == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let none_match = header("if-none-match");
    // Encoding, language, length, MD5, type, date, modified since, match, none match, unmodified since, range.
    let mut text = format!("{}\n\n\n\n\n\n\n\n\n{none_match}\n\n\n", request.method);
    let mut own: Vec<_> = request.headers.iter().filter(|(name, _)| name.starts_with("x-ms-")).collect();
    own.sort_by_key(|(name, _)| *name);
    // Writing to a String does not fail.
    for (name, value) in own {
        _ = writeln!(text, "{name}:{}", value.trim());
    }
    _ = write!(text, "/{account}{path}");
    for (name, value) in pairs {
        _ = write!(text, "\n{}:{value}", name.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests;
