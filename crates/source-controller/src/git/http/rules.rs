//! What the wire may do and what it is called when it ends badly: redirects, origins, answers, and Flux's (go-git's)
//! words for them. Pure; sending is `http`'s.

use std::net::IpAddr;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, Url};

use super::addresses::is_public;
use crate::access::masked_url;
use crate::foreign::clean;
use crate::git::guard::Excess;

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
    #[error(transparent)]
    Excess(#[from] Excess),
    #[error("there is not enough memory at the moment")]
    Memory,
    #[error("{0}")]
    Redirect(String),
    /// Over SSH, where there is no status.
    #[error("repository not found")]
    NoRepository,
    /// A key, a passphrase or known hosts that cannot be used.
    #[error("unable to construct auth method with options: {0}")]
    Auth(String),
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

    /// With all words that a server or a library wrote as `clean` makes them.
    pub(super) fn cleaned(self, clean: impl Fn(&str) -> String) -> Self {
        match self {
            Self::NotFound(text) => Self::NotFound(clean(&text)),
            Self::Unauthorized(text) => Self::Unauthorized(clean(&text)),
            Self::Forbidden(text) => Self::Forbidden(clean(&text)),
            Self::Status { url, code } => Self::Status { url: clean(&url), code },
            Self::Redirect(text) => Self::Redirect(clean(&text)),
            Self::Transport(text) => Self::Transport(clean(&text)),
            Self::Auth(text) => Self::Auth(clean(&text)),
            Self::Timeout | Self::Cancelled | Self::Excess(_) | Self::Memory | Self::NoRepository => self,
        }
    }
}

/// Where SSH is when an address does not say.
const SSH_PORT: u16 = 22;

/// An address as seen from that of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum Place {
    /// Scheme, host and port are the same: credentials and the client certificate belong there.
    Origin,
    /// The host is the same.
    Host,
    /// Another host.
    Elsewhere,
}

/// Where `url` is.
pub(in crate::git) fn place(url: &Url, origin: &Url) -> Place {
    if same_origin(url, origin) {
        Place::Origin
    } else if same_host(url, origin) {
        Place::Host
    } else {
        Place::Elsewhere
    }
}

/// Whether an error's body may be quoted: it is of the repository's own server, perhaps asked over https instead of
/// http. Others may be pages that only this process can read.
pub(super) fn is_quoted(url: &Url, origin: &Url) -> bool {
    match place(url, origin) {
        Place::Origin => true,
        Place::Host => {
            url.scheme() == "https"
                && origin.scheme() == "http"
                && url.port().is_none()
                && origin.port().is_none()
        }
        Place::Elsewhere => false,
    }
}

/// Where a redirect leads: never from an encrypted address to one that is not, to nothing but http, and to another host
/// than the repository's only over https and at a public address, unless `private` allows all.
pub(crate) fn redirect(from: &Url, location: &str, origin: &Url, private: bool) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::Redirect(format!("redirect from {} refused: {why}", plain(from)));
    let to = from.join(location).map_err(|_| refuse("its target is not a URL"))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => {}
        ("https", "http") => return Err(refuse("its target is not encrypted")),
        _ => return Err(refuse("its target is neither http nor https")),
    }
    if private || place(&to, origin) != Place::Elsewhere {
        return Ok(to);
    }
    let literal = to.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    if literal.is_some_and(|address| !is_public(address)) {
        return Err(refuse("its target is another host at an address that is not public"));
    }
    if to.scheme() != "https" {
        return Err(refuse("its target is another host and not encrypted"));
    }
    Ok(to)
}

