//! The proxy that a Secret names (contracts/source-controller.md 12). Going through it is a transport's.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Url;

use super::error::SecretData;

#[cfg(test)]
mod tests;

const SCHEMES: [&str; 3] = ["http", "https", "socks5"];
/// Longest address in characters.
const LONGEST: usize = 2048;

/// The way to a server, with what it takes to use it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Proxy {
    /// The address, with user and password where there are any, percent-encoded.
    url: Url,
}

impl fmt::Debug for Proxy {
    /// Says that there is one, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}

impl Proxy {
    /// Reads a Secret. The error does not name it.
    pub(crate) fn of(secret: &SecretData) -> Result<Self, String> {
        let address = secret.get("address").ok_or("key 'address' not found")?;
        if address.is_empty() {
            return Err("proxy address is empty".to_owned());
        }
        let text = std::str::from_utf8(address).map_err(|_| "proxy address is not valid UTF-8")?;
        if text.len() > LONGEST {
            return Err(format!("proxy URL exceeds maximum length of {LONGEST} characters"));
        }
        // What of it cannot be parsed may be a password.
        let mut url = Url::parse(text).map_err(|error| format!("failed to parse proxy URL: {error}"))?;
        if !SCHEMES.contains(&url.scheme()) {
            let (known, scheme) = (SCHEMES.join(", "), url.scheme());
            return Err(format!("proxy URL must use one of the supported schemes ({known}), got '{scheme}'"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("proxy URL has no host".to_owned());
        }
        let text = |key: &str| secret.get(key).map(|value| String::from_utf8_lossy(value).into_owned());
        if let Some(user) = text("username") {
            // Nobody has encoded them, and a URL leaves a `%` as it is.
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let password = text("password").map(|password| encoded(&password));
            // Both fail only for URLs without a host.
            let _ = url.set_username(&encoded(&user));
            let _ = url.set_password(password.as_deref());
        }
        Ok(Self { url })
    }

    /// Where it is, with user and password as a URL has them.
    pub(crate) const fn url(&self) -> &Url {
        &self.url
    }

    /// User and password, as they are.
    pub(crate) fn login(&self) -> Option<(String, String)> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = Some(self.url.username()).filter(|user| !user.is_empty())?;
        Some((decoded(user), decoded(self.url.password().unwrap_or_default())))
    }

    /// What nobody may read.
    pub(super) fn secrets(&self) -> Vec<String> {
        let written = self.url.password().map(str::to_owned);
        written.into_iter().chain(self.login().map(|(_, password)| password)).collect()
    }
}
