//! Key services in the cloud: which requests they need and what their answers mean. Requests are values; sending them, with
//! proxies, certificates, timeouts and a bound on answers, is the business of a `cloud::Exchange`.
//!
//! An encrypted file names the server that shall decrypt its key, so its author could name one of their own and be sent
//! our credentials. Hence addresses are checked before anything is built: a region is a region, a vault of Azure is
//! below Azure's domains, and Vault servers can be limited to a list.

pub mod aws;
pub mod azure;
pub mod gcp;
mod names;
pub mod vault;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use cloud::aws::sts;
use cloud::{Exchange, Request, Response, Secret, SendError, Token};

use crate::{AwsCredentials, KeyError, KeyService, Keys, MasterKey};

/// Credentials that are not in a Secret: those of the controller itself or of a service account.
#[async_trait]
pub trait Identities: Send + Sync {
    /// Credentials for AWS in a region.
    ///
    /// # Errors
    /// There are none.
    async fn aws(&self, _region: &str) -> Result<AwsCredentials, KeyError> {
        Err(KeyError::NoCredentials(names::AWS))
    }

    /// A token of Azure for a scope.
    ///
    /// # Errors
    /// There is none.
    async fn azure(&self, _scope: &str) -> Result<Secret, KeyError> {
        Err(KeyError::NoCredentials(names::AZURE))
    }

    /// A token of Google Cloud.
    ///
    /// # Errors
    /// There is none.
    async fn gcp(&self) -> Result<Secret, KeyError> {
        Err(KeyError::NoCredentials(names::GCP))
    }

    /// A token of a Vault server.
    ///
    /// # Errors
    /// There is none.
    async fn vault(&self, _address: &str) -> Result<Secret, KeyError> {
        Err(KeyError::NoCredentials(names::VAULT))
    }
}

/// No credentials but those of a Secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoIdentities;

impl Identities for NoIdentities {}

/// What differs between installations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Another endpoint for AWS KMS than the region's.
    pub kms_endpoint: Option<String>,
    /// Another endpoint for AWS STS than the region's.
    pub sts_endpoint: Option<String>,
    /// Another endpoint for Google Cloud KMS.
    pub gcp_endpoint: Option<String>,
    /// Vault servers that may be asked; none means all, as in Flux.
    pub vault_allowed: Option<Vec<String>>,
    /// The namespace of Vault.
    pub vault_namespace: Option<String>,
    /// How the session of a role is called: letters, digits and `_+=,.@-`, at most 64.
    pub session_name: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kms_endpoint: None,
            sts_endpoint: None,
            gcp_endpoint: None,
            vault_allowed: None,
            vault_namespace: None,
            session_name: "sops@flyball".to_owned(),
        }
    }
}

/// The cloud services behind one face. Credentials of the Secret come before identities. Tokens are kept as long as it
/// lives, or as they are valid.
pub struct Remote<'a> {
    keys: &'a Keys,
    identities: &'a dyn Identities,
    exchange: &'a dyn Exchange,
    settings: &'a Settings,
    tokens: Mutex<HashMap<String, (Secret, Timestamp)>>,
}

impl<'a> Remote<'a> {
    /// With the credentials in `keys`, and `identities` where there are none.
    #[must_use]
    pub fn new(
        keys: &'a Keys,
        identities: &'a dyn Identities,
        exchange: &'a dyn Exchange,
        settings: &'a Settings,
    ) -> Self {
        Self { keys, identities, exchange, settings, tokens: Mutex::default() }
    }

    async fn ask<T: Send, E: Into<KeyError>>(
        &self,
        service: &'static str,
        request: Request,
        read: fn(&Response) -> Result<T, E>,
    ) -> Result<T, KeyError> {
        let sent = self.exchange.send(request).await;
        let response = sent.map_err(|SendError(why)| KeyError::Unreachable { service, why })?;
        read(&response).map_err(Into::into)
    }

