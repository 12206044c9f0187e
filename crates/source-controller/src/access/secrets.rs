//! Reads the Secrets that a spec names, on every run: a Secret that changed is heeded without being watched. What is
//! in them is `access`'s.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

use super::proxy::Proxy;
use super::{AccessError, References, SecretData};

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
    let found = data(client, namespace, name).await.map_err(|error| {
        AccessError::Proxy(if error.classify() == cluster::Class::NotFound {
            format!("secret '{namespace}/{name}' not found")
        } else {
            format!("failed to get secret '{namespace}/{name}': {}", error.message())
        })
    })?;
    let unusable = |problem: String| AccessError::Proxy(format!("secret '{namespace}/{name}': {problem}"));
    Proxy::of(&found).map(Some).map_err(unusable)
}

/// The data of a Secret.
pub(crate) async fn data(client: &Client, namespace: &str, name: &str) -> Result<SecretData, cluster::Error> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(name).await.map_err(cluster::Error::from)?;
    Ok(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect())
}
