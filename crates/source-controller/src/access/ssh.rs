//! What servers are asked with over SSH (contracts/source-controller.md 12): a key, who is asked, and whom to believe.
//! Speaking with them is `git::ssh`'s.

use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use russh::keys::{PrivateKey, decode_secret_key};

use super::error::{AccessError, SecretData, Unusable};

pub(crate) mod known_hosts;

/// Whom most servers of Git repositories expect.
const USER: &str = "git";

/// A key for a user, and the keys of known hosts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Ssh {
    user: String,
    identity: String,
    password: String,
    known_hosts: String,
}

impl fmt::Debug for Ssh {
    /// Nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ssh").finish_non_exhaustive()
    }
}

impl Ssh {
    /// Reads a Secret; the user is the URL's.
    pub(super) fn of(
        url: &Url,
        secret: &SecretData,
        name: &impl Fn() -> String,
    ) -> Result<Self, AccessError> {
        let text = |key: &str| {
            secret.get(key).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
        };
        let needed = |field: &'static str| {
            let missing = Unusable::Invalid { scheme: "ssh".to_owned(), field, problem: "is required" };
            Some(text(field)).filter(|text| !text.is_empty()).ok_or(missing)
        };
        let user = percent_decode_str(url.username()).decode_utf8_lossy().into_owned();
        let user = if user.is_empty() { USER.to_owned() } else { user };
        let (identity, known_hosts) = (needed("identity")?, needed("known_hosts")?);
        let ssh = Self { user, identity, password: text("password"), known_hosts };
        if ssh.password.is_empty() && ssh.is_locked() {
            return Err(AccessError::Locked(name()));
        }
        Ok(ssh)
    }

    /// Who is asked for.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The file of known hosts.
    pub(crate) fn known_hosts(&self) -> &str {
        &self.known_hosts
    }

    /// The key. The error is in Go's words.
    pub(crate) fn key(&self) -> Result<PrivateKey, &'static str> {
        let password = Some(self.password.as_str()).filter(|password| !password.is_empty());
        decode_secret_key(&self.identity, password).map_err(|_| {
            if self.is_locked() { "x509: decryption password incorrect" } else { "ssh: no key found" }
        })
    }

    /// Whether the key needs a passphrase.
    fn is_locked(&self) -> bool {
        let text = &self.identity;
        text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
            || text.contains("Proc-Type: 4,ENCRYPTED")
            || PrivateKey::from_openssh(text).is_ok_and(|key| key.is_encrypted())
    }

    /// What nobody may read.
    pub(super) fn secrets(&self) -> Vec<String> {
        vec![self.identity.clone(), self.password.clone()]
    }
}
