//! What the wire may do and what it is called when it ends badly: redirects, origins, answers, and Flux's (go-git's)
//! words for them. Pure; sending is `http`'s.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};

#[cfg(test)]
mod tests;

/// What ended an exchange, in Flux's (go-git's) words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("repository not found: {0}")]
    NotFound(String),
    #[error("authentication required: {0}")]
    Unauthorized(String),
    #[error("authorization failed: {0}")]
    Forbidden(String),
    #[error("unexpected client error: unexpected requesting \"{url}\" status code: {code}")]
    Status { url: String, code: u16 },
    #[error("context deadline exceeded")]
    Timeout,
    #[error("context canceled")]
    Cancelled,
    #[error("the server sent more than {0} bytes")]
    TooLarge(u64),
    #[error("{0}")]
    Redirect(String),
    #[error("{0}")]
    Transport(String),
}

impl Failure {
    /// What an answer other than a success means. Its body, masked, is quoted by those that a person may mend.
    pub(super) fn of(status: StatusCode, url: &Url, body: impl FnOnce() -> String) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound(body()),
            StatusCode::UNAUTHORIZED => Self::Unauthorized(body()),
            StatusCode::FORBIDDEN => Self::Forbidden(body()),
            _ => Self::Status { url: plain(url), code: status.as_u16() },
        }
    }
}

/// Where a redirect leads: never from an encrypted address to one that is not, and to nothing but http.
pub(super) fn redirect(from: &Url, location: &str) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::Redirect(format!("redirect from {} refused: {why}", plain(from)));
    let to = from.join(location).map_err(|_| refuse("its target is not a URL"))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => Ok(to),
        ("https", "http") => Err(refuse("its target is not encrypted")),
        _ => Err(refuse("its target is neither http nor https")),
    }
}

/// Where the rest of an exchange goes when the advertisement, asked for at `base` + `tail`, came from `from`.
pub(super) fn redirected_base(from: &Url, tail: &str) -> Result<String, Failure> {
    let base = from.as_str().strip_suffix(tail).map(str::to_owned);
    base.ok_or_else(|| Failure::Redirect(format!("redirect to {} is not a repository", plain(from))))
}

/// Headers as gix writes them, one `name: value` per line; what is none is left out.
pub(super) fn header_map(lines: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderMap {
    lines
        .into_iter()
        .filter_map(|line| {
            let (name, value) = line.as_ref().split_once(':')?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        })
        .collect()
}

/// Whether credentials for the one belong to the other.
pub(super) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// A URL without user and password.
pub(super) fn plain(url: &Url) -> String {
    let mut url = url.clone();
    strip_user(&mut url);
    url.into()
}

/// Removes user and password.
pub(in crate::git) fn strip_user(url: &mut Url) {
    // Both fail only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// The causes of an error from the first that is not reqwest's own wrapping on, without the URL, which may hold
/// credentials.
pub(super) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut texts = vec![error.to_string()];
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    let wrapping = texts
        .iter()
        .take_while(|text| text.starts_with("error sending request") || text.starts_with("client error ("));
    let skipped = wrapping.count().min(texts.len() - 1);
    texts.split_off(skipped).join(": ")
}