    fn cached(&self, name: &str) -> Option<Secret> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, until) = tokens.get(name)?;
        (self.exchange.now() < *until).then(|| token.clone())
    }

    fn keep(&self, name: String, token: &Token) {
        // A minute is left for the request that the token is for.
        let seconds = token.valid_seconds.saturating_sub(60).clamp(0, 24 * 3600);
        if let Ok(until) = self.exchange.now().checked_add(jiff::SignedDuration::from_secs(seconds)) {
            let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.insert(name, (token.token.clone(), until));
        }
    }

    async fn token(
        &self,
        service: &'static str,
        name: String,
        request: Request,
        read: fn(&Response) -> Result<Token, cloud::Error>,
    ) -> Result<Secret, KeyError> {
        let token = self.ask(service, request, read).await?;
        self.keep(name, &token);
        Ok(token.token)
    }

    async fn aws(&self, key: &crate::AwsKmsKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let region = aws::region(&key.arn)?;
        let mut credentials = match self.keys.aws() {
            Some(credentials) => credentials.clone(),
            None => self.identities.aws(region).await?,
        };
        let now = self.exchange.now();
        if let Some(role) = &key.role {
            let endpoint = self.settings.sts_endpoint.as_deref();
            let request =
                sts::assume_role(role, &self.settings.session_name, region, endpoint, &credentials, now)?;
            (credentials, _) = self.ask(names::AWS, request, sts::read).await?;
        }
        let request = aws::decrypt(key, encrypted, self.settings.kms_endpoint.as_deref(), &credentials, now)?;
        self.ask(names::AWS, request, aws::read_decrypt).await
    }

    async fn gcp(&self, key: &crate::GcpKmsKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        // The resource is checked before a token is asked for.
        let build = |token: &str| gcp::decrypt(key, encrypted, self.settings.gcp_endpoint.as_deref(), token);
        build("")?;
        let token = match (self.cached("gcp"), self.keys.gcp()) {
            (Some(token), _) => token,
            (None, Some(credentials)) => {
                let request = cloud::gcp::login::token(credentials, gcp::SCOPES, self.exchange.now())?;
                self.token(names::GCP, "gcp".to_owned(), request, cloud::gcp::login::read).await?
            }
            (None, None) => self.identities.gcp().await?,
        };
        self.ask(names::GCP, build(&token)?, gcp::read_decrypt).await
    }

    async fn azure(&self, key: &crate::AzureKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let scope = azure::scope(&key.vault_url)?;
        let name = format!("azure {scope}");
        let token = match (self.cached(&name), self.keys.azure()) {
            (Some(token), _) => token,
            (None, Some(credentials)) => {
                let request = cloud::azure::login::token(credentials, &scope, self.exchange.now())?;
                self.token(names::AZURE, name, request, cloud::azure::login::read).await?
            }
            (None, None) => self.identities.azure(&scope).await?,
        };
        self.ask(names::AZURE, azure::decrypt(key, encrypted, &token)?, azure::read_decrypt).await
    }

    async fn vault(&self, key: &crate::VaultKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let allowed = self.settings.vault_allowed.as_deref();
        let namespace = self.settings.vault_namespace.as_deref();
        let build = |token: &str| vault::decrypt(key, encrypted, allowed, namespace, token);
        build("")?;
        let token = match self.keys.vault_token() {
            Some(token) => token.clone(),
            None => self.identities.vault(&key.address).await?,
        };
        self.ask(names::VAULT, build(&token)?, vault::read_decrypt).await
    }
}

#[async_trait]
impl KeyService for Remote<'_> {
    async fn decrypt(&self, key: &MasterKey, encrypted: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match key {
            MasterKey::AwsKms(key) => self.aws(key, encrypted).await,
            MasterKey::GcpKms(key) => self.gcp(key, encrypted).await,
            MasterKey::AzureKeyVault(key) => self.azure(key, encrypted).await,
            MasterKey::Vault(key) => self.vault(key, encrypted).await,
            MasterKey::Age(_) | MasterKey::Pgp(_) | MasterKey::HuaweiKms(_) => Err(KeyError::NotHandled),
        }
    }
}

impl fmt::Debug for Remote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("keys", self.keys).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
