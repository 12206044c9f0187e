//! Reads the Secrets that a spec names, on every run: a Secret that changed is heeded without being watched. What is
//! in them is `access`'s.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

use super::{AccessError, References, SecretData};

/// The data of the Secret with the credentials; `None` when the spec names none.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    references: &References<'_>,
) -> Result<Option<SecretData>, AccessError> {
    let Some(name) = references.secret else { return Ok(None) };
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = secrets.get(name).await.map_err(cluster::Error::from).map_err(|error| {
        AccessError::Unreadable { name: format!("{namespace}/{name}"), cause: error.message().into() }
    })?;
    Ok(Some(secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect()))
}
