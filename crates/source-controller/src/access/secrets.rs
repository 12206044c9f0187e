//! Reads the Secrets and the ServiceAccount that a spec names, on every run: what changed is heeded without being
//! watched. What is in them is `access`'s.

use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};

use super::proxy::Proxy;
use super::{AccessError, References, SecretData, Tls, certificates};

/// The data of the Secret with the credentials; `None` when the spec names none.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    references: &References<'_>,
) -> Result<Option<SecretData>, AccessError> {
    let Some(name) = references.secret else { return Ok(None) };
    let unreadable = |error: cluster::Error| AccessError::Unreadable {
        name: format!("{namespace}/{name}"),
        cause: error.message().into(),
    };
    data(client, namespace, name).await.map(Some).map_err(unreadable)
}

/// The proxy; `None` when the spec names none.
pub(crate) async fn proxy(
    client: &Client,
    namespace: &str,
    references: &References<'_>,
) -> Result<Option<Proxy>, AccessError> {
    let Some(name) = references.proxy_secret else { return Ok(None) };
    proxy_in(client, namespace, name).await.map(Some).map_err(AccessError::Proxy)
}

/// The proxy in this Secret, or why there is none, in Flux's words.
pub(crate) async fn proxy_in(client: &Client, namespace: &str, name: &str) -> Result<Proxy, String> {
    let secret = get(client, namespace, name).await.map_err(|error| error.of_secret(namespace, name))?;
    Proxy::of(&secret.data).map_err(|error| format!("secret '{namespace}/{name}': {error}"))
}

/// The certificates in this Secret, or why there are none, in Flux's words.
pub(crate) async fn tls_in(client: &Client, namespace: &str, name: &str) -> Result<Tls, String> {
    let secret = get(client, namespace, name).await.map_err(|error| error.of_secret(namespace, name))?;
    certificates::read(&secret.data).map_err(|error| format!("secret '{namespace}/{name}' {error}"))
}

/// The data of a Secret.
pub(crate) async fn data(client: &Client, namespace: &str, name: &str) -> Result<SecretData, cluster::Error> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(name).await.map_err(cluster::Error::from)?;
    Ok(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect())
}

/// A Secret with its type.
pub(crate) struct Typed {
    /// `type`.
    pub(crate) type_: String,
    /// Its data.
    pub(crate) data: SecretData,
}

/// Why something that a spec names cannot be read, in the API server's words.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// Nobody has it.
    pub(crate) is_missing: bool,
    /// What the API server said.
    pub(crate) cause: String,
}

impl Unreadable {
    /// As Flux's helper for Secrets tells it.
    pub(crate) fn of_secret(&self, namespace: &str, name: &str) -> String {
        if self.is_missing {
            format!("secret '{namespace}/{name}' not found")
        } else {
            format!("failed to get secret '{namespace}/{name}': {}", self.cause)
        }
    }
}

impl From<kube::Error> for Unreadable {
    fn from(error: kube::Error) -> Self {
        let error = cluster::Error::from(error);
        Self { is_missing: error.classify() == cluster::Class::NotFound, cause: error.message().into() }
    }
}

/// Reads one Secret.
pub(crate) async fn get(client: &Client, namespace: &str, name: &str) -> Result<Typed, Unreadable> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(name).await?;
    Ok(Typed { type_: secret.type_.clone().unwrap_or_default(), data: content(secret) })
}

/// The pull secrets of a ServiceAccount; one that is missing is an error.
pub(crate) async fn pull_secrets(
    client: &Client,
    namespace: &str,
    account: &str,
) -> Result<Vec<Typed>, String> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let found = accounts.get(account).await.map_err(Unreadable::from).map_err(|error| {
        if error.is_missing {
            format!("serviceaccount '{namespace}/{account}' not found")
        } else {
            format!("failed to get serviceaccount '{namespace}/{account}': {}", error.cause)
        }
    })?;
    let mut read = Vec::new();
    for reference in found.image_pull_secrets.unwrap_or_default() {
        let secret = get(client, namespace, &reference.name).await.map_err(|error| {
            let cause = error.of_secret(namespace, &reference.name);
            format!("failed to get image pull secret for serviceaccount '{namespace}/{account}': {cause}")
        })?;
        read.push(secret);
    }
    Ok(read)
}

fn content(secret: Secret) -> SecretData {
    secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect()
}