/// Where a submodule is: an address of its own, or one that begins at its parent's. Its author is not the object's, so
/// that for another host than that of the outermost repository, which is at `origin`, the rules of redirects hold; and
/// below what is encrypted nothing is fetched that is not.
pub(in crate::git) fn module(
    parent: &Url,
    origin: &Url,
    address: &str,
    private: bool,
) -> Result<Url, Failure> {
    let refuse =
        |why: &str| Failure::Redirect(format!("submodule at {} refused: {why}", masked_url(address)));
    let to = if address.starts_with("./") || address.starts_with("../") {
        let mut base = parent.clone();
        base.set_path(&format!("{}/", parent.path().trim_end_matches('/')));
        base.join(address).map_err(|_| refuse("its address is not a URL"))?
    } else if let Some((host, path)) = scp(address) {
        Url::parse(&format!("ssh://{host}/{path}")).map_err(|_| refuse("its address is not a URL"))?
    } else {
        Url::parse(address).map_err(|_| refuse("its address is not a URL"))?
    };
    if !matches!(to.scheme(), "http" | "https" | "ssh") || to.host_str().is_none_or(str::is_empty) {
        return Err(refuse("it is neither at http, https nor ssh"));
    }
    if private {
        return Ok(to);
    }
    if to.scheme() == "http" && parent.scheme() != "http" {
        return Err(refuse("it is not encrypted, and the repository that names it is"));
    }
    if place(&to, origin) != Place::Elsewhere {
        return Ok(to);
    }
    let literal = to.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    if literal.is_some_and(|address| !is_public(address)) {
        return Err(refuse("it is at another host at an address that is not public"));
    }
    if to.scheme() == "http" {
        return Err(refuse("it is at another host and not encrypted"));
    }
    Ok(to)
}

/// Refuses a submodule that SSH would need credentials for which are not sent there.
pub(in crate::git) fn module_over_ssh(name: &str, url: &Url, origin: &Url) -> Result<(), Failure> {
    if url.scheme() != "ssh" || place(url, origin) == Place::Origin {
        return Ok(());
    }
    Err(Failure::Auth(format!(
        "submodule '{}' at {} is not at the repository's own address, the only one that its credentials go to",
        clean(name),
        masked_url(url.as_str())
    )))
}

/// User, host and path of `git@host:path`.
fn scp(address: &str) -> Option<(&str, &str)> {
    let (host, path) = address.split_once(':')?;
    let is_scp = !host.contains('/') && !host.is_empty() && !path.starts_with("//") && !path.starts_with(':');
    is_scp.then(|| (host, path.trim_start_matches('/')))
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
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && same_host(a, b) && port(a) == port(b)
}

/// Of schemes that the URL standard does not know, SSH among them, hosts stay as they are written.
fn same_host(a: &Url, b: &Url) -> bool {
    match (a.host_str(), b.host_str()) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

/// Nor does that standard know their ports.
fn port(url: &Url) -> Option<u16> {
    url.port_or_known_default().or_else(|| (url.scheme() == "ssh").then_some(SSH_PORT))
}

/// What Go says of a certificate that was refused, and of a connection that cannot be made.
fn in_go_words(error: &reqwest::Error) -> Option<String> {
    let refused = cluster::tls_error(error).and_then(cluster::refusal);
    refused.or_else(|| cluster::dialled(error).filter(|_| error.is_connect()).map(str::to_owned))
}

/// A URL without what may be secret: user, password and query, but for the query that every fetch begins with.
pub(crate) fn plain(url: &Url) -> String {
    let mut url = url.clone();
    strip_user(&mut url);
    url.set_fragment(None);
    if url.query() != Some("service=git-upload-pack") {
        url.set_query(None);
    }
    url.into()
}

/// What the cause of a connection that cannot be made begins with.
pub(super) const CONNECT: &str = "connect: ";

/// Removes user and password.
pub(in crate::git) fn strip_user(url: &mut Url) {
    // Both fail only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// The causes of an error from the first that is not reqwest's own wrapping on, without the URL, which may hold
/// credentials. Of a certificate that was refused it is what is wrong with it.
pub(crate) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    if let Some(words) = in_go_words(&error) {
        return words;
    }
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
