//! The names of repositories and what is in them (contracts/source-controller.md 7.1), with the words for those that are
//! none. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

#[cfg(test)]
mod tests;

const PREFIX: &str = "oci://";
const DOCKER_HUB: &str = "index.docker.io";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789_-./";

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Repository {
    /// Host and perhaps a port.
    registry: String,
    /// Without a slash at either end.
    path: String,
    /// `spec.insecure`.
    insecure: bool,
    /// Whether it has a chart, as Helm knows one: no server is asked without encryption only because it is near.
    is_chart: bool,
}

/// As people know it: `host[:port]/path`.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// A URL that names no repository, in Flux's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("URL must be in format 'oci://<domain>/<org>/<repo>'")]
    Prefix,
    #[error("a repository name must be specified")]
    Empty,
    #[error("repository must be between 2 and 255 characters in length: {0}")]
    Length(String),
    #[error("repository can only contain the characters `{LETTERS}`: {0}")]
    Letters(String),
    #[error("repository must not have an empty part, `.` or `..` in its path: {0}")]
    Segment(String),
    #[error("registries must be valid RFC 3986 URI authorities: {0}")]
    Registry(String),
}

impl Repository {
    /// Reads `spec.url`.
    pub(crate) fn parse(url: &str, insecure: bool) -> Result<Self, NameError> {
        let name = url.strip_prefix(PREFIX).ok_or(NameError::Prefix)?;
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        // What stands before the first slash is a registry only if it looks like one.
        let (registry, path) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) => (first, rest),
            _ => ("", name),
        };
        check_path(path)?;
        if !registry.is_empty() {
            check_registry(registry)?;
        }
        let registry = if matches!(registry, "" | "docker.io") { DOCKER_HUB } else { registry };
        // A slash at the end is dropped.
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = if registry == DOCKER_HUB && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        Ok(Self { registry: registry.to_owned(), path, insecure, is_chart: false })
    }

    /// Where a chart is in the registry that a HelmRepository names. What stands before the first slash is a host, whatever
    /// it looks like.
    pub(crate) fn of_chart(url: &str, chart: &str, insecure: bool) -> Result<Self, NameError> {
        let base = url.strip_prefix(PREFIX).ok_or(NameError::Prefix)?;
        let name = format!("{}/{}", base.trim_end_matches('/'), chart.trim_matches('/'));
        let (registry, path) = name.split_once('/').ok_or(NameError::Empty)?;
        check_registry(registry)?;
        check_path(path)?;
        let registry = if registry == "docker.io" { DOCKER_HUB } else { registry };
        Ok(Self { registry: registry.to_owned(), path: path.to_owned(), insecure, is_chart: true })
    }

    /// Host and perhaps a port.
    pub(crate) fn registry(&self) -> &str {
        &self.registry
    }

    /// Whether it may be asked without encryption, when it does not speak it.
    pub(crate) fn allows_http(&self) -> bool {
        if self.is_chart {
            return self.insecure;
        }
        let host = self.host();
        let is_near = host.parse().is_ok_and(|address| match address {
            IpAddr::V4(address) => address.is_private() || address == Ipv4Addr::LOCALHOST,
            IpAddr::V6(address) => address == Ipv6Addr::LOCALHOST,
        });
        self.insecure || is_near || self.registry.starts_with("localhost:") || host.ends_with(".localhost")
    }

    /// The registry without its port, and an address without brackets.
    fn host(&self) -> &str {
        match self.registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => self.registry.split(':').next().unwrap_or_default(),
        }
    }

    /// An address in it: `/v2/<path>/<rest>`.
    pub(crate) fn address(&self, scheme: &str, rest: &str) -> String {
        format!("{scheme}://{}/v2/{}/{rest}", self.registry, self.path)
    }

    /// The address that tells how to log in.
    pub(crate) fn ping(&self, scheme: &str) -> String {
        format!("{scheme}://{}/v2/", self.registry)
    }

    /// The right to read it, as token servers call it.
    pub(crate) fn scope(&self) -> String {
        format!("repository:{}:pull", self.path)
    }

    /// What a revision is known by: its tag, else its digest.
    pub(crate) fn reference(&self, revision: &str) -> String {
        match revision.rsplit_once('@') {
            Some((tag, _)) => format!("{self}:{tag}"),
            None => format!("{self}@{revision}"),
        }
    }
}

fn check_registry(registry: &str) -> Result<(), NameError> {
    let is_authority = Url::parse(&format!("https://{registry}"))
        .is_ok_and(|url| url.path() == "/" && url.username().is_empty() && url.has_host());
    if is_authority && !registry.contains(['@', '?', '#', '\\']) {
        return Ok(());
    }
    Err(NameError::Registry(crate::access::masked_url(&crate::foreign::clean(registry))))
}

fn check_path(path: &str) -> Result<(), NameError> {
    if !(2..=255).contains(&path.chars().count()) {
        return Err(NameError::Length(path.to_owned()));
    }
    if !path.chars().all(|letter| LETTERS.contains(letter)) {
        return Err(NameError::Letters(path.to_owned()));
    }
    // A URL of such a path would lead to another repository, or out of all of them. A slash at the end is dropped.
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    if segments.any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(NameError::Segment(path.to_owned()));
    }
    Ok(())
}

/// A digest that cannot be read, in the words of Flux's library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    #[error("cannot parse hash: {0:?}")]
    Malformed(String),
    #[error("found non-hex character in hash: {0}")]
    Letter(char),
    #[error("unsupported hash: {0:?}")]
    Algorithm(String),
    #[error("wrong number of hex digits for sha256: {0}")]
    Length(String),
}

/// Checks a digest as upstream names content: `sha256:<hex>`, in lower case.
pub(crate) fn check_digest(text: &str) -> Result<(), HashError> {
    let parts = text.split_once(':').filter(|(algorithm, hex)| !algorithm.is_empty() && !hex.is_empty());
    let (algorithm, hex) = parts.ok_or_else(|| HashError::Malformed(crate::foreign::clean(text)))?;
    if let Some(letter) = hex.chars().find(|letter| !matches!(letter, '0'..='9' | 'a'..='f')) {
        return Err(HashError::Letter(if letter.is_control() { '?' } else { letter }));
    }
    if algorithm != "sha256" {
        return Err(HashError::Algorithm(crate::foreign::clean(algorithm)));
    }
    if hex.len() != 64 { Err(HashError::Length(crate::foreign::clean(hex))) } else { Ok(()) }
}
