//! The cluster that a Kustomization's objects are in, where that is another one: reached by the kubeconfig that its spec
//! names, as kustomize-controller reaches it, if whoever looks may read that Secret.

use std::collections::BTreeMap;

use api::kustomization::Kustomization;
use cluster::{Allow, ConnectOptions, RemoteConfig, Target, TargetId};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};

use super::answer::Answer;
use crate::resource::Kinds;

#[cfg(test)]
mod tests;

/// Keys of a Secret that are tried where the spec names none.
const KEYS: [&str; 2] = ["value", "value.yaml"];

/// Another cluster.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    target: Target,
    /// What it serves.
    pub(crate) kinds: Kinds,
}

impl Elsewhere {
    /// Asks it.
    pub(crate) const fn client(&self) -> &Client {
        self.target.client()
    }
}

/// Reaches it; why not, if not. `None` for a Kustomization whose objects are here.
pub(crate) async fn reach(
    client: &Client,
    options: &ConnectOptions,
    object: &Kustomization,
) -> Option<Result<Elsewhere, String>> {
    let reference = object.spec.kube_config.as_ref()?;
    let Some(secret) = &reference.secret_ref else {
        return Some(Err("they are reached with tokens that only kustomize-controller gets".to_owned()));
    };
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let read = Api::<Secret>::namespaced(client.clone(), namespace).get_opt(&secret.name).await;
    let subject = format!("Secret/{namespace}/{}", secret.name);
    let found = match Answer::of(read) {
        Answer::Found(found) => found,
        Answer::Absent => return Some(Err(format!("{subject} with the kubeconfig does not exist"))),
        Answer::Forbidden => return Some(Err(format!("you may not read {subject} with the kubeconfig"))),
        Answer::Failed(why) => return Some(Err(format!("{subject}: {why}"))),
    };
    let values = found.data.unwrap_or_default().into_iter().map(|(key, value)| (key, value.0)).collect();
    Some(connect(options, &subject, secret.key.as_deref(), &values).await)
}

async fn connect(
    options: &ConnectOptions,
    subject: &str,
    key: Option<&str>,
    values: &BTreeMap<String, Vec<u8>>,
) -> Result<Elsewhere, String> {
    let text = kubeconfig(key, values).ok_or_else(|| format!("{subject} has no kubeconfig"))?;
    let (config, digest) = RemoteConfig::of_kubeconfig(text, Allow::default())
        .map_err(|error| format!("the kubeconfig of {subject} cannot be used: {error}"))?;
    let target = Target::remote(TargetId::remote(digest, None), config, options)
        .map_err(|error| format!("the kubeconfig of {subject} cannot be used: {}", error.message()))?;
    let kinds = Kinds::discover(target.client()).await;
    let kinds = kinds.map_err(|error| format!("it cannot be reached from here: {}", error.message()))?;
    Ok(Elsewhere { target, kinds })
}

/// The kubeconfig's text: under the key that the spec names, else under the first that there is.
fn kubeconfig<'v>(key: Option<&str>, values: &'v BTreeMap<String, Vec<u8>>) -> Option<&'v [u8]> {
    let named = key.filter(|key| !key.is_empty());
    let found = match named {
        Some(key) => values.get(key),
        None => KEYS.iter().find_map(|key| values.get(*key)),
    };
    found.map(Vec::as_slice)
}
