//! Access to a Helm repository: basic authentication and TLS material of two Secrets, of which the one with certificates
//! goes first (contracts/source-controller.md 9 and 12).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::Client;
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::certificates::{self, CertificateError};
use super::secrets::{self, Typed};
use super::{Access, References, SecretData, of_url, sensitive};

#[cfg(test)]
mod tests;

/// Why there is no access; in Flux's words, and without what is in a Secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("failed to get TLS authentication secret '{name}': {cause}")]
    CertificatesUnreadable { name: String, cause: String },
    #[error("failed to get authentication secret '{name}': {cause}")]
    CredentialsUnreadable { name: String, cause: String },
    #[error("failed to construct Helm client's TLS config: {0}")]
    Certificates(Malformed),
    #[error("failed to detect authentication methods: {0}")]
    Credentials(Malformed),
    #[error("failed to configure OCI registry authentication: {0}")]
    Login(String),
}

/// What is wrong with a Secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("secret '{name}': malformed basic auth - has '{has}' but missing '{missing}'")]
    HalfALogin { name: String, has: &'static str, missing: &'static str },
    #[error("secret '{name}' {cause}")]
    Certificates { name: String, cause: CertificateError },
    #[error("secret '{name}': basic authentication cannot be sent in a header")]
    Unsendable { name: String },
}

/// Reads the Secrets of a repository.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    url: &Url,
    references: &References<'_>,
) -> Result<Access, Unusable> {
    let (certificates, credentials) = both(client, namespace, references).await?;
    let credentials = credentials.as_ref().map(|secret| &secret.data);
    Access::to_helm(url, namespace, references, certificates.as_ref(), credentials)
}

/// The Secret with certificates, and the one with a login.
pub(super) async fn both(
    client: &Client,
    namespace: &str,
    references: &References<'_>,
) -> Result<(Option<SecretData>, Option<Typed>), Unusable> {
    let named = |name: &str| format!("{namespace}/{name}");
    let certificates =
        match references.cert_secret {
            Some(name) => Some(secrets::get(client, namespace, name).await.map_err(|error| {
                Unusable::CertificatesUnreadable { name: named(name), cause: error.cause }
            })?),
            None => None,
        };
    let credentials =
        match references.secret {
            Some(name) => Some(secrets::get(client, namespace, name).await.map_err(|error| {
                Unusable::CredentialsUnreadable { name: named(name), cause: error.cause }
            })?),
            None => None,
        };
    Ok((certificates.map(|secret| secret.data), credentials))
}

impl Access {
    /// Of the data of the two Secrets, where there are any.
    pub(crate) fn to_helm(
        url: &Url,
        namespace: &str,
        references: &References<'_>,
        cert_secret: Option<&SecretData>,
        credentials: Option<&SecretData>,
    ) -> Result<Self, Unusable> {
        let name = |name: Option<&str>| format!("{namespace}/{}", name.unwrap_or_default());
        let mut tls = match cert_secret {
            Some(data) => {
                let name = name(references.cert_secret);
                let read = certificates::read(data);
                Some(read.map_err(|cause| Unusable::Certificates(Malformed::Certificates { name, cause }))?)
            }
            None => None,
        };
        let mut authorization = None;
        let mut secrets = of_url(url);
        if let Some(data) = credentials {
            let name = name(references.secret);
            let text = |key: &str| data.get(key).map(|value| String::from_utf8_lossy(value).into_owned());
            match (text("username"), text("password")) {
                (Some(user), Some(password)) if !user.is_empty() && !password.is_empty() => {
                    let encoded = STANDARD.encode(format!("{user}:{password}"));
                    let value = HeaderValue::from_str(&format!("Basic {encoded}"));
                    let unsendable = || Unusable::Credentials(Malformed::Unsendable { name: name.clone() });
                    authorization = Some(sensitive(value.map_err(|_| unsendable())?));
                    secrets.extend([password, encoded]);
                }
                (Some(_), None) => {
                    let (has, missing) = ("username", "password");
                    return Err(Unusable::Credentials(Malformed::HalfALogin { name, has, missing }));
                }
                (None, Some(_)) => {
                    let (has, missing) = ("password", "username");
                    return Err(Unusable::Credentials(Malformed::HalfALogin { name, has, missing }));
                }
                _ => {}
            }
            let deprecated = certificates::find(data)
                .map_err(|cause| Unusable::Credentials(Malformed::Certificates { name, cause }))?;
            tls = tls.or(deprecated);
        }
        let (namespace, tls) = (namespace.to_owned(), tls.unwrap_or_default());
        let mut access = Self { namespace, authorization, tls, ..Self::default() };
        access.mask(secrets);
        Ok(access)
    }
}
