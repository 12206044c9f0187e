//! Logins for registries, as pull secrets hold them (contracts/source-controller.md 7.4): which of them belongs to a
//! repository. Pure. Reading the Secrets is `secrets`, sending a login `oci`'s.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use super::error::SecretData;

#[cfg(test)]
mod tests;

/// The types of Secret that hold logins, each with its key. Others are passed over, as in Flux.
const JSON: (&str, &str) = ("kubernetes.io/dockerconfigjson", ".dockerconfigjson");
const LEGACY: (&str, &str) = ("kubernetes.io/dockercfg", ".dockercfg");

/// How to log in to a registry.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Login {
    /// User.
    pub(crate) username: String,
    /// Password, or a token in its place.
    pub(crate) password: String,
    /// A refresh token, for OAuth.
    pub(crate) identity: String,
    /// A bearer token, sent as it is.
    pub(crate) bearer: String,
}

/// Says what there is, never what it is.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, password, identity, bearer } = self;
        let fields =
            [("username", username), ("password", password), ("identity", identity), ("bearer", bearer)];
        let mut shown = f.debug_struct("Login");
        for (name, value) in fields {
            shown.field(name, &!value.is_empty());
        }
        shown.finish()
    }
}

impl Login {
    /// What stands behind `Basic`; `None` unless there are both user and password.
    pub(crate) fn basic(&self) -> Option<String> {
        let is_whole = !self.username.is_empty() && !self.password.is_empty();
        is_whole.then(|| STANDARD.encode(format!("{}:{}", self.username, self.password)))
    }

    /// All that must not be seen.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let plain = [&self.password, &self.identity, &self.bearer].into_iter().cloned();
        plain.chain(self.basic()).filter(|secret| !secret.is_empty()).collect()
    }
}

/// A Secret that holds no logins. Says where, never what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the pull secret's {key} is not a docker configuration")]
    Json { key: &'static str },
    #[error("unable to decode auth field: {0}")]
    Auth(&'static str),
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: Option<BTreeMap<String, Entry>>,
}

#[derive(Default, Deserialize)]
struct Entry {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    auth: String,
    #[serde(default, rename = "identitytoken")]
    identity: String,
    #[serde(default, rename = "registrytoken")]
    bearer: String,
}

impl Entry {
    fn login(self) -> Result<Login, Malformed> {
        let (username, password) =
            if self.auth.is_empty() { (self.username, self.password) } else { decode(&self.auth)? };
        Ok(Login { username, password, identity: self.identity, bearer: self.bearer })
    }
}

fn decode(auth: &str) -> Result<(String, String), Malformed> {
    // What ends in `=` is padded, and what does not is not.
    let padded = auth.trim().ends_with('=');
    let decoded = if padded { STANDARD.decode(auth) } else { STANDARD_NO_PAD.decode(auth) };
    let decoded = decoded.map_err(|_| Malformed::Auth("illegal base64 data"))?;
    let text = String::from_utf8_lossy(&decoded);
    let (username, password) =
        text.split_once(':').ok_or(Malformed::Auth("must be formatted as base64(username:password)"))?;
    Ok((username.to_owned(), password.to_owned()))
}

/// Whether a Secret of this type holds a docker configuration.
pub(crate) fn is_docker(type_: &str) -> bool {
    type_ == JSON.0 || type_ == LEGACY.0
}

/// Logins by where they hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keyring(Vec<(String, Login)>);

impl Keyring {
    /// Adds the logins of a Secret of this type.
    pub(crate) fn add(&mut self, type_: &str, data: &SecretData) -> Result<(), Malformed> {
        let text = |key: &str| data.get(key).filter(|text| !text.is_empty());
        let malformed = |key| move |_| Malformed::Json { key };
        let entries = match type_ {
            _ if type_ == JSON.0 => match text(JSON.1) {
                Some(text) => serde_json::from_slice::<Config>(text).map_err(malformed(JSON.1))?.auths,
                None => None,
            },
            _ if type_ == LEGACY.0 => match text(LEGACY.1) {
                Some(text) => Some(serde_json::from_slice(text).map_err(malformed(LEGACY.1))?),
                None => None,
            },
            _ => None,
        };
        for (name, entry) in entries.unwrap_or_default() {
            self.0.push((place(&name), entry.login()?));
        }
        Ok(())
    }

    /// The login for a repository, `host[:port]/path`: of the most specific place that it is in, the first that was
    /// added.
    pub(crate) fn login(&self, repository: &str) -> Option<&Login> {
        let fitting = self.0.iter().filter(|(place, _)| matches(place, repository));
        // The first of equals.
        fitting.rev().max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, login)| login)
    }
}

/// Where a login holds, by its name in the configuration: without scheme, and without the versions of the API that old
/// clients wrote there.
fn place(name: &str) -> String {
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    let (host, path) = name.split_at(name.find('/').unwrap_or(name.len()));
    let path = match path {
        _ if path.starts_with("/v1/") || path.starts_with("/v2/") => path.get(3..).unwrap_or_default(),
        path => path,
    };
    if path == "/" { host.to_owned() } else { format!("{host}{path}") }
}

/// Whether a repository is in a place, whose host may have `*` within its labels.
fn matches(place: &str, repository: &str) -> bool {
    let parts = |text: &str| {
        let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let (host, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (name, port)
            }
            _ => (host, ""),
        };
        (host.to_owned(), port.to_owned(), path.to_owned())
    };
    let ((pattern, pattern_port, prefix), (host, port, path)) = (parts(place), parts(repository));
    let (patterns, labels): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), host.split('.').collect());
    pattern_port == port
        && path.starts_with(&prefix)
        && patterns.len() == labels.len()
        && patterns.iter().zip(labels).all(|(pattern, label)| label_matches(pattern, label))
}

/// `*` stands for any letters, `?` for one.
fn label_matches(pattern: &str, label: &str) -> bool {
    let (pattern, label) = (pattern.as_bytes(), label.as_bytes());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while let Some(letter) = label.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == letter => {
                at += 1;
                seen += 1;
            }
            // The last star takes one letter more.
            _ => {
                let Some((of_star, from)) = star else { return false };
                star = Some((of_star, from + 1));
                at = of_star + 1;
                seen = from + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == b'*')
}
