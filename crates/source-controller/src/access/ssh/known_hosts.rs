//! OpenSSH's file of known hosts, in all its forms: names, addresses, ports, wildcards, negations, hashed names, revoked
//! keys and authorities. Pure. Errors are in Go's words.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::{Certificate, HashAlg};
use russh::keys::{Algorithm, PublicKey, parse_public_key_base64};

#[cfg(test)]
mod tests;

/// The port that a name without one means.
const PORT: u16 = 22;

/// A file of known hosts.
#[derive(Debug)]
pub(crate) struct KnownHosts(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    marker: Marker,
    hosts: Hosts,
    key: PublicKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    None,
    Authority,
    Revoked,
}

#[derive(Debug)]
enum Hosts {
    Patterns(Vec<Pattern>),
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

#[derive(Debug)]
struct Pattern {
    negated: bool,
    host: String,
    port: u16,
}

/// What a server's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unknown {
    /// Other keys are known for this host.
    #[error("knownhosts: key mismatch")]
    Mismatch,
    /// Nothing is known of this host.
    #[error("knownhosts: key is unknown")]
    Host,
    /// It is not to be believed any more.
    #[error("knownhosts: key is revoked")]
    Revoked,
    /// A certificate that nobody vouches for, or not for this host or time.
    #[error("ssh: no authorities for hostname")]
    Certificate,
}

impl KnownHosts {
    /// Reads a file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let entries = lines.map(|line| entry(line).map_err(|error| format!("knownhosts: {error}")));
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a host is known by this key.
    pub(crate) fn check(&self, host: &str, port: u16, key: &PublicKey) -> Result<(), Unknown> {
        let is = |entry: &&Entry| entry.key.key_data() == key.key_data();
        if self.0.iter().filter(is).any(|entry| entry.marker == Marker::Revoked) {
            return Err(Unknown::Revoked);
        }
        let known: Vec<_> = self.of(host, port, Marker::None).collect();
        match known.iter().any(is) {
            true => Ok(()),
            false if known.is_empty() => Err(Unknown::Host),
            false => Err(Unknown::Mismatch),
        }
    }

    /// Whether an authority of a host vouches for it with this certificate.
    pub(crate) fn check_certificate(
        &self,
        host: &str,
        port: u16,
        certificate: &Certificate,
        now: SystemTime,
    ) -> Result<(), Unknown> {
        let revoked = |entry: &Entry| {
            entry.marker == Marker::Revoked
                && [certificate.signature_key(), certificate.public_key()].contains(&entry.key.key_data())
        };
        if self.0.iter().any(revoked) {
            return Err(Unknown::Revoked);
        }
        let authorities: Vec<_> = self
            .of(host, port, Marker::Authority)
            .map(|entry| entry.key.fingerprint(HashAlg::Sha256))
            .collect();
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let is_good = certificate.cert_type() == CertType::Host
            && certificate.valid_principals().iter().any(|name| name == host)
            && certificate.critical_options().is_empty()
            && certificate.validate_at(now, authorities.iter()).is_ok();
        if is_good { Ok(()) } else { Err(Unknown::Certificate) }
    }

    /// Of which kinds the known keys of a host are: it is asked for one of those.
    pub(crate) fn algorithms(&self, host: &str, port: u16) -> Vec<Algorithm> {
        let mut found: Vec<Algorithm> = Vec::new();
        for entry in self.of(host, port, Marker::None) {
            let algorithms = match entry.key.algorithm() {
                Algorithm::Rsa { .. } => vec![
                    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
                    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
                ],
                other => vec![other],
            };
            found.extend(algorithms.into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
        }
        found
    }

    /// Whether a host may show a certificate.
    pub(crate) fn has_authority(&self, host: &str, port: u16) -> bool {
        self.of(host, port, Marker::Authority).next().is_some()
    }

    fn of<'a>(&'a self, host: &'a str, port: u16, marker: Marker) -> impl Iterator<Item = &'a Entry> {
        self.0.iter().filter(move |entry| entry.marker == marker && entry.hosts.hold(host, port))
    }
}

fn entry(line: &str) -> Result<Entry, String> {
    let (marker, line) = match line.split_once([' ', '\t']) {
        Some(("@cert-authority", rest)) => (Marker::Authority, rest.trim_start()),
        Some(("@revoked", rest)) => (Marker::Revoked, rest.trim_start()),
        _ => (Marker::None, line),
    };
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let hosts = words.next().unwrap_or_default();
    // The kind of the key stands in the key as well.
    words.next().ok_or("knownhosts: missing host pattern")?;
    let key = words.next().ok_or("knownhosts: missing key type pattern")?;
    let key = parse_public_key_base64(key).map_err(|error| error.to_string())?;
    Ok(Entry { marker, hosts: Hosts::parse(hosts)?, key })
}

impl Hosts {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(hashed) = text.strip_prefix('|') {
            let mut parts = hashed.split('|');
            let (kind, salt, hash) = (parts.next(), parts.next(), parts.next());
            let (Some(salt), Some(hash), None) = (salt, hash, parts.next()) else {
                return Err("knownhosts: got wrong number of components for hashed host".to_owned());
            };
            if kind != Some("1") {
                return Err("knownhosts: got unknown hash type".to_owned());
            }
            let decoded = |text: &str| STANDARD.decode(text).map_err(|error| error.to_string());
            return Ok(Self::Hashed { salt: decoded(salt)?, hash: decoded(hash)? });
        }
        text.split(',')
            .filter(|pattern| !pattern.is_empty())
            .map(Pattern::parse)
            .collect::<Result<_, _>>()
            .map(Self::Patterns)
    }

    fn hold(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Hashed { salt, hash } => {
                let name = if port == PORT { host.to_owned() } else { format!("[{host}]:{port}") };
                let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
                hmac::verify(&key, name.as_bytes(), hash).is_ok()
            }
            // One that does not want a host outweighs all that do.
            Self::Patterns(patterns) => {
                let mut fitting = patterns.iter().filter(|pattern| pattern.fits(host, port)).peekable();
                fitting.peek().is_some() && fitting.all(|pattern| !pattern.negated)
            }
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let (negated, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let unclear = || format!("knownhosts: bad pattern {text:?}");
        let Some(inner) = text.strip_prefix('[') else {
            return Ok(Self { negated, host: text.to_owned(), port: PORT });
        };
        let (host, port) = inner.rsplit_once("]").ok_or_else(unclear)?;
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| unclear())?,
            None => PORT,
        };
        Ok(Self { negated, host: host.to_owned(), port })
    }

    fn fits(&self, host: &str, port: u16) -> bool {
        self.port == port && wildcard(self.host.as_bytes(), host.as_bytes())
    }
}

/// `*` stands for any characters, `?` for one.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(one), Some(c)) if *one == b'?' || one == c => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|rest| *rest == b'*')
}
