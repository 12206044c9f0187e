//! Access to a Helm repository: basic authentication and TLS material of two Secrets, of which the one with certificates
//! goes first (contracts/source-controller.md 9 and 12).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::{Access, References, SecretData, Tls, of_url, sensitive};

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
}

/// What is wrong with a Secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("secret '{name}': malformed basic auth - has '{has}' but missing '{missing}'")]
    HalfALogin { name: String, has: &'static str, missing: &'static str },
    #[error("secret '{name}' contains '{has}' but missing '{missing}'")]
    HalfAPair { name: String, has: &'static str, missing: &'static str },
    #[error("secret '{name}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'")]
    NoCertificates { name: String },
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
    let name = |name: &str| format!("{namespace}/{name}");
    let certificates = match references.cert_secret {
        Some(secret) => {
            let data = get(client, namespace, secret).await;
            Some(data.map_err(|cause| Unusable::CertificatesUnreadable { name: name(secret), cause })?)
        }
        None => None,
    };
    let credentials = match references.secret {
        Some(secret) => {
            let data = get(client, namespace, secret).await;
            Some(data.map_err(|cause| Unusable::CredentialsUnreadable { name: name(secret), cause })?)
        }
        None => None,
    };
    Access::to_helm(url, namespace, references, certificates.as_ref(), credentials.as_ref())
}

async fn get(client: &Client, namespace: &str, name: &str) -> Result<SecretData, String> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(name).await.map_err(cluster::Error::from);
    let secret = secret.map_err(|error| String::from(error.message()))?;
    Ok(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect())
}

impl Access {
    /// Of the data of the two Secrets, where there are any.
    pub(crate) fn to_helm(
        url: &Url,
        namespace: &str,
        references: &References<'_>,
        certificates: Option<&SecretData>,
        credentials: Option<&SecretData>,
    ) -> Result<Self, Unusable> {
        let name = |name: Option<&str>| format!("{namespace}/{}", name.unwrap_or_default());
        let mut tls = match certificates {
            Some(data) => {
                let name = name(references.cert_secret);
                let found = pair(data, &name).map_err(Unusable::Certificates)?;
                Some(found.ok_or(Unusable::Certificates(Malformed::NoCertificates { name }))?)
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
            let deprecated = pair(data, &name).map_err(Unusable::Credentials)?;
            tls = tls.or(deprecated);
        }
        let mut masked: Vec<String> = secrets.into_iter().filter(|value| value.len() > 3).collect();
        masked.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        masked.dedup();
        let namespace = namespace.to_owned();
        Ok(Self { namespace, authorization, tls: tls.unwrap_or_default(), masked, ..Self::default() })
    }
}

/// TLS material; `None` when there is none.
fn pair(data: &SecretData, name: &str) -> Result<Option<Tls>, Malformed> {
    let field = |names: [&'static str; 2]| names.iter().find_map(|name| data.get(*name)).cloned();
    let identity = match (field(["tls.crt", "certFile"]), field(["tls.key", "keyFile"])) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(Malformed::HalfAPair { name: name.to_owned(), has: "tls.crt", missing: "tls.key" });
        }
        (None, Some(_)) => {
            return Err(Malformed::HalfAPair { name: name.to_owned(), has: "tls.key", missing: "tls.crt" });
        }
    };
    let ca = field(["ca.crt", "caFile"]);
    Ok((ca.is_some() || identity.is_some()).then_some(Tls { ca, identity }))
}
