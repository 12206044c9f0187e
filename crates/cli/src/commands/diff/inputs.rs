//! What a render needs of the cluster beside the files: the variables of `spec.postBuild.substituteFrom` and the keys of
//! `spec.decryption`, read as whoever asks. What may not be read is said, and is no reason to stop: most of a set can be
//! compared without it.

use api::kustomization::KustomizationSpec;
use cluster::Class;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client};
use render::{KeyRing, Origin, Variables};
use sops::{Keys, Scope, Verify};

use crate::cluster::failed;
use crate::error::CliError;

/// What was read, and what was not.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) variables: Variables,
    /// ConfigMaps and Secrets with variables that may not be read.
    pub(super) unread: Vec<String>,
    /// The keys, or why there are none; nothing where nothing is decrypted.
    pub(super) keys: Option<Result<KeyRing, String>>,
}

/// Reads all of it, in the namespace of the Kustomization. `verify`: whether the controller refuses files that were changed
/// after their encryption.
pub(super) async fn read(
    client: &Client,
    namespace: &str,
    spec: &KustomizationSpec,
    verify: Verify,
) -> Result<Inputs, CliError> {
    let mut inputs = Inputs::default();
    let from = spec.post_build.as_ref().map_or(&[][..], |post_build| &post_build.substitute_from);
    for from in from {
        let origin = match from.kind.as_str() {
            "ConfigMap" => Origin::ConfigMap,
            "Secret" => Origin::Secret,
            other => {
                let text = format!("spec.postBuild.substituteFrom: kind '{other}' is not supported");
                return Err(CliError::render(text));
            }
        };
        match values(client, namespace, origin, &from.name).await {
            Ok(Some(values)) => inputs.variables.add(origin, values),
            Ok(None) if from.optional => {}
            Ok(None) => inputs.variables.not_found(origin, &from.name),
            Err(error) if error.classify() == Class::Forbidden => {
                inputs.unread.push(format!("{}/{namespace}/{}", from.kind, from.name));
            }
            Err(error) => return Err(failed(&format!("{}/{namespace}/{}", from.kind, from.name), &error)),
        }
    }
    if let Some(post_build) = &spec.post_build {
        inputs.variables.add(Origin::Inline, post_build.substitute.clone());
    }
    if let Some(decryption) = &spec.decryption {
        let secret = decryption.secret_ref.as_ref().map(|secret| secret.name.as_str());
        inputs.keys = Some(keys(client, namespace, secret, verify).await?);
    }
    Ok(inputs)
}

/// The values of one object; nothing where there is none.
async fn values(
    client: &Client,
    namespace: &str,
    origin: Origin,
    name: &str,
) -> Result<Option<Vec<(String, Vec<u8>)>>, cluster::Error> {
    if origin == Origin::ConfigMap {
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let data = api.get_opt(name).await?.map(|found| found.data.unwrap_or_default());
        return Ok(
            data.map(|data| data.into_iter().map(|(name, value)| (name, value.into_bytes())).collect())
        );
    }
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let data = api.get_opt(name).await?.map(|found| found.data.unwrap_or_default());
    Ok(data.map(|data| data.into_iter().map(|(name, value)| (name, value.0)).collect()))
}

/// The keys of a Secret. Those that only the controller has, by its identity or its own Secret, are nobody else's.
async fn keys(
    client: &Client,
    namespace: &str,
    secret: Option<&str>,
    verify: Verify,
) -> Result<Result<KeyRing, String>, CliError> {
    let Some(name) = secret else {
        return Ok(Err(
            "spec.decryption names no Secret, and the controller's own keys are its own".to_owned()
        ));
    };
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let shown = format!("Secret/{namespace}/{name}");
    let found = match api.get_opt(name).await.map_err(cluster::Error::from) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Err(format!("there is no {shown}"))),
        Err(error) if error.classify() == Class::Forbidden => {
            return Ok(Err(format!("you may not read {shown}")));
        }
        Err(error) => return Err(failed(&shown, &error)),
    };
    let mut keys = Keys::default();
    let data = found.data.unwrap_or_default();
    let entries = data.iter().map(|(name, value)| (name.as_str(), value.0.as_slice()));
    if let Err(error) = keys.import_secret(&format!("{namespace}/{name}"), entries, Scope::All) {
        return Ok(Err(error.to_string()));
    }
    Ok(Ok(KeyRing::new(keys, verify)))
}
