//! How a registry wants to be logged in to: its `WWW-Authenticate` header, and where a token may be asked for. Pure.
//! Asking is `wire`'s.

use std::net::IpAddr;

use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use crate::git::http::addresses::is_public;

#[cfg(test)]
mod tests;

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Nothing.
    Open,
    /// User and password with every request.
    Basic,
    /// A token of this server.
    Bearer {
        /// Where it is asked for.
        realm: String,
        /// What it is for.
        service: String,
    },
}

/// One challenge of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Part {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a refused request's headers ask for: the first challenge that is understood.
pub(super) fn of(headers: &HeaderMap) -> Result<Challenge, String> {
    let parts = parts(headers);
    let known = parts.iter().find(|part| matches!(part.scheme.as_str(), "basic" | "bearer"));
    match known {
        Some(part) if part.scheme == "bearer" => {
            let realm =
                part.parameter("realm").ok_or("malformed www-authenticate, missing realm")?.to_owned();
            Ok(Challenge::Bearer { realm, service: part.parameter("service").unwrap_or_default().to_owned() })
        }
        // What is not understood is tried with user and password, as by Flux.
        _ => Ok(Challenge::Basic),
    }
}

/// The right that a request lacked, as its answer's headers say.
pub(super) fn scope(headers: &HeaderMap) -> Option<String> {
    parts(headers).iter().find_map(|part| part.parameter("scope").map(str::to_owned))
}

fn parts(headers: &HeaderMap) -> Vec<Part> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(parse).collect()
}

/// Reads one header: challenges in a row, each with parameters that are separated by commas and may be quoted.
fn parse(text: &str) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for piece in pieces(text) {
        let piece = piece.trim();
        let (head, value) = match piece.split_once('=') {
            Some((head, value)) => (head.trim(), Some(value.trim())),
            None => (piece, None),
        };
        // `Bearer realm` begins a challenge, `service` goes on with it.
        let (scheme, key) = match (head.split_once(char::is_whitespace), value) {
            (Some((scheme, key)), Some(_)) => (Some(scheme), key.trim()),
            (_, None) => (Some(head.split_whitespace().next().unwrap_or_default()), ""),
            (None, Some(_)) => (None, head),
        };
        if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty()) {
            all.push(Part { scheme: scheme.to_ascii_lowercase(), parameters: Vec::new() });
        }
        if let (Some(part), Some(value)) = (all.last_mut(), value) {
            part.parameters.push((key.to_ascii_lowercase(), unquoted(value)));
        }
    }
    all
}

/// Splits at commas that are not quoted.
fn pieces(text: &str) -> Vec<String> {
    let (mut all, mut piece, mut is_quoted, mut is_escaped) = (Vec::new(), String::new(), false, false);
    for letter in text.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                all.push(std::mem::take(&mut piece));
                continue;
            }
            _ => {}
        }
        piece.push(letter);
    }
    all.push(piece);
    all.retain(|piece| !piece.trim().is_empty());
    all
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut is_escaped = false;
    for letter in inner.chars() {
        if letter == '\\' && !is_escaped {
            is_escaped = true;
        } else {
            is_escaped = false;
            text.push(letter);
        }
    }
    text
}

/// Where a token may be asked for, by a registry that was reached at `registry`: at the registry itself, else over https
/// (or http where the registry has no https) and not at an address that is not public. The registry
/// says where, and a login goes there.
pub(super) fn realm(realm: &str, registry: &Url, private: bool) -> Result<Url, String> {
    const INVALID: &str = "invalid realm in www-authenticate";
    let url = Url::parse(realm).map_err(|error| format!("{INVALID}: parsing realm: {error}"))?;
    match url.scheme() {
        "https" => {}
        "http" if registry.scheme() == "http" => {}
        "http" => {
            return Err(format!(
                "{INVALID}: realm scheme \"http\" not allowed for a secure registry; use https"
            ));
        }
        _ => {
            return Err(format!(
                "{INVALID}: realm scheme not allowed; must be https (or http for insecure registries)"
            ));
        }
    }
    let is_own = url.host_str() == registry.host_str() && url.port() == registry.port();
    if !is_own && !private && is_inner(&url) {
        let host = url.host_str().unwrap_or_default();
        return Err(format!("{INVALID}: realm host \"{host}\" is a private or link-local address"));
    }
    Ok(url)
}

/// Whether a URL names an address that is not public. Names are looked up by who goes there.
fn is_inner(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse().is_ok_and(|address: IpAddr| !is_public(address))
}

/// Where a redirect leads: to http or https, from an encrypted address to another one, and to another host than
/// `origin`'s not at an address that is not public.
pub(super) fn redirect(from: &Url, location: &str, origin: &Url, private: bool) -> Result<Url, String> {
    let refuse = |why: &str| format!("redirect refused: {why}");
    let to = from.join(location).map_err(|_| refuse("its target is not a URL"))?;
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => {}
        ("https", "http") => return Err(refuse("its target is not encrypted")),
        _ => return Err(refuse("its target is neither http nor https")),
    }
    if !private && to.host_str() != origin.host_str() && is_inner(&to) {
        let (origin, host) = (origin.host_str().unwrap_or_default(), to.host_str().unwrap_or_default());
        return Err(format!(
            "SSRF protection: redirect from \"{origin}\" to private/link-local host \"{host}\" denied"
        ));
    }
    Ok(to)
}
