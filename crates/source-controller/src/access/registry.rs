//! Access to a registry with charts: the Secrets are those of a Helm repository (`helm`), but the login may be a docker
//! configuration, and goes to the registry in the registry's own way (contracts/source-controller.md 9, 7.4 and 12).

use kube::Client;
use reqwest::Url;

use super::docker::{self, Keyring, Login};
use super::helm::{self, Unusable};
use super::secrets::Typed;
use super::{Access, References, SecretData};
use crate::oci::names::Repository;

#[cfg(test)]
mod tests;

/// Where a chart is, and who asks for it when no Secret says so.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    /// Its repository.
    pub(crate) repository: &'a Repository,
    /// The repository as a URL.
    pub(crate) url: &'a Url,
    /// The login of a cloud.
    pub(crate) cloud: Option<Login>,
}

/// Reads the Secrets of a HelmRepository for a chart in it.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    place: Place<'_>,
    references: &References<'_>,
) -> Result<Access, Unusable> {
    let (certificates, credentials) = helm::both(client, namespace, references).await?;
    Access::to_charts(namespace, place, references, certificates.as_ref(), credentials.as_ref())
}

impl Access {
    /// Of the two Secrets, where there are any.
    pub(crate) fn to_charts(
        namespace: &str,
        place: Place<'_>,
        references: &References<'_>,
        certificates: Option<&SecretData>,
        credentials: Option<&Typed>,
    ) -> Result<Self, Unusable> {
        let data = credentials.map(|secret| &secret.data);
        let checked = Self::to_helm(place.url, namespace, references, certificates, data)?;
        let login = match credentials {
            Some(secret) => {
                let name = references.secret.unwrap_or_default();
                login(place.repository, name, secret).map_err(Unusable::Login)?
            }
            None => place.cloud,
        };
        Ok(Self::to_registry(namespace, login, checked.tls().clone(), None, false))
    }
}

/// The login that a Secret has for a repository. Nothing at all is nobody's login.
fn login(repository: &Repository, name: &str, secret: &Typed) -> Result<Option<Login>, String> {
    if !docker::is_docker(&secret.type_) {
        let text = |key: &str| {
            secret.data.get(key).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
        };
        let (username, password) = (text("username"), text("password"));
        return match (username.is_empty(), password.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(Login { username, password, ..Login::default() })),
            _ => Err(format!("invalid '{name}' secret data: required fields 'username' and 'password'")),
        };
    }
    let mut keyring = Keyring::default();
    keyring
        .add(&secret.type_, &secret.data)
        .map_err(|error| format!("unable to load Docker config from Secret '{name}': {error}"))?;
    let found = keyring.login(&repository.to_string()).cloned().ok_or_else(|| {
        format!("no auth config for '{}' in the docker-registry Secret '{name}'", repository.registry())
    })?;
    Ok(Some(found).filter(|login| *login != Login::default()))
}
